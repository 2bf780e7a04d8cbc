"""A bar for each way, as long as the payments that it makes in a second."""

from collections.abc import Mapping
from xml.sax.saxutils import escape

_WIDTH, _LABELS, _FIGURES = 760, 210, 90
_ROW, _BAR, _MARGIN = 34, 20, 16
_STYLE = "font: 14px sans-serif; fill: #333"


def plot(title: str, rates: Mapping[str, float]) -> str:
    """The picture as SVG."""
    greatest = max(rates.values())
    room = _WIDTH - _LABELS - _FIGURES
    height = _ROW * (len(rates) + 1) + _MARGIN
    rows = [f'<text x="{_MARGIN}" y="{_ROW - 10}" style="{_STYLE}">{escape(title)}</text>']
    for place, (name, rate) in enumerate(rates.items(), 1):
        top, long = _ROW * place + 6, round(room * rate / greatest, 1)
        middle = f'y="{top + 15}" style="{_STYLE}"'
        rows += [
            f'<text x="{_MARGIN}" {middle}>{escape(name)}</text>',
            f'<rect x="{_LABELS}" y="{top}" width="{long}" height="{_BAR}" fill="#3b6ea5"/>',
            f'<text x="{_LABELS + long + 8}" {middle}>{rate:,.0f}</text>',
        ]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}">'
    return "\n".join([head, *rows, "</svg>", ""])
