"""Lines over days, with the period before as a ghost of them."""

from collections.abc import Iterator, Sequence

from cogs._charts.canvas import BOTTOM, EDGE, HEIGHT, LEFT, RIGHT, TYPE, WIDTH, Canvas
from cogs._charts.days import sparse
from cogs._charts.legend import MOST, legend
from cogs._charts.scale import Scale, scale
from cogs._charts.told import point
from services.reports.contract import Chart, Number, Series

_WIDEST_MARK = 190
# More than these nobody can point at.
_MOST_TOLD = 400
# More than these want a thinner line.
_DENSE = 120


class Line:
    """A chart's lines on a canvas."""

    def __init__(self, canvas: Canvas, chart: Chart) -> None:
        self._canvas, self._chart, self._labels = canvas, chart, canvas.labels
        self._face = canvas.face
        self._series = [each for each in chart.series if not each.ghost][:MOST]
        self._ghosts = [each for each in chart.series if each.ghost][:1]

    def draw(self) -> None:
        """Draw everything: what lies behind first."""
        values = [value for each in self._all() for value in each.values]
        axis = scale(values, self._chart.unit)
        said = self._labels.marks(axis.marks, self._chart.unit)
        marks = [self._face.fit(each, _WIDEST_MARK, TYPE) for each in said]
        top = self._canvas.header(legend(self._series, self._ghosts, self._labels, "c-line c-{n}")) + 6
        left = LEFT + max(self._face.width(each, TYPE) for each in marks) + 14
        at = _Frame(left, top, RIGHT - 8, BOTTOM - 42, axis, len(self._chart.axis))
        self._marks(at, marks)
        self._days(at)
        for ghost in self._ghosts:
            self._trace(at, ghost.values, "c-ghost", "c-ghost-fill")
        for number, each in reversed(list(enumerate(self._series, 1))):
            self._one(at, each.values, number)
        if self._canvas.told:
            self._points(at)

    def _all(self) -> list[Series]:
        return [*self._series, *self._ghosts]

    def _marks(self, at: "_Frame", marks: Sequence[str]) -> None:
        for mark, said in zip(at.axis.marks, marks, strict=True):
            y = at.y(mark)
            self._canvas.path(f"M{at.left:.1f} {y:.1f}H{RIGHT}", "c-grid" if mark else "c-zero")
            self._canvas.text(at.left - 14, y, said, "c-tick", anchor="end")

    def _days(self, at: "_Frame") -> None:
        after = 0.0
        for number, said in sparse(self._chart.axis, at.right - at.left, self._labels):
            after = self._canvas.below(at.x(number), HEIGHT - EDGE, said, after)

    def _one(self, at: "_Frame", values: Sequence[Number | None], number: int) -> None:
        if number == 1 and len(self._series) == 1:
            for run in _runs(values):
                if len(run) > 1:
                    zero = at.y(0)
                    self._canvas.path(
                        f"M{at.x(run[0][0]):.1f} {zero:.1f}L{at.through(run)}V{zero:.1f}Z", "c-area"
                    )
        self._trace(at, values, f"c-line c-{number}", f"c-dot c-fill-{number}")
        last = next((n for n in reversed(range(at.count)) if values[n] is not None), None)
        if last is not None:
            self._canvas.dot(at.x(last), at.y(values[last] or 0), f"c-dot c-fill-{number}", radius=8)

    def _trace(self, at: "_Frame", values: Sequence[Number | None], line: str, alone: str) -> None:
        thin = " c-thin" if at.count > _DENSE else ""
        for run in _runs(values):
            if len(run) == 1:
                self._canvas.dot(at.x(run[0][0]), at.y(run[0][1]), alone, radius=6)
            else:
                self._canvas.path(f"M{at.through(run)}", line + thin)

    def _points(self, at: "_Frame") -> None:
        every = -(-at.count // _MOST_TOLD)
        wide = (at.right - at.left) / max(1, at.count - 1) * every
        for number in range(0, at.count, every):
            x = max(at.left, at.x(number) - wide / 2)
            self._canvas.box(
                x,
                at.top,
                min(wide, WIDTH - x),
                at.bottom - at.top,
                "c-hit",
                told=point(self._chart, self._all(), number, self._labels),
            )


class _Frame:
    """Where values and days lie."""

    def __init__(self, left: float, top: float, right: float, bottom: float, axis: Scale, count: int) -> None:
        self.left, self.top, self.right, self.bottom = left, top, right, bottom
        self.axis, self.count = axis, count

    def x(self, number: int) -> float:
        """The place of a day; one alone stands in the middle."""
        share = number / (self.count - 1) if self.count > 1 else 0.5
        return self.left + (self.right - self.left) * share

    def y(self, value: Number) -> float:
        """The height of a value."""
        return self.bottom - (self.bottom - self.top) * self.axis.share(value)

    def through(self, run: Sequence[tuple[int, Number]]) -> str:
        """The way through the points."""
        return "L".join(f"{self.x(number):.1f} {self.y(value):.1f}" for number, value in run)


def _runs(values: Sequence[Number | None]) -> Iterator[list[tuple[int, Number]]]:
    run: list[tuple[int, Number]] = []
    for number, value in enumerate(values):
        if value is not None:
            run.append((number, value))
        elif run:
            yield run
            run = []
    if run:
        yield run
