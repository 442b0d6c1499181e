"""Finding every sentence that people read, in cards, forms, pages and ways to pay, for translators."""

import ast
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir

from cogs._ui.command_texts import command_texts
from cogs._ui.words import LOCALES
from models.fund import ANONYMOUS_CELEBRATION, CELEBRATION, DISCLAIMER
from services.features import FEATURES, OPTIONS, settings_of
from services.partner import AnyPartner, PartnerKind
from services.partners import known_partners
from services.payments import by_hand, processors
from services.provider_keys import key_fields
from services.reports import known_reports

_ROOT = LOCALES.parents[1]
# Read as files: what speaks to browsers stands above this room and is not imported from here.
_FOLDERS = ("cogs", "bot/web", "bot/mail")
_OPTIONS = {"**.html": {"silent": "false", "trim_blocks": "true", "lstrip_blocks": "true"}}
# What the words are called: `w(...)`, `visit.words(...)`, `self._words(...)`, and `w.count(n, ...)`.
KEYWORDS = {"w": None, "words": None, "_words": None, "later": None, "count": (2, 3)}


def template() -> Catalog:
    """Every sentence, with the files in which it is said."""
    found = Catalog(project="discord-shop", fuzzy=False)
    for folder in _FOLDERS:
        _collect(_ROOT / folder, found)
    _collect_commands(found)
    for text in _of_payment_methods():
        found.add(text, None, [("services/payments", 0)])
    for text in _of_features():
        found.add(text, None, [("services/features.py", 0)])
    for report in known_reports().values():
        for text in report.words():
            found.add(text, None, [("services/reports", 0)])
    for text in (CELEBRATION, ANONYMOUS_CELEBRATION, DISCLAIMER):
        found.add(text, None, [("models/fund", 0)])
    for partner in known_partners():
        for text in _of_partner(partner):
            found.add(text, None, [(_folder(partner.kind), 0)])
    return found


def _collect(folder: Path, found: Catalog) -> None:
    every = extract_from_dir(
        folder,
        method_map=[("**.py", _of_python), ("**.html", "jinja2")],  # type: ignore[list-item]
        options_map=_OPTIONS,
        keywords=KEYWORDS,
        directory_filter=lambda _: True,
    )
    for name, line, text, _, context in every:
        found.add(text, None, [((folder / name).relative_to(_ROOT).as_posix(), line)], context=context)


def _collect_commands(found: Catalog) -> None:
    for path in sorted((_ROOT / "cogs").rglob("*.py")):
        where = path.relative_to(_ROOT).as_posix()
        for text, context, line in command_texts(ast.parse(path.read_text(encoding="utf-8"))):
            found.add(text, None, [(where, line)], context=context)


def _of_python(
    file: BinaryIO,
    keywords: Collection[str],
    _comments: object,
    options: object,  # noqa: ARG001 - Babel passes it by this name
) -> Iterator[tuple[int, str, tuple[str | None, ...], list[str]]]:
    """A method for Babel, whose own misses a text within another's call: `w(known.get(x, later("…")))`."""
    for node in ast.walk(ast.parse(file.read())):
        if isinstance(node, ast.Call) and _name(node.func) in keywords:
            yield node.lineno, _name(node.func), tuple(_literal(each) for each in node.args), []


def _name(called: ast.expr) -> str:
    if isinstance(called, ast.Attribute):
        return called.attr
    return called.id if isinstance(called, ast.Name) else ""


def _literal(argument: Any) -> str | None:
    text = argument.value if isinstance(argument, ast.Constant) else None
    return text if isinstance(text, str) else None


def _of_payment_methods() -> Iterator[str]:
    """What the ways to pay say of themselves: files of the services, which translate nothing."""
    for processor in processors().values():
        yield processor.descriptor.description
    for method in by_hand().values():
        yield method.descriptor.display_name
        yield method.descriptor.description
        for setting in method.settings:
            yield setting.label
            yield setting.example


def _of_features() -> Iterator[str]:
    """What the parts that can be switched say of themselves."""
    for feature in FEATURES.values():
        yield from (feature.title, feature.about, feature.off)
        yield from (setting.label for setting in settings_of(feature.payload))
    yield from OPTIONS.values()


def _folder(kind: PartnerKind) -> str:
    return "services/payments" if kind is PartnerKind.PAYMENT else f"services/{kind.value}"


def _of_partner(partner: type[AnyPartner]) -> Iterator[str]:
    yield partner.title
    yield partner.about
    for field in key_fields(partner.keys):
        yield field.label
        if field.description:
            yield field.description
