"""The checked Model: names resolved to symbols, dims proved, every statement scalar in its loops.

What the text abbreviates is written out here. `latent beta[D] ~ Normal(0, 1)` is a statement in a
loop over `D` whose index has no name; `observed y[N] ~ Normal(alpha + x @ beta, s)` reads its
parameters as `(alpha + x @ beta)[i]`. So a statement draws one cell (its event dims included) for
each iteration of `loops`. Symbols (`Dim`, `Loop`, `Variable`) are compared by identity.

    y[n] ~ Normal(mu[z[n]], 1)
    Draw(target=y, loops=(n,), distribution=Distribution("Normal",
         (("loc", Index(Ref(mu), (Index(Ref(z), (Ref(n),)),))), ("scale", Const(1)))))
"""

from dataclasses import field

from genlang.records import dataclass
from genlang.source import NOWHERE, Source, Span

# -- Symbols ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Dim:
    """A named index set.

    `size` is the number written in the model (`K = 3`), `labels` the labels written in the model,
    `of` the dims that a ragged dim has one size for each element of, `lengths` the data variable
    that holds the sizes where one is named, `derived` the expression of a derived dim.
    """

    name: str
    size: int | None = None
    labels: tuple[str, ...] | None = None
    of: "tuple[Dim, ...]" = ()
    lengths: "Variable | None" = None
    derived: "Expr | None" = None
    start: int | None = None
    span: Span = NOWHERE


@dataclass(frozen=True, slots=True)
class Extent:
    """One axis of a value: a dim (a ragged one with the indices that pick its size), or a size.

    `dim=None` is an anonymous extent; its `size` is None where only the data tell.
    """

    dim: Dim | None
    of: "tuple[Expr, ...]" = ()
    size: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Loop:
    """A loop and its index: `for t in T[s][start:stop]`, a binder, or an unnamed dim.

    `of` are the indices that pick the size of a ragged dim. `start` and `stop` are int expressions
    (None: the whole dim). `name` is "" for the loop of an unnamed subscript dim.
    """

    name: str
    extent: Extent
    start: "Expr | None" = None
    stop: "Expr | None" = None
    weight: "Expr | None" = None
    span: Span = NOWHERE


@dataclass(frozen=True, slots=True)
class Type:
    """The type of an expression or of a variable's cell.

    `kind`: real, positive, nonneg, unit, int, count, bool, index, string. `dim`: of an `index`.
    `dims`: the axes, leftmost first. `structure`: "", or simplex, ordered, positive_ordered, corr,
    ... over the last axes. `lower`/`upper`: written bounds. A distribution has kind "distribution".
    """

    kind: str
    dims: tuple[Extent, ...] = ()
    dim: Dim | None = None
    structure: str = ""
    lower: "Expr | None" = None
    upper: "Expr | None" = None


@dataclass(frozen=True, slots=True, eq=False)
class Variable:
    """A declared name.

    `role`: data, param, latent, observed, let, report, generated. `dims` are all axes of the array
    outside its loops: one for each subscript in the order written, then the event dims (`event` of
    them). `cell` is the type of one cell, event dims included. `loops` are the loops whose index
    subscripts the name, in subscript order (for `data`, the loops of its declaration).
    """

    name: str
    role: str
    cell: Type
    dims: tuple[Extent, ...] = ()
    loops: tuple[Loop, ...] = ()
    event: int = 0
    description: str = ""
    span: Span = NOWHERE


@dataclass(frozen=True, slots=True, eq=False)
class Net:
    """A network: inputs, outputs ("": without a name), hidden layers, or the path of Python's."""

    name: str
    inputs: tuple[tuple[str, Type], ...]
    outputs: tuple[tuple[str, Type], ...]
    hidden: "tuple[Expr, ...]" = ()
    module: str = ""
    description: str = ""
    span: Span = NOWHERE
    line: Span = NOWHERE  # the whole declaration


Symbol = Dim | Loop | Variable | Net

# -- Expressions ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Const:
    """A number, a truth value or a label."""

    value: float | int | bool | str
    type: Type
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Ref:
    """A variable, a loop's index (its position), or a dim (its size)."""

    symbol: Symbol
    type: Type
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Apply:
    """A function or operator of the table `lang.functions`, arguments by position.

    Operators go by their sign (`+`, `==`, `@`, `and`, `not`, `neg` for unary minus).
    """

    function: str
    arguments: "tuple[Expr, ...]"
    type: Type
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Slice:
    """`start:stop` in a subscript; None is an open end."""

    start: "Expr | None"
    stop: "Expr | None"


@dataclass(frozen=True, slots=True)
class Index:
    """`base[subscripts]`; fewer subscripts than axes leave the last axes whole."""

    base: "Expr"
    subscripts: "tuple[Expr | Slice, ...]"
    type: Type
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Select:
    """`then if condition else otherwise`; `chained` as that of `Choice`."""

    condition: "Expr"
    then: "Expr"
    otherwise: "Expr"
    type: Type
    span: Span = field(default=NOWHERE, compare=False)
    chained: bool = False


@dataclass(frozen=True, slots=True)
class Reduce:
    """`function(element for loops if condition)`: sum prod mean min max logsumexp any all."""

    function: str
    element: "Expr"
    loops: tuple[Loop, ...]
    condition: "Expr | None"
    default: "Expr | None"
    type: Type
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Array:
    """`[a, b, c]` (no loops), or `[element for k in K]` (one item and its loops)."""

    items: "tuple[Expr, ...]"
    loops: tuple[Loop, ...]
    condition: "Expr | None"
    type: Type
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Forward:
    """An output of a network, `f(x).loc`; `output` is "" where it has one without a name."""

    net: Net
    output: str
    arguments: "tuple[Expr, ...]"
    type: Type
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Density:
    """`D.logpdf(x)`, `D.cdf(x)`, `D.logsf(x)`: a function of a distribution at a value."""

    function: str
    law: "Law"
    value: "Expr"
    type: Type
    span: Span = field(default=NOWHERE, compare=False)


Expr = Const | Ref | Apply | Index | Select | Reduce | Array | Forward | Density

# -- Distributions and statements -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Distribution:
    """A row of `lang.distributions` with its parameters by name; truncation bounds or None.

    `seen` tells of a vector some of whose elements are missing which of them are there: the law is
    that of these. With a second expression, the vector, it is the law of the others beside them.
    `each` are the dims of the elements that it draws one by one, in the set `structure`, `real`
    where they are free of each other; its arguments have these dims, or none. `unsure` are the
    parameters that may leave their domain, each with the words for it at run time.

    `inside` are the distributions that one of another (`Censored(D, ...)`) is made of.
    """

    name: str
    parameters: tuple[tuple[str, Expr], ...]
    lower: Expr | None = None
    upper: Expr | None = None
    structure: str = ""
    span: Span = field(default=NOWHERE, compare=False)
    seen: tuple[Expr, ...] = ()
    each: tuple[Extent, ...] = ()
    unsure: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    inside: "tuple[Law, ...]" = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """`D1 if condition else D2`.

    `A then B` is one too, `chained`: its condition is `t == s`, with `s` the first position of the
    loop over `t`; `A then B then C` chooses once more, at `s + 1`, in its second part.
    """

    condition: Expr
    then: "Law"
    otherwise: "Law"
    span: Span = field(default=NOWHERE, compare=False)
    chained: bool = False


Law = Distribution | Choice


@dataclass(frozen=True, slots=True, eq=False)
class Draw:
    """`latent`, `observed` or `generated`: one cell of `target` for each iteration of `loops`.

    `subscripts` are those of the target, mostly `Ref(loop)` of each of its loops.
    """

    target: Variable
    law: Law
    loops: tuple[Loop, ...]
    subscripts: tuple[Expr, ...]
    span: Span = NOWHERE


@dataclass(frozen=True, slots=True, eq=False)
class Define:
    """`let` and `report`: a named expression in its loops."""

    target: Variable
    value: Expr
    loops: tuple[Loop, ...]
    span: Span = NOWHERE


@dataclass(frozen=True, slots=True, eq=False)
class Factor:
    """`factor expr`: a log-density term for each iteration of its loops."""

    name: str
    value: Expr
    loops: tuple[Loop, ...]
    span: Span = NOWHERE


@dataclass(frozen=True, slots=True, eq=False)
class Param:
    """`param`: an unknown without a prior; `start` is its starting value or None.

    `lower` and `upper` are the bounds that its type says, in the loops of the statement.
    """

    target: Variable
    start: Expr | None
    loops: tuple[Loop, ...]
    span: Span = NOWHERE
    lower: Expr | None = None
    upper: Expr | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """`data`: a known input with its default or None."""

    target: Variable
    default: Expr | None
    span: Span = NOWHERE


@dataclass(frozen=True, slots=True, eq=False)
class Require:
    """`require`: a check of the data; `why` says who asks for it."""

    condition: Expr
    message: str
    loops: tuple[Loop, ...]
    span: Span = NOWHERE
    why: str = "a `require` of the model"


Statement = Draw | Define | Factor | Param | Given | Require


@dataclass(frozen=True, slots=True, eq=False)
class Guide:
    """`guide:`: how it draws the latents that it names, and what it declares itself."""

    variables: tuple[Variable, ...]
    statements: tuple[Statement, ...]
    span: Span = NOWHERE


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """Everything that a program declares, in source order, lets before their use.

    `functions` are the names of its `def`s, which are written out where they are called.
    """

    source: Source
    dims: tuple[Dim, ...]
    variables: tuple[Variable, ...]
    statements: tuple[Statement, ...]
    functions: tuple[str, ...] = ()
    nets: tuple[Net, ...] = ()
    guide: Guide | None = None
