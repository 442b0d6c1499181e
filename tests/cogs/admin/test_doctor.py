"""The doctor at the counter: findings with remedies, what can be mended by a click, and who may."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from motor.core import AgnosticClientSession

from bot.outside import Outside
from bot.sandbox import Community, Permission, Person, Room, Sandbox, Seen
from bot.sandbox.guilds import Role
from cogs._ui.words import Words, languages
from cogs.admin._doctor_card import PAGE_SIZE, report
from cogs.admin._doctor_said import CHANNELS, SAID
from cogs.admin._doctor_words import remedy, wrong
from models.access import Role as RoleOfKeys
from models.audit import AuditLog
from models.base import Db
from models.inventory import InventorySnapshot
from models.outbox import OutboxEffect, OutboxStatus
from models.storefront import Storefront
from services import Services
from services.access import Permission as Key
from services.doctor import checks
from services.doctor.channels import FIELDS
from services.doctor.contract import Finding, Mend, Severity
from services.doctor.examination import FAILED, SLOW
from services.doctor.index_work import BUILDING
from services.doctor.mending import NEEDS
from services.effects import EffectKind
from services.shops import Shop
from tests.cogs.admin.conftest import Neighbour, everything
from tests.cogs.conftest import give_key, member
from tests.outside import OUTSIDE
from tests.services.conftest import MakeProduct, TestClock

pytestmark = pytest.mark.usefixtures("bot")
WRITING = Permission.VIEW_CHANNEL | Permission.SEND_MESSAGES | Permission.EMBED_LINKS


@pytest.fixture
def outside(discord: Sandbox) -> Outside:
    """Discord's clock can be asked."""
    return Outside(OUTSIDE.vault, discord_url=discord.api_url)


async def effects(db: Db, shop: Shop, clock: TestClock, reason: str, many: int = 2) -> None:
    """Effects that were given up."""
    for n in range(many):
        await OutboxEffect(
            tenant_id=shop.id,
            kind="no.such",
            dedupe_key=f"{shop.id}:{reason}:{n}",
            next_attempt_at=clock.now(),
            status=OutboxStatus.DEAD,
            last_error=reason,
        ).insert(db)


async def actions(db: Db) -> list[str]:
    """What the audit log says was done, the newest last."""
    return [row.action for row in await AuditLog.find_all(db, {}, sort="_id")]


async def test_the_doctor_tells_the_worst_first_with_what_to_do(
    guild: Community, olivia: Person, product: MakeProduct
) -> None:
    """A role above the bot's breaks deliveries; no Redis is only good to know."""
    high = guild.add_role("Legend", position=90)
    await product("Pass *of* legends", granted_role_ids=[str(high.id)])
    seen = await olivia.run("/admin doctor")
    assert "I cannot grant @Legend, which these products promise" in seen.text
    assert "➜ Drag my role above it" in seen.text
    assert "The bot has" not in seen.text
    assert "does not answer from here" in seen.text
    names = [field["name"][0] for field in seen.embeds[0]["fields"]]
    assert names == sorted(names, key="🔴🟠🔵".index)
    assert "clock" not in seen.text
    assert seen.ephemeral


async def test_what_was_mended_is_gone_at_the_next_look(
    guild: Community, olivia: Person, shop: Shop, staff_room: Room, services: Services
) -> None:
    """A staff channel that was deleted is forgotten once that was chosen, and then is missed."""
    assert shop.config.admin_channel_id == str(staff_room.id)
    guild.remove_channel(staff_room)
    seen = await olivia.run("/admin doctor")
    assert "The channel that was set as the second staff channel was deleted." in seen.text
    asked = await seen.press("Mend")
    now = await services.shops.of_tenant(shop.id)
    assert now.config.admin_channel_id == str(staff_room.id)
    seen = await asked.choose("Choose what I shall mend", "Forget a channel that was deleted")
    assert "there is no staff channel" in seen.text
    assert "was deleted" not in seen.text
    assert "Done." in seen.followups[0].text
    assert (await services.shops.of_tenant(shop.id)).config.admin_channel_id is None


async def ask_for_indexes(person: Person) -> Seen:
    """The card after the doctor was told to make them."""
    asked = await (await person.run("/admin doctor")).press("Mend")
    return await asked.choose("Choose what I shall mend", "Make the missing indexes")


async def test_missing_indexes_are_made(olivia: Person, db: Db, services: Services) -> None:
    """By anybody who may run the doctor, and written down; the card says when it is done."""
    await db.rows(InventorySnapshot.__collection__).drop_index("tenantId_1_productId_1")
    assert "inventorysnapshots.tenantId" in (await olivia.run("/admin doctor")).text
    seen = await ask_for_indexes(olivia)
    assert "I am making the missing indexes." in seen.text
    assert seen.followups == []
    assert (await actions(db))[-1] == "doctor.indexes"
    await services.worker.drain()
    assert "The indexes are made" in seen.now.text
    known = await db.rows(InventorySnapshot.__collection__).index_information()
    assert known["tenantId_1_productId_1"]["unique"]
    assert "lacks indexes" not in (await seen.now.press("Look again")).text


async def held_up(db: Db) -> AgnosticClientSession:
    """Something because of which no index of that collection can be begun."""
    session = await db.client.start_session()
    session.start_transaction()
    await db.rows(InventorySnapshot.__collection__).insert_one({"_id": "open"}, session=session)
    return session


async def test_nobody_waits_for_an_index_that_takes_long(
    olivia: Person, db: Db, services: Services, clock: TestClock
) -> None:
    """The click is answered, the worker does other things meanwhile, and the card changes in the end."""
    await db.rows(InventorySnapshot.__collection__).drop_index("tenantId_1_productId_1")
    seen = await ask_for_indexes(olivia)
    session = await held_up(db)
    for _ in range(2):
        await services.worker.drain()
        (owed,) = await OutboxEffect.find_all(db, {"kind": EffectKind.INDEXES_MAKE})
        assert (owed.status, owed.last_error, owed.attempts) == (OutboxStatus.PENDING, BUILDING, 0)
        clock.forward(seconds=6)
    assert "I am making" in seen.now.text
    await session.abort_transaction()
    while (await OutboxEffect.find_all(db, {"kind": EffectKind.INDEXES_MAKE}))[0].outcome is None:
        await services.worker.drain()
        clock.forward(seconds=6)
    assert "The indexes are made" in seen.now.text
    assert olivia.dms == []


async def test_indexes_that_took_longer_than_discord_listens_are_told_by_dm(
    olivia: Person, db: Db, services: Services, clock: TestClock, staff_room: Room
) -> None:
    """Else in the staff's channel."""
    for closed in (False, True):
        await db.rows(InventorySnapshot.__collection__).drop_index("tenantId_1_productId_1")
        seen = await ask_for_indexes(olivia)
        if closed:
            olivia.close_dms()
        clock.forward(minutes=20)
        await services.worker.drain()
        assert "I am making" in seen.now.text
    assert ["The indexes are made" in each.text for each in olivia.dms] == [True]
    assert "The indexes are made" in staff_room.messages[-1].text


async def test_indexes_that_records_stand_in_the_way_of_are_left_and_said(
    olivia: Person, db: Db, services: Services
) -> None:
    """Two records of one product keep the unique index from being made."""
    rows = db.rows(InventorySnapshot.__collection__)
    await rows.drop_index("tenantId_1_productId_1")
    await InventorySnapshot.insert_all(db, [InventorySnapshot(tenant_id="a", product_id="b") for _ in "12"])
    seen = await ask_for_indexes(olivia)
    await services.worker.drain()
    assert "one index is still missing" in seen.now.text
    assert "lacks indexes" in (await seen.now.press("Look again")).text


async def test_what_was_given_up_for_a_mended_reason_is_tried_again(
    olivia: Person, db: Db, shop: Shop, clock: TestClock
) -> None:
    """The staff channel is there again; another reason still stands."""
    await effects(db, shop, clock, "no_staff_channel")
    await effects(db, shop, clock, "role_gone")
    seen = await olivia.run("/admin doctor")
    assert "It can be tried again now. No channel for the staff is set." in seen.text
    asked = await seen.press("Mend")
    await asked.choose("Choose what I shall mend", "Try again what was given up")
    left = await OutboxEffect.find_all(db, {"status": OutboxStatus.DEAD, "kind": "no.such"})
    assert {each.last_error for each in left} == {"role_gone"}
    assert (await actions(db))[-1] == "queue.retry_all"


async def test_a_storefront_is_posted_again_or_forgotten(
    guild: Community, olivia: Person, db: Db, shop: Shop, services: Services
) -> None:
    """After a trouble of Discord's it is due at once; without its channel it is taken down."""
    window = guild.add_channel("window")
    await services.storefronts.place(shop, member(olivia), str(window.id), "en-US")
    await db.rows(Storefront.__collection__).update_one({}, {"$set": {"problem": "discord_down"}})
    asked = await (await olivia.run("/admin doctor")).press("Mend")
    await asked.choose("Choose what I shall mend", "Post the storefront again")
    await services.storefront_worker.drain()
    assert len(window.messages) == 1
    guild.remove_channel(window)
    asked = await (await olivia.run("/admin doctor")).press("Mend")
    await asked.choose("Choose what I shall mend", "Forget a channel that was deleted")
    front = await services.storefronts.of(shop)
    assert front is not None
    assert front.channel_id is None
    assert "storefront.remove" in await actions(db)


async def test_who_mends_needs_the_key_of_what_is_mended(
    guild: Community, sam: Person, db: Db, shop: Shop, staff_room: Room
) -> None:
    """Whoever may only look is told which key is missing, and nothing is changed."""
    await give_key(db, shop, sam, "doctor.run")
    guild.remove_channel(staff_room)
    asked = await (await sam.run("/admin doctor")).press("Mend")
    before = await everything(db)
    seen = await asked.choose("Choose what I shall mend", "Forget a channel that was deleted")
    assert "config.manage" in seen.text + "".join(each.text for each in seen.followups)
    assert await everything(db) == before


async def test_customers_and_staff_without_the_key_do_not_get_to_the_doctor(
    ada: Person, sam: Person, db: Db
) -> None:
    """By command, and by forged clicks on a card of their own."""
    # The first visit of a shop makes the records that every shop has.
    await ada.run("/help")
    before = await everything(db)
    for person in (ada, sam):
        seen = await person.run("/admin doctor")
        assert "doctor.run" in seen.text
        own = await person.run("/help")
        for forged in ("doctor:open", "doctor:ask", "doctor:mend"):
            answer = await person.click(own, custom_id=forged, forged=True)
            assert "doctor.run" in answer.text
    assert await everything(db) == before


async def test_a_menu_from_before_mends_nothing_that_is_in_order(
    guild: Community, olivia: Person, services: Services, shop: Shop, db: Db, staff_room: Room
) -> None:
    """Somebody chose another channel meanwhile: it stays."""
    guild.remove_channel(staff_room)
    asked = await (await olivia.run("/admin doctor")).press("Mend")
    better = guild.add_channel("better", visible_to=[guild.bot_role])
    now = await services.shops.of_tenant(shop.id)
    await services.shops.configure(now, member(olivia), admin_channel_id=str(better.id))
    seen = await asked.choose("Choose what I shall mend", "Forget a channel that was deleted")
    assert "Nothing was mended" in seen.followups[0].text
    assert (await services.shops.of_tenant(shop.id)).config.admin_channel_id == str(better.id)
    assert (await actions(db)).count("config.edit") >= 1


async def test_two_who_mend_at_once_mend_once(
    guild: Community, olivia: Person, sam: Person, db: Db, shop: Shop, staff_room: Room
) -> None:
    """The second is told that it is in order, or that somebody was faster; nothing is done twice."""
    await give_key(db, shop, sam, "doctor.run")
    await db.rows(RoleOfKeys.__collection__).update_one({}, {"$push": {"permissionKeys": "config.manage"}})
    guild.remove_channel(staff_room)
    hers = await (await olivia.run("/admin doctor")).press("Mend")
    his = await (await sam.run("/admin doctor")).press("Mend")
    before = (await actions(db)).count("config.edit")
    menu, choice = "Choose what I shall mend", "Forget a channel that was deleted"
    await asyncio.gather(hers.choose(menu, choice), his.choose(menu, choice))
    assert (await actions(db)).count("config.edit") == before + 1


async def test_a_neighbours_troubles_are_not_told(
    olivia: Person, neighbour: Neighbour, db: Db, clock: TestClock
) -> None:
    """Neither its products nor its effects."""
    await effects(db, neighbour.shop, clock, "no_staff_channel")
    await db.rows("products").update_many(
        {"tenantId": neighbour.shop.id}, {"$set": {"grantedRoleIds": ["1"]}}
    )
    seen = await olivia.run("/admin doctor")
    assert "Secret" not in seen.text
    assert "given something up" not in seen.text


async def test_a_bot_without_permissions_says_which(
    guild: Community, olivia: Person, staff_room: Room, staff_role: Role
) -> None:
    """In the server, and in each channel that is set."""
    guild.set_permissions(guild.bot_role, int(Permission.VIEW_CHANNEL))
    guild.set_permissions(guild.guild.roles[guild.id], int(Permission.VIEW_CHANNEL))
    seen = await olivia.run("/admin doctor")
    assert "Attach Files, Embed Links, Manage Roles, Send Messages" in seen.text
    assert f"I cannot post in #{staff_room.name}: I lack Embed Links, Send Messages there" in seen.text
    assert staff_role.name


async def test_the_set_up_ends_at_the_doctor(olivia: Person) -> None:
    """One click from the wizard's last card."""
    seen = await olivia.run("/admin setup")
    for button in ("Finish", "Doctor"):
        seen = await seen.press(button)
    assert "Look again" in [button.label for button in seen.buttons]


async def test_the_doctor_speaks_german(german_owner: Person) -> None:
    """Findings, remedies and buttons."""
    seen = await german_owner.run("/admin doctor")
    assert "Redis" in seen.text
    assert "Neu laden" in [button.label for button in seen.buttons]
    assert "There is no Redis" not in seen.text


VALUES: dict[str, Any] = {
    "names": [f"*Thing* {n} " + "x" * 200 for n in range(99)],
    "permissions": ["manage_roles", "unheard_of"],
    "channel": "1",
    "role": "2",
    "providers": ["paypal", "gone"],
    "provider": "stripe",
    "method": "VENMO",
    "since": datetime(2026, 1, 2, tzinfo=UTC),
    "paid": datetime(2026, 1, 3, tzinfo=UTC),
    "reason": "`@everyone`" * 60,
    "why": "ClientConnectorError",
    "check": "ledger",
    "reference": "REF12345",
    "currency": "EUR",
    "version": "5.0",
    **dict.fromkeys(("many", "seconds", "better", "ledger", "stock", "ledger_held", "held"), 7),
}


def test_every_word_of_every_check_has_its_sentences() -> None:
    """No finding is without a remedy, and no sentence is of nothing that is found."""
    words = {word for check in checks() for word in check.finds} | {FAILED, SLOW}
    assert set(SAID) == words
    assert set(CHANNELS) == set(FIELDS)
    assert set(NEEDS) == set(Mend)
    assert set(NEEDS.values()) <= set(Key)


@pytest.mark.parametrize("language", ["en", *languages()])
def test_a_page_of_anything_fits_on_a_card(language: str) -> None:
    """With names as long as they come, in every language."""
    w = Words.of(language)
    found = [
        Finding(code, Severity.WRONG, {**VALUES, "field": field}, Mend.EFFECTS, f"{n}")
        for code in SAID
        for n, field in enumerate(FIELDS)
    ]
    for each in found:
        said = wrong(each, w), remedy(each, w)
        assert all(0 < len(text) < 700 for text in said)
        assert "{" not in "".join(said)
        assert "*Thing*" not in said[0]
    for page in range(-(-len(found) // PAGE_SIZE)):
        embed = report(found, page, w).payload()["embeds"][0]
        assert len(embed["fields"]) <= PAGE_SIZE
