"""How figures are printed: each a ratio with its goal."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One ratio; `goal` is a least value, or a greatest one when `at_most` is set."""

    name: str
    ratio: float
    goal: float | None
    note: str
    at_most: bool = False

    @property
    def verdict(self) -> str:
        """Whether the goal is met."""
        if self.goal is None:
            return ""
        met = self.ratio <= self.goal if self.at_most else self.ratio >= self.goal
        sign = "<=" if self.at_most else ">="
        return f"{'ok  ' if met else 'SHORT'} (goal {sign} {self.goal})"


@dataclass(frozen=True)
class Table:
    """Figures that belong together."""

    title: str
    figures: Sequence[Figure]

    def show(self) -> None:
        """Print it."""
        width = max(len(figure.name) for figure in self.figures)
        sys.stdout.write(f"\n{self.title}\n")
        for figure in self.figures:
            line = f"  {figure.name:<{width}}  {figure.ratio:6.2f}  {figure.verdict:<22} {figure.note}"
            sys.stdout.write(line.rstrip() + "\n")
        sys.stdout.flush()


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(percent / 100 * (len(ordered) - 1)))]
