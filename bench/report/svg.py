"""Two kinds of plots as small SVG files: rows of dots and lines."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, LEFT, RIGHT, TOP = 720, 150, 30, 46
LINE = 26
PLOT_HEIGHT = 260
COLOURS = ("#2f6f4f", "#b5542b", "#33508f", "#7a5195", "#8a7a1f")
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#222}.t{font-weight:600;font-size:14px}"
    ".g{stroke:#ddd}.q{fill:#777}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DotRow:
    """One row of a dot plot with a value per round; `is_met` determines the colour."""

    label: str
    values: Sequence[float]
    is_met: bool


def dots(title: str, rows: Sequence[DotRow], *, one: str) -> str:
    """Values on a logarithmic scale around 1; the label `one` marks the value 1."""
    values = [value for row in rows for value in row.values] or [1.0]
    low, high = _decades(min(*values, 0.5), max(*values, 2.0))
    height = TOP + LINE * len(rows) + 40
    parts = [_text(LEFT, 22, title, "t")]
    for tick in _ticks(low, high):
        x = _across(tick, low, high)
        parts += [_line(x, TOP - 8, x, height - 32, "g"), _centred(x, height - 16, f"{tick:g}")]
    x = _across(1.0, low, high)
    parts.append(
        f'<line x1="{x:.0f}" y1="{TOP - 8}" x2="{x:.0f}" y2="{height - 32}" stroke="#222"/>'
    )
    parts.append(_text(x + 4, TOP - 10, one, "q"))
    for number, row in enumerate(rows):
        y = TOP + LINE * number + 12
        parts.append(
            f'<text x="{LEFT - 10}" y="{y + 4}" text-anchor="end">{escape(row.label)}</text>'
        )
        colour = COLOURS[0] if row.is_met else COLOURS[1]
        for value in row.values:
            x = _across(value, low, high)
            parts.append(f'<circle cx="{x:.1f}" cy="{y}" r="4.5" fill="{colour}" opacity=".65"/>')
    return _figure(height, parts)


def lines(
    title: str, series: Mapping[str, Sequence[tuple[float, float]]], *, across: str, up: str
) -> str:
    """Curves on two logarithmic scales, with a legend at the lower left."""
    xs = [x for points in series.values() for x, _ in points]
    ys = [y for points in series.values() for _, y in points]
    (left, right), (low, high) = _decades(min(xs), max(xs)), _decades(min(ys) / 1.5, max(ys) * 1.5)
    bottom = TOP + PLOT_HEIGHT
    parts = [_text(LEFT, 22, title, "t"), _text(LEFT, TOP - 8, up, "q")]
    for tick in _ticks(left, right):
        x = _across(tick, left, right)
        parts += [_line(x, TOP, x, bottom, "g"), _centred(x, bottom + 16, f"{tick:,.10g}")]
    for tick in _ticks(low, high):
        y = _height(tick, low, high)
        parts.append(_line(LEFT, y, WIDTH - RIGHT, y, "g"))
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.0f}" text-anchor="end">{tick:,.10g}</text>')
    parts.append(_centred((LEFT + WIDTH - RIGHT) / 2, bottom + 34, across))
    for number, ((name, points), colour) in enumerate(zip(series.items(), COLOURS, strict=False)):
        placed = [(_across(x, left, right), _height(y, low, high)) for x, y in points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in placed]
        y = bottom - 12 - 18 * (len(series) - 1 - number)
        parts.append(f'<circle cx="{LEFT + 14}" cy="{y - 4}" r="4" fill="{colour}"/>')
        parts.append(f'<text x="{LEFT + 24}" y="{y}" style="fill:{colour}">{escape(name)}</text>')
    return _figure(bottom + 46, parts)


def _figure(height: float, parts: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}">'
        f'<style>{STYLE}</style><rect width="100%" height="100%" fill="#fff"/>'
    )
    return "\n".join([head, *parts, "</svg>", ""])


def _decades(low: float, high: float) -> tuple[float, float]:
    """The ends of a logarithmic scale with a small margin."""
    return math.log10(low) - 0.05, math.log10(high) + 0.05


def _ticks(low: float, high: float) -> Iterator[float]:
    for power in range(math.floor(low), math.ceil(high) + 1):
        for step in (1, 2, 5):
            value = step * 10.0**power
            if low <= math.log10(value) <= high:
                yield value


def _across(value: float, low: float, high: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * (math.log10(value) - low) / (high - low)


def _height(value: float, low: float, high: float) -> float:
    return TOP + PLOT_HEIGHT * (1 - (math.log10(value) - low) / (high - low))


def _text(x: float, y: float, text: str, kind: str) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" class="{kind}">{escape(text)}</text>'


def _centred(x: float, y: float, text: str) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="middle">{escape(text)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line x1="{x1:.0f}" y1="{y1:.0f}" x2="{x2:.0f}" y2="{y2:.0f}" class="{kind}"/>'
