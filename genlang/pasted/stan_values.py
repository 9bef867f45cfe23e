"""Expressions of Stan as genlang writes them: products of matrices, whole arrays of indices."""

from dataclasses import field, replace

from genlang.pasted import stan_syntax as stan
from genlang.pasted.expression import Binary, Call, Name, Node, Number, Subscript, Unary, Unsure
from genlang.pasted.writing import Writer
from genlang.records import dataclass

Shape = tuple[str, ...]  # of an expression: `a` an array's axis, `v` a column, `w` a row, `r c`
OWN: dict[str, Shape] = {"vector": ("v",), "row_vector": ("w",), "matrix": ("r", "c"),
                         "int": (), "real": ()}  # fmt: skip
SQUARE = ("cov_matrix", "corr_matrix", "cholesky_factor_corr", "cholesky_factor_cov")
TOTALS = ("sum", "mean", "prod", "sd", "variance", "dot_product", "log_sum_exp", "num_elements",
          "size", "min", "max")  # fmt: skip


@dataclass(slots=True)
class StanWriter(Writer):
    """Writes expressions of Stan, whose `*` multiplies matrices.

    `each` is the dim and the index where a statement about whole vectors is written as a loop.
    """

    declared: dict[str, stan.Declared] = field(default_factory=dict)
    each: tuple[str, str] = ("", "")

    def axes(self, name: str) -> tuple[Shape, tuple[str, ...]]:
        """The shape of a name and the dims along it."""
        d = self.declared.get(name)
        if d is None:
            return (), ()
        own = OWN.get(d.kind, ("r", "c") if d.kind in SQUARE else ("v",))
        return ("a",) * len(d.axes) + own, d.axes + (d.own * 2 if d.kind in SQUARE else d.own)

    def shape(self, node: Node) -> Shape:
        """The shape of an expression; raises Unsure."""
        match node:
            case Number():
                return ()
            case Name(name):
                return self.axes(name)[0]
            case Subscript(base, subscripts):
                return self._element(self.shape(base), subscripts)
            case Unary("'", operand):
                flip = {("v",): ("w",), ("w",): ("v",), ("r", "c"): ("r", "c")}
                return flip[self.shape(operand)]
            case Unary(operand=operand):
                return self.shape(operand)
            case Binary("*", left, right):
                return self._product(self.shape(left), self.shape(right))
            case Binary(left=left, right=right):
                return max(self.shape(left), self.shape(right), key=len)
            case Call(name, arguments):
                if name in TOTALS and not (name in ("min", "max") and len(arguments) > 1):
                    return ()
                if name in ("to_vector", "rep_vector"):
                    return ("v",)
                shapes = [self.shape(value) for _, value in arguments]
                return max(shapes, key=len, default=())
            case _:
                return ()

    def _element(self, shape: Shape, subscripts: "tuple[object, ...]") -> Shape:
        left = list(shape)
        if len(subscripts) > len(left):
            raise Unsure
        kept = [
            axis
            for axis, sub in zip(left, subscripts, strict=False)
            if sub is None or (isinstance(sub, Name) and self.shape(sub))
        ]
        rest = [*kept, *left[len(subscripts) :]]
        return ("w",) if rest == ["c"] else ("v",) if rest == ["r"] else tuple(rest)

    def _product(self, left: Shape, right: Shape) -> Shape:
        if not left or not right:
            return left or right
        if "a" in left + right or left == ("v",):
            raise Unsure
        if left == ("w",):
            return () if right == ("v",) else ("w",)
        return right

    def spelling(self, node: Node) -> tuple[str, int]:
        """An expression; the transposition of a vector is left out."""
        if isinstance(node, Unary) and node.sign == "'" and len(self.shape(node.operand)) < 2:
            return Writer.spelling(self, node.operand)
        return Writer.spelling(self, node)

    def binary(self, node: Binary) -> tuple[str, int]:
        """`*` between vectors and matrices is `@`; between ints `/` drops the rest."""
        if node.sign == "/" and self._whole(node.left) and self._whole(node.right):
            raise Unsure
        if node.sign != "*" or not (self.shape(node.left) and self.shape(node.right)):
            return Writer.binary(self, node)
        self._product(self.shape(node.left), self.shape(node.right))
        right = replace(self, each=("", "")).write(node.right, 7)
        return f"{self.write(node.left, 6)} @ {right}", 6

    def _whole(self, node: Node) -> bool:
        match node:
            case Number(text):
                return text.isdigit()
            case Name(name) | Subscript(Name(name)):
                return name in self.loops or (
                    name in self.declared and self.declared[name].kind == "int"
                )
            case Binary("+" | "-" | "*", left, right):
                return self._whole(left) and self._whole(right)
            case _:
                return False

    def name(self, name: str) -> tuple[str, int]:
        """A whole vector, or its element where the statement is written as a loop."""
        dim, index = self.each
        if dim and self.axes(name)[1][:1] == (dim,):
            return (f"{name}[{index}]", 10) if name not in self.codes else (_no(), 0)
        return Writer.name(self, name)

    def call(self, name: str, arguments: "tuple[tuple[str | None, Node], ...]") -> tuple[str, int]:
        """Calls; what runs over a whole vector is not written element by element."""
        if name in TOTALS and self.each[0]:
            return replace(self, each=("", "")).call(name, arguments)
        if name == "size" and len(arguments) == 1 and isinstance(arguments[0][1], Name):
            dims = self.axes(arguments[0][1].name)[1]
            return dims[0] if dims else _no(), 10
        return Writer.call(self, name, arguments)

    def position(self, node: "Node | tuple[Node, Node] | None") -> str:
        """A subscript; a whole array of indices is an element of it in a loop."""
        if isinstance(node, Name) and node.name in self.codes and self.axes(node.name)[0]:
            dim, index = self.each
            return f"{node.name}[{index}]" if self.axes(node.name)[1] == (dim,) else _no()
        return Writer.position(self, node)


def _no() -> str:
    raise Unsure


def base_of(node: Node) -> str:
    """Return the name that a left side declares or draws, an empty string where it is none."""
    match node:
        case Name(name) | Subscript(Name(name)):
            return name
        case Call("to_vector", ((_, Name(name)),)):
            return name
        case _:
            return ""


def fancy(node: object, writer: StanWriter) -> bool:
    """Whether an expression takes elements by a whole array of indices: `a[g]`."""
    match node:
        case Subscript(base, subscripts):
            whole = any(isinstance(s, Name) and writer.axes(s.name)[0] for s in subscripts)
            return whole or fancy(base, writer)
        case Call(arguments=arguments):
            return any(fancy(v, writer) for _, v in arguments)
        case Binary(left=left, right=right):
            return fancy(left, writer) or fancy(right, writer)
        case Unary(operand=operand):
            return fancy(operand, writer)
        case _:
            return False
