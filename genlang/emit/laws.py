"""Distributions of the Model -> text of Pyro distributions and of their log densities."""

from dataclasses import replace

from genlang.check.elements import unequal
from genlang.check.model import Choice, Const, Density, Distribution, Expr, Law, Loop, Variable
from genlang.check.walk import components, leaves, symbols
from genlang.emit.code import (
    ATOM,
    TERNARY,
    Axis,
    Code,
    aligned,
    integer,
    lined_up,
    permuted,
    tensor,
    union,
)
from genlang.emit.operators import branches, truth
from genlang.emit.scope import Scope
from genlang.emit.stand_ins import SETS
from genlang.lang.distributions import DISTRIBUTIONS, LAWS, Form, Parameter
from genlang.lang.types import INTEGERS
from genlang.plan.support import Support, extent_size


def form_of(law: Distribution) -> Form:
    """Return the parameterization that was written."""
    given = {name for name, _ in law.parameters}
    for form in DISTRIBUTIONS[law.name].forms:
        own = [p for p in form.parameters if p.domain not in LAWS]
        names = {p.name for p in own}
        required = {p.name for p in own if p.default is None}
        if given <= names and required <= given:
            return form
    raise AssertionError((law.name, given))


def rank(law: Law) -> int:
    """Return the number of event dims of one draw."""
    match law:
        case Choice(then=then):
            return rank(then)
        case Distribution(name="Mixture", inside=(first, *_)):
            return rank(first)
        case Distribution(name=name, each=each):
            return DISTRIBUTIONS[name].rank + len(each)


def parameters(law: Distribution, scope: Scope) -> dict[str, Code]:
    """Write the parameters of a distribution, absent ones at their defaults."""
    form = form_of(law)
    given, unsure = dict(law.parameters), dict(law.unsure)
    codes: dict[str, Code] = {}
    for p in form.parameters:
        if p.domain in LAWS:
            continue
        if p.name in given:
            code = scope.write(given[p.name])
            code = code if p.domain == "flag" else integer(code)
        else:
            code = Code(repr(p.default), number=True)
        if p.domain not in ("count", "int", "flag"):
            if code.number and code.text.lstrip("-").isdigit():
                code = replace(code, text=f"{code.text}.0")
            elif form.torch.startswith("dist.") and not code.number and _whole(given[p.name]):
                # Beside an int tensor torch turns the other parameters into ints.
                code = replace(code, text=f"{code.atom}.double()", level=ATOM)
        if p.name in unsure and not code.number:
            code = _guarded(code, p, given[p.name], unsure[p.name].replace("`", ""), scope)
        codes[p.name] = code
    return codes


def _guarded(code: Code, p: Parameter, expr: Expr, what: str, scope: Scope) -> Code:
    """An argument that is not known to lie in its domain."""
    condition = scope.names.possible(expr)
    if condition is None:
        return replace(code, text=f'exact.within("{p.domain}", {code.text}, "{what}")', level=ATOM)
    holds = truth(scope.write(condition))
    axes = union(scope.order, [code, holds])
    texts = [aligned(c, axes, 0, scope.order) for c in (code, holds)]
    text = f'exact.within("{p.domain}", {texts[0]}, "{what}", {texts[1]})'
    return Code(text, axes, code.event)


def _whole(expr: Expr) -> bool:
    return expr.type.kind in INTEGERS


def law_code(law: Distribution, scope: Scope, beside: Code | None = None) -> Code:
    """Write a distribution whose batch dims line up with its parameters' and `beside`'s axes."""
    codes = parameters(law, scope)
    bounds = [None if e is None else integer(scope.write(e)) for e in (law.lower, law.upper)]
    seen = [scope.write(e) for e in law.seen]
    every = [*codes.values(), *(b for b in bounds if b is not None), *seen]
    every += [Code("", _axes(part, scope)) for part in law.inside]
    axes = union(scope.order, [*every, *([beside] if beside is not None else [])])
    each = len(law.each)
    given = {name: lined_up(code, axes, each, scope.order) for name, code in codes.items()}
    wide = Code("", axes)
    inside = ", ".join(law_text(part, scope, wide).text for part in law.inside)
    text = form_of(law).torch.format(**given, D=inside, distributions=inside)
    if any(b is not None for b in bounds):
        low, high = ("None" if b is None else aligned(b, axes, each, scope.order) for b in bounds)
        text = f"exact.truncated({text}, {low}, {high})"
    if seen:
        beside_it = ", ".join(aligned(c, axes, 0, scope.order) for c in seen)
        text = f"exact.partly_seen({text}, {beside_it})"
    if each:
        text = _elements(law, text, every, scope)
    return Code(text, union(scope.order, every), rank(law))


def _elements(law: Distribution, text: str, arguments: list[Code], scope: Scope) -> str:
    """Write the law of the elements of a vector or a matrix, from that of one."""
    sizes = [scope.write(n).text for d in law.each if (n := extent_size(d)) is not None]
    size = ", ".join(sizes)
    match law.structure:
        case "ordered" | "positive_ordered":
            return f"exact.Ordered({text}, {size}{', alike=False' if unequal(law) else ''})"
        case "baseline":
            return f"exact.Baseline({text}, {size})"
        case "real" if unequal(law):
            return f"{text}.to_event({len(sizes)})"
        case "real" if not any(code.axes for code in arguments):
            return f"{text}.expand([{size}]).to_event({len(sizes)})"
        case "real":
            return f"exact.Each({text}, {size})"
        case other:
            return f"exact.FlatOn({SETS[other]}, {size})"


def _axes(law: Law, scope: Scope) -> tuple[Axis, ...]:
    """The axes of a distribution: those of all its expressions."""
    if isinstance(law, Distribution):
        codes = list(parameters(law, scope).values())
        ends = (law.lower, law.upper, *law.seen)
        codes += [scope.write(e) for e in ends if e is not None]
        codes += [Code("", _axes(part, scope)) for part in law.inside]
        return union(scope.order, codes)
    test = truth(scope.write(law.condition))
    parts = zip((law.then, law.otherwise), parts_of(law, test, scope), strict=True)
    return union(scope.order, [test, *(Code("", _axes(part, inner)) for part, inner in parts)])


def law_text(law: Law, scope: Scope, beside: Code | None = None) -> Code:
    """As `law_code`, also for a choice."""
    if isinstance(law, Distribution):
        return law_code(law, scope, beside)
    test = truth(scope.write(law.condition))
    parts = tuple(zip((law.then, law.otherwise), parts_of(law, test, scope), strict=True))
    every = [Code("", _axes(part, inner)) for part, inner in parts]
    axes = union(scope.order, [test, *every, *([beside] if beside is not None else [])])
    texts = [law_text(part, inner, Code("", axes)).text for part, inner in parts]
    if test.number:
        text = f"({texts[0]} if {test.text} else {texts[1]})"
    else:
        text = f"exact.choice({aligned(test, axes, 0, scope.order)}, {texts[0]}, {texts[1]})"
    return Code(text, union(scope.order, [test, *every]), rank(law))


def log_prob(law: Law, value: Code, scope: Scope) -> Code:
    """Write the log density of a value, over the axes of both."""
    match law:
        case Choice(condition=condition, then=then, otherwise=otherwise):
            test = truth(scope.write(condition))
            one, two = parts_of(law, test, scope)
            parts = [log_prob(then, value, one), log_prob(otherwise, value, two)]
            axes = union(scope.order, [test, *parts])
            texts = [aligned(c, axes, 0, scope.order) for c in (test, *parts)]
            if test.number:
                return Code(f"{texts[1]} if {test.text} else {texts[2]}", axes, level=TERNARY)
            return Code(f"torch.where({', '.join(texts)})", axes)
        case Distribution():
            code = law_code(law, scope, value)
            axes = union(scope.order, [code, value])
            given = aligned(tensor(value), axes, 0, scope.order)
            return Code(f"{code.text}.log_prob({given})", axes)


DENSITIES = {"cdf": "exact.cdf", "logsf": "exact.log_sf"}


def density(expr: Density, scope: Scope) -> Code:
    """Write `D.logpdf(x)`, `D.cdf(x)` or `D.logsf(x)`."""
    value = integer(scope.write(expr.value))
    if expr.function == "logpdf":
        return log_prob(expr.law, value, scope)
    law = law_text(expr.law, scope, value)
    axes = union(scope.order, [law, value])
    text = f"{DENSITIES[expr.function]}({law.text}, {aligned(value, axes, 0, scope.order)})"
    return Code(text, axes)


def parts_of(law: Choice, test: Code, scope: Scope) -> tuple[Scope, Scope]:
    """Return the scopes of the two laws of a choice.

    What the later elements of a chain read of earlier ones may not exist at the first.
    """
    if test.number:
        return scope, scope
    if law.chained:
        return scope, replace(scope, partial=True)
    return branches(test, scope)


def log_table(law: Law, values: Code, scope: Scope) -> Code:
    """Write the log probabilities of all values of a discrete latent, on the latent's axis."""
    (axis,) = values.axes
    match law:
        case Distribution(
            name="Categorical",
            parameters=(("probs" | "weights" as kind, p),),
            lower=None,
            upper=None,
        ) if _positions(p, scope) == values.text:
            code = parameters(law, scope)[kind]
            given = code.text if kind == "probs" else f"exact.normalized({code.text})"
            text = f"log_categorical({given})"
            return permuted(Code(text, (*code.axes, axis)), scope.order)
        case Distribution(name="Bernoulli", parameters=(("probs", _),), lower=None, upper=None) if (
            values.text == "torch.arange(2)"
        ):
            code = parameters(law, scope)["probs"]
            return permuted(Code(f"log_bernoulli({code.text})", (*code.axes, axis)), scope.order)
        case Distribution(
            name="DiscreteUniform",
            parameters=(("low", Const(value=0) as low), ("high", high)),
            lower=None,
            upper=None,
        ):
            size = scope.write(Support(low, high).size).text
            if values.text == f"torch.arange({size})":
                return Code(f"log_uniform({size})", (axis,))
            return log_prob(law, values, scope)
        case _:
            return log_prob(law, values, scope)


def _positions(probs: Expr, scope: Scope) -> str:
    """The values that a vector of probabilities is for, as text."""
    size = extent_size(probs.type.dims[-1])
    return "" if size is None else f"torch.arange({scope.write(size).text})"


# The parameters that say which values are possible.
BOUNDS = frozenset({"low", "high", "total", "draws", "successes", "x", "lower", "upper"})


def same_everywhere(law: Law) -> bool:
    """Whether the possible values of a discrete law are the same in each of its cells."""
    found = {_values(leaf) for leaf in leaves(law)}
    return len(found) == 1 and not any(
        isinstance(s, Loop | Variable)
        for leaf in components(law)
        for e in (*(e for n, e in leaf.parameters if n in BOUNDS), leaf.lower, leaf.upper)
        if e is not None
        for s in symbols(e)
    )


def _values(leaf: Distribution) -> tuple[object, ...]:
    """What says which values a distribution has."""
    named = bool(leaf.inside) or any(name in BOUNDS for name, _ in leaf.parameters)
    bounds = tuple(e for name, e in leaf.parameters if name in BOUNDS)
    inner = tuple(_values(part) for law in leaf.inside for part in leaves(law))
    return leaf.name if named else "", bounds, leaf.lower, leaf.upper, inner
