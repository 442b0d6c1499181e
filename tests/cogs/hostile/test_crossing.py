"""What stands on one customer's cards is useless to another: in the same shop, in the next, and in DMs."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from nextcord.ext import commands

from bot.sandbox import Community, Form, Person, Seen
from cogs._ui.visit import Kind
from models.base import Db
from models.tenant import ResponseMode
from services import Services
from services.shops import Shop
from tests.cogs.admin.test_gate import ways
from tests.cogs.admin.walk.conftest import Counter, posted
from tests.cogs.admin.walk.filling import likely, send
from tests.cogs.admin.walk.walking import Walk, shape
from tests.cogs.buying import placed
from tests.cogs.conftest import member
from tests.cogs.shipping.conftest import HOME
from tests.services.conftest import MakeProduct

EMAIL, NOTE, KEY = "ada.private@example.org", "paid-from-my-own-handle", "AAAA-SECRET-KEY"
STREET = "7 Private Lane"
# Cards of a customer's that the walk has to have come by.
AREAS = {"account", "cart", "checkout", "fund", "orders", "shop"}


@dataclass
class Private:
    """What is Ada's alone, and how all of her cards are opened."""

    secrets: list[str]
    numbers: list[str]
    marks: list[str]
    ways: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


@pytest.fixture
async def private(
    services: Services,
    shop: Shop,
    counter: Counter,
    ada: Person,
    olivia: Person,
    product: MakeProduct,
    guild: Community,
) -> Private:
    """Ada's orders in all states, her address, e-mail and what she bought, in a shop with everything on."""
    await services.fund_rules.switch(shop, member(olivia), on=True)
    who = member(ada)
    await services.customers.set_profile(shop, who, EMAIL, "+1 555 0100")
    mug = await product("Big mug", is_digital=False, stock=50)
    vip = guild.add_role("VIP")
    item = await product("Licence", stock=50, delivery_text=KEY, granted_role_ids=[str(vip.id)])
    gone = await product("Sold out", stock=None)
    await product("Rare", stock=1)
    await services.customers.add_address(shop, who, {**HOME, "line1": STREET})
    orders = [await placed(services, shop, ada, item.key) for _ in range(2)]
    await services.claims.claim(shop, who, orders[0].key, NOTE)
    await counter.approved(shop, orders[0].payment_id)
    sent = await posted(services, shop, ada, mug.key)
    orders += [sent, await placed(services, shop, ada, gone.key)]
    customer = await services.customers.of(shop, who)
    await services.carts.add(shop, who, item.key)
    numbers = [each.order_number for each in orders]
    marks = [str(ada.id), customer.key, *(each.key for each in orders)]
    ways: list[tuple[str, dict[str, Any]]] = [
        ("/shop browse", {}),
        ("/shop product", {"name": mug.key}),
        ("/cart view", {}),
        ("/cart add", {"product": mug.key}),
        ("/checkout", {}),
        ("/orders list", {}),
        *(("/orders view", {"order": each}) for each in numbers),
        *((f"/account {each}", {}) for each in ("profile", "addresses", "notifications", "theme", "data")),
        ("/fund info", {}),
        ("/fund donate", {}),
        ("/help", {}),
    ]
    return Private([EMAIL, NOTE, KEY, STREET, *numbers], numbers, marks, ways)


async def walked(walk: Walk, private: Private) -> Walk:
    """Go wherever Ada's cards lead, also those in her direct messages."""
    for path, options in private.ways:
        walk.caplog.clear()
        walk.arrived(f"{path} {options}", await walk.person.call(path, options))
    for seen in walk.person.dms:
        walk.arrived("a direct message", seen)
    await walk.on()
    assert walk.trouble == []
    reached = {
        custom_id.partition("~")[2].partition(":")[0] or custom_id.partition(":")[0]
        for custom_id, _ in walk.sent
    }
    assert reached >= AREAS
    return walk


async def try_all(
    thief: Walk,
    seen: Seen,
    form: Form,
    sent: dict[tuple[str, tuple[str, ...]], None],
    private: Private,
    turn: Callable[[str], str] = str,
) -> None:
    """Send all that stood on another's cards, as clicks and as forms; each kind of action a few times."""
    tried: dict[str, int] = {}
    for stolen, values in sent:
        name = shape(stolen, (*values, "")[0])
        tried[name] = tried.get(name, 0) + 1
        if tried[name] > 3:
            continue
        custom_id = turn(stolen)
        thief.caplog.clear()
        data: dict[str, Any] = {"custom_id": custom_id, "component_type": 3 if values else 2, "id": 1}
        answers: list[Seen | Form] = [
            await thief.person._touch(seen, data | ({"values": [*values]} if values else {}))
        ]
        form.modal["custom_id"] = custom_id
        answers.append(await send(form, likely(form)))
        for answer in answers:
            shown = said(answer)
            thief.trouble += [f"{custom_id} {values}: {each}" for each in thief.wrong(answer)]
            thief.trouble += [
                f"{custom_id} {values} shows {each}" for each in private.secrets if each in shown
            ]


def said(answer: Seen | Form) -> str:
    """All of an answer, with what was said beside it."""
    if isinstance(answer, Form):
        return json.dumps(answer.modal)
    every = [answer, *answer.followups]
    files = [data.decode(errors="replace") for each in every for data in each.files.values()]
    return "\n".join([*(each.text + json.dumps(each.payload) for each in every), *files])


async def about(db: Db, marks: list[str]) -> dict[str, list[str]]:
    """Every record that names one of these."""
    names = await db.database.list_collection_names()
    rows = {name: [str(row) async for row in db.database[name].find()] for name in names}
    return {
        name: sorted(row for row in found if any(mark in row for mark in marks))
        for name, found in rows.items()
    }


async def own_form(person: Person) -> Form:
    """A form of the person's own, whose id a hand-made one takes."""
    return await (await person.run("/account profile")).open("Change")


@pytest.fixture
def by_dm(services: Services, shop: Shop, olivia: Person) -> Callable[[], Awaitable[Shop]]:
    """Makes the shop answer by direct message."""

    async def switched() -> Shop:
        fresh = await services.shops.of_tenant(shop.id)
        return await services.shops.configure(fresh, member(olivia), response_mode=ResponseMode.DM)

    return switched


async def test_another_customers_cards_lead_nowhere(
    db: Db, bot: commands.Bot, ada: Person, bob: Person, private: Private, caplog: pytest.LogCaptureFixture
) -> None:
    """Bob sends everything that Ada was shown: he reads nothing of hers, and hers stays as it is."""
    walk = await walked(Walk(ada, bot, caplog), private)
    seen, form, thief = await bob.run("/account profile"), await own_form(bob), Walk(bob, bot, caplog)
    before = await about(db, private.marks)
    await try_all(thief, seen, form, walk.sent, private)
    assert thief.trouble == []
    assert await about(db, private.marks) == before
    for number in private.numbers:
        assert "cannot find" in (await bob.run("/orders view", order=number)).text
        assert await bob.suggest("/orders view", order=number) == []


@pytest.mark.parametrize("where", ["server", "message"])
async def test_the_next_shops_owner_cannot_use_them(
    db: Db,
    bot: commands.Bot,
    shop: Shop,
    services: Services,
    ada: Person,
    private: Private,
    elsewhere: tuple[Community, Shop],
    caplog: pytest.LogCaptureFixture,
    where: str,
) -> None:
    """In their own server all of it is unknown; in a message that names this server they are strangers."""
    walk = await walked(Walk(ada, bot, caplog), private)
    there, other = elsewhere
    thief = Walk(there.owner, bot, caplog)
    form = await own_form(there.owner)
    if where == "message":
        await services.shops.configure(other, member(there.owner), response_mode=ResponseMode.DM)
        await there.owner.run("/help")
        seen = there.owner.dms[-1]
        form.source, form.place = seen.message, there.owner.dm
        prefix = f"g{shop.guild_id}~"
    else:
        seen, prefix = await there.owner.run("/help"), ""
    before = await about(db, [*private.marks, shop.id])
    await try_all(thief, seen, form, walk.sent, private, lambda stolen: prefix + stolen.rpartition("~")[2])
    assert thief.trouble == []
    assert await about(db, [*private.marks, shop.id]) == before


async def test_a_message_of_one_server_opens_no_other(
    bot: commands.Bot,
    shop: Shop,
    ada: Person,
    bob: Person,
    private: Private,
    elsewhere: tuple[Community, Shop],
    by_dm: Callable[[], Awaitable[Shop]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The server in front of an id is asked whether the person is in it; what belongs to Ada stays hers."""
    assert bot.user
    await by_dm()
    for person in (ada, bob):
        await person.run("/orders list")
    order = f"orders:open:{private.marks[2]}"
    seen, mine, strange = bob.dms[-1], f"g{shop.guild_id}~{order}", f"g{elsewhere[0].id}~{order}"
    assert private.numbers[0] in said(await ada.click(ada.dms[-1], custom_id=mine, forged=True))
    for person, custom_id, answer in (
        (bob, mine, "cannot find"),
        (bob, order, "in the server"),
        (bob, strange, "have left"),
        (ada, strange, "have left"),
        (ada, f"g1~{order}", "have left"),
        (ada, f"g{'9' * 30}~{order}", "have left"),
    ):
        caplog.clear()
        card = seen if person is bob else ada.dms[-1]
        shown = said(await person.click(card, custom_id=custom_id, forged=True))
        assert answer in shown, (person, custom_id, shown)
        assert not [each for each in caplog.records if each.levelname == "ERROR"], custom_id


async def test_nothing_of_admin_works_in_a_direct_message(
    db: Db,
    bot: commands.Bot,
    shop: Shop,
    olivia: Person,
    private: Private,
    by_dm: Callable[[], Awaitable[Shop]],
) -> None:
    """Not even for the owner: there neither roles nor channels are seen."""
    await by_dm()
    await olivia.run("/help")
    seen = olivia.dms[-1]
    before = await about(db, [shop.id])
    for action, arguments in ways(bot, Kind.CLICK):
        forged = ":".join([f"g{shop.guild_id}~{action}", *[private.marks[2]] * min(arguments, 2)])
        answer = await olivia.click(seen, custom_id=forged, forged=True)
        shown = said(answer)
        assert "in the server where the shop is" in shown or "older version" in shown, (action, shown)
    assert await about(db, [shop.id]) == before
