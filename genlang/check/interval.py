"""The values from one number to another, with open or closed ends, and in words."""

import math
from dataclasses import replace

from genlang.records import dataclass

INF = math.inf


@dataclass(frozen=True, slots=True)
class Interval:
    """The values from `low` to `high`; an open end is not taken.

    `names` counts the names read, `exact` says that every value is taken, `given` that data decide.
    """

    low: float = -INF
    high: float = INF
    low_open: bool = False
    high_open: bool = False
    names: int = 0
    exact: bool = False
    given: bool = False

    def within(self, other: "Interval") -> bool:
        """Whether every value lies in another interval."""
        low = self.low > other.low or (
            self.low == other.low and (self.low_open or not other.low_open)
        )
        high = self.high < other.high or (
            self.high == other.high and (self.high_open or not other.high_open)
        )
        return low and high

    def closed(self) -> "Interval":
        """The interval with its ends."""
        return replace(self, low_open=False, high_open=False)

    def show(self, *, whole: bool = False) -> str:
        """Write the values in words."""
        text = self._show()
        return text.replace("any real number", "any int").replace("any number", "any int") \
            if whole else text  # fmt: skip

    def _show(self) -> str:
        match self.low, self.high:
            case low, high if low == -INF and high == INF:
                return "any real number"
            case low, high if low == high:
                return _number(low)
            case low, high if high == INF:
                return f"any number {'above' if self.low_open else 'from'} {_number(low)}"
            case low, high if low == -INF:
                return f"any number {'below' if self.high_open else 'up to'} {_number(high)}"
            case low, high:
                return f"any number from {_number(low)} to {_number(high)}"


def _number(value: float) -> str:
    return f"{value:g}"
