"""The community fund as customers and staff live it."""

import pytest

from bot.mail.customers import customer_draft
from bot.mail.letters import Letters
from bot.sandbox import Community, Person, Room, Seen
from cogs._ui.words import Words
from models.access import Role, RoleAssignment, User
from models.base import Db
from models.fund import CommunityFundContribution
from models.order import OrderStatus
from services import Services
from services.effects import Notice, notice
from services.shops import Shop
from tests.cogs.buying import ADDRESS, CLAIM, claimed, orders_of
from tests.cogs.conftest import member
from tests.services.conftest import MakeProduct

pytestmark = pytest.mark.usefixtures("bot")
DISCLAIMER = "not tax-deductible"


@pytest.fixture
def plaza(guild: Community) -> Room:
    """Where gifts are told."""
    return guild.add_channel("plaza")


@pytest.fixture
async def fund(services: Services, shop: Shop, olivia: Person, plaza: Room) -> Room:
    """The fund takes gifts and tells of them in the plaza."""
    owner = member(olivia)
    await services.fund_rules.switch(shop, owner, on=True)
    await services.fund_rules.celebrate_in(shop, owner, str(plaza.id))
    return plaza


async def give(services: Services, shop: Shop, ada: Person, olivia: Person, amount: str) -> None:
    """A gift by Venmo that staff have seen."""
    seen = await ada.run("/fund donate", amount=amount)
    seen = await (await seen.choose("Choose how to pay", "Venmo")).press("Confirm the gift")
    await (await seen.open("I have paid")).submit(CLAIM)
    payment = (await services.claims.waiting(shop)).claims[-1].payment
    await services.claims.approve(shop, member(olivia), payment.key, payment.claims, f"seen {amount}")


async def test_a_whole_checkout_with_a_gift(
    services: Services, shop: Shop, product: MakeProduct, ada: Person, olivia: Person, fund: Room
) -> None:
    """Address, shipping, gift, payment, review; the gift stands in the totals, and is told once paid."""
    await product("Mug", 1500, 3, is_digital=False)
    await ada.run("/cart add", product="Mug")
    seen = await ada.run("/checkout")
    assert "step 1 of 5" in seen.text
    seen = await (await seen.open("Enter an address")).submit(ADDRESS)
    seen = await seen.choose("Choose how to ship", "Letter post")
    assert "step 3 of 5" in seen.text
    assert "give something to the community fund" in seen.text
    assert DISCLAIMER in seen.text
    assert all(map(seen.button, ("$5.00", "$100.00", "Another amount", "No, thank you", "Give anonymously")))
    seen = await seen.press("$10.00")
    seen = await seen.choose("Choose how to pay", "Venmo")
    assert "Community fund: $10.00\n**$29.50**" in seen.text
    assert DISCLAIMER in seen.text
    seen = await (await seen.press("Change the gift")).press("$5.00")
    seen = await seen.press("Confirm")
    assert "Send **$24.50** to `@aurora-shop`." in seen.text
    assert DISCLAIMER in seen.text
    order = (await orders_of(services, shop, ada))[0]
    assert (order.donation_cents, order.total_cents) == (500, 2450)
    payment_id, turn = await claimed(services, shop, ada, order)
    await services.worker.drain()
    assert fund.messages == []
    await services.claims.approve(shop, member(olivia), payment_id, turn, "seen")
    await services.worker.drain()
    assert [each.text for each in fund.messages] == ["Ada gave $5.00 to the community fund. Thank you!"]
    seen = await ada.run("/orders view", order=order.order_number)
    assert "Community fund: $5.00" in seen.text
    assert DISCLAIMER not in seen.text
    assert "community fund" in ada.dms[-1].text.lower()


async def test_no_thank_you_and_another_amount(ada: Person, product: MakeProduct, fund: Room) -> None:
    """Nothing is given without a word; any amount within the bounds is taken, others are refused kindly."""
    assert fund.messages == []
    await product("Mug")
    await ada.run("/cart add", product="Mug")
    seen = await (await ada.run("/checkout")).press("No, thank you")
    assert "How would you like to pay?" in seen.text
    assert "Community fund" not in seen.text
    seen = await seen.press("Change the gift")
    refused = await (await seen.open("Another amount")).submit({"How much would you like to give?": "0.50"})
    assert "Please enter at least $1.00 for **amount**." in refused.text
    refused = await (await seen.open("Another amount")).submit({"How much would you like to give?": "x" * 20})
    assert "I cannot read that as an amount." in refused.text
    seen = await (await seen.open("Another amount")).submit({"How much would you like to give?": "7.77"})
    assert "Community fund: $7.77" in seen.text


async def test_an_amount_that_cannot_be_given_leaves_the_others_to_choose_from(
    ada: Person, fund: Room
) -> None:
    """Also where it was typed with the command: it says what is the least, and shows what is offered."""
    assert fund.messages == []
    seen = await ada.run("/fund donate", amount="0.50")
    assert "Please enter at least $1.00 for **amount**." in seen.text
    seen = await (await ada.run("/fund donate", amount="a lot")).press("$25.00")
    assert "How would you like to pay?" in seen.text


async def test_a_gift_by_venmo_ends_complete_and_is_told(
    db: Db, services: Services, shop: Shop, ada: Person, olivia: Person, fund: Room
) -> None:
    """/fund donate needs no cart: amount, payment, review, pay, claim, approve."""
    seen = await ada.run("/fund donate")
    assert DISCLAIMER in seen.text
    seen = await seen.press("$25.00")
    assert DISCLAIMER in seen.text
    seen = await seen.choose("Choose how to pay", "Venmo")
    assert "Your gift: **$25.00**" in seen.text
    assert DISCLAIMER in seen.text
    reviewed = seen
    seen = await seen.press("Confirm the gift")
    assert "Send **$25.00** to `@aurora-shop`." in seen.text
    assert "Items: $0.00" not in seen.text
    assert "Your items" not in seen.text
    assert "We keep everything" not in seen.text
    assert DISCLAIMER in seen.text
    again = await forge(ada, reviewed, custom(reviewed, "fund:confirm"))
    assert "Send **$25.00**" in again.text
    orders = await orders_of(services, shop, ada)
    assert len(orders) == 1
    seen = await (await seen.open("I have paid")).submit(CLAIM)
    assert "The staff are checking your payment." in seen.text
    claim = (await services.claims.waiting(shop)).claims[0]
    await services.worker.drain()
    await services.claims.approve(shop, member(olivia), claim.payment.key, claim.payment.claims, "seen")
    await services.worker.drain()
    order = (await orders_of(services, shop, ada))[0]
    assert order.status is OrderStatus.COMPLETE
    assert order.invoice_number
    assert await CommunityFundContribution.of_order(db, shop.id, order.key)
    assert [each.text for each in fund.messages] == ["Ada gave $25.00 to the community fund. Thank you!"]
    seen = await ada.run("/orders view", order=order.order_number)
    assert "Your gift has arrived. Thank you for helping the community!" in seen.text
    seen = await ada.run("/fund info")
    assert "In the fund: **$25.00**" in seen.text
    assert "Ada gave $25.00" in seen.text


def custom(seen: Seen, action: str) -> str:
    """The custom_id of a button that leads there."""
    return next(
        each.custom_id for each in seen.buttons if each.custom_id and each.custom_id.startswith(action)
    )


def labels(seen: Seen) -> str:
    """What stands on the buttons."""
    return ", ".join(each.label for each in seen.buttons)


async def forge(person: Person, seen: Seen, custom_id: str, *values: str) -> Seen:
    """A click of a button or, with values, a choice in a menu that the card does not have."""
    if not values:
        answer = await person.click(seen, custom_id=custom_id, forged=True)
    else:
        data = {"custom_id": custom_id, "component_type": 3, "id": 1, "values": list(values)}
        answer = await person._touch(seen, data)
    assert isinstance(answer, Seen)
    return answer


async def test_an_anonymous_gift_never_names_its_giver(
    services: Services, shop: Shop, ada: Person, bob: Person, olivia: Person, fund: Room
) -> None:
    """Neither where it is told, nor in the public books; names that are markup stay text."""
    ada.user.display_name = "**@everyone** {amount} <@1>"
    seen = await ada.run("/fund donate")
    seen = await seen.press("Give anonymously")
    assert "The community is not told that it comes from you" in seen.text
    seen = await (await seen.press("$5.00")).choose("Choose how to pay", "Venmo")
    seen = await seen.press("Confirm the gift")
    assert "$5.00, anonymously" in seen.text
    await (await seen.open("I have paid")).submit(CLAIM)
    claim = (await services.claims.waiting(shop)).claims[0].payment
    await services.claims.approve(shop, member(olivia), claim.key, claim.claims, "seen")
    await services.worker.drain()
    assert [each.text for each in fund.messages] == ["Somebody gave $5.00 to the community fund. Thank you!"]
    seen = await bob.run("/fund info")
    assert "Somebody gave $5.00" in seen.text
    assert "everyone" not in seen.text
    await give(services, shop, ada, olivia, "10")
    await services.worker.drain()
    told = fund.messages[-1]
    assert "gave $10.00" in told.text
    assert "@everyone" not in told.text
    assert "{amount}" in told.text


async def test_the_fund_is_off_by_default(ada: Person, product: MakeProduct) -> None:
    """Nobody is asked, and whoever asks is told."""
    await product("Mug")
    await ada.run("/cart add", product="Mug")
    assert "How would you like to pay?" in (await ada.run("/checkout")).text
    for command in ("/fund info", "/fund donate"):
        assert "nothing was given" in (await ada.run(command)).text
    assert "/fund" not in (await ada.run("/help")).text


async def test_forged_gifts_do_nothing(
    services: Services, shop: Shop, ada: Person, bob: Person, fund: Room, elsewhere: tuple[Community, Shop]
) -> None:
    """Another one's order id, amounts out of bounds, nonsense: nothing is placed, nothing breaks."""
    assert fund.messages == []
    seen = await ada.run("/fund donate", amount="25")
    seen = await seen.choose("Choose how to pay", "Venmo")
    target = custom(seen, "fund:confirm")
    await seen.press("Confirm the gift")
    his = await bob.run("/fund donate")
    answer = await forge(bob, his, target)
    assert "I cannot find that order." in answer.text
    for forged in (
        target.replace(":2500:", ":1:").replace(target.split(":")[2], "f" * 24),
        "fund:confirm:x:2500:0:VENMO",
        "fund:amount:-5:0",
        "fund:amount:99999999999:0",
        "fund:pay:500:0",
        "fund:hide:x",
        f"fund:confirm:{'e' * 24}:500:0:NOWHERE",
        f"fund:confirm:{'e' * 24}:500:0:STRIPE",
        "checkout:give:x",
        "checkout:give:500",
        "checkout:hide:1",
    ):
        answer = await forge(bob, his, forged)
        assert "Something went wrong" not in answer.text, forged
    assert await orders_of(services, shop, bob) == []
    assert len(await orders_of(services, shop, ada)) == 1
    _, other = elsewhere
    assert await orders_of(services, other, ada) == []


async def test_a_channel_that_is_gone_keeps_the_celebration_until_another_is_chosen(
    services: Services, shop: Shop, ada: Person, olivia: Person, guild: Community, fund: Room
) -> None:
    """Nothing is lost: the effect waits, says why, and is told where staff choose next."""
    guild.remove_channel(fund)
    await give(services, shop, ada, olivia, "5")
    await services.worker.drain()
    elsewhere = guild.add_channel("new plaza")
    seen = await olivia.run("/admin fund")
    await seen.choose("Where gifts are told (empty: nowhere)", elsewhere)
    await services.worker.drain()
    assert [each.text for each in elsewhere.messages] == ["Ada gave $5.00 to the community fund. Thank you!"]


async def test_a_payment_out_is_told_to_the_staff_and_can_be_taken_back(
    services: Services, shop: Shop, ada: Person, bob: Person, olivia: Person, fund: Room, staff_room: Room
) -> None:
    """Whom, how much and why; never more than is there; the history has it all."""
    assert fund.messages == []
    await give(services, shop, ada, olivia, "50")
    seen = await (await olivia.run("/admin fund")).press("Pay out")
    form = await seen.choose_form("Who gets it?", bob)
    refused = await form.submit({"How much?": "60", "What for?": "a bicycle"})
    assert "Only $50.00 is in the fund." in refused.text
    form = await seen.choose_form("Who gets it?", bob)
    done = await form.submit({"How much?": "20", "What for?": "a *bicycle*"})
    assert "Please send the money now." in done.followups[0].text
    await services.worker.drain()
    told = next(each for each in staff_room.messages_for(olivia) if "out of the community fund" in each.text)
    assert "@Olivia has paid $20.00 out of the community fund to @Bob: “a \\*bicycle\\*”" in told.text
    seen = await (await olivia.press(told, "Open the fund")).press("History")
    assert "$20.00 was paid out" in seen.text
    form = await seen.choose_form("Take a payment back that was a mistake", "$20.00 · Bob")
    seen = await form.submit({"What was wrong?": "twice"})
    assert "$20.00 was put back" in seen.text
    assert "In the fund: **$50.00**" in (await ada.run("/fund info")).text
    assert "bicycle" not in (await ada.run("/fund info")).text
    await services.worker.drain()
    assert any("as a mistake: “twice”" in each.text for each in staff_room.messages)


async def test_who_may_do_what_with_the_fund(
    db: Db, services: Services, shop: Shop, ada: Person, bob: Person, sam: Person, olivia: Person, fund: Room
) -> None:
    """Staff need the key; with it they set rules and see the books; only approvers pay out."""
    assert fund.messages == []
    await give(services, shop, ada, olivia, "50")
    for person in (ada, sam):
        assert "`fund.manage`" in (await person.run("/admin fund")).text
    own = await olivia.run("/admin fund")
    assert own.button("Pay out")
    await hold(db, shop, sam, "keeper", ["fund.manage"])
    seen = await sam.run("/admin fund")
    assert "Pay out" not in labels(seen)
    assert seen.button("Amounts")
    answer = await forge(sam, seen, "fundbook:whom")
    assert "may pay out of the fund" in answer.text
    answer = await forge(sam, seen, "fundrule:approvers", "keeper")
    assert "`config.manage`" in answer.text
    await hold(db, shop, bob, "community_leader", [])
    seen = await bob.run("/admin fund")
    assert seen.button("Pay out")
    assert "Amounts" not in labels(seen)
    for action in ("on", "off", "amounts", "texts", "named", "channel"):
        answer = await forge(bob, seen, f"fundrule:{action}")
        assert "`fund.manage`" in answer.text, action
    form = await (await seen.press("Pay out")).choose_form("Who gets it?", ada)
    await form.submit({"How much?": "20", "What for?": "bread"})
    assert "In the fund: **$30.00**" in (await bob.run("/admin fund")).text


async def hold(db: Db, shop: Shop, person: Person, name: str, keys: list[str]) -> None:
    """Give a person a role of the shop."""
    role = await Role(tenant_id=shop.id, name=name, permission_keys=keys).insert(db)
    who = member(person)
    user = User(
        tenant_id=shop.id, username=who.username, display_name=who.display_name, discord_id=who.discord_id
    )
    await user.insert(db)
    await RoleAssignment(tenant_id=shop.id, user_id=user.key, role_id=role.key).insert(db)


async def test_the_rules_are_set_by_form_and_picker(
    db: Db, services: Services, shop: Shop, olivia: Person, ada: Person, plaza: Room
) -> None:
    """Every field of the configuration, with a preview of both messages."""
    await Role(tenant_id=shop.id, name="Elders").insert(db)
    seen = await olivia.run("/admin fund")
    assert "The fund is off" in seen.text
    seen = await seen.press("Switch on")
    seen = await seen.choose("Where gifts are told (empty: nowhere)", plaza)
    seen = await seen.choose("Roles that may pay out", "Elders")
    seen = await seen.press("Take no anonymous gifts")
    form = await seen.open("Amounts")
    seen = await form.submit(
        {"Amounts on buttons": "3 6", "Smallest other amount": "2", "Largest other amount": "50"}
    )
    form = await seen.open("Messages and notice")
    seen = await form.submit(
        {
            "Message with the name": "**{donor}** made our day: {amount} {wow}",
            "Message without the name": "A star gave {amount}",
            "Notice": "No receipts.",
        }
    )
    assert "**Olivia** made our day: $3.00 {wow}" in seen.text
    assert "A star gave $3.00" in seen.text
    rules = await services.fund.rules(shop)
    assert rules.allowed_amounts_cents == [300, 600]
    assert (rules.custom_amount_min_cents, rules.custom_amount_max_cents) == (200, 5000)
    assert rules.disbursement_approval_roles == ["Elders"]
    assert (rules.celebration_channel_id, rules.anonymity_allowed) == (str(plaza.id), False)
    seen = await ada.run("/fund donate")
    assert "No receipts." in seen.text
    assert "Give anonymously" not in labels(seen)
    assert "/fund donate" in (await ada.run("/help")).text
    form = await (await olivia.run("/admin fund")).open("Messages and notice")
    refused = await form.submit({"Message without the name": "{donor} gave"})
    assert "must not say who gave" in refused.text


async def test_the_e_mail_about_a_gift_says_what_it_is_and_the_notice(
    services: Services, shop: Shop, ada: Person, fund: Room
) -> None:
    """No lines, the sum with its name, and what is to be known of the fund."""
    assert fund.messages == []
    seen = await ada.run("/fund donate", amount="12.34")
    await (await seen.choose("Choose how to pay", "Venmo")).press("Confirm the gift")
    order = (await orders_of(services, shop, ada))[0]
    view, words = await services.orders.view(shop, member(ada), order.key), Words.of("en-US")
    owed = notice(Notice.ORDER_RECEIVED, shop.id, order.key, services.clock.now())
    letter = Letters().write(customer_draft(Notice.ORDER_RECEIVED, shop, view, owed, words), words)
    for text in (letter.text, letter.html):
        assert "Community fund" in text
        assert "$12.34" in text
        assert DISCLAIMER in text


async def test_a_gift_is_called_a_gift(
    services: Services, shop: Shop, ada: Person, sam: Person, fund: Room, staff_room: Room
) -> None:
    """In the DMs and the subjects of e-mails, and by the card of its approval: no goods are on their way."""
    assert fund.messages == []
    seen = await ada.run("/fund donate", amount="25")
    seen = await (await seen.choose("Choose how to pay", "Venmo")).press("Confirm the gift")
    await services.worker.drain()
    assert "Thank you for your gift to the community fund of **Aurora**!" in ada.dms[-1].text
    await (await seen.open("I have paid")).submit(CLAIM)
    await services.worker.drain()
    form = await staff_room.messages_for(sam)[-1].open("Approve")
    done = await form.submit({form.fields[0].label: "@ada"})
    assert "Approved. The gift is in the community fund." in done.followups[0].text
    order, words = (await orders_of(services, shop, ada))[0], Words.of("en-US")
    view = await services.orders.view(shop, member(ada), order.key)
    for event, subject in (
        (Notice.ORDER_RECEIVED, f"Your gift {order.order_number} to the community fund of Aurora"),
        (Notice.PAYMENT_CONFIRMED, f"Your gift {order.order_number} has arrived"),
    ):
        owed = notice(event, shop.id, order.key, services.clock.now())
        assert customer_draft(event, shop, view, owed, words).subject == subject


async def test_own_data_tells_of_gifts_and_of_money_from_the_fund(
    services: Services, shop: Shop, ada: Person, olivia: Person, fund: Room
) -> None:
    """Both are the person's own; who approved is not."""
    assert fund.messages == []
    await give(services, shop, ada, olivia, "50")
    key = (await services.customers.of(shop, member(ada))).key
    new = services.fund_desk.new_key()
    await services.fund_desk.disburse(shop, member(olivia), new, key, "20", "a bicycle")
    data = await services.person_data.export(shop, member(ada))
    assert [order["donation_cents"] for order in data["orders"]] == [5000]
    [paid] = data["fund_received"]
    assert (paid["amount_cents"], paid["reason"]) == (2000, "a bicycle")
    assert "approved_by" not in paid


async def test_a_statement_is_a_file(
    services: Services, shop: Shop, ada: Person, olivia: Person, fund: Room
) -> None:
    """One month as a table, for those who manage the fund."""
    assert fund.messages == []
    await give(services, shop, ada, olivia, "50")
    seen = await (await olivia.run("/admin fund")).press("Statement")
    month = services.fund_statement.months()[0]
    seen = await seen.choose("Choose a month", month)
    data = seen.files[f"fund-{month}.csv"].decode("utf-8-sig")
    assert ",CONTRIBUTION,50.00,50.00,USD,Ada," in data
    answer = await forge(olivia, seen, "fundbook:months", "1999-13")
    assert "I cannot take that" in answer.text


async def test_a_refund_of_everything_takes_the_gift_along(
    services: Services, shop: Shop, product: MakeProduct, ada: Person, olivia: Person, fund: Room
) -> None:
    """Lines alone leave it in the fund; Choose everything says that it goes back, too."""
    assert fund.messages == []
    await product("Mug")
    await ada.run("/cart add", product="Mug")
    seen = await (await ada.run("/checkout")).press("$5.00")
    await (await seen.choose("Choose how to pay", "Venmo")).press("Confirm")
    order = (await orders_of(services, shop, ada))[0]
    payment_id, turn = await claimed(services, shop, ada, order)
    await services.claims.approve(shop, member(olivia), payment_id, turn, "seen")
    seen = await olivia.run("/admin refund", {"order": order.key})
    assert "Community fund: $5.00, goes back only with all the rest" in seen.text
    seen = await seen.choose("What goes back?", "Mug")
    assert seen.button("I have sent $15.00 myself")
    seen = await seen.press("Choose everything")
    form = await seen.open("I have sent $20.00 myself")
    await form.submit({"Reason, for the staff only": "sorry"})
    assert "In the fund: **$0.00**" in (await ada.run("/fund info")).text
    assert "$5.00 went back with a refund" in (await ada.run("/fund info")).text


async def test_everything_fits_in_german(greta: Person, product: MakeProduct, fund: Room) -> None:
    """The longest language has its words, too."""
    assert fund.messages == []
    await product("Mug")
    await greta.run("/cart add", product="Mug")
    seen = await greta.run("/checkout")
    assert "Gemeinschaftskasse" in seen.text
    assert seen.button("Nein, danke")
    seen = await greta.run("/fund donate")
    assert "anonym" in labels(seen).lower()
