"""/admin flags: switched by clicks, and what that does to the buttons that people have in front of them."""

import asyncio

import pytest

from bot.config import FlagSettings
from bot.sandbox import Community, Person, Room, Seen
from models.audit import AuditLog
from models.base import Db
from models.flag import FeatureFlag, Flag
from models.storefront import Storefront
from models.waiting import Waiting
from services import Services
from services.flags import keep_system_flags
from services.rules import Rules
from services.shops import Shop
from tests.cogs.conftest import give_key, member
from tests.cogs.german import english_in
from tests.services.conftest import MakeProduct, TestClock

pytestmark = pytest.mark.usefixtures("bot")
MINUTES = "Minutes that a unit is kept"
EVENTS = "What customers get by e-mail"


async def part(staff: Person, title: str) -> Seen:
    """The card of one part."""
    return await (await staff.run("/admin flags")).choose("Open a part", title)


def labels(seen: Seen) -> list[str | None]:
    """What can be pressed."""
    return [button.label for button in seen.buttons if button.enabled]


def said(seen: Seen) -> str:
    """A card with what was answered beside it."""
    return "\n".join(each.text for each in (seen, *seen.followups))


async def forged(person: Person, seen: Seen, target: str) -> str:
    """What somebody reads who sends a click that no card offered."""
    answer = await person.click(seen, custom_id=target, forged=True)
    assert isinstance(answer, Seen)
    return said(answer)


async def test_a_part_is_switched_and_the_card_says_who_did_it(
    db: Db, olivia: Person, shop: Shop, services: Services
) -> None:
    """List, card, off, on; each act is in the audit."""
    seen = await olivia.run("/admin flags")
    assert all(title in seen.text for title in ("Storefront", "Waiting list", "Tax service", "Labels"))
    seen = await seen.choose("Open a part", "Labels")
    assert "nobody has changed it" in seen.text
    seen = await seen.press("Switch off")
    assert "@Olivia, " in seen.text
    assert "As your shop has it." in seen.text
    assert not await services.flags.on(shop.id, Flag.LABELS)
    seen = await seen.press("Switch on")
    assert await services.flags.on(shop.id, Flag.LABELS)
    acts = await AuditLog.find_all(db, {"tenantId": shop.id, "action": "flag.switch"}, sort="createdAt")
    assert [each.meta["after"]["enabled"] for each in acts] == [False, True]
    assert "⚫" not in (await seen.press("All parts")).text


async def test_what_can_be_set_is_set_by_form_and_menu(
    services: Services, shop: Shop, olivia: Person
) -> None:
    """Minutes by form, events by menu; wrong, huge and hostile texts get a sentence and change nothing."""
    seen = await part(olivia, "Waiting list")
    form = await seen.open("Change")
    for typed in ("0", "9999999999", "-5", "٣", "x"):
        answer = said(await form.submit({MINUTES: typed}))
        assert "whole number" in answer, typed
    seen = await form.submit({MINUTES: "45"})
    assert "45" in seen.text
    assert "changed these settings at the same moment" in said(await form.submit({MINUTES: "50"}))
    seen = await (await seen.open("Change")).submit({MINUTES: ""})
    assert "as installed" in seen.text
    seen = await (await part(olivia, "E-mail")).choose(EVENTS, "Refunds")
    assert "• Parcels" not in seen.text
    assert (await services.flags.state(shop, Flag.EMAIL)).payload.model_dump(mode="json") == {
        "events": ["refunds"]
    }


async def test_two_who_look_at_one_card_do_not_overwrite_each_other(
    db: Db, services: Services, shop: Shop, olivia: Person, guild: Community
) -> None:
    """The second menu is told to look again; two switches at once are one."""
    zoe = guild.add_member("zoe", display_name="Zoe")
    await give_key(db, shop, zoe, "flag.manage")
    first, second = await part(olivia, "E-mail"), await part(zoe, "E-mail")
    await first.choose(EVENTS, "Refunds")
    assert "at the same moment" in said(await second.choose(EVENTS, "New orders"))
    seen = await asyncio.gather(*(each.press("Switch off") for each in (first, second)))
    assert all("Switch on" in labels(each) for each in seen)
    state = await services.flags.state(shop, Flag.EMAIL)
    assert (state.on, state.payload.model_dump(mode="json")) == (False, {"events": ["refunds"]})


async def test_what_the_installation_keeps_off_is_shown_and_not_to_be_had(
    db: Db, olivia: Person, services: Services, shop: Shop, clock: TestClock
) -> None:
    """No buttons, and an older button gets a kind refusal."""
    old = await (await part(olivia, "Labels")).press("Switch off")
    await keep_system_flags(db, FlagSettings(labels="never", email="off").said())
    clock.forward(seconds=2)
    assert labels(await part(olivia, "Labels")) == ["All parts"]
    assert "Only who runs the bot can change that." in said(await old.press("Switch on"))
    seen = await part(olivia, "E-mail")
    assert "As the installation has it" in seen.text
    await seen.press("Switch on")
    assert await services.flags.on(shop.id, Flag.EMAIL)


async def test_nobody_without_the_key_and_no_other_shop(
    db: Db, sam: Person, ada: Person, olivia: Person, elsewhere: tuple[Community, Shop], services: Services
) -> None:
    """Staff need the key, forged names are unknown, and the neighbour's shop stays as it was."""
    for person in (sam, ada):
        assert "flag.manage" in (await person.run("/admin flags")).text
    seen = await part(olivia, "Labels")
    assert "flag.manage" in await forged(sam, await sam.run("/help"), "flags:off:labels")
    for target in ("flags:off:%24where", "flags:menu:email:0", "flags:numbers:labels:0"):
        assert "cannot" in (await forged(olivia, seen, target)), target
    await seen.press("Switch off")
    place, theirs = elsewhere
    assert await services.flags.on(theirs.id, Flag.LABELS)
    assert "⚫" not in (await place.owner.run("/admin flags")).text
    assert [row.tenant_id for row in await FeatureFlag.find_all(db, {})] != [theirs.id]


async def test_tell_me_goes_and_who_waits_can_still_leave(
    db: Db, services: Services, shop: Shop, olivia: Person, ada: Person, bob: Person, product: MakeProduct
) -> None:
    """An older button is refused kindly; the card says that it is sold out and no more."""
    mug = await product("Mug", stock=0)
    await services.waitlist.ask(shop, member(bob), mug.key)
    old = await ada.run("/shop product", name="Mug")
    await (await part(olivia, "Waiting list")).press("Switch off")
    assert "keeps no waiting list" in said(await old.press("Tell me"))
    seen = await ada.run("/shop product", name="Mug")
    assert "Tell me" not in labels(seen)
    assert "Please look in again later." in seen.text
    assert "Tell me" not in str((await ada.run("/shop browse")).selects)
    seen = await (await bob.run("/shop product", name="Mug")).press("Stop waiting")
    assert not [each for each in await Waiting.find_all(db, {"tenantId": shop.id}) if each.is_open]


async def test_the_permanent_message_goes_and_comes_back_to_its_place(
    db: Db,
    services: Services,
    shop: Shop,
    olivia: Person,
    guild: Community,
    product: MakeProduct,
    clock: TestClock,
) -> None:
    """Switched off it is taken away, and staff are told why; switched on it stands where it stood."""
    window: Room = guild.add_channel("window")
    await product("Mug")
    await services.storefronts.place(shop, member(olivia), str(window.id), "en-US")

    async def settle() -> None:
        for _ in range(2):
            clock.forward(seconds=Rules().storefront_pause.total_seconds())
            await services.storefront_worker.drain()

    await settle()
    assert len(window.messages) == 1
    old = await olivia.run("/admin storefront")
    card = await (await part(olivia, "Storefront")).press("Switch off")
    await settle()
    assert window.messages == []
    seen = await olivia.run("/admin storefront")
    assert "switched off" in seen.text
    assert "#window" in seen.text
    assert labels(seen) == ["Remove it"]
    assert "switched off" in said(await old.press("Show it now"))
    await card.press("Switch on")
    await settle()
    assert len(window.messages) == 1
    front = await Storefront.of_tenant(db, shop.id)
    assert front is not None
    assert (front.problem, front.leftovers) == (None, [])


async def test_discounts_and_tax_say_that_they_are_off(services: Services, olivia: Person) -> None:
    """The list of discounts says that none applies by itself; the tax card offers no service."""
    await services.providers.configure(
        await services.shops.of_guild(str(olivia.guild.id)), member(olivia), "taxjar", {"api_token": "t" * 32}
    )
    before = await (await olivia.run("/admin config")).choose("Change a part", "Tax")
    assert "TaxJar" in before.select("Who works out the tax").options
    await (await part(olivia, "Tax service")).press("Switch off")
    await (await part(olivia, "Automatic discounts")).press("Switch off")
    assert "None applies by itself at the moment" in (await olivia.run("/admin discount")).text
    seen = await (await olivia.run("/admin config")).choose("Change a part", "Tax")
    assert "switched off" in seen.text
    assert "TaxJar" not in seen.select("Who works out the tax").options
    assert "switched off" in said(await before.choose("Who works out the tax", "TaxJar"))


async def test_all_of_it_speaks_german(german_owner: Person, db: Db) -> None:
    """List and cards of every part, with form, menu and the installation's refusal."""
    await keep_system_flags(db, FlagSettings(labels="never").said())
    seen = await german_owner.run("/admin flags")
    (menu,) = seen.selects
    cards = [await seen.choose(menu.placeholder, title) for title in menu.options]
    assert english_in("\n".join([seen.text, *(each.text for each in cards)])) == []
