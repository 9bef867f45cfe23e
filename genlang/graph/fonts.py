"""How wide a text is, without a font at hand.

Widths are those of DejaVu Sans, wider than Helvetica, Arial and most that `sans-serif` may mean:
where the estimate is off, there is room to spare.
"""

import unicodedata

WIDTHS = {
    0.34: " !'(),-./:;IJ[\\]fijl|",
    0.42: "rt",
    0.56: '"*?L_`csz',
    0.62: "FPTYaekovxy",
    0.65: "$0123456789EKSbdghnpqu{}",
    0.7: "ABCRVXZ",
    0.78: "&DGHNOQU",
    0.84: "#+<=>^w~",
}
WIDTH = {letter: width for width, letters in WIDTHS.items() for letter in letters}
OTHER_ASCII, OTHER = 1.0, 0.85


def text_width(text: str, size: float) -> float:
    """Return an upper estimate of the width of a line of text at a font size."""
    return size * sum(WIDTH.get(c) or _other(c) for c in text)


def _other(letter: str) -> float:
    if unicodedata.combining(letter):
        return 0
    if letter in "αβγδεζηθικλνξπρστυφχψ":
        return 0.68
    wide = letter.isascii() or unicodedata.east_asian_width(letter) in "WF" or letter == "…"
    return OTHER_ASCII if wide else OTHER
