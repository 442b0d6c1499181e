"""Charts: one geometry, drawn as SVG for pages and rasterised for Discord."""

import asyncio
from dataclasses import replace
from xml.etree import ElementTree as ET

from markupsafe import Markup

from cogs._charts.bars import Bars
from cogs._charts.canvas import WIDTH, Canvas
from cogs._charts.heat import Heat
from cogs._charts.labels import Labels
from cogs._charts.line import Line
from cogs._charts.palette import PAGES, STYLE, picture_style, visible
from cogs._charts.press import NoPicture, Press
from cogs._charts.scale import finite
from cogs._charts.told import is_empty, told
from cogs._ui.words import Words
from services.reports.contract import Chart, Look

__all__ = ["STYLE", "Charts", "NoPicture", "Press", "svg"]

_LOOKS: dict[Look, type[Line] | type[Bars] | type[Heat]] = {Look.LINE: Line, Look.BARS: Bars, Look.HEAT: Heat}


def svg(chart: Chart, words: Words, currency: str, title: str, accent: str | None = None) -> Markup:
    """The chart for a page that has `STYLE` in its stylesheet; the page's accent is used unless one is given.

    Series are named in the reader's language; the axis is shown as it is, because it may hold people's own
    names: whoever asks puts the shop's own words on it.
    """
    root = _drawn(chart, Labels(words, currency, printed=False), title).root
    if shade := visible(accent or "", *PAGES):
        root.set("color", shade)
        root.set("class", "chart")
    return Markup(ET.tostring(root, encoding="unicode"))  # noqa: S704 - a tree that escapes its texts


class Charts:
    """Charts as pictures, one after the other, so that many who ask at once leave the machine to the shop."""

    def __init__(self, press: Press) -> None:
        self._press = press
        self._turn = asyncio.Semaphore(1)

    async def png(
        self, chart: Chart, words: Words, currency: str, title: str, accent: str | None = None
    ) -> bytes:
        """The chart as a picture for an embed, on a card of its own; raises NoPicture."""
        async with self._turn:
            card = _card(chart, Labels(words, currency, printed=True), title, accent)
            await asyncio.sleep(0)  # a process is not started in the same turn of the loop
            return await self._press.png(card)


def _card(chart: Chart, labels: Labels, title: str, accent: str | None) -> str:
    canvas = _drawn(chart, labels, title)
    root = canvas.root
    root.set("width", str(WIDTH))
    root.set("height", str(canvas.height))
    style = ET.Element("style")
    style.text = picture_style(accent)
    card = ET.Element("rect", {"width": "100%", "height": "100%", "class": "c-card"})
    root[:] = [style, card, *root]
    return ET.tostring(root, encoding="unicode")


def _drawn(chart: Chart, labels: Labels, title: str) -> Canvas:
    chart = _tidy(chart)
    canvas = Canvas(labels, title, told(chart, labels))
    if is_empty(chart):
        canvas.header([])
        canvas.nothing(labels.words("There is nothing to show for this period yet."))
    else:
        _LOOKS[chart.look](canvas, chart).draw()
    return canvas


def _tidy(chart: Chart) -> Chart:
    """The chart with one value, or none, for each place on the axis."""
    axis, known = list(chart.axis), [finite(each.values) for each in chart.series]
    values = [(each + [None] * len(axis))[: len(axis)] for each in known]
    series = [replace(each, values=of) for each, of in zip(chart.series, values, strict=True)]
    return replace(chart, axis=axis, series=series)
