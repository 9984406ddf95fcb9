"""Chart of the planning benchmark: how far each method is from the bound, in each world."""

from collections.abc import Mapping
from math import log10

from benchmarks.plans.methods import PRODUCT
from benchmarks.plans.peers import CP_SAT, PYVRP

COLORS = {
    "by hand": "#b91c1c",
    "regret": "#b45309",
    CP_SAT: "#a21caf",
    PYVRP: "#57534e",
    "local search": "#0f766e",
    PRODUCT: "#1d4ed8",
}
LEFT, RIGHT, ROW = 190, 560, 18
# Percent at the left end; a smaller gap is drawn as zero.
SMALLEST, LARGEST = 0.001, 10.0


def _x(gap: float) -> float:
    share = (log10(max(gap, SMALLEST)) - log10(SMALLEST)) / (log10(LARGEST) - log10(SMALLEST))
    return LEFT + (RIGHT - LEFT) * min(1.0, share)


def chart(worlds: Mapping[str, Mapping[str, float]]) -> str:
    """An SVG with a group of bars for each world, on a logarithmic axis of percent."""
    y, parts = 20, []
    for world, gaps in worlds.items():
        parts.append(f'<text x="10" y="{y + 12}" font-weight="bold">{world.replace("x", " × ")}</text>')
        y += ROW
        for method, color in COLORS.items():
            if method not in gaps:
                continue
            gap = gaps[method]
            label = f"{gap:.3f} %" if gap else "0, proven" if method == PRODUCT else "0"
            parts.append(
                f'<text x="{LEFT - 8}" y="{y + 12}" text-anchor="end">{method}</text>'
                f'<rect x="{LEFT}" y="{y + 3}" width="{_x(gap) - LEFT + 2:.0f}" height="11" fill="{color}"/>'
                f'<text x="{_x(gap) + 8:.0f}" y="{y + 12}">{label}</text>'
            )
            y += ROW
        y += 8
    lines = [
        f'<line x1="{_x(10.0**n):.0f}" x2="{_x(10.0**n):.0f}" y1="20" y2="{y}" stroke="#e4e4e7"/>'
        f'<text x="{_x(10.0**n):.0f}" y="{y + 16}" text-anchor="middle">{10.0**n:g} %</text>'
        for n in range(-3, 2)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 660 {y + 30}" font-family="sans-serif" font-size="12" '
        'role="img"><title>Gap of each method to the bound, by world of contractors × jobs</title>'
        f'<rect width="660" height="{y + 30}" fill="#fff"/>' + "".join(lines + parts) + "</svg>\n"
    )
