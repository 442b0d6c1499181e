"""Reading a drawn chart back."""

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from cogs._charts import svg
from cogs._charts.lettering import BROWSER
from cogs._ui.words import Words
from services.reports.contract import Chart

NS = "{http://www.w3.org/2000/svg}"


def drawn(chart: Chart, locale: str = "en", currency: str = "EUR", title: str = "Revenue") -> ET.Element:
    """The chart as a reader's browser gets it."""
    return ET.fromstring(svg(chart, Words.of(locale), currency, title))  # noqa: S314 - we wrote it


def texts(root: ET.Element, kind: str = "") -> list[str]:
    """What is written in it, or what of one class."""
    return [each.text or "" for each in root.iter(f"{NS}text") if kind in (each.get("class") or "")]


def shapes(root: ET.Element, kind: str) -> list[ET.Element]:
    """What is drawn with one class."""
    return [each for each in root.iter() if kind in (each.get("class") or "").split()]


def cells(root: ET.Element) -> list[str]:
    """The class of each rectangle that can be pointed at."""
    return [each.get("class") or "" for each in root.iter(f"{NS}rect") if len(each)]


def told(root: ET.Element) -> list[str]:
    """What is said to whoever points at something."""
    return [each.text or "" for shape in root.iter(f"{NS}rect") for each in shape.iter(f"{NS}title")]


def description(root: ET.Element) -> str:
    """The sentence for screen readers."""
    return root.findtext(f"{NS}desc") or ""


def extents(root: ET.Element) -> Iterator[tuple[str, float, float, float]]:
    """Each text with its left and right end, as wide as it may be, and its middle."""
    for each in root.iter(f"{NS}text"):
        bold = each.get("class") in {"c-title", "c-value"}
        wide = BROWSER.width(each.text or "", float(each.get("font-size") or 0), bold=bold)
        before = {"start": 0.0, "middle": wide / 2, "end": wide}[each.get("text-anchor") or "start"]
        left = float(each.get("x") or 0) - before
        yield each.text or "", left, left + wide, float(each.get("y") or 0)
