"""E-mails as people read them: nothing in them breaks out, hides, or is fetched from anywhere."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.mail.letters import Draft, Letters, Line, bare, name, text, unmarked
from cogs._ui.words import Words
from tests.bot.web.browser import Browser, chromium, needs_chromium

ENGLISH = Words.of("en-US")
HOSTILE = '</title><script>document.title="owned"</script><img src="https://evil.example/x.png">'
DRAFT = Draft(
    subject="Your order A-1 at Aurora",
    title="Thank you for your order at Aurora!",
    greeting="Hello Ada,",
    paragraphs=["Please pay as below.\nSecond line."],
    facts=[("Order", "A-1"), ("Send it to", "@aurora")],
    lines=[Line(2, "Mug", "$30.00"), Line(1, "北京 🎉 مرحبا", "$1.00")],
    sums=[("Items", "$31.00"), ("Discount", "-$1.00")],
    total=("Total", "$30.00"),
    invoice=("Invoice", "https://shop.example/invoice/token"),
    small=["You get this because you ordered at Aurora on Discord."],
)


@pytest.mark.parametrize(
    "said",
    [
        "two\r\nBcc: everyone@example.com",
        "a\x00b\x1b[31mc",
        "\u202etxet desrever",
        "x" * 4000,
        "half \ud800",
        "sep\u2028arated",
        "\x85next",
    ],
)
def test_a_name_is_one_short_line_in_which_all_is_seen(said: str) -> None:
    """However it was typed, no header and no line of the e-mail is added by it."""
    shown = name(said)
    assert len(shown) <= 160
    assert len(shown.splitlines()) == 1
    assert shown.isprintable()
    letter = Letters().write(Draft(subject=said, title=said, greeting=said), ENGLISH)
    assert len(letter.subject.splitlines()) == 1
    assert len(letter.subject) <= 150
    letter.text.encode()
    letter.html.encode()


def test_a_text_keeps_its_lines_and_is_cut() -> None:
    """What staff write is read as they wrote it, up to a length."""
    assert text("a \r\n  b\x00\n\n") == "a\nb"
    assert len(text("y" * 9000)) == 2000


def test_what_was_written_for_discord_loses_its_marks_and_nothing_else() -> None:
    """Marks, escapes and mentions go; a shop that calls itself **Mug** stays so."""
    assert unmarked("Order **A-1**: say `hi` \\*now\\* to <@&42> http:\\//x") == (
        "Order A-1: say hi *now* to 42 http://x"
    )
    assert bare("At **{shop}**!", ENGLISH, shop="**Mug** `x` {y}") == "At **Mug** `x` {y}!"


def test_both_texts_say_the_same() -> None:
    """Everything that stands in the one stands in the other."""
    letter = Letters().write(DRAFT, ENGLISH)
    for said in ("Hello Ada,", "A-1", "@aurora", "Mug", "-$1.00", "Total", "$30.00", "invoice/token"):
        assert said in letter.text, said
        assert said in letter.html, said
    assert "<" not in letter.text
    assert "\n\n\n" not in letter.text


def test_markup_in_a_name_is_text() -> None:
    """In HTML it is escaped, in plain text it means nothing."""
    draft = Draft(HOSTILE, HOSTILE, HOSTILE, [HOSTILE], [("x", HOSTILE)], [Line(1, HOSTILE, "$1")])
    written = Letters().write(draft, ENGLISH).html
    for tag in ("<script", "<img", "</title><"):
        assert tag not in written
    assert HOSTILE in Letters().write(Draft("a", HOSTILE), ENGLISH).text


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    """A browser of its own."""
    async with chromium(tmp_path / "profile") as started:
        yield started


@needs_chromium
@pytest.mark.parametrize("dark", [False, True])
async def test_a_browser_shows_it_on_a_phone_by_day_and_by_night(
    browser: Browser, tmp_path: Path, *, dark: bool
) -> None:
    """Nothing is fetched, nothing runs, nothing reaches over the edge, and dark is dark."""
    hostile = [Line(1, HOSTILE, "$1.00"), Line(1, "W" * 4000, "$1.00")]
    draft = Draft(**{**DRAFT.__dict__, "greeting": HOSTILE, "lines": [*DRAFT.lines, *hostile]})
    page = tmp_path / "letter.html"
    page.write_text(Letters().write(draft, ENGLISH).html, encoding="utf-8")
    await browser.look(page.as_uri(), 360, dark=dark)
    assert browser.requests == [page.as_uri()]
    assert await browser.ask("document.title") == DRAFT.subject
    assert await browser.ask("document.documentElement.scrollWidth <= innerWidth")
    assert await browser.ask("document.querySelectorAll('a').length") == 1
    ground = await browser.ask("getComputedStyle(document.querySelector('.paper')).backgroundColor")
    assert ground == ("rgb(31, 35, 43)" if dark else "rgb(255, 255, 255)")
    ink = await browser.ask("getComputedStyle(document.querySelector('.paper')).color")
    assert ink == ("rgb(232, 234, 240)" if dark else "rgb(27, 31, 39)")
