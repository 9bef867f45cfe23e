"""Totals: a statement that reads `sum(z[i] for i in I)` reads one number of an array of latents.

    observed y[s] ~ f(sum(a[i] * z[s, i] for i in I))

becomes, with two latents of our own,

    z_term[s, i] ~ Delta(a[i] * z[s, i])
    z_sum[s] ~ Delta(sum(z_term[s, i] for i in I))
    observed y[s] ~ f(z_sum[s])

so that the cells need not be enumerated together: the weights of `z_sum` are the convolution of
those of the cells (`steps.Fold`). `any`, `all`, `min` and `max` are folds likewise.
"""

from dataclasses import field, replace

from genlang.check.model import (
    Apply,
    Array,
    Const,
    Distribution,
    Draw,
    Expr,
    Extent,
    Factor,
    Index,
    Loop,
    Reduce,
    Ref,
    Select,
    Slice,
    Statement,
    Symbol,
    Type,
    Variable,
)
from genlang.check.walk import children, index_type, substitute, symbols, walk
from genlang.plan.lags import expressions_of
from genlang.plan.rewrite import reads_any, rebuild, rewrite_law
from genlang.plan.steps import Fold
from genlang.records import dataclass

# Reductions that are folds, and what a cell adds that a filter leaves out.
NOTHING: dict[str, int | None] = {"sum": 0, "any": 0, "all": 1, "min": None, "max": None}


@dataclass(frozen=True, slots=True)
class Totals:
    """Statements whose folds of an array are latents of our own, and these latents.

    `folds` has the totals; `terms` the latents that name what a cell contributes.
    """

    statements: tuple[Statement, ...]
    folds: dict[Variable, Fold]
    terms: frozenset[Variable]


def totals(statements: tuple[Statement, ...], z: Variable, states: set[Variable]) -> Totals | None:
    """Replace the folds of an array of latents; None where there are none.

    `states` are all discrete latents. Nothing is replaced in a `report`: it is computed from draws.
    """
    draws = {s.target: s for s in statements if isinstance(s, Draw) and s.target in states}
    found = _Found(draws[z], draws)
    result: list[Statement] = []
    for statement in statements:
        if not any(reads_any(e, {z}) for e in expressions_of(statement)):
            result.append(statement)
            continue
        count = len(found.made)
        new = _replaced(statement, found)
        result += [*found.made[count:], new]
    arrays = [fold.of for fold in found.folds.values()]
    if not arrays or len(set(arrays)) < len(arrays):
        return None  # two totals of the same cells are not independent of one another
    return Totals(tuple(result), found.folds, frozenset(found.terms))


def _replaced(statement: Statement, found: "_Found") -> Statement:
    match statement:
        case Draw(law=law) as draw:
            new = rewrite_law(law, lambda e: found.change(e, draw))
            return draw if new == law else replace(draw, law=new)
        case Factor(value=value) as factor:
            read = found.change(value, factor)
            return factor if read == value else replace(factor, value=read)
        case _:
            return statement


@dataclass(slots=True)
class _Found:
    """The folds found so far; equal ones share a latent."""

    draw: Draw
    draws: dict[Variable, Draw]
    made: list[Draw] = field(default_factory=list)
    folds: dict[Variable, Fold] = field(default_factory=dict)
    terms: dict[Variable, Expr] = field(default_factory=dict)

    @property
    def own(self) -> tuple[Loop, ...]:
        """The loops of the array."""
        return tuple(e.symbol for e in self.draw.subscripts
                     if isinstance(e, Ref) and isinstance(e.symbol, Loop))  # fmt: skip

    def change(self, expr: Expr, statement: Draw | Factor) -> Expr:
        """Replace the folds inside an expression of a statement."""
        fold = _as_reduce(expr, self.draw.target, self.own)
        new = None if fold is None else self._fold(fold, statement)
        return rebuild(expr, lambda e: self.change(e, statement)) if new is None else new

    def _fold(self, expr: Reduce, statement: Draw | Factor) -> Expr | None:
        """The read of the total that a reduction is; None where it is none."""
        own, (loop,) = self.own, expr.loops
        if expr.function not in NOTHING or expr.default is not None:
            return None
        nothing = NOTHING[expr.function]
        if expr.condition is not None and nothing is None:
            return None
        parts = [expr.element, *([] if expr.condition is None else [expr.condition])]
        reads = {e.subscripts for part in parts for e in self._reads(part)}
        if len(reads) != 1 or len(own) != len(self.draw.subscripts):
            return None
        (subs,) = reads
        places = [i for i, s in enumerate(subs) if isinstance(s, Ref) and s.symbol is loop]
        if len(places) != 1 or len(subs) != len(own) or any(isinstance(s, Slice) for s in subs):
            return None
        outer = [s for i, s in enumerate(subs) if i != places[0] and not isinstance(s, Slice)]
        read = [s for e in outer for s in symbols(e)]
        if any(s in self.draws or (isinstance(s, Loop) and s not in statement.loops) for s in read):
            return None  # a cell that is picked inside the expression
        along = own[places[0]]
        others = [p for p in own if p is not along]
        if along.weight is not None or not _same(
            along, loop, dict(zip(others, outer, strict=True))
        ):
            return None
        kind = expr.element.type
        plain = {s.symbol for s in subs if isinstance(s, Ref) and isinstance(s.symbol, Loop)}
        if any(s not in plain for part in parts for s in self._loops(part)):
            return None  # it depends on the statement's own row
        cell = self._cell(parts, subs, loop, nothing, kind)
        if cell is None or kind.kind not in ("bool", "count", "int", "index"):
            return None
        total = self._total(expr, self._term(cell, statement), along, others, statement)
        here = Ref(total, total.cell, expr.span)
        return Index(here, tuple(outer), total.cell, expr.span) if outer else here

    def _reads(self, expr: Expr) -> list[Index]:
        """The reads of the array and of others beside it: `z[s, i] * u[s, i]`."""
        beside = {z for z, draw in self.draws.items() if draw.loops == self.draw.loops}
        return [
            e
            for e in walk(expr)
            if isinstance(e, Index) and isinstance(e.base, Ref) and e.base.symbol in beside
        ]

    def _loops(self, expr: Expr) -> set[Loop]:
        """The loops whose indices an expression reads, but for the subscripts of the cells."""
        if expr in self._reads(expr)[:1]:
            return set()
        own = {expr.symbol} if isinstance(expr, Ref) and isinstance(expr.symbol, Loop) else set()
        return own.union(*(self._loops(e) for e in children(expr)))

    def _cell(
        self, parts: list[Expr], subs: tuple[Expr | Slice, ...], loop: Loop, nothing: int | None,
        kind: Type,
    ) -> Expr | None:  # fmt: skip
        """What a cell contributes, in the loops of the array; None where it needs others."""
        element = parts[0]
        if len(parts) > 1:
            assert nothing is not None
            element = Select(parts[1], element, Const(nothing, kind), kind)
        change: dict[Symbol, Expr] = {
            s.symbol: Ref(p, index_type(p)) for s, p in zip(subs, self.own, strict=True)
            if isinstance(s, Ref) and isinstance(s.symbol, Loop)
        }  # fmt: skip
        cell = substitute(self._here(element), change)
        free = {s for s in symbols(cell) if isinstance(s, Loop)}
        return cell if loop not in free and free <= set(self.own) else None

    def _here(self, expr: Expr) -> Expr:
        """An expression with the reads of the array's cells in its own loops."""
        if expr in self._reads(expr)[:1]:
            assert isinstance(expr, Index)
            return replace(expr, subscripts=self.draw.subscripts)
        return rebuild(expr, self._here)

    def _term(self, cell: Expr, statement: Statement) -> Variable:
        """The latent whose cells are added up: the array itself, or one made for an expression."""
        z = self.draw.target
        if isinstance(cell, Index) and isinstance(cell.base, Ref) and cell.base.symbol is z:
            return z
        known = next((v for v, e in self.terms.items() if e == cell), None)
        if known is not None:
            return known
        kind = "int" if cell.type.kind == "index" else cell.type.kind
        term = replace(z, name=f"{z.name}_term", cell=Type(kind), span=statement.span)
        law = Distribution("Delta", (("x", cell),))
        self.terms[term] = cell
        self.made.append(replace(self.draw, target=term, law=law, span=statement.span))
        return term

    def _total(
        self, expr: Reduce, term: Variable, along: Loop, others: list[Loop], statement: Statement
    ) -> Variable:
        fold = Fold(expr.function, term, along)
        known = next((w for w, f in self.folds.items() if f == fold), None)
        if known is not None:
            return known
        inner = replace(along)
        subs = tuple(Ref(inner if p is along else p, index_type(p)) for p in self.own)
        cells = Index(Ref(term, term.cell), subs, term.cell)
        whole = Reduce(expr.function, cells, (inner,), None, None, expr.type, expr.span)
        z = self.draw.target
        dims = tuple(d for d, p in zip(z.dims, self.own, strict=True) if p is not along)
        loops = tuple(p for p in self.draw.loops if p is not along)
        total = Variable(f"{z.name}_{expr.function}", "latent", Type(expr.type.kind), dims,
                         tuple(others), span=statement.span)  # fmt: skip
        law = Distribution("Delta", (("x", whole),))
        here = tuple(Ref(p, index_type(p)) for p in others)
        self.folds[total] = fold
        self.made.append(Draw(total, law, loops, here, statement.span))
        return total


def _as_reduce(expr: Expr, z: Variable, own: tuple[Loop, ...]) -> Reduce | None:
    """A reduction over one loop: as it is, of a comprehension, or of the array's last axis."""
    match expr:
        case Reduce(loops=(_,)):
            return expr
        case Apply(function=function, arguments=(Array(items=(item,), loops=(_,) as loops) as a,)):
            return Reduce(function, item, loops, a.condition, None, expr.type, expr.span)
        case Apply(function=function, arguments=(array,)) if function in NOTHING and own:
            match array:
                case Ref(symbol=symbol) if symbol is z:
                    subs: tuple[Expr | Slice, ...] = ()
                case Index(base=Ref(symbol=symbol), subscripts=subs) if symbol is z:
                    pass
                case _:
                    return None
            if subs and subs[-1] == Slice(None, None):
                subs = subs[:-1]
            if len(subs) != len(own) - 1 or any(isinstance(s, Slice) for s in subs):
                return None
            outer = {p: s for p, s in zip(own, subs, strict=False) if not isinstance(s, Slice)}
            extent, start, stop = _read_by(own[-1], outer)
            loop = replace(own[-1], extent=extent, start=start, stop=stop)
            base = Ref(z, z.cell)
            cell = Index(base, (*subs, Ref(loop, index_type(loop))), z.cell, expr.span)
            return Reduce(function, cell, (loop,), None, None, expr.type, expr.span)
        case _:
            return None


def _same(along: Loop, loop: Loop, outer: dict[Loop, Expr]) -> bool:
    """Whether a reduction runs over all of an array's loop, in the row that it reads."""
    return _read_by(along, outer) == (loop.extent, loop.start, loop.stop)


def _read_by(loop: Loop, outer: dict[Loop, Expr]) -> tuple[Extent, Expr | None, Expr | None]:
    """What a loop runs over where the loops around it stand at the given indices."""
    change: dict[Symbol, Expr] = dict(outer.items())
    of = tuple(substitute(e, change) for e in loop.extent.of)
    ends = [None if e is None else substitute(e, change) for e in (loop.start, loop.stop)]
    return replace(loop.extent, of=of), ends[0], ends[1]
