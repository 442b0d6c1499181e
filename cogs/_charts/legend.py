"""What each line or bar of a chart is, where there are several."""

from collections.abc import Sequence

from cogs._charts.canvas import TYPE, WIDTH
from cogs._charts.labels import Labels
from services.reports.contract import Series

# So many can be told apart by their colour.
MOST = 4


def legend(
    series: Sequence[Series], ghosts: Sequence[Series], labels: Labels, kind: str
) -> list[tuple[str, str]]:
    """What each line or bar is, when there are several."""
    if len(series) + len(ghosts) < 2:  # noqa: PLR2004 - one needs no name
        return []
    named = [
        (kind.format(n=number), labels.title(labels.series(each.label), WIDTH, TYPE))
        for number, each in enumerate(series, 1)
    ]
    before = "c-ghost-fill" if "fill" in kind else "c-ghost"
    return [*named, *((before, labels.words("Period before")) for _ in ghosts)]
