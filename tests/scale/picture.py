"""The figures of a run as a table and a picture."""

from collections.abc import Mapping, Sequence
from html import escape

from tests.scale.simulation import Result

_WIDTH, _HEIGHT = 860, 330
_PANEL_WIDTH, _PANEL_HEIGHT, _TOP = 330, 220, 50
_COLOURS = ("#b3541e", "#1f6f8b", "#5a7d2a")
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#333}.title{font-weight:600;font-size:13px}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}.axis{stroke:#777}}"
)


def table(results: Sequence[Result]) -> str:
    """The figures as a table of Markdown."""
    lines = [
        "| callers | items/s | attempts refused | failed steps | lives with one | median life | write units | requests |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {result.callers:,} | {result.items_a_second:,.1f} | {result.refused_share:.1%} | {result.failed_steps:,} "
        f"| {result.failed_lives_share:.0%} | {result.median_life_ms:,.0f} ms | {result.write_units:.0f} "
        f"| {result.requests:.1f} |"
        for result in results
    ]
    return "\n".join(lines)


def units_table(runs: Mapping[str, Sequence[Result]]) -> str:
    """Write units of an item by table, for one caller of each run."""
    first = {name: results[0].write_units_by_table for name, results in runs.items()}
    tables = sorted({table for units in first.values() for table in units})
    lines = [f"| | {' | '.join(tables)} | sum |", f"| --- |{' ---: |' * (len(tables) + 1)}"]
    for name, units in first.items():
        cells = [f"{units[table]:.1f}" if table in units else "" for table in tables]
        lines.append(f"| {name} | {' | '.join(cells)} | {sum(units.values()):.0f} |")
    return "\n".join(lines)


def picture(runs: Mapping[str, Sequence[Result]]) -> str:
    """Two panels over the number of callers: items a second, and the share of attempts that were refused. SVG."""
    rates = {name: {each.callers: each.items_a_second for each in results} for name, results in runs.items()}
    shares = {name: {each.callers: 100 * each.refused_share for each in results} for name, results in runs.items()}
    callers = sorted({result.callers for results in runs.values() for result in results})
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">',
        f"<title>Items a second and refused attempts, by callers</title><style>{_STYLE}</style>",
        _panel(60, "items a second", callers, rates),
        _panel(60 + _PANEL_WIDTH + 90, "write attempts refused, %", callers, shares, most=100.0),
    ]
    for number, name in enumerate(runs):
        x = 60 + number * 200
        parts.append(f'<rect x="{x}" y="{_HEIGHT - 18}" width="12" height="12" fill="{_COLOURS[number]}"/>')
        parts.append(f'<text x="{x + 18}" y="{_HEIGHT - 8}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _panel(
    left: int, title: str, callers: Sequence[int], lines: Mapping[str, Mapping[int, float]], most: float = 0
) -> str:
    most = most or _rounded_up(max(value for values in lines.values() for value in values.values()))
    bottom = _TOP + _PANEL_HEIGHT
    parts = [f'<text class="title" x="{left}" y="{_TOP - 16}">{escape(title)}</text>']
    for step in range(5):
        y = bottom - _PANEL_HEIGHT * step / 4
        parts.append(
            f'<line class="axis" x1="{left}" y1="{y}" x2="{left + _PANEL_WIDTH}" y2="{y}" stroke="#bbb" stroke-width=".6"/>'
        )
        parts.append(f'<text x="{left - 6}" y="{y + 4}" text-anchor="end">{most * step / 4:,.4g}</text>')
    gap = (_PANEL_WIDTH - 24) / max(1, len(callers) - 1)
    xs = {number: left + 12 + gap * place for place, number in enumerate(callers)}
    for number, x in xs.items():
        parts.append(f'<text x="{x}" y="{bottom + 18}" text-anchor="middle">{number:,}</text>')
    for colour, values in zip(_COLOURS, lines.values(), strict=False):
        points = [(xs[number], bottom - _PANEL_HEIGHT * value / most) for number, value in values.items()]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points]
    return "\n".join(parts)


def _rounded_up(value: float) -> float:
    """The next one of 1, 2, 5, 10, 20, 50 ..., for the axis."""
    step = 1.0
    while step * 10 < value:
        step *= 10
    return next(step * factor for factor in (1, 2, 5, 10) if step * factor >= value)
