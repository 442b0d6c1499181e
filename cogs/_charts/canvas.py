"""What a chart is drawn on: an SVG tree, so that no text can be anything but text."""

from xml.etree import ElementTree as ET

from cogs._charts.labels import Labels

WIDTH, HEIGHT = 800, 450
EDGE = 24
TYPE, TITLE_TYPE, LEGEND_TYPE = 28, 32, 26
LEFT, RIGHT, BOTTOM = EDGE, WIDTH - EDGE, HEIGHT - EDGE
_SWATCH, _GAP = 30, 22
_HEADER, _ROW = 74, 38
_MARK_ROOM = 8


class Canvas:
    """One chart in the making."""

    def __init__(self, labels: Labels, title: str, told: str) -> None:
        self.labels, self.face = labels, labels.face
        # Nobody points at a picture.
        self.told = not labels.printed
        self.height = HEIGHT
        self.root = ET.Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "class": "chart chart-plain",
                "viewBox": f"0 0 {WIDTH} {HEIGHT}",
                "role": "img",
                "direction": "ltr",
            },
        )
        ET.SubElement(self.root, "title").text = labels.title(title, WIDTH * 2, TITLE_TYPE)
        ET.SubElement(self.root, "desc").text = told
        self._title = title

    def header(self, legend: list[tuple[str, str]]) -> float:
        """Draw the title and what its lines or bars are, by class and name; tells where the rest begins."""
        items = [(kind, self.face.fit(said, WIDTH / 3, LEGEND_TYPE)) for kind, said in legend]
        taken = sum(_SWATCH + 10 + self.face.width(said, LEGEND_TYPE) + _GAP for _, said in items)
        title = self.labels.title(self._title, RIGHT - LEFT, TITLE_TYPE)
        beside = self.face.width(title, TITLE_TYPE, bold=True) + taken <= RIGHT - LEFT
        if title:
            self.text(LEFT, 40, title, "c-title", size=TITLE_TYPE)
        if not items:
            return _HEADER
        row = 40 if beside or not title else 40 + _ROW
        at = RIGHT - taken + _GAP if beside else LEFT
        for kind, said in items:
            if at + _SWATCH + 10 + self.face.width(said, LEGEND_TYPE) > RIGHT + 1:
                break
            self._swatch(at, row, kind)
            self.text(at + _SWATCH + 10, row, said, "c-key", size=LEGEND_TYPE)
            at += _SWATCH + 10 + self.face.width(said, LEGEND_TYPE) + _GAP
        return _HEADER + row - 40

    def title_ends(self) -> float:
        """How far the title reaches."""
        title = self.labels.title(self._title, RIGHT - LEFT, TITLE_TYPE)
        return LEFT + self.face.width(title, TITLE_TYPE, bold=True)

    def _swatch(self, x: float, y: float, kind: str) -> None:
        if "fill" in kind:
            self.box(x + 4, y - 11, 22, 22, kind, radius=5)
        else:
            self.path(f"M{x:.1f} {y:.1f}H{x + _SWATCH:.1f}", kind)

    def text(
        self, x: float, y: float, said: str, kind: str, *, anchor: str = "start", size: int = TYPE
    ) -> None:
        """Write a line around the height `y`."""
        attributes = {
            "x": _number(x),
            "y": _number(y),
            "dy": ".35em",
            "class": kind,
            "text-anchor": anchor,
            "font-size": str(size),
        }
        ET.SubElement(self.root, "text", attributes).text = said

    def below(self, x: float, y: float, said: str, after: float) -> float:
        """Write a mark of the axis around `x`, wholly inside the picture; tells where it ends.

        It is left out where it would touch the one that ends at `after`.
        """
        half = self.face.width(said, TYPE) / 2
        middle = min(max(x, half + _MARK_ROOM), WIDTH - half - _MARK_ROOM)
        if middle - half < after:
            return after
        self.text(middle, y, said, "c-tick", anchor="middle")
        return middle + half + 2 * _MARK_ROOM

    def path(self, drawn: str, kind: str) -> None:
        """Draw a line or an area."""
        ET.SubElement(self.root, "path", {"d": drawn, "class": kind})

    def box(
        self, x: float, y: float, wide: float, high: float, kind: str, *, told: str = "", radius: float = 0
    ) -> None:
        """Draw a rectangle; `told` is said of it to whoever points at it."""
        attributes = {
            "x": _number(x),
            "y": _number(y),
            "width": _number(max(wide, 0)),
            "height": _number(max(high, 0)),
            "class": kind,
        }
        if radius:
            attributes["rx"] = _number(min(radius, wide / 2, high / 2))
        made = ET.SubElement(self.root, "rect", attributes)
        if told and self.told:
            ET.SubElement(made, "title").text = told

    def dot(self, x: float, y: float, kind: str, *, radius: float = 7) -> None:
        """Draw a dot."""
        attributes = {"cx": _number(x), "cy": _number(y), "r": _number(radius), "class": kind}
        ET.SubElement(self.root, "circle", attributes)

    def end_at(self, bottom: float) -> None:
        """Let a picture that needs less be less high."""
        self.height = min(HEIGHT, round(bottom))
        self.root.set("viewBox", f"0 0 {WIDTH} {self.height}")

    def nothing(self, said: str) -> None:
        """Say in the middle that there is nothing to draw."""
        for number in range(3):
            y = 170 + number * 80
            self.path(f"M{LEFT} {y}H{RIGHT}", "c-grid")
        self.text(WIDTH / 2, 210, self.face.fit(said, RIGHT - LEFT, TYPE), "c-tick", anchor="middle")


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
