"""The syntax tree: what was written, before any name is resolved.

Every node carries its span first. Sequences are tuples; nodes are frozen.
"""

from genlang.records import dataclass
from genlang.source import Span

# -- Expressions ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Name:
    """A name that is read."""

    span: Span
    name: str


@dataclass(frozen=True, slots=True)
class Number:
    """A number without a sign."""

    span: Span
    value: int | float


@dataclass(frozen=True, slots=True)
class String:
    """Text in quotes, such as a label."""

    span: Span
    value: str


@dataclass(frozen=True, slots=True)
class Truth:
    """`true` or `false`."""

    span: Span
    value: bool


@dataclass(frozen=True, slots=True)
class Unary:
    """`-x`, `+x`, `not x`."""

    span: Span
    op: str
    operand: "Expr"


@dataclass(frozen=True, slots=True)
class Binary:
    """`+ - * / @ % ^ == != < <= > >= and or`."""

    span: Span
    op: str
    left: "Expr"
    right: "Expr"


@dataclass(frozen=True, slots=True)
class Ternary:
    """`then if condition else otherwise`."""

    span: Span
    then: "Expr"
    condition: "Expr"
    otherwise: "Expr"


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a call; `name` is None where it is positional."""

    span: Span
    name: str | None
    value: "Expr"


@dataclass(frozen=True, slots=True)
class Call:
    """`function(arguments)`."""

    span: Span
    function: "Expr"
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """`a:b`, either side perhaps absent; only inside a subscript."""

    span: Span
    start: "Expr | None"
    stop: "Expr | None"


@dataclass(frozen=True, slots=True)
class Binder:
    """`n in N` inside the subscript of a declared name."""

    span: Span
    name: Name
    over: "Iteration"


@dataclass(frozen=True, slots=True)
class Subscript:
    """`base[subscripts]`."""

    span: Span
    base: "Expr"
    subscripts: "tuple[Expr | Slice | Binder, ...]"


@dataclass(frozen=True, slots=True)
class Attribute:
    """`base.name`."""

    span: Span
    base: "Expr"
    name: Name


@dataclass(frozen=True, slots=True)
class ListOf:
    """`[a, b, c]`."""

    span: Span
    items: "tuple[Expr, ...]"


@dataclass(frozen=True, slots=True)
class Iteration:
    """What a loop runs over: `N`, `T[s]`, `T[1:]`, `T[s, 2:]`; the slice, if any, stands last."""

    span: Span
    dim: Name
    parts: "tuple[Expr | Slice, ...]"


@dataclass(frozen=True, slots=True)
class Clause:
    """`for k in K if condition` of a comprehension."""

    span: Span
    name: Name
    over: Iteration
    condition: "Expr | None"


@dataclass(frozen=True, slots=True)
class Comprehension:
    """`[element for k in K]`."""

    span: Span
    element: "Expr"
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Reduction:
    """`sum(element for k in K, name=value)`."""

    span: Span
    function: "Expr"
    element: "Expr"
    clauses: tuple[Clause, ...]
    named: tuple[Argument, ...]


Expr = (
    Name | Number | String | Truth | Unary | Binary | Ternary | Call | Subscript | Attribute
    | ListOf | Comprehension | Reduction
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chain:
    """`A then B`; `parts` has one element where there is no `then`."""

    span: Span
    parts: tuple[Expr, ...]


# -- Declarations -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TypeNode:
    """`real(lower=0)`, `index(D)`, `simplex[K]`: a name, arguments, event dims."""

    span: Span
    name: str
    arguments: tuple[Argument, ...]
    dims: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """A declared name with its subscripts."""

    span: Span
    name: Name
    subscripts: tuple[Expr | Slice | Binder, ...]


@dataclass(frozen=True, slots=True)
class DimItem:
    """`N`, `K = 3`, `T[S]`, `D = 5 from 1` (`start` is the code of the first element)."""

    span: Span
    name: Name
    of: tuple[Name, ...]
    size: Expr | None
    start: int | float | None


@dataclass(frozen=True, slots=True)
class DimDecl:
    """`dim N, K = 3, T[S]`."""

    span: Span
    items: tuple[DimItem, ...]
    description: str = ""


@dataclass(frozen=True, slots=True)
class ValueDecl:
    """`data`, `param`, `let`, `report`: targets, perhaps a type, perhaps an expression."""

    span: Span
    word: str
    targets: tuple[Target, ...]
    type: TypeNode | None
    value: Chain | None
    description: str = ""


@dataclass(frozen=True, slots=True)
class DrawDecl:
    """`latent`, `observed`, `generated`: targets, perhaps a type, a distribution."""

    span: Span
    word: str
    targets: tuple[Target, ...]
    type: TypeNode | None
    distribution: Chain
    description: str = ""


@dataclass(frozen=True, slots=True)
class FactorDecl:
    """`factor value`, `factor name[n] = value`."""

    span: Span
    target: Target | None
    value: Expr
    description: str = ""


@dataclass(frozen=True, slots=True)
class RequireDecl:
    """`require condition, "message"`."""

    span: Span
    condition: Expr
    message: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """`name: type` of a `def` or `net`."""

    span: Span
    name: Name
    type: TypeNode


@dataclass(frozen=True, slots=True)
class NetDecl:
    """`net f(x: real[D]) -> real[H] = mlp(64, 64)`."""

    span: Span
    name: Name
    inputs: tuple[Field, ...]
    outputs: tuple[Field, ...] | TypeNode
    body: Expr
    description: str = ""


@dataclass(frozen=True, slots=True)
class DefDecl:
    """`def f(x: real) -> real: return x ^ 2`."""

    span: Span
    name: Name
    inputs: tuple[Field, ...]
    output: TypeNode
    lets: tuple[ValueDecl, ...]
    result: Expr
    description: str = ""


@dataclass(frozen=True, slots=True)
class ForBlock:
    """`for n in N weight w[n]:`; `span` covers the header line."""

    span: Span
    name: Name
    over: Iteration
    weight: Expr | None
    body: "tuple[Statement, ...]"


@dataclass(frozen=True, slots=True)
class GuideBlock:
    """`guide:` and its statements."""

    span: Span
    body: "tuple[Statement, ...]"


Statement = (
    DimDecl | ValueDecl | DrawDecl | FactorDecl | RequireDecl | NetDecl | DefDecl | ForBlock
    | GuideBlock
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class File:
    """A model; `lost` are the names in declarations that could not be read."""

    span: Span
    statements: tuple[Statement, ...]
    lost: frozenset[str] = frozenset()
