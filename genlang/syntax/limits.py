"""What is too much for the compiler, found without recursion and said at its place.

The passes after the parser call themselves for each part of an expression, and so does Python when
it reads the program: it takes 200 brackets one in the other, and 20 blocks.
"""

import re

from genlang.diagnostics import Diagnostic
from genlang.source import Span
from genlang.syntax.lalr import Node, Tree

DEPTH = 64  # brackets, signs and choices, one in the other
TERMS = 128  # the same with operators: `a + b + c` is two, one in the other
LOOPS = 16
NAMES = 2000
NESTED = frozenset({
    "call", "index", "attr", "array", "comprehension", "ternary", "neg", "not_op", "power", "cmp",
})  # fmt: skip
OPERATORS = frozenset({"sum_", "prod_", "or_", "and_"})
DECLARED = frozenset({"target", "dim_item", "factor_decl", "require_decl", "net_decl", "def_decl"})
BRACKETS = re.compile(r'#[^\n]*|"[^"\n]*"|[(\[{]|[)\]}]')


def too_deep(text: str) -> Diagnostic | None:
    """Report the first bracket inside too many others; `fmt` reads no more than brackets."""
    depth = 0
    for match in BRACKETS.finditer(text):
        mark = match.group()
        if mark in "([{":
            depth += 1
            if depth > DEPTH:
                return _nested(match.start())
        elif mark in ")]}":
            depth = max(0, depth - 1)
    return None


class TooMuch(Exception):  # noqa: N818 (a mistake in a model, not in genlang)
    """An expression or a model is too large; `rest` says that the text after it is left out too."""

    def __init__(self, diagnostic: Diagnostic, *, rest: bool = False) -> None:
        super().__init__(diagnostic)
        self.diagnostic, self.rest = diagnostic, rest


def survey(tree: Tree) -> list[Span]:
    """Return where a chain stands in anything but the declaration that it is of.

    Raises TooMuch for what is nested too deep, and for the first name that is one too many.
    """
    strays: list[Span] = []
    names = 0
    waiting: list[tuple[Node, int, int, int]] = [(tree, 0, 0, 0)]
    while waiting:
        node, loops, depth, terms = waiting.pop()
        if not isinstance(node, Tree):
            continue
        rule, children = node.data, node.children
        if rule in NESTED:
            depth, terms = depth + 1, terms + 1
        elif rule in OPERATORS:
            terms += 1
        elif rule in DECLARED:
            names += 1
        elif rule == "for_block":
            loops += 1
        if depth > DEPTH or (rule == "chain" and len(children) > DEPTH):
            raise TooMuch(_nested(node.start))
        if terms > TERMS:
            raise TooMuch(_long(node))
        if loops > LOOPS or (rule == "target" and len(children) > LOOPS + 1):
            raise TooMuch(_wide(node), rest=rule == "for_block")
        if names > NAMES:
            raise TooMuch(_many(node), rest=True)
        if not rule.endswith("_decl"):
            strays += [
                Span(c.start, c.end) for c in children if isinstance(c, Tree) and c.data == "chain"
            ]
        waiting += [(child, loops, depth, terms) for child in reversed(children)]
    return strays


def _nested(place: int) -> Diagnostic:
    message = f"brackets, signs or choices are nested deeper than {DEPTH}"
    return Diagnostic("E103", message, Span(place, place + 1), help="name parts by `let`")


def _long(node: Tree) -> Diagnostic:
    message = f"more than {TERMS} operators work one on the other here"
    edit = "name parts by `let`, or sum over a dim: `sum(b[k] * x[k] for k in K)`"
    return Diagnostic("E103", message, Span(node.start, node.end), help=edit)


def _wide(node: Tree) -> Diagnostic:
    message = f"more than {LOOPS} loops run one in the other here"
    edit = "a dim whose elements are pairs says the same in one loop"
    return Diagnostic("E103", message, Span(node.start, node.start + 1), help=edit)


def _many(node: Tree) -> Diagnostic:
    message = f"a model has no more than {NAMES} names"
    edit = "arrays over a dim, and loops, say the same of many"
    return Diagnostic("E103", message, Span(node.start, node.end), help=edit)
