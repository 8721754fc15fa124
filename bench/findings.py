"""The rows of the table, with ratios taken pair by pair."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles

NONE = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`met` is None where there is no goal. `points` are figures for a plot, by name."""

    id: str
    what: str
    against: str
    measured: str
    ratio: str = NONE
    goal: str = NONE
    met: bool | None = None
    points: Mapping[str, Sequence[float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AtLeast:
    """A goal for a ratio, told as per cent or as so many times."""

    ratio: float | None = None
    in_times: bool = False

    def told(self, ratio: float) -> str:
        return f"{ratio:.1f} times" if self.in_times else f"{ratio * 100:.0f} %"


def compared(
    *,
    row: str,
    what: str,
    against: str,
    unit: str,
    subject: Sequence[float],
    ceiling: Sequence[float],
    goal: AtLeast,
) -> Finding:
    """Both are speeds, of the same rounds; the ratio is the median of the rounds' ratios."""
    ratios = [ours / theirs for ours, theirs in zip(subject, ceiling, strict=True)]
    return Finding(
        id=row,
        what=what,
        against=against,
        measured=f"{_spread(subject)} against {_spread(ceiling)} {unit}",
        ratio=f"{goal.told(median(ratios))} ({goal.told(min(ratios))} to {goal.told(max(ratios))})",
        goal=NONE if goal.ratio is None else f"≥ {goal.told(goal.ratio)}",
        met=None if goal.ratio is None else median(ratios) >= goal.ratio,
        points={"ratios": ratios, "goal": [] if goal.ratio is None else [goal.ratio]},
    )


def waited(
    *,
    row: str,
    what: str,
    against: str,
    milliseconds: Sequence[float],
    p50_ms: float | None = None,
    p99_ms: float | None = None,
) -> Finding:
    """Both limits hold, or there is no goal."""
    p50, p99 = percentile(milliseconds, 50), percentile(milliseconds, 99)
    has_goal = p50_ms is not None and p99_ms is not None
    return Finding(
        id=row,
        what=what,
        against=against,
        measured=f"p50 {p50:,.0f} ms, p99 {p99:,.0f} ms "
        f"({min(milliseconds):,.0f} to {max(milliseconds):,.0f}, {len(milliseconds)} commands)",
        goal=f"p50 ≤ {p50_ms:.0f} ms, p99 ≤ {p99_ms:.0f} ms" if has_goal else NONE,
        met=p50 <= p50_ms and p99 <= p99_ms if p50_ms is not None and p99_ms is not None else None,
        points={"ms": hundredths(milliseconds)},
    )


def percentile(values: Sequence[float], hundredth: int) -> float:
    return quantiles(values, n=100, method="inclusive")[hundredth - 1]


def hundredths(values: Sequence[float]) -> list[float]:
    """The 1st to 99th percentile."""
    return quantiles(values, n=100, method="inclusive")


def _spread(values: Sequence[float]) -> str:
    return f"{median(values):,.0f} ({min(values):,.0f} to {max(values):,.0f})"
