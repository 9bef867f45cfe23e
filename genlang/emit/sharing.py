"""Parts of a line that it computes twice, named before it.

    y = torch.exp(k * x) / (torch.exp(k * x) + 1)
        -->   shared = torch.exp(k * x)
              y = shared / (shared + 1)

A `def` that is written out repeats what it is given wherever its body reads it. What a line of the
program computes has no effects but for sites, so equal texts have equal values.
"""

import ast
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

# Functions without effects that are called by a bare name.
PURE = frozenset({"stack", "clamped", "abs"})
SITES = frozenset({"pyro", "dist", "constraints"})
# Methods and makers of tensors that cost next to nothing.
CHEAP = frozenset({
    "long", "double", "expand", "permute", "tensor", "arange", "ones", "zeros", "full", "eye",
})  # fmt: skip
PARTS = (ast.Call, ast.BinOp, ast.UnaryOp, ast.Subscript)


def shared(text: str, fresh: Callable[[], str]) -> list[str]:
    """Return the lines that say what a line does, each costly part once; the line itself last."""
    try:
        return _Line(text).lines(fresh)
    except RecursionError:
        return [text]


class _Line:
    """A line: its tree, its costly parts by their text, and how often each would stand in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tree = ast.parse(text)
        bytes_before = [len(char.encode()) for char in text]
        self.chars: dict[int, int] = {0: 0}  # by bytes, which is what places count
        total = 0
        for i, width in enumerate(bytes_before, 1):
            total += width
            self.chars[total] = i
        self.worth: set[ast.AST] = set()
        self.times: Counter[str] = Counter()
        self.order: dict[str, ast.AST] = {}  # innermost first
        self._weigh(self.tree)
        self._count(self.tree)

    def lines(self, fresh: Callable[[], str]) -> list[str]:
        """The parts that stand more than once, then what is left of the line."""
        names: dict[str, str] = {}
        before: list[str] = []
        for part, node in self.order.items():
            if self.times[part] > 1:
                value = self._written(node, names)
                names[part] = fresh()
                before.append(f"{names[part]} = {value}")
        return [*before, self._written(self.tree, names)]

    def _place(self, node: ast.AST) -> tuple[int, int]:
        assert isinstance(node, ast.expr)
        assert node.end_col_offset is not None
        return self.chars[node.col_offset], self.chars[node.end_col_offset]

    def _part(self, node: ast.AST) -> str:
        """The text of a part that is worth a name, "" for others."""
        if node not in self.worth or not isinstance(node, PARTS):
            return ""
        start, stop = self._place(node)
        return self.text[start:stop]

    def _weigh(self, node: ast.AST) -> tuple[bool, bool]:
        """Whether a part has no effects, and whether it is more than arithmetic."""
        inner = [self._weigh(child) for child in ast.iter_child_nodes(node)]
        pure, costly = all(p for p, _ in inner), any(c for _, c in inner)
        match node:
            case ast.Name(id=name):
                pure &= name not in SITES
            case ast.Attribute(attr=name):
                pure &= not name[:1].isupper()
            case ast.Call(func=ast.Name(id=name)):
                pure &= name in PURE
            case ast.Call(func=ast.Attribute(attr=name)):
                costly |= name not in CHEAP
            case ast.BinOp(op=ast.MatMult()):
                costly = True
            case _:
                pass
        if pure and costly:
            self.worth.add(node)
        return pure, costly

    def _count(self, node: ast.AST) -> None:
        """Count the parts that are always computed, those inside a part that has a name once."""
        part = self._part(node)
        if part:
            self.times[part] += 1
            if self.times[part] > 1:
                return
        for child in _always(node):
            self._count(child)
        if part:
            self.order[part] = node

    def _written(self, node: ast.AST, names: dict[str, str]) -> str:
        """The text of a node with names where its parts have them."""
        start, stop = (0, len(self.text)) if node is self.tree else self._place(node)
        found: list[tuple[int, int, str]] = []
        agenda = list(ast.iter_child_nodes(node))
        while agenda:
            child = agenda.pop()
            name = names.get(self._part(child))
            if name is None:
                agenda += ast.iter_child_nodes(child)
            else:
                found.append((*self._brackets(*self._place(child)), name))
        return "".join(_pieces(self.text, start, stop, sorted(found)))

    def _brackets(self, start: int, stop: int) -> tuple[int, int]:
        """The place of a part, with brackets that do nothing but group it."""
        text = self.text
        around = text[start - 1 : start] == "(" and text[stop : stop + 1] == ")"
        if around and text[start - 2 : start - 1] in (" ", "(", "[", "-", "~"):
            return start - 1, stop + 1
        return start, stop


def _always(node: ast.AST) -> Iterable[ast.AST]:
    """The children that are computed in any case."""
    match node:
        case ast.IfExp(test=test):
            return (test,)
        case ast.Lambda() | ast.JoinedStr() | ast.BoolOp():
            return ()
        case _:
            return ast.iter_child_nodes(node)


def _pieces(text: str, start: int, stop: int, found: list[tuple[int, int, str]]) -> Iterator[str]:
    for first, last, name in found:
        yield text[start:first]
        yield name
        start = last
    yield text[start:stop]
