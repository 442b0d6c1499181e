"""Names, notes and reasons that try to ping, to link, to mark and to turn lines, on every card there is."""

import logging

import pytest
from nextcord.ext import commands

from bot.sandbox import Community, Person, Room
from bot.sandbox.recording import Request
from models.base import Db
from models.discount import Discount, DiscountType
from services import Services
from services.shops import Shop
from tests.cogs.admin.walk.filling import HOSTILE
from tests.cogs.admin.walk.walking import Walk
from tests.cogs.buying import placed
from tests.cogs.conftest import member
from tests.cogs.speaking import broken, linking, pinging
from tests.services.conftest import MakeProduct, TestClock

SHORT = (
    "@everyone",
    "<@&1> <@1> @here",
    "[x](https://evil.example)",
    "```",
    "\u202egnp.exe",
    "**@here** ~~c~~",
)
CALLBACK = "/interactions/{interaction_id}/{interaction_token}/callback"


@pytest.fixture
def eve(guild: Community) -> Person:
    """A customer whose name is all that a name can be."""
    return guild.add_member("eve", display_name=HOSTILE[:32])


async def test_every_card_shows_hostile_texts_and_none_of_them_works(
    db: Db,
    bot: commands.Bot,
    services: Services,
    clock: TestClock,
    shop: Shop,
    eve: Person,
    olivia: Person,
    product: MakeProduct,
    staff_room: Room,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """As a customer and as the owner, in the staff's channel, in direct messages and in the shop window."""
    caplog.set_level(logging.INFO, "cogs._ui.attendance")
    shop = await services.shops.configure(
        shop, member(olivia), name=HOSTILE[:100], payment_instructions=HOSTILE[:1000]
    )
    made = [
        await product(each, sku=f"S{at}", description=HOSTILE[:2000], delivery_text=HOSTILE[:2000])
        for at, each in enumerate(SHORT)
    ]
    await services.fund_rules.switch(shop, member(olivia), on=True)
    words = dict.fromkeys(("celebration_message_template", "disclaimer_text"), HOSTILE)
    await services.fund_rules.texts(
        shop, member(olivia), {**words, "anonymous_message_template": "{amount} @everyone"}
    )
    await Discount(
        tenant_id=shop.id, type=DiscountType.PERCENT, percent=10, label=HOSTILE[:80], applies_to_all=True
    ).insert(db)
    await services.storefronts.place(shop, member(olivia), str(staff_room.id), "en-US")
    orders = [await placed(services, shop, eve, each.key) for each in made]
    for order in orders[:3]:
        await services.claims.claim(shop, member(eve), order.key, HOSTILE[:100])
    view = await services.claims.view(shop, orders[0].payment_id)
    await services.claims.approve(shop, member(olivia), view.payment.key, 1, HOSTILE[:100])
    await services.claims.reject(shop, member(olivia), orders[1].payment_id, 1, HOSTILE[:200])
    clock.forward(minutes=1)
    while await services.worker.drain():
        pass
    await services.storefront_worker.drain()
    walk = Walk(eve, bot, caplog, texts=broken)
    for path, options in (
        ("/shop browse", {}),
        ("/cart add", {"product": made[0].key}),
        ("/checkout", {}),
        ("/orders list", {}),
        ("/account profile", {}),
        ("/fund info", {}),
        ("/help", {}),
        *(("/orders view", {"order": each.order_number}) for each in orders[:3]),
    ):
        walk.arrived(path, await eve.call(path, options))
    await walk.on()
    for path in (
        "product",
        "order",
        "payments",
        "customer",
        "discount",
        "audit",
        "queue",
        "alerts",
        "config",
    ):
        walk.arrived(path, await olivia.call(f"/admin {path}", {}))
    said = [each.message.payload for each in [*eve.dms, *staff_room.messages]]
    assert len(said) > 6
    # What customers write is no link for the staff.
    assert not [each for one in said[len(eve.dms) :] for each in linking(one)]
    trouble = [*walk.trouble, *(each for one in said for each in broken(one))]
    assert not trouble, "\n".join(sorted(set(trouble)))


def test_the_looks_see_what_they_look_for() -> None:
    """A raw text works, an escaped one does not; a request without the word about pings is found."""
    for raw in ("hi @everyone", "<@&1>", "[x](https://evil.example)", "~~c~~"):
        assert broken({"content": raw}), raw
        assert broken({"embeds": [{"fields": [{"name": raw, "value": "b"}]}]}), raw
    assert linking({"content": "see https://evil.example"})
    assert linking({"content": "see `https://evil.example` or https:\\//evil.example"}) == []
    assert broken({"components": [{"components": [{"label": "\u202ex"}]}]})
    assert broken({"content": r"\[x\](https://evil.example) @\u200beveryone `@everyone` \<@1>"}) == []
    none = {"parse": list[str]()}
    for body, bad in (
        ({"type": 4, "data": {"content": "hi"}}, True),
        ({"type": 4, "data": {"content": "hi", "allowed_mentions": none}}, False),
        ({"type": 7, "data": {"content": "hi", "allowed_mentions": {"parse": ["users"]}}}, True),
        ({"type": 5, "data": {"flags": 64}}, False),
    ):
        assert bool(pinging([Request("POST", "", CALLBACK, {}, {}, body)])) is bad, body
    post = Request("POST", "", "/channels/{channel_id}/messages", {}, {}, {"embeds": [{"title": "x"}]})
    assert pinging([post])
