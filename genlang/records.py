"""Frozen dataclasses that are quickly made.

    from genlang.records import dataclass

The standard decorator compiles six methods for each class, and a hundred classes are made before a
model is read: a third of what `compile iris` took. Here equality, hash and representation are
shared instead. Type checkers see the standard decorator; `fields`, `replace`, `asdict` and `match`
find what they find in its classes.
"""

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass  # noqa: PLC0414 (exported)
else:

    def dataclass(*, frozen: bool = False, slots: bool = False, eq: bool = True) -> Any:
        """Return the decorator; only what is frozen and slotted differs from the standard one."""
        if not (frozen and slots):
            return dataclasses.dataclass(frozen=frozen, slots=slots, eq=eq)
        return lambda cls: _frozen(cls, eq=eq)


def _frozen(cls: type[Any], *, eq: bool) -> Any:
    own = vars(cls)
    made: Any = dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)(cls)
    compared = [f.name for f in dataclasses.fields(made) if f.compare]
    shared: dict[str, Any] = {"__repr__": _shown}
    if eq:
        shared |= _compared(attrgetter(*compared, "__class__"))
    for name, method in shared.items():
        if name not in own:
            setattr(made, name, method)
    return made


def _compared(values: Callable[[Any], Any]) -> dict[str, Any]:
    """Equal are instances of one class with equal fields."""

    def equal(one: Any, other: Any) -> Any:
        return values(one) == values(other) if other.__class__ is one.__class__ else NotImplemented

    return {"__eq__": equal, "__hash__": lambda one: hash(values(one))}


def _shown(self: Any) -> str:
    shown = (f"{f.name}={getattr(self, f.name)!r}" for f in dataclasses.fields(self) if f.repr)
    return f"{self.__class__.__qualname__}({', '.join(shown)})"
