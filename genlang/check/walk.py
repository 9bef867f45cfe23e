"""Walking and rewriting expressions of the Model: children, substitution, free symbols."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from genlang.check.model import (
    Apply,
    Array,
    Choice,
    Const,
    Define,
    Density,
    Distribution,
    Draw,
    Expr,
    Extent,
    Factor,
    Forward,
    Given,
    Index,
    Law,
    Loop,
    Param,
    Reduce,
    Ref,
    Require,
    Select,
    Slice,
    Statement,
    Symbol,
    Type,
    Variable,
)


def children(expr: Expr) -> Iterator[Expr]:
    """Yield the direct subexpressions, those inside slices and loop bounds included."""
    match expr:
        case Const() | Ref():
            return
        case Apply(arguments=arguments) | Forward(arguments=arguments):
            yield from arguments
        case Index(base=base, subscripts=subscripts):
            yield base
            for sub in subscripts:
                yield from parts(sub)
        case Select(condition=condition, then=then, otherwise=otherwise):
            yield from (condition, then, otherwise)
        case Reduce(element=element, loops=loops, condition=condition, default=default):
            for loop in loops:
                yield from bounds(loop)
            yield element
            yield from (e for e in (condition, default) if e is not None)
        case Array(items=items, loops=loops, condition=condition):
            for loop in loops:
                yield from bounds(loop)
            yield from items
            if condition is not None:
                yield condition
        case Density(law=law, value=value):
            yield from law_expressions(law)
            yield value


def parts(sub: Expr | Slice) -> tuple[Expr, ...]:
    """Return the expressions of one subscript."""
    if isinstance(sub, Slice):
        return tuple(e for e in (sub.start, sub.stop) if e is not None)
    return (sub,)


def cell_of(variable: Variable, subscripts: tuple[Expr, ...]) -> Expr:
    """Return a cell of a variable as an expression."""
    whole = Ref(variable, variable.cell)
    return Index(whole, subscripts, variable.cell) if subscripts else whole


def bounds(loop: Loop) -> tuple[Expr, ...]:
    """Return the expressions that say what a loop runs over, without its weight."""
    return (*loop.extent.of, *(e for e in (loop.start, loop.stop) if e is not None))


def law_expressions(law: Law) -> Iterator[Expr]:
    """Yield the conditions, parameters and bounds of a distribution."""
    match law:
        case Choice(condition=condition, then=then, otherwise=otherwise):
            yield condition
            yield from law_expressions(then)
            yield from law_expressions(otherwise)
        case Distribution(parameters=parameters, lower=lower, upper=upper, seen=seen):
            for part in law.inside:
                yield from law_expressions(part)
            yield from (value for _, value in parameters)
            yield from (e for e in (lower, upper) if e is not None)
            yield from seen


def leaves(law: Law) -> Iterator[Distribution]:
    """Yield the distributions that a law chooses among."""
    match law:
        case Choice(then=then, otherwise=otherwise):
            yield from leaves(then)
            yield from leaves(otherwise)
        case Distribution():
            yield law


def components(law: Law) -> Iterator[Distribution]:
    """Yield the distributions that a law is made of, those inside others included."""
    for leaf in leaves(law):
        yield leaf
        for part in leaf.inside:
            yield from components(part)


def expressions(statement: Statement) -> tuple[Expr, ...]:
    """Return all expressions of a statement, the bounds of its loops included."""
    found: list[Expr | None] = []
    match statement:
        case Draw(law=law, subscripts=subscripts):
            found = [*law_expressions(law), *subscripts]
        case Define(value=value) | Factor(value=value) | Require(condition=value):
            found = [value]
        case Param(start=start, lower=lower, upper=upper):
            found = [start, lower, upper]
        case Given(default=default):
            return () if default is None else (default,)
    found += [e for loop in statement.loops for e in bounds(loop)]
    return tuple(e for e in found if e is not None)


def walk(expr: Expr) -> Iterator[Expr]:
    """Yield an expression and everything inside it, outermost first."""
    yield expr
    for child in children(expr):
        yield from walk(child)


def symbols(expr: Expr) -> Iterator[Symbol]:
    """Yield every symbol that an expression refers to."""
    for e in walk(expr):
        match e:
            case Ref(symbol=symbol):
                yield symbol
            case Forward(net=net):
                yield net
            case _:
                continue


def substitute(expr: Expr, values: Mapping[Symbol, Expr]) -> Expr:
    """Replace references to symbols; inner loops whose bounds change get a new index."""
    if not values:
        return expr

    def sub(e: Expr) -> Expr:
        return substitute(e, values)

    match expr:
        case Const():
            return expr
        case Ref(symbol=symbol):
            return values.get(symbol, expr)
        case Apply(arguments=arguments) | Forward(arguments=arguments):
            return replace(expr, arguments=tuple(map(sub, arguments)))
        case Index(base=base, subscripts=subscripts):
            new = tuple(
                Slice(_maybe(s.start, values), _maybe(s.stop, values))
                if isinstance(s, Slice)
                else sub(s)
                for s in subscripts
            )
            return replace(expr, base=sub(base), subscripts=new)
        case Select(condition=condition, then=then, otherwise=otherwise):
            return replace(expr, condition=sub(condition), then=sub(then), otherwise=sub(otherwise))
        case Reduce(element=element, condition=condition, default=default):
            loops, inner = substitute_loops(expr.loops, values)
            return replace(
                expr,
                loops=loops,
                element=substitute(element, inner),
                condition=_maybe(condition, inner),
                default=_maybe(default, values),
            )
        case Array(items=items, condition=condition):
            loops, inner = substitute_loops(expr.loops, values)
            return replace(
                expr,
                loops=loops,
                items=tuple(substitute(i, inner) for i in items),
                condition=_maybe(condition, inner),
            )
        case Density(law=law, value=value):
            return replace(expr, law=substitute_law(law, values), value=sub(value))


def _maybe(expr: Expr | None, values: Mapping[Symbol, Expr]) -> Expr | None:
    return None if expr is None else substitute(expr, values)


def substitute_loops(
    loops: tuple[Loop, ...], values: Mapping[Symbol, Expr]
) -> tuple[tuple[Loop, ...], dict[Symbol, Expr]]:
    """Rewrite the bounds of loops; returns them and the values extended by renamed indices."""
    inner: dict[Symbol, Expr] = dict(values)
    new: list[Loop] = []
    for loop in loops:
        if not any(s in inner for e in bounds(loop) for s in symbols(e)):
            new.append(loop)
            continue
        extent = Extent(
            loop.extent.dim,
            tuple(substitute(e, inner) for e in loop.extent.of),
            loop.extent.size,
        )
        fresh = replace(
            loop, extent=extent, start=_maybe(loop.start, inner), stop=_maybe(loop.stop, inner)
        )
        inner[loop] = Ref(fresh, index_type(loop))
        new.append(fresh)
    return tuple(new), inner


def index_type(loop: Loop) -> Type:
    """Return the type of a loop's index."""
    return Type("index", dim=loop.extent.dim)


def substitute_law(law: Law, values: Mapping[Symbol, Expr]) -> Law:
    """Replace references to symbols in a distribution."""
    match law:
        case Choice(condition=condition, then=then, otherwise=otherwise):
            return replace(
                law,
                condition=substitute(condition, values),
                then=substitute_law(then, values),
                otherwise=substitute_law(otherwise, values),
            )
        case Distribution(parameters=parameters):
            return replace(
                law,
                parameters=tuple((name, substitute(e, values)) for name, e in parameters),
                lower=_maybe(law.lower, values),
                upper=_maybe(law.upper, values),
                seen=tuple(substitute(e, values) for e in law.seen),
                inside=tuple(substitute_law(part, values) for part in law.inside),
            )
