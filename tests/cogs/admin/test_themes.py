"""/admin themes and /account theme: chosen, made, refused and deleted by clicks, and seen on cards."""

import asyncio
import zlib

import pytest

from bot.sandbox import Community, Person, Room, Seen
from cogs._ui.swatch import page_picture, squares
from models.audit import AuditLog
from models.base import Db
from models.theme import UserTheme
from services import Services
from services.shops import Shop
from services.system_themes import DARK, LIGHT, SYSTEM_THEMES, seed_system_themes
from tests.cogs.conftest import give_key, member
from tests.cogs.german import english_in
from tests.services.conftest import MakeProduct, TestClock

BLURPLE = 0x5865F2
BLUE, PINK = int(LIGHT.primary[1:], 16), 0xA3206F
NAME, TEXT, ACCENT, PAGE, SECTIONS = "Name of the theme", "Text", "Accent", "Page", "Sections"


@pytest.fixture(autouse=True)
async def seeded(db: Db, bot: object) -> None:
    """The system's themes, as every start leaves them."""
    assert bot is not None
    await seed_system_themes(db)


def said(seen: Seen) -> str:
    """A card with what was answered beside it."""
    return "\n".join(each.text for each in (seen, *seen.followups))


def accent(seen: Seen) -> int:
    """The colour of a card."""
    return int(seen.embeds[0]["color"])


def labels(seen: Seen) -> list[str | None]:
    """What can be pressed."""
    return [button.label for button in seen.buttons if button.enabled]


async def theme(staff: Person, name: str) -> Seen:
    """The card of a theme."""
    return await (await staff.run("/admin themes")).choose("Open a theme", name)


async def made(staff: Person, name: str = "Ours", base: str = "Light") -> Seen:
    """The card of a new theme."""
    return await (await (await theme(staff, base)).open("Make your own from it")).submit({NAME: name})


def test_the_picture_is_a_small_png_of_the_page() -> None:
    """A valid file in which the colours stand, for every theme that ships."""
    for each in SYSTEM_THEMES:
        picture = page_picture(each.palette)
        assert picture.startswith(b"\x89PNG\r\n\x1a\n")
        assert len(picture) < 4000
        length = int.from_bytes(picture[33:37], "big")
        pixels = zlib.decompress(picture[41 : 41 + length])
        assert len(pixels) == 200 * (1 + 3 * 480)
        assert all(bytes.fromhex(colour[1:]) in pixels for colour in each.palette)


def test_the_squares_tell_themes_apart() -> None:
    """Accent, page, sections and text in one line."""
    shown = {each.slug: squares(each.palette) for each in SYSTEM_THEMES}
    assert shown["forest"] == "🟩⬜⬜⬛"
    assert shown["harbour"] == "🟦⬛🟦⬜"
    assert shown["high-contrast"] == "🟨⬛⬛⬜"
    assert len(set(shown.values())) == len(SYSTEM_THEMES)


async def test_the_shop_wears_a_theme_and_everybodys_plain_cards_show_it(
    olivia: Person, ada: Person, product: MakeProduct
) -> None:
    """List, card with picture, wear, take off; what is sold out stays amber."""
    await product("Mug")
    await product("Cap", stock=0)
    assert accent(await ada.run("/shop browse")) == BLURPLE
    seen = await olivia.run("/admin themes")
    assert all(each.name in seen.text for each in SYSTEM_THEMES)
    seen = await seen.choose("Open a theme", "Orchid")
    assert accent(seen) == PINK
    assert list(seen.files) == ["theme.png"]
    assert "Delete" not in labels(seen)
    seen = await seen.press("Wear it in the shop")
    assert "The shop wears it." in seen.text
    shelf = await ada.run("/shop browse")
    assert sorted(embed["color"] for embed in shelf.embeds) == sorted([PINK, PINK, 0xE0A100])
    assert accent(await ada.run("/cart view")) == PINK
    await seen.press("Stop wearing it")
    assert accent(await ada.run("/cart view")) == BLURPLE


async def test_a_theme_is_made_and_changed_by_forms(db: Db, shop: Shop, olivia: Person) -> None:
    """Name, colours, other base, name again; the audit has each act."""
    seen = await made(olivia)
    assert "Built on Light" in seen.text.replace("*", "")
    form = await seen.open("Surfaces and text")
    assert {field.label: field.placeholder for field in form.fields}[ACCENT] == LIGHT.primary
    seen = await form.submit({ACCENT: "A3206F", PAGE: ""})
    assert accent(seen) == PINK
    seen = await (await seen.open("Other colours")).submit({"Small print": "#555"})
    assert "#555555" in seen.text
    seen = await seen.choose("Built on", "Orchid")
    assert "Built on Orchid" in seen.text.replace("*", "")
    seen = await (await seen.open("Rename")).submit({NAME: "**Bold** @everyone"})
    assert seen.pings == []
    acts = await AuditLog.find_all(db, {"tenantId": shop.id, "entityType": "UserTheme"})
    assert sorted(each.action for each in acts) == ["theme.edit"] * 4 + ["theme.make"]
    seen = await (await seen.press("Delete")).press("Yes, delete it")
    assert "Bold" not in seen.text


async def test_what_cannot_be_read_is_refused_in_words_with_a_colour_that_works(olivia: Person) -> None:
    """The ratio, the two places, and a suggestion that is taken."""
    form = await (await made(olivia)).open("Surfaces and text")
    answer = said(await form.submit({TEXT: "#999999"}))
    assert "Text on Page has a contrast of 2.84 to 1" in answer.replace("*", "")
    nearest = answer.split("The nearest colour that works is `")[1][:7]
    assert nearest in (await form.submit({TEXT: nearest})).text
    form = await (await theme(olivia, "Ours")).open("Surfaces and text")
    answer = said(await form.submit({PAGE: "#000000", SECTIONS: "#7a7a7a"}))
    assert "No colour can be read on both grounds." in answer
    for junk in ("red", "#12", "url(//evil)", "😀" * 9):
        assert "Please write a colour like" in said(await form.submit({SECTIONS: junk})), junk


async def test_names_and_places_that_are_taken(db: Db, olivia: Person) -> None:
    """An empty, an unseen, a hostile and a taken name; a base that would lead in a circle or is in use."""
    first = await made(olivia, "First")
    for name in ("\u200b", "First"):
        form = await (await theme(olivia, "Light")).open("Make your own from it")
        assert "lease enter" in said(await form.submit({NAME: name})), repr(name)
    await made(olivia, "Second", "First")
    assert "built on this one: Second" in said(await (await first.press("Delete")).press("Yes, delete it"))
    assert "cannot be built on itself" in said(
        await (await theme(olivia, "First")).choose("Built on", "Second")
    )
    assert len(await UserTheme.find_all(db, {"isSystem": False})) == 2


async def test_two_who_change_one_theme_and_a_card_of_yesterday(
    db: Db, shop: Shop, olivia: Person, guild: Community
) -> None:
    """The second is told; forged, deleted and foreign ids are unknown."""
    zoe = guild.add_member("zoe", display_name="Zoe")
    await give_key(db, shop, zoe, "theme.manage")
    seen = await made(olivia)
    forms = [await (await theme(each, "Ours")).open("Surfaces and text") for each in (olivia, zoe)]
    answers = await asyncio.gather(*(form.submit({ACCENT: "#a3206f"}) for form in forms))
    assert sum("at the same moment" in said(each) for each in answers) == 1
    assert "at the same moment" in said(await seen.choose("Built on", "Orchid"))
    await (await (await theme(olivia, "Ours")).press("Delete")).press("Yes, delete it")
    assert "cannot find that theme" in said(await seen.press("Wear it in the shop"))


async def test_nobody_without_the_key_and_no_other_shop(
    db: Db, sam: Person, ada: Person, olivia: Person, elsewhere: tuple[Community, Shop]
) -> None:
    """Staff need the key; another shop's theme is unknown there, to staff and to customers."""
    for person in (sam, ada):
        assert "theme.manage" in (await person.run("/admin themes")).text
    await made(olivia)
    (own,) = await UserTheme.find_all(db, {"isSystem": False})
    place, _ = elsewhere
    theirs = await place.owner.run("/admin themes")
    assert "Ours" not in theirs.text
    for action in ("show", "wear", "new"):
        answer = await place.owner.click(theirs, custom_id=f"themes:{action}:{own.key}", forged=True)
        assert isinstance(answer, Seen)
        assert "cannot find that theme" in said(answer), action
    light = await UserTheme.find_one(db, {"slug": "light"})
    assert light is not None
    for action in ("dropped", "drop"):
        target = f"themes:{action}:{light.key}:{light.version}"
        answer = await olivia.click(await olivia.run("/help"), custom_id=target, forged=True)
        if action == "dropped":
            assert isinstance(answer, Seen)
            assert "cannot find that theme" in said(answer)
    assert await UserTheme.find_one(db, {"slug": "light"}) is not None
    mine = await place.owner.run("/account theme")
    assert "Ours" not in mine.select("Choose a theme").options
    refused = await place.owner.choose(mine, "Choose a theme", own.key, forged=True)
    assert "cannot find that theme" in said(refused)


async def test_a_members_own_theme_is_on_their_cards_and_on_nobody_elses(
    services: Services, shop: Shop, olivia: Person, ada: Person, bob: Person, product: MakeProduct
) -> None:
    """Chosen under My theme, seen in DMs, given back by the first option."""
    mug = await product("Mug", stock=0)
    seen = await (await ada.run("/account profile")).press("My theme")
    seen = await seen.choose("Choose a theme", "Dark")
    assert "Saved." in seen.text
    dark = int(DARK.primary[1:], 16)
    assert accent(seen) == dark
    assert accent(await ada.run("/cart view")) == dark
    assert accent(await bob.run("/cart view")) == BLURPLE
    await services.waitlist.ask(shop, member(ada), mug.key)
    await services.stock.restock(shop, member(olivia), mug.key, 1, "box")
    await services.worker.drain()
    assert accent(ada.dms[-1]) in {dark, 0x2E9E5B}
    await (await ada.run("/account theme")).choose("Choose a theme", "As the shop looks")
    assert accent(await ada.run("/cart view")) == BLURPLE


async def test_the_permanent_message_wears_the_shops_theme(
    services: Services, shop: Shop, olivia: Person, guild: Community, product: MakeProduct, clock: TestClock
) -> None:
    """It changes by itself when the shop does."""
    window: Room = guild.add_channel("window")
    await product("Mug")
    await services.storefronts.place(shop, member(olivia), str(window.id), "en-US")
    await services.storefront_worker.drain()
    assert {embed["color"] for embed in window.messages[0].embeds} == {BLURPLE}
    await (await theme(olivia, "Light")).press("Wear it in the shop")
    clock.forward(seconds=20)
    await services.storefront_worker.drain()
    assert {embed["color"] for embed in window.messages[0].embeds} == {BLUE}


async def test_all_of_it_speaks_german(german_owner: Person) -> None:
    """List, cards of both kinds, forms, the question and My theme."""
    seen = await german_owner.run("/admin themes")
    (menu,) = seen.selects
    card = await seen.choose(menu.placeholder, "Hell")
    own = await (await card.open("Ein eigenes daraus machen")).submit({"Name des Designs": "Unseres"})
    form = await own.open("Flächen und Text")
    refused = await form.submit({"Text": "#999999"})
    question = await own.press("Löschen")
    mine = await german_owner.run("/account theme")
    shown = [seen.text, card.text, said(own), said(refused), question.text, mine.text, str(form)]
    assert english_in("\n".join(shown)) == []
