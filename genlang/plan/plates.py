"""Loops -> plates: loops that run over the same thing are one plate.

Two `for n in N:` blocks share a plate, while the `j` of `for i in N: for j in N:` is another (the
second use of N in its nest).
"""

from dataclasses import dataclass, field, replace

from genlang.check.model import Expr, Extent, Loop, Model, Ref, Symbol
from genlang.check.walk import index_type, substitute
from genlang.plan.rewrite import loops_of

Key = tuple[object, int]


@dataclass(slots=True)
class _Plates:
    """The plates found so far, by what they run over; `inside` are the plates seen within each."""

    plates: dict[Key, Loop] = field(default_factory=dict)
    inside: dict[Key, set[Key]] = field(default_factory=dict)
    result: dict[Loop, Loop] = field(default_factory=dict)
    keys: dict[Loop, Key] = field(default_factory=dict)

    def add(self, loop: Loop, outer: list[Key]) -> Key:
        """Map a loop inside `outer` to its plate; returns the plate's key."""
        if loop in self.keys:
            key = self.keys[loop]
        else:
            fresh = self._over_plates(loop)
            bare = (loop.extent.dim or id(loop), fresh.extent.of, fresh.start, fresh.stop,
                    fresh.weight)  # fmt: skip
            key = (bare, 0)
            # The second use in one nest is another plate, and so is one that would stand both
            # outside and inside the same plate.
            while key in outer or self.inside.get(key, set()) & set(outer):
                key = (bare, key[1] + 1)
            self.keys[loop] = key
            self._name(key, fresh, loop)
            self.result[loop] = self.plates[key]
        for o in outer:
            self.inside.setdefault(o, set()).update({key} | self.inside.get(key, set()))
        return key

    def _over_plates(self, loop: Loop) -> Loop:
        """A loop whose bounds and weight read plates."""
        values: dict[Symbol, Expr] = {
            old: Ref(new, index_type(new)) for old, new in self.result.items() if old is not new
        }
        of = tuple(substitute(e, values) for e in loop.extent.of)
        ends = [None if e is None else substitute(e, values) for e in (loop.start, loop.stop)]
        weight = None if loop.weight is None else substitute(loop.weight, values)
        extent = Extent(loop.extent.dim, of, loop.extent.size)
        same = (extent, *ends, weight) == (loop.extent, loop.start, loop.stop, loop.weight)
        return loop if same else replace(
            loop, extent=extent, start=ends[0], stop=ends[1], weight=weight
        )  # fmt: skip

    def _name(self, key: Key, fresh: Loop, loop: Loop) -> None:
        """Keep a plate; one without a name takes that of a later loop over the same thing."""
        if key not in self.plates:
            self.plates[key] = fresh
        elif loop.name and not self.plates[key].name:
            old, named = self.plates[key], replace(self.plates[key], name=loop.name)
            self.plates[key] = named
            for mapped, plate in self.result.items():
                if plate is old:
                    self.result[mapped] = named


def canonical(model: Model) -> dict[Loop, Loop]:
    """Map every loop to its plate: the first loop over the same part in the same kind of nest."""
    plates = _Plates()
    for statement in model.statements:
        outer: list[Key] = []
        for loop in loops_of(statement):
            outer.append(plates.add(loop, outer))
    return plates.result
