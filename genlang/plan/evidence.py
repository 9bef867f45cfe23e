"""What keeps a model's log density, and any evidence from it, from being that of a distribution."""

from collections.abc import Iterator

from genlang.check.elements import short_of_normalized
from genlang.check.model import Draw, Model
from genlang.check.walk import leaves


def remarks(model: Model) -> Iterator[str]:
    """Yield a sentence for each variable whose density does not integrate to one."""
    for s in model.statements:
        if not isinstance(s, Draw) or s.target.role == "generated":
            continue
        if short_of_normalized(s.law):
            yield (
                f"the density of `{s.target.name}` is a constant short of normalized: "
                "its elements have unequal arguments, and only those that increase count"
            )
        elif any(leaf.name == "Flat" for leaf in leaves(s.law)):
            yield f"the density of `{s.target.name}` is improper: `Flat` is not normalized"
