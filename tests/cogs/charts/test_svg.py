"""Whatever a chart holds, what is drawn is well-formed, within its picture, and nothing but a picture."""

from itertools import combinations
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from cogs._charts import svg
from cogs._charts.canvas import HEIGHT, TYPE, WIDTH
from cogs._charts.palette import STYLE
from cogs._ui.words import Words
from services.reports.contract import Chart, Look, Series, Unit
from tests.cogs.charts.looking import NS, description, drawn, extents, shapes, texts, told
from tests.cogs.charts.samples import HOSTILE, bars, charts, days, lines, names, week

LOCALES = ("en", "de", "fr", "ja", "hi", "ar", "pt-BR", "ru", "xx")
PARTS = {"svg", "title", "desc", "text", "path", "rect", "circle"}
ATTRIBUTES = {
    *("class", "viewBox", "role", "direction", "x", "y", "dy", "width", "height", "rx", "cx", "cy", "r", "d"),
    *("text-anchor", "font-size"),
}
EMPTY = "There is nothing to show for this period yet."


@given(charts(), st.sampled_from(LOCALES), st.sampled_from(["EUR", "USD", "JPY"]), names)
@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
def test_any_chart_is_a_picture_and_nothing_else(
    chart: Chart, locale: str, currency: str, title: str
) -> None:
    """It is well-formed, its texts lie within the picture, and no name adds an element or an attribute."""
    root = drawn(chart, locale, currency, title)
    assert {each.tag.removeprefix(NS) for each in root.iter()} <= PARTS
    assert {name for each in root.iter() for name in each.keys()} <= ATTRIBUTES  # noqa: SIM118 - an element
    for text, left, right, y in extents(root):
        assert left >= 0, text
        assert right <= WIDTH + 0.1, text
        assert TYPE / 2 <= y <= HEIGHT - TYPE / 2, text


@given(charts(), st.sampled_from(LOCALES))
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_no_two_texts_of_any_chart_touch(chart: Chart, locale: str) -> None:
    """Marks, names, values and the legend keep apart, however long they are."""
    boxes = list(extents(drawn(chart, locale)))
    for (one, left, right, y), (other, left2, right2, y2) in combinations(boxes, 2):
        assert abs(y - y2) > TYPE * 0.7 or right <= left2 + 0.2 or right2 <= left + 0.2, (one, other)


@given(charts())
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_every_shape_of_any_chart_lies_within_the_picture(chart: Chart) -> None:
    """No bar, cell or dot reaches beyond the edge or has a size below nothing."""
    root = drawn(chart)
    for each in root.iter(f"{NS}rect"):
        x, y, wide, high = (float(each.get(name) or 0) for name in ("x", "y", "width", "height"))
        assert 0 <= x <= x + wide <= WIDTH + 0.2
        assert 0 <= y <= y + high <= HEIGHT + 0.2
    for each in root.iter(f"{NS}circle"):
        assert 0 <= float(each.get("cx") or 0) <= WIDTH
        assert 0 <= float(each.get("cy") or 0) <= HEIGHT


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("look", Look)
def test_no_name_breaks_out(name: str, look: Look) -> None:
    """Markup in a title, a series or a bar's name is text, and stays text in a page."""
    made = svg(Chart(look, Unit.COUNT, [name], [Series(name, [1])]), Words.of("en"), "EUR", name)
    assert isinstance(made, Markup)
    assert "<script" not in made
    assert "\x00" not in made
    made.encode()
    marked = {each.tag for each in ET.fromstring(made).iter()}  # noqa: S314 - we wrote it
    assert marked <= {f"{NS}{part}" for part in PARTS}


def test_a_chart_says_what_it_is_to_those_who_do_not_see_it() -> None:
    """It is an image with a name first and a sentence of its main numbers after it."""
    root = drawn(lines([100, 5000, 2500]), title="How we do")
    assert root.get("role") == "img"
    assert [each.tag for each in root][:2] == [f"{NS}title", f"{NS}desc"]
    assert root.findtext(f"{NS}title") == "How we do"
    assert description(root) == (
        "Revenue: at least €1.00 (Oct 28, 2026), at most €50.00 (Oct 29, 2026), at the end €25.00."
    )


@pytest.mark.parametrize(
    "chart",
    [
        Chart(Look.LINE, Unit.MONEY, [], []),
        Chart(Look.BARS, Unit.MONEY, [], [Series("Revenue", [])]),
        Chart(Look.HEAT, Unit.COUNT, list(range(24)), []),
        lines([None, None, float("nan")]),
        Chart(Look.LINE, Unit.MONEY, days(2), [Series("Revenue", [5, 5], ghost=True)]),
    ],
)
def test_an_empty_chart_says_so(chart: Chart) -> None:
    """With nothing to draw a sentence stands in the picture, and is read to people too."""
    root = drawn(chart)
    assert texts(root) == ["Revenue", EMPTY]
    assert description(root) == EMPTY


def test_german_is_german() -> None:
    """Every word and number is the reader's."""
    root = drawn(lines([100000, None, 250], before=[1, 2, 3]), "de", title="Umsatz")
    assert texts(root, "c-key") == ["Umsatz", "Zeitraum davor"]
    assert texts(root, "c-tick")[:2] == ["0\xa0€", "500\xa0€"]
    assert told(root)[0] == "28.10.2026: 1.000,00\xa0€ (Zeitraum davor: 0,01\xa0€)"
    assert description(root).startswith("Umsatz: mindestens 2,50\xa0€ (30.10.2026)")
    assert texts(drawn(lines([None]), "de"))[1] == "Für diesen Zeitraum gibt es noch nichts zu zeigen."


@pytest.mark.parametrize("chart", [lines([1, 2, 3]), bars({"Mug": 1}), week()])
def test_every_class_that_is_drawn_is_in_the_stylesheet(chart: Chart) -> None:
    """Otherwise a part would be black, or not be seen."""
    root = drawn(chart)
    drawn_kinds = {kind for each in root.iter() for kind in (each.get("class") or "").split()}
    for kind in drawn_kinds - {"chart", "c-tick", "c-key"}:
        assert f".{kind} {{" in STYLE, kind


def test_an_accent_of_ones_own_is_taken_where_it_can_be_seen() -> None:
    """A colour that shows on light and dark paper is kept, another is shaded, and what is none is dropped."""

    def accent(asked: str) -> tuple[str | None, str | None]:
        root = ET.fromstring(svg(lines([1]), Words.of("en"), "EUR", "x", asked))  # noqa: S314 - we wrote it
        return root.get("color"), root.get("class")

    assert accent("#C2410C") == ("#c2410c", "chart")
    assert accent("#ffff00")[0] not in {None, "#ffff00"}
    assert accent('red" onload="x') == (None, "chart chart-plain")


def test_a_line_with_a_gap_is_not_drawn_through_it() -> None:
    """What is not known is left open, and a value between two gaps is a dot."""
    root = drawn(lines([100, 200, None, 300, None, 400, 500]))
    assert [each.get("d", "").count("L") for each in shapes(root, "c-line")] == [1, 1]
    # The lonely value, and the last one, which is always marked.
    assert len(shapes(root, "c-dot")) == 2
