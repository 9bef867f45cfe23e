"""Rewriting statements: `let`s that read discrete latents are written out in their readers."""

from collections.abc import Callable
from dataclasses import replace

from genlang.check.chains import first_position
from genlang.check.model import (
    Apply,
    Array,
    Choice,
    Const,
    Define,
    Density,
    Distribution,
    Expr,
    Factor,
    Forward,
    Given,
    Index,
    Law,
    Loop,
    Reduce,
    Ref,
    Require,
    Select,
    Slice,
    Statement,
    Symbol,
    Variable,
)
from genlang.check.walk import index_type, substitute, symbols


def loops_of(statement: Statement) -> tuple[Loop, ...]:
    """Return the loops of a statement (none for `data`)."""
    return () if isinstance(statement, Given) else statement.loops


def target_of(statement: Statement) -> Variable | None:
    """Return the variable that a statement declares, None for `factor` and `require`."""
    return None if isinstance(statement, Factor | Require) else statement.target


def reads_any(expr: Expr, variables: set[Variable]) -> bool:
    """Whether an expression refers to one of the variables."""
    return any(s in variables for s in symbols(expr))


def map_law(law: Law, lets: dict[Variable, Define]) -> Law:
    """Write out `let`s in a distribution."""
    return rewrite_law(law, lambda e: write_out(e, lets))


def rewrite_law(law: Law, change: Callable[[Expr], Expr]) -> Law:
    """Apply a function to every expression of a distribution."""
    match law:
        case Choice(condition=condition, then=then, otherwise=otherwise):
            return replace(
                law,
                condition=change(condition),
                then=rewrite_law(then, change),
                otherwise=rewrite_law(otherwise, change),
            )
        case Distribution(parameters=parameters, lower=lower, upper=upper):
            return replace(
                law,
                parameters=tuple((name, change(e)) for name, e in parameters),
                lower=None if lower is None else change(lower),
                upper=None if upper is None else change(upper),
                seen=tuple(map(change, law.seen)),
                inside=tuple(rewrite_law(part, change) for part in law.inside),
            )


def write_out(expr: Expr, lets: dict[Variable, Define]) -> Expr:
    """Replace reads of the given `let`s by their definitions at the indices read.

    `theta[of[r]]` with `let theta[i] = a * z[i]` becomes `a * z[of[r]]`.
    """
    match expr:
        case Index(base=Ref(symbol=Variable() as let), subscripts=subscripts) if let in lets:
            define = lets[let]
            given = tuple(s if isinstance(s, Slice) else write_out(s, lets) for s in subscripts)
            n = len(let.loops)
            if any(isinstance(s, Slice) for s in given[:n]) or len(given) < n:
                return _whole(expr, define, given)
            own = define.loops[len(define.loops) - n :] if n else ()
            values: dict[Symbol, Expr] = {
                loop: e for loop, e in zip(own, given[:n], strict=True) if not isinstance(e, Slice)
            }
            body = substitute(define.value, values)
            rest = given[n:]
            return replace(expr, base=body, subscripts=rest) if rest else body
        case Ref(symbol=Variable() as let) if let in lets:
            if let.loops and let.dims:
                return _whole(expr, lets[let], ())
            return lets[let].value
        case _:
            return rebuild(expr, lambda e: write_out(e, lets))


def _whole(expr: Expr, define: Define, given: tuple[Expr | Slice, ...]) -> Expr:
    """The array of a `let` of latents as a comprehension over its loops."""
    n = len(define.target.loops)
    own = define.loops[len(define.loops) - n :]
    fresh = tuple(replace(loop) for loop in own)
    values: dict[Symbol, Expr] = {
        old: Ref(new, index_type(new)) for old, new in zip(own, fresh, strict=True)
    }
    body = substitute(define.value, values)
    array: Expr = body
    for i in range(n - 1, -1, -1):
        dims = (fresh[i].extent, *array.type.dims)
        array = Array((array,), (fresh[i],), None, replace(array.type, dims=dims), expr.span)
    return Index(array, given, expr.type, expr.span) if given else array


def from_start(sub: Expr | Slice, loop: Loop) -> Expr | Slice:
    """Return a subscript of a dim as one of the part of it that a loop runs over."""
    return sub if loop.start is None else less(sub, first_position(loop))


def less(sub: Expr | Slice, start: Expr) -> Expr | Slice:
    """Return a position, or both ends of a slice, less a start; numbers are worked out."""
    match sub, start:
        case Slice(start=first, stop=last), _:
            one, two = (None if e is None else less(e, start) for e in (first, last))
            assert not isinstance(one, Slice)
            assert not isinstance(two, Slice)
            return Slice(one, two)
        case Const(value=int(value), type=kind, span=span), Const(value=int(by)):
            return Const(value - by, kind, span)
        case Apply(function="-", arguments=(one, Const(value=int(value)) as two)), Const(
            value=int(by)
        ):
            return replace(sub, arguments=(one, replace(two, value=value + by)))
        case _:
            return Apply("-", (sub, start), sub.type, sub.span)


def rebuild(expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """Apply a function to the direct subexpressions (loop bounds left as they are)."""
    match expr:
        case Apply(arguments=arguments) | Forward(arguments=arguments):
            return replace(expr, arguments=tuple(map(change, arguments)))
        case Index(base=base, subscripts=subscripts):
            new = tuple(s if isinstance(s, Slice) else change(s) for s in subscripts)
            return replace(expr, base=change(base), subscripts=new)
        case Select(condition=condition, then=then, otherwise=otherwise):
            return replace(
                expr,
                condition=change(condition),
                then=change(then),
                otherwise=change(otherwise),
            )
        case Reduce(element=element, condition=condition):
            return replace(
                expr,
                element=change(element),
                condition=None if condition is None else change(condition),
            )
        case Array(items=items, condition=condition):
            return replace(
                expr,
                items=tuple(map(change, items)),
                condition=None if condition is None else change(condition),
            )
        case Density(law=law, value=value):
            return replace(expr, law=rewrite_law(law, change), value=change(value))
        case _:
            return expr
