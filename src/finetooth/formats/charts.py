"""Charts as inline SVG. Colours are classes, which the page's style gives a meaning in light, in dark and in print.

Built as a tree of elements, which escapes whatever it is given: no text of a dataset can become markup here.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log2, log10
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from finetooth.entities import SEVERITIES
from finetooth.formats.leaks import RepetitionBin
from finetooth.formats.picture import FileStrip, RepeatPoint
from finetooth.verdict import Ruling

_FLOOR: Final = 12
"""Powers of ten that the axis of chances goes down to."""
_WIDEST: Final = 24
"""Of a bar in a strip, so that a file of few records is no wall."""


def ruling(of: Ruling) -> str:
    """Return what a ruling saw, as an interval on a line, against the bound that its policy sets."""
    width, height, middle = 240, 26, 13
    finite = [value for value in (of.observed, of.low, of.high, of.at_most, of.at_least) if value is not None]
    top = 1.12 * max(finite, default=0) or 1.0
    image = _image(width, height, _spoken(of), "bound-picture")

    def x(value: float) -> float:
        return 5 + (width - 12) * min(value, top) / top

    _add(image, "rect", "track", x=5, y=middle - 5, width=width - 12, height=10, rx=5)
    if of.at_most is not None:
        _add(image, "rect", "zone", x=5, y=middle - 5, width=max(x(of.at_most) - 5, 2), height=10, rx=2)
    elif of.at_least is not None:
        _add(image, "rect", "zone", x=x(of.at_least), y=middle - 5, width=width - 7 - x(of.at_least), height=10, rx=2)
    bound = of.at_most if of.at_most is not None else of.at_least
    if bound is not None:
        _add(image, "line", "bound", x1=x(bound), x2=x(bound), y1=1, y2=height - 1)
    if of.observed is not None and of.low is not None:
        high = top if of.high is None else of.high
        _add(image, "line", f"interval {of.status}", x1=x(of.low), x2=x(high), y1=middle, y2=middle)
        if of.high is None:  # nothing limits it from above
            tip = width - 7
            _add(
                image, "path", f"arrow {of.status}", d=f"M{tip - 6} {middle - 5}L{tip} {middle}L{tip - 6} {middle + 5}"
            )
        _add(image, "circle", f"dot {of.status}", cx=x(of.observed), cy=middle, r=4.5)
    return _text(image)


def rate(low: float, high: float, estimate: float | None, top: float) -> str:
    """Return one measured rate as a dot with its interval, on a line that ends at ``top``."""
    width, height = 220, 18
    image = _image(width, height, f"between {low:.2%} and {high:.2%}", "rate-picture")

    def x(value: float) -> float:
        return 6 + (width - 12) * min(value / top, 1)

    _add(image, "line", "axis", x1=6, x2=width - 6, y1=9, y2=9)
    _add(image, "line", "interval leak", x1=x(low), x2=max(x(high), x(low) + 0.5), y1=9, y2=9)
    if estimate is not None:
        _add(image, "circle", "dot leak", cx=x(estimate), cy=9, r=4.5)
    return _text(image)


def odds(tuned: float, reference: float | None, mismatched: float | None) -> str:
    """Return the chances that one value is said, on a scale of powers of ten: the tuned model's and its controls'."""
    width, height = 200, 18
    told = [f"tuned {tuned:.2g}"]
    image = _image(width, height, "", "odds-picture")

    def x(chance: float) -> float:
        power = max(log10(chance), -_FLOOR) if chance > 0 else -_FLOOR
        return 7 + (width - 14) * (1 + power / _FLOOR)

    _add(image, "line", "axis", x1=7, x2=width - 7, y1=9, y2=9)
    for power in range(0, _FLOOR + 1, 3):
        _add(image, "line", "axis", x1=x(10.0**-power), x2=x(10.0**-power), y1=6, y2=12)
    if reference is not None:
        _add(image, "line", "gap", x1=x(min(tuned, reference)), x2=x(max(tuned, reference)), y1=9, y2=9)
    if mismatched is not None:
        _add(image, "rect", "mismatched", x=x(mismatched) - 3, y=6, width=6, height=6)
        told.append(f"elsewhere {mismatched:.2g}")
    if reference is not None:
        _add(image, "circle", "reference", cx=x(reference), cy=9, r=4)
        told.append(f"reference {reference:.2g}")
    _add(image, "circle", "dot leak", cx=x(tuned), cy=9, r=4.5)
    image.set("aria-label", "chance of being said: " + ", ".join(told))
    return _text(image)


def bar(parts: Sequence[tuple[str, float, str]], top: float, width: int = 220) -> str:
    """Return a bar of stacked parts, each a class, an amount and what it is called, on a line that ends at ``top``."""
    told = ", ".join(f"{amount:,.0f} {called}" for _, amount, called in parts if amount)
    image = _image(width, 12, told or "none", "bar-picture")
    image.set("preserveAspectRatio", "none")  # as long as the room that it has, and no less high
    left = 0.0
    for name, amount, _ in parts:
        if amount:
            length = max(width * amount / top, 1.5) if top else 0
            _add(image, "rect", name, x=left, y=1, width=length, height=10, rx=1.5)
            left += length + 1
    return _text(image)


def strip(of: FileStrip) -> str:
    """Return a file from its first record to its last: higher where more stands, by severity; unread parts below."""
    width, height, base = 1040, 58, 50
    image = _image(width, height, f"{of.occurrences:,} occurrences in {of.records:,} records", "strip-picture")
    image.set("preserveAspectRatio", "none")
    fullest = max(sum(part) for part in of.bins) or 1
    step = width / len(of.bins)
    length = min(0.8 * step, _WIDEST)
    _add(image, "rect", "track", x=0, y=base, width=width, height=1.5)
    for place, part in enumerate(of.bins):
        left = step * place + (step - length) / 2
        top = float(base)
        for severity, count in zip(reversed(SEVERITIES), reversed(part), strict=True):
            if count:
                tall = (base - 2) * count / fullest
                top -= tall
                _add(image, "rect", severity, x=left, y=top, width=length, height=tall)
        if place in of.unread:
            _add(image, "rect", "missed", x=left, y=base + 3, width=max(length, 4), height=5)
    return _text(image)


def repetition(bins: Sequence[RepetitionBin]) -> str:
    """Return how the share of leaked values rises with repetition: log-x, with exact intervals."""
    width, height, left, right, top, bottom = 560, 290, 70, 18, 16, 60
    image = _image(width, height, "share of values that leaked, by the number of records that repeat them", "plot")
    last = log2(max(each.most for each in bins) + 1)
    ceiling = _round_up(max(each.highest for each in bins))

    def x(records: float) -> float:
        return left + (width - left - right) * (log2(records) + 0.5) / (last + 0.5)

    def y(share: float) -> float:
        return height - bottom - (height - top - bottom) * share / ceiling

    for step in range(5):
        share = ceiling * step / 4
        _add(image, "line", "grid", x1=left, x2=width - right, y1=y(share), y2=y(share))
        _label(image, f"{100 * share:.3g} %", left - 8, y(share) + 4, "end")
    points = [(x(each.middle), y(each.leaked / each.n)) for each in bins]
    if len(points) > 1:
        _add(image, "polyline", "curve", points=" ".join(f"{px:.1f},{py:.1f}" for px, py in points))
    for each, (px, py) in zip(bins, points, strict=True):
        if each.highest > each.high:
            _add(image, "line", "whisker perhaps", x1=px, x2=px, y1=y(each.high), y2=y(each.highest))
            _add(image, "line", "whisker perhaps", x1=px - 3, x2=px + 3, y1=y(each.highest), y2=y(each.highest))
        _add(image, "line", "whisker", x1=px, x2=px, y1=y(each.low), y2=y(each.high))
        for end in (each.low, each.high):
            _add(image, "line", "whisker", x1=px - 5, x2=px + 5, y1=y(end), y2=y(end))
        dot = _add(image, "circle", "dot leak", cx=px, cy=py, r=5)
        SubElement(dot, "title").text = (
            f"{each.label}: {each.leaked} of {each.n} leaked ({each.leaked / each.n:.1%}, "
            f"{each.low:.1%} to {each.high:.1%} at 95 % confidence; to {each.highest:.1%} if the {each.undecided} "
            "undecided leaked too)"
        )
        _label(image, each.range, px, height - bottom + 24, "middle")
        _label(image, f"{each.leaked}/{each.n}", px, height - bottom + 46, "middle", "faint")
    return _text(image)


def scatter(points: Sequence[RepeatPoint]) -> str:
    """Return risk against repetition: log-x, a dot's area grows with the findings at its place."""
    width, height, left, right, top, bottom = 560, 290, 56, 18, 16, 62
    image = _image(width, height, "risk of findings, by the number of records that hold them", "plot")
    last = max(1.0, log2(max(point.records for point in points)))
    most = max(point.findings for point in points)

    def x(records: float) -> float:
        return left + 14 + (width - left - right - 28) * log2(records) / last

    def y(risk: float) -> float:
        return height - bottom - (height - top - bottom) * risk

    for step in range(5):
        _add(image, "line", "grid", x1=left, x2=width - right, y1=y(step / 4), y2=y(step / 4))
        _label(image, f"{step / 4:g}", left - 8, y(step / 4) + 4, "end")
    for tick in _powers(last):
        _label(image, f"{tick:,}", x(tick), height - bottom + 32, "middle")
    _label(image, "records that hold the value", (left + width - right) / 2, height - 6, "middle", "faint")
    for point in points:
        radius = 3 + 11 * (log2(point.findings + 1) / log2(most + 1) if most > 1 else 0.2)
        dot = _add(image, "circle", f"bubble {point.severity}", cx=x(point.records), cy=y(point.risk), r=radius)
        SubElement(
            dot, "title"
        ).text = f"{point.findings:,} {point.severity}, in {point.records:,} records each, risk about {point.risk:.2f}"
    return _text(image)


def _powers(last: float) -> list[int]:
    """Return the powers of two up to ``2 ** last``, every second or third one where they would stand too close."""
    step = 1 + int(last) // 8
    return [1 << power for power in range(0, int(last) + 1, step)]


def _round_up(share: float) -> float:
    return next(step for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0) if share <= step)


def _spoken(of: Ruling) -> str:
    bound = f"at most {of.at_most:g} is allowed" if of.at_most is not None else f"at least {of.at_least:g} is required"
    return f"{'nothing' if of.observed is None else f'{of.observed:g}'} was observed, {bound}"


def _image(width: int, height: int, label: str, name: str) -> Element:
    return Element(
        "svg",
        {
            "viewBox": f"0 0 {width} {height}",
            "preserveAspectRatio": "xMinYMid",
            "class": name,
            "role": "img",
            "aria-label": label,
        },
    )


def _add(parent: Element, tag: str, name: str, **attributes: float | str) -> Element:
    told = {
        key.replace("_", "-"): value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
        for key, value in attributes.items()
    }
    return SubElement(parent, tag, {"class": name, **told})


def _label(parent: Element, text: str, x: float, y: float, anchor: str, name: str = "") -> None:
    _add(parent, "text", f"label {name}".strip(), x=x, y=y, text_anchor=anchor).text = text


def _text(image: Element) -> str:
    return tostring(image, encoding="unicode")
