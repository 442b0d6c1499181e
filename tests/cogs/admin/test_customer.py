"""/admin customer: found, read, noted, changed, closed and merged by clicks."""

import asyncio

import pytest

from bot.sandbox import Community, Person, Seen
from models.access import Role, RoleAssignment, User
from models.audit import AuditLog
from models.base import Db
from models.customer import Customer
from models.customer_note import CustomerNote
from models.member import Member
from services import Services
from services.shops import Shop
from tests.cogs.admin.conftest import Buy, Claim, Neighbour, everything
from tests.cogs.buying import review
from tests.cogs.conftest import member
from tests.services.conftest import MakeProduct

pytestmark = pytest.mark.usefixtures("bot")
MAIL, PHONE, REMARK = "E-mail address", "Phone number", "What staff should know"
NOTE, WORDS = "Note, for the staff only", "Name, e-mail address or order number"
HOSTILE = "**@everyone** <@&1> [x](https://evil.example) ``` \u202e # Big"


async def card_of(staff: Person, find: str) -> Seen:
    """The card of the customer whom a search finds."""
    return await staff.run("/admin customer", find=find)


def labels(seen: Seen) -> list[str | None]:
    """What can be pressed."""
    return [button.label for button in seen.buttons if button.enabled]


async def test_a_customer_is_found_by_member_name_mail_and_order(
    services: Services, shop: Shop, sam: Person, ada: Person, bob: Person, olivia: Person, buy: Buy
) -> None:
    """Each way leads to the same card; an order's card leads there, too."""
    order = await buy(ada)
    await services.customers.set_profile(shop, member(ada), "ada@example.com", "")
    await services.customers.of(shop, member(bob))
    for find in ("ada@exam", order.order_number, str(ada.id)):
        assert "1 order · 1 open" in (await card_of(sam, find)).text
    seen = await sam.run("/admin customer")
    assert "2 customers" in seen.text
    assert "1 order" in (await seen.choose("Or choose a member", ada)).text
    seen = await sam.run("/admin customer")
    assert "1 order" in (await seen.choose("Open a customer", "Ada")).text
    seen = await (await (await sam.run("/admin customer")).open("Search")).submit({WORDS: "nobody here"})
    assert "Nothing found" in seen.text
    stranger = await seen.choose("Or choose a member", olivia)
    assert "cannot find that customer" in "".join(each.text for each in [stranger, *stranger.followups])
    opened = await sam.run("/admin order", find=order.order_number)
    assert "ada@example.com" in (await opened.press("Open customer")).text


async def test_the_card_leads_to_orders_addresses_and_notes(
    services: Services, shop: Shop, sam: Person, ada: Person, claim: Claim
) -> None:
    """Addresses are counted, and shown only when somebody asks; orders open in the order book."""
    view = await claim(ada)
    await services.claims.approve(shop, member(sam), view.payment.key, 1, "seen it")
    address = {"name": "Ada L", "line1": "12 Garden Street", "city": "Town", "state": "IL"}
    await services.customers.add_address(
        shop, member(ada), {**address, "postal_code": "62704", "country": "US"}
    )
    seen = await card_of(sam, "ada")
    assert "$15.00" in seen.text
    assert "Garden Street" not in seen.text
    assert "12 Garden Street" in (await seen.press("Addresses")).text
    seen = await (await card_of(sam, "ada")).press("Orders")
    assert view.order.order_number in seen.text
    (option,) = seen.select("Open an order").options
    assert "Approved by" in (await seen.choose("Open an order", option)).text


async def test_an_edit_is_checked_kept_and_audited(
    db: Db, services: Services, shop: Shop, sam: Person, ada: Person
) -> None:
    """What is wrong is named; hostile texts stay inside their field."""
    await services.customers.of(shop, member(ada))
    seen = await card_of(sam, "ada")
    wrong = await (await seen.open("Edit")).submit({MAIL: "nonsense"})
    assert "does not look like an e-mail address" in wrong.text
    wrong = await (await seen.open("Edit")).submit({PHONE: "call me"})
    assert "does not look like a phone number" in wrong.text
    seen = await (await seen.open("Edit")).submit({MAIL: "ada@example.com", REMARK: HOSTILE})
    assert seen.pings == []
    assert "[x](https" not in seen.text
    assert "\u202e" not in seen.text
    filled = {field.label: field.value for field in (await seen.open("Edit")).fields}
    assert (filled[MAIL], filled[REMARK]) == ("ada@example.com", HOSTILE)
    (row,) = await AuditLog.find_all(db, {"action": "customer.edit"})
    assert (row.actor_id, row.meta["after"]["email"]) == (str(sam.id), "ada@example.com")
    assert HOSTILE not in (await ada.run("/account profile")).text


async def test_notes_of_four_thousand_characters_are_shown_whole(
    services: Services, shop: Shop, sam: Person, olivia: Person, ada: Person
) -> None:
    """The card shows the beginning of the latest; the pages of notes show each as it was written."""
    await services.customers.of(shop, member(ada))
    long = (HOSTILE + "*_~`|" * 800)[:3990] + "THE END"
    seen = await (await (await card_of(sam, "ada")).open("Add note")).submit({NOTE: "first"})
    seen = await (await (await card_of(olivia, "ada")).open("Add note")).submit({NOTE: long})
    assert "2 notes, the latest" in seen.text
    assert seen.pings == []
    assert "THE END" not in seen.text
    seen = await seen.press("Notes")
    assert "THE END" in seen.text
    assert seen.pings == []
    seen = await seen.press("▶️")
    assert "first" in seen.text
    assert "@Sam" in seen.text
    empty = await (await card_of(sam, "ada")).open("Add note")
    assert "Please fill in" in (await empty.submit({NOTE: "   "})).text


async def test_a_deactivated_customer_reads_why_nothing_can_be_ordered(
    services: Services, shop: Shop, sam: Person, ada: Person, product: MakeProduct
) -> None:
    """At the old review's Confirm and at checkout; staff see it, and can take it back."""
    mug = await product()
    old = await review(ada, mug.key)
    seen = await (await card_of(sam, "ada")).press("Deactivate")
    assert "Deactivated" in seen.text
    refused = "takes no new orders from you"
    answer = await old.press("Confirm")
    assert refused in "".join(each.text for each in [answer, *answer.followups])
    assert refused in (await ada.run("/checkout")).text
    assert (await services.orders.of_member(shop, member(ada))).total == 0
    assert "deactivated" in (await sam.run("/admin customer")).text
    assert "Activate" not in labels(await seen.press("Activate"))
    assert refused not in (await ada.run("/checkout")).text


async def test_two_records_are_merged_after_two_questions(
    db: Db, sam: Person, ada: Person, bob: Person, buy: Buy
) -> None:
    """Chosen, compared, turned round, asked about again; until the last click nothing happens."""
    hers, his = await buy(ada), await buy(bob)
    seen = await (await card_of(sam, "ada")).press("Merge")
    seen = await seen.choose("Choose the other member", bob)
    assert "Merge two records" in seen.text
    seen = await seen.press("Keep the other one")
    seen = await seen.press("Keep the other one")
    seen = await seen.press("Merge them")
    assert "cannot be undone" in seen.text
    assert not await Customer.find_all(db, {"mergedInto": {"$gt": ""}})
    left = await seen.press("No, leave both")
    seen = await (await left.press("Merge")).choose("Choose the other member", bob)
    seen = await (await seen.press("Merge them")).press("Yes, merge them")
    assert "2 orders" in seen.text
    assert "@Ada @Bob" in seen.text
    assert "one customer now" in seen.followups[-1].text
    orders = await seen.press("Orders")
    assert hers.order_number in orders.text
    assert his.order_number in orders.text
    assert "2 orders" in (await card_of(sam, "bob")).text
    assert his.order_number in (await bob.run("/orders list")).text
    assert hers.order_number not in (await bob.run("/orders list")).text


async def test_somebody_who_left_is_chosen_by_search(
    services: Services, shop: Shop, sam: Person, ada: Person, bob: Person
) -> None:
    """Discord's own menu names members only."""
    for person in (ada, bob):
        await services.customers.of(shop, member(person))
    seen = await (await card_of(sam, "ada")).press("Merge")
    nobody = await (await seen.open("Search")).submit({WORDS: "nobody"})
    assert "Nothing found" in nobody.text
    seen = await (await nobody.open("Search")).submit({WORDS: "bob"})
    assert "There are more" not in seen.text
    for n in range(6):
        await services.customers.of(shop, Member(f"{1000 + n}", f"bob{n}", f"Bob {n}"))
    many = await (await seen.open("Search")).submit({WORDS: "bob"})
    assert "There are more; please search for more letters." in many.text
    seen = await seen.choose("Choose the other record", "Bob")
    assert "Merge two records" in seen.text


async def test_what_cannot_be_merged_is_said(
    db: Db, services: Services, shop: Shop, sam: Person, olivia: Person, ada: Person, bob: Person
) -> None:
    """The same customer; two staff at once; an old card after it happened."""
    ids = [(await services.customers.of(shop, member(person))).key for person in (ada, bob)]
    other = await (await card_of(sam, "ada")).press("Merge")
    same = await other.choose("Choose the other member", ada)
    assert "That is the same customer" in same.text
    last = []
    for person in (sam, olivia):
        seen = await (await card_of(person, "ada")).press("Merge")
        last.append(await (await seen.choose("Choose the other member", bob)).press("Merge them"))
    answers = await asyncio.gather(*(each.press("Yes, merge them") for each in last))
    said = ["".join(each.text for each in [answer, *answer.followups]) for answer in answers]
    assert sum("one customer now" in text for text in said) == 1
    assert sum("merged with another one" in text for text in said) == 1
    old = await sam.click(other, custom_id=f"customer:review:{ids[1]}:{ids[0]}", forged=True)
    assert "merged with another one" in old.text
    assert len(await AuditLog.find_all(db, {"action": "customer.merge"})) == 1


async def test_customers_clerks_and_neighbours_get_nowhere(
    db: Db,
    services: Services,
    shop: Shop,
    guild: Community,
    ada: Person,
    bob: Person,
    sam: Person,
    neighbour: Neighbour,
) -> None:
    """Without the key nothing is shown; ids of another shop are unknown in every click and form."""
    mine = await services.customers.of(shop, member(ada))
    assert "`customer.manage`" in (await ada.run("/admin customer")).text
    role = await Role(tenant_id=shop.id, name="Clerk", permission_keys=["order.manage"]).insert(db)
    user = await User(tenant_id=shop.id, username="b", display_name="B", discord_id=str(bob.id)).insert(db)
    held = RoleAssignment(tenant_id=shop.id, user_id=user.key, role_id=role.key)
    await held.insert(db)
    assert "`customer.manage`" in (await bob.run("/admin customer", find="ada")).text
    (nils,) = await Customer.find_all(db, {"tenantId": neighbour.shop.id})
    seen = await card_of(sam, "ada")
    form = await seen.open("Add note")
    before = await everything(db)
    for verb in ("open", "orders", "addresses", "notes", "note", "edit", "on", "off", "other", "seek"):
        answer = await sam.click(seen, custom_id=f"customer:{verb}:{nils.key}", forged=True)
        assert "cannot find that customer" in answer.text, verb
    for verb in ("review", "ask", "merge"):
        for pair in ((mine.key, nils.key), (nils.key, mine.key)):
            answer = await sam.click(seen, custom_id=f"customer:{verb}:{pair[0]}:{pair[1]}", forged=True)
            assert "cannot find that customer" in answer.text, verb
    for verb in ("note", "edit", "other"):
        form.modal["custom_id"] = f"customer:{verb}:{nils.key}"
        assert "cannot find that customer" in (await form.submit({NOTE: "x"})).text
    assert await everything(db) == before
    assert "Nothing found" in (await card_of(sam, neighbour.order_number)).text
    assert guild.id != neighbour.guild.id


async def test_a_role_of_the_shop_with_the_key_is_enough(
    db: Db, services: Services, shop: Shop, ada: Person, bob: Person
) -> None:
    """And opens no order: that takes its own key."""
    await services.customers.of(shop, member(ada))
    role = await Role(tenant_id=shop.id, name="Care", permission_keys=["customer.manage"]).insert(db)
    user = await User(tenant_id=shop.id, username="b", display_name="B", discord_id=str(bob.id)).insert(db)
    held = RoleAssignment(tenant_id=shop.id, user_id=user.key, role_id=role.key)
    await held.insert(db)
    seen = await (await (await card_of(bob, "ada")).open("Add note")).submit({NOTE: "called"})
    assert "called" in seen.text
    assert len(await CustomerNote.find_all(db, {"actorId": str(bob.id)})) == 1
    assert "`order.view`" in (await bob.run("/admin order")).text


async def test_the_longest_of_everything_fits(
    services: Services, shop: Shop, sam: Person, guild: Community
) -> None:
    """Names of markup, many addresses, a full remark: within Discord's limits, which the sandbox holds."""
    person = guild.add_member("x" * 32, display_name="*" * 32)
    who = member(person)
    customer = await services.customers.of(shop, who)
    for n in range(10):
        typed = {"name": "*" * 100, "line1": f"{n}" + "_" * 99, "line2": "~" * 100, "city": "|" * 100}
        await services.customers.add_address(
            shop, who, {**typed, "state": "`" * 100, "postal_code": "#" * 20, "country": "AO"}
        )
    await services.customer_desk.edit(
        shop, member(sam), customer.key, email="a" * 60 + "@example.com", phone="", remark="*" * 1000
    )
    await services.customer_desk.add_note(shop, member(sam), customer.key, "😀" * 4000)
    seen = await card_of(sam, "xxxx")
    assert "a@example.com" in seen.text
    await seen.press("Addresses")
    assert "😀" in (await (await card_of(sam, "xxxx")).press("Notes")).text
