import re
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from cogs._ui import catalogue
from cogs._ui.sentences import template
from cogs._ui.words import COMMAND, OPTION, Words, languages


def test_every_kind_of_sentence_is_found() -> None:
    """Said at once, counted, kept for later, within another call, on two lines, or on a page."""
    found = template()
    assert found.get("Done.")
    assert found.get(("Only {n} of **{name}** is left. Please choose a smaller quantity.", ""))
    assert found.get("I cannot find that order. Please choose one with `/orders list`.")
    assert found.get("This order was cancelled.")
    assert found.get("This link has expired")
    assert found.get("Questions about this order? Tell the shop's staff its number: {number}.")
    assert found.get("We check payments every evening.")
    assert found.get("With Cash App, on a page hosted by Square.")
    assert found.get("Cash App on a page hosted by Square; for US Square accounts, in US dollars.")
    assert found.get("Take everything out of your cart")
    assert found.get("/cart clear", COMMAND)
    assert found.get("/admin product", COMMAND)
    assert found.get("quantity", OPTION)
    assert found.get("Somebody gave {amount} to the community fund. Thank you!")
    apology = "Something went wrong on our side. Please try again; if it happens again, tell the staff"
    assert found.get(f"{apology} this code: `{{reference}}`")


def test_a_new_language_starts_empty_and_keeps_what_is_translated(tmp_path: Path) -> None:
    """Updating again loses no translation, and drops what is no longer said."""
    path = catalogue.update("eo", tmp_path)
    sentences = len(catalogue.untranslated("eo", tmp_path))
    with path.open("rb") as file:
        known = read_po(file, locale="eo")
    done = known.get("Done.")
    assert done
    done.string = "Farite."
    known.add("Nobody says this any more.", "Neniu.")
    with path.open("wb") as file:
        write_po(file, known)
    catalogue.update("eo", tmp_path)
    assert sentences > 20
    assert len(catalogue.untranslated("eo", tmp_path)) == sentences - 1
    assert "/cart view" in catalogue.untranslated("eo", tmp_path)
    assert "Nobody says" not in path.read_text()


def test_a_language_that_is_up_to_date_stays_as_it_is(tmp_path: Path) -> None:
    """Updating it the next day changes nothing, not even its dates."""
    path = catalogue.update("eo", tmp_path)
    dated = re.sub(r"-Date: \d{4}-", "-Date: 2020-", path.read_text())
    path.write_text(dated)
    catalogue.update("eo", tmp_path)
    assert dated.count("-Date: 2020-") == 2
    assert path.read_text() == dated


def test_every_language_is_complete_and_fills_the_same_places() -> None:
    """No sentence falls back to English, and none loses a value or invents one."""
    for language in languages():
        assert catalogue.untranslated(language) == []
        assert catalogue.misfilled(language) == []


def test_a_translation_that_loses_or_invents_a_value_is_named(tmp_path: Path) -> None:
    """It is found before a person meets it as an error."""
    german = Catalog(locale="de")
    german.add("{n} left", "noch {m}")
    german.add("{n} more", "weitere")
    german.add(("{n} item", "{n} items"), ("ein Stück", "{n} Stück"))
    german.add("{name} is sold out.", "{name} ist ausverkauft.")
    write(german, tmp_path)
    assert catalogue.misfilled("de", tmp_path) == ["{n} left", "{n} more"]


def write(known: Catalog, folder: Path) -> None:
    """Put a catalogue where the shop looks for it."""
    path = folder / str(known.locale) / "LC_MESSAGES" / "shop.po"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_po(file, known, sort_output=True)


def test_a_sentence_names_commands_as_they_are_listed(tmp_path: Path) -> None:
    """Whole commands only, the longest first, in every form; translators leave the English name there."""
    polish = Catalog(locale="pl")
    polish.add("/cart", "/koszyk", context=COMMAND)
    polish.add("/cart view", "/koszyk pokaż", context=COMMAND)
    polish.add("/fund", "", context=COMMAND)
    polish.add("quantity", "ilość", context=OPTION)
    for text in ("`/cart view`, /cart.", "/cart viewer, /carts, x/cart, https://cart.example/cart", "/fund"):
        polish.add(text, text)
    polish.add(("{n} in /cart", "{n} in `/cart view`"), ("{n}: /cart", "{n} w `/cart view`", "{n}: `/cart`"))
    write(polish, tmp_path)
    w = Words("pl", tmp_path)
    assert w("`/cart view`, /cart.") == "`/koszyk pokaż`, /koszyk."
    assert w("/cart viewer, /carts, x/cart, https://cart.example/cart") == (
        "/koszyk viewer, /carts, x/cart, https://cart.example/cart"
    )
    forms = [w.count(n, "{n} in /cart", "{n} in `/cart view`") for n in (1, 2, 5)]
    assert forms == ["1: /koszyk", "2 w `/koszyk pokaż`", "5: `/koszyk`"]
    assert (w.command("/cart view"), w.option("quantity")) == ("/koszyk pokaż", "ilość")
    assert (w.command("/fund"), w("/fund"), w.command("/later"), w.option("later")) == (
        *("/fund", "/fund", "/later"),
        "later",
    )


def test_a_translation_is_spoken(tmp_path: Path) -> None:
    """A catalogue is read as it is, without a step of compiling, plural forms included."""
    polish = Catalog(locale="pl")
    polish.add("Done.", "Gotowe.")
    polish.add(("{n} item", "{n} items"), ("{n} rzecz", "{n} rzeczy", "{n} rzeczy!"))
    write(polish, tmp_path)
    words = Words("pl", tmp_path)
    assert words("Done.") == "Gotowe."
    assert [words.count(n, "{n} item", "{n} items") for n in (1, 2, 5)] == [
        "1 rzecz",
        "2 rzeczy",
        "5 rzeczy!",
    ]
    assert words("Never translated.") == "Never translated."
