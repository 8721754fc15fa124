"""Findings, the rows of the results table; ratios are computed within each round."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles

NONE = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`met` is None without a goal. `points` are series for the plots, by name."""

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
    """A minimum ratio, printed as a percentage or as a factor; None without a goal."""

    ratio: float | None = None
    as_factor: bool = False

    def format(self, ratio: float) -> str:
        return f"{ratio:.1f} times" if self.as_factor else f"{ratio * 100:.0f} %"


def speed_finding(
    *,
    row: str,
    what: str,
    against: str,
    unit: str,
    subject: Sequence[float],
    ceiling: Sequence[float],
    goal: AtLeast,
) -> Finding:
    """Compares speeds of the same rounds; the ratio is the median of the rounds' ratios."""
    ratios = [ours / theirs for ours, theirs in zip(subject, ceiling, strict=True)]
    middle, low, high = (goal.format(f(ratios)) for f in (median, min, max))
    return Finding(
        id=row,
        what=what,
        against=against,
        measured=f"{_spread(subject)} against {_spread(ceiling)} {unit}",
        ratio=f"{middle} ({low} to {high})",
        goal=NONE if goal.ratio is None else f"≥ {goal.format(goal.ratio)}",
        met=None if goal.ratio is None else median(ratios) >= goal.ratio,
        points={"ratios": ratios, "goal": [] if goal.ratio is None else [goal.ratio]},
    )


def latency_finding(
    *,
    row: str,
    what: str,
    against: str,
    milliseconds: Sequence[float],
    p50_ms: float | None = None,
    p99_ms: float | None = None,
) -> Finding:
    """Latencies of commands; the goal is met when both limits hold."""
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
        points={"ms": percentiles(milliseconds)},
    )


def percentile(values: Sequence[float], percent: int) -> float:
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def percentiles(values: Sequence[float]) -> list[float]:
    """The 1st to 99th percentile."""
    return quantiles(values, n=100, method="inclusive")


def _spread(values: Sequence[float]) -> str:
    return f"{median(values):,.0f} ({min(values):,.0f} to {max(values):,.0f})"
