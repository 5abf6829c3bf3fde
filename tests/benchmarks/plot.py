"""A plot of cost against size as SVG, with lines and words that are legible on light and on dark pages."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 64, 190, 36, 52

# Of middle lightness, so that they stand out from white and from black alike.
COLOURS = {
    "soap": "#2f81f7",
    "zeep": "#d1652a",
    "lxml and records": "#8b949e",
    "http-post": "#1a9c5b",
    "json and dataclasses": "#c1498f",
    "msgspec typed": "#9a8c2c",
}
OURS = ("soap", "http-post")

_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #57606a }
line { stroke: #8b949e; stroke-opacity: .35 }
@media (prefers-color-scheme: dark) { text { fill: #9aa4af } }
"""


def draw(title: str, curves: Mapping[str, Mapping[int, float]]) -> str:
    """Return the plot: records against microseconds for each, both logarithmic.

    Args:
        title: what is shown.
        curves: by name, the cost by size; all above zero.
    """
    sizes = sorted({size for curve in curves.values() for size in curve})
    costs = [cost for curve in curves.values() for cost in curve.values()]
    low, high = math.floor(math.log10(min(costs))), math.ceil(math.log10(max(costs)))
    first, last = math.log10(sizes[0]), math.log10(sizes[-1])

    def x(size: int) -> float:
        return LEFT + (math.log10(size) - first) / ((last - first) or 1) * (WIDTH - LEFT - RIGHT)

    def y(cost: float) -> float:
        return HEIGHT - BOTTOM - (math.log10(cost) - low) / ((high - low) or 1) * (HEIGHT - TOP - BOTTOM)

    parts = [_text(LEFT, 20, title)]
    for power in range(low, high + 1):
        height = y(10**power)
        parts += [_line(LEFT, height, WIDTH - RIGHT, height), _text(LEFT - 8, height + 4, f"{10**power:g} µs", "end")]
    for size in sizes:
        parts += [_line(x(size), TOP, x(size), HEIGHT - BOTTOM), _text(x(size), HEIGHT - 30, f"{size:,}", "middle")]
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, "records in the answer", "middle"))
    for name, height in _labels({name: y(curve[sizes[-1]]) for name, curve in curves.items()}):
        points = " ".join(f"{x(size):.1f},{y(cost):.1f}" for size, cost in sorted(curves[name].items()))
        colour, width = COLOURS.get(name, "#8b949e"), 3 if name in OURS else 1.5
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}"/>')
        label = f"{name} (ours)" if name in OURS else name
        parts.append(f'<text x="{WIDTH - RIGHT + 10}" y="{height:.1f}" style="fill:{colour}">{escape(label)}</text>')
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(title, quote=True)}">\n<style>{_STYLE}</style>\n{body}\n</svg>\n'
    )


def bars(title: str, told: Mapping[str, Mapping[str, int]]) -> str:
    """Return a picture of bars, one below the other, each made of parts.

    Args:
        title: what is shown.
        told: by the name of the bar, its parts by their names.
    """
    most = max(sum(bar.values()) for bar in told.values())
    names = list(dict.fromkeys(part for bar in told.values() for part in bar if part))
    colours = dict(zip(names, COLOURS.values(), strict=False))
    parts = [_text(LEFT, 20, title)]
    for row, (name, bar) in enumerate(told.items()):
        top, left = TOP + row * 56.0, float(LEFT)
        parts.append(_text(LEFT, top + 14, f"{name}: {sum(bar.values()):,}"))
        for part, count in bar.items():
            width = count / most * (WIDTH - 2 * LEFT)
            parts.append(
                f'<rect x="{left:.1f}" y="{top + 20:.1f}" width="{width:.1f}" height="20" '
                f'fill="{colours.get(part, "#8b949e")}"/>'
            )
            left += width
    for row, name in enumerate(names):
        top = TOP + len(told) * 56.0 + 12 + row * 20
        parts.append(f'<rect x="{LEFT}" y="{top:.1f}" width="12" height="12" fill="{colours[name]}"/>')
        parts.append(_text(LEFT + 20, top + 11, name))
    body = "\n".join(parts)
    height = TOP + len(told) * 56 + 24 + len(names) * 20
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{escape(title, quote=True)}">\n<style>{_STYLE}</style>\n{body}\n</svg>\n'
    )


def _labels(heights: Mapping[str, float]) -> list[tuple[str, float]]:
    """Return where each label goes: at the end of its line, and 16 below the one above at least."""
    placed: list[tuple[str, float]] = []
    for name, height in sorted(heights.items(), key=lambda each: each[1]):
        lowest = placed[-1][1] + 16 if placed else 0.0
        placed.append((name, max(height + 4, lowest)))
    return placed


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
