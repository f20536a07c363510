"""Draws how engines grow with the data: two charts with logarithmic axes, as one SVG."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

WIDTH, HEIGHT, LEFT, TOP, GAP, ROW = 420, 300, 60, 50, 70, 22
RAISED: Final = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
LOOKS: Final = (
    ("#0072b2", ""),
    ("#d55e00", "7 3"),
    ("#009e73", "2 3"),
    ("#cc79a7", "9 3 2 3"),
    ("#56544f", "4 4"),
    ("#a6761d", "1 2"),
)
"""Colours that are told apart by most people, and dashes for the others."""


def drawn(points: Mapping[tuple[str, int], tuple[float | None, float]]) -> str:
    """Milliseconds (geometric mean) and MiB by number of triples, a line for each engine."""
    engines = list(dict.fromkeys(engine for engine, _ in points))
    times = {key: value[0] for key, value in points.items() if value[0]}
    memory = {key: value[1] for key, value in points.items() if value[1]}
    width = 2 * (LEFT + WIDTH) + GAP + LEFT // 2
    height = TOP + HEIGHT + 60 + ROW * math.ceil(len(engines) / 3)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        'font-size="13" role="img" aria-label="Time and memory by number of triples">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        *_chart(times, engines, 0, "time of a question, ms (geometric mean)"),
        *_chart(memory, engines, LEFT + WIDTH + GAP, "memory, MiB"),
    ]
    for number, engine in enumerate(engines):
        x, y = LEFT + (number % 3) * 300, TOP + HEIGHT + 60 + ROW * (number // 3)
        parts.append(f'<path d="M{x} {y - 4}h30" {_look(number)}/><text x="{x + 38}" y="{y}">{escape(engine)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _look(number: int) -> str:
    colour, dashes = LOOKS[number % len(LOOKS)]
    return f'fill="none" stroke="{colour}" stroke-width="2.5"' + (f' stroke-dasharray="{dashes}"' if dashes else "")


def _chart(values: Mapping[tuple[str, int], float | None], engines: list[str], left: float, title: str) -> list[str]:
    """A chart with its axes; every power of ten has a line."""
    found = {key: value for key, value in values.items() if value}
    if not found:
        return []
    across = _Scale([size for _, size in found], left + LEFT, WIDTH)
    up = _Scale(list(found.values()), TOP + HEIGHT, -HEIGHT)
    right = left + LEFT + WIDTH
    parts = [f'<text x="{left + LEFT}" y="{TOP - 20}" font-weight="bold">{escape(title)}</text>']
    for power in up.powers:
        y = up.place(10.0**power)
        parts.append(f'<path d="M{left + LEFT} {y:.1f}H{right}" stroke="#ddd"/>')
        parts.append(f'<text x="{left + LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:,g}</text>')
    for power in across.powers:
        x = across.place(10.0**power)
        parts.append(f'<path d="M{x:.1f} {TOP}v{HEIGHT}" stroke="#eee"/>')
        parts.append(
            f'<text x="{x:.1f}" y="{TOP + HEIGHT + 20}" text-anchor="middle">10{str(power).translate(RAISED)}</text>'
        )
    parts.append(f'<text x="{right}" y="{TOP + HEIGHT + 38}" text-anchor="end">triples</text>')
    for number, engine in enumerate(engines):
        line = [(across.place(n), up.place(v)) for (name, n), v in sorted(found.items()) if name == engine]
        if line:
            way = "L".join(f"{x:.1f} {y:.1f}" for x, y in line)
            parts.append(f'<path d="M{way}" {_look(number)}><title>{escape(engine)}</title></path>')
            parts += [
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{LOOKS[number % len(LOOKS)][0]}"/>' for x, y in line
            ]
    return parts


class _Scale:
    """A logarithmic axis from one power of ten to another."""

    def __init__(self, values: list[int] | list[float], start: float, length: float) -> None:
        self.low = math.floor(math.log10(min(values)))
        self.high = max(math.ceil(math.log10(max(values))), self.low + 1)
        self.start, self.length = start, length

    @property
    def powers(self) -> range:
        return range(self.low, self.high + 1)

    def place(self, value: float) -> float:
        return self.start + self.length * (math.log10(value) - self.low) / (self.high - self.low)
