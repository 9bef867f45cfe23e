"""Expressions of other languages as genlang writes them: Node -> text, or Unsure."""

import re
from collections.abc import Sequence
from dataclasses import field

from genlang.check import foreign
from genlang.lang.functions import CONSTANTS, FUNCTIONS
from genlang.pasted.expression import (
    ADDITIVE,
    ATOM,
    LEVELS,
    UNARY,
    Binary,
    Call,
    Choice,
    Name,
    Node,
    Number,
    Subscript,
    Unary,
    Unsure,
)
from genlang.records import dataclass

WRITTEN = {
    "||": "or", "|": "or", "&&": "and", "&": "and", ".*": "*", "./": "/", "%*%": "@", "%%": "%",
    "**": "^", ".^": "^",
}  # fmt: skip
# Modules whose functions are meant by what stands after the last dot.
MODULES = re.compile(r"(?:np|numpy|jnp|jax\.numpy|jax\.nn|torch|pt|at|tt|math|pm|pm\.math"
                     r"|scipy\.special|jax\.scipy\.special|torch\.special)\.(\w+)$")  # fmt: skip


@dataclass(slots=True)
class Writer:
    """Writes expressions.

    first      from what subscripts count, 0 or 1
    loops      the indices in scope
    codes      names of data whose values are indices
    sizes      names of dims
    product    how `*` of two values is written, or None where it is element by element
    """

    first: int = 1
    loops: set[str] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)
    sizes: set[str] = field(default_factory=set)

    def write(self, node: Node, level: int = 0) -> str:
        """Return the text of an expression in a place of a level; raises Unsure."""
        text, own = self.spelling(node)
        return f"({text})" if own < level else text

    def spelling(self, node: Node) -> tuple[str, int]:
        """Return the text of an expression and the level at which it binds."""
        match node:
            case Number(text):
                return number(text), ATOM
            case Name(name):
                return self.name(name)
            case Call(name, arguments):
                return self.call(name, arguments)
            case Subscript():
                return self.subscript(node), ATOM
            case Unary("'", operand):
                return f"transpose({self.write(operand)})", ATOM
            case Unary("!" | "not", operand):
                return f"not {self.write(operand, 4)}", 3
            case Unary(sign, operand):
                return f"{sign}{self.write(operand, UNARY)}", UNARY
            case Binary():
                return self.binary(node)
            case Choice(condition, then, otherwise):
                parts = (self.write(n, 1) for n in (then, condition))
                return "{} if {} else {}".format(*parts, self.write(otherwise)), 0
        raise AssertionError

    def binary(self, node: Binary) -> tuple[str, int]:
        """Return the text of an operation and its level."""
        level = LEVELS[node.sign]
        sign = WRITTEN.get(node.sign, node.sign)
        left = self.write(node.left, level + (level in (4, 8)))
        right = self.write(node.right, level + (level != 8))
        return f"{left} {sign} {right}", level

    def name(self, name: str) -> tuple[str, int]:
        """Return the text of a name that is a value, and its level."""
        if name in self.loops and self.first == 1:
            return f"{name} + 1", ADDITIVE
        if name in self.codes and self.first == 1:
            raise Unsure
        base = module_less(name)
        if base in foreign.NAMES:
            return foreign.NAMES[base], ATOM
        return (base if base in CONSTANTS else plain(name)), ATOM

    def call(self, name: str, arguments: "tuple[tuple[str | None, Node], ...]") -> tuple[str, int]:
        """Return the text of a call, and its level."""
        base = module_less(name)
        if any(key is not None for key, _ in arguments):
            raise Unsure
        texts = [self.write(value) for _, value in arguments]
        if base != name and base in foreign.BY_N:
            raise Unsure
        if base in ("c", "array", "tensor"):
            return (texts[0] if base != "c" else f"[{', '.join(texts)}]"), ATOM
        if base in foreign.FUNCTIONS:
            spelt = foreign.rewrite(foreign.FUNCTIONS[base], texts)
            if "..." in spelt:
                raise Unsure
            simple = re.fullmatch(r"\w+\(.*\)|[\w.]+", spelt) is not None
            return spelt, ATOM if simple else 0
        if base in CONSTANTS and not texts:
            return base, ATOM
        if base not in FUNCTIONS:
            raise Unsure
        return f"{base}({', '.join(texts)})", ATOM

    def subscript(self, node: Subscript) -> str:
        """Return the text of an element, a row or a whole array."""
        base = self.write(node.base, ATOM)
        if all(s is None for s in node.subscripts):
            return base
        return f"{base}[{', '.join(self.position(s) for s in node.subscripts)}]"

    def position(self, node: "Node | tuple[Node, Node] | None") -> str:
        """Return a subscript as a position from 0; raises Unsure."""
        match node:
            case None:
                return ":"
            case tuple():
                raise Unsure
            case Number(text) if re.fullmatch(r"\d+", text) and int(text) >= self.first:
                return str(int(text) - self.first)
            case Name(name) if name in self.loops or name in self.codes:
                return plain(name)
            case Name() if not self.first:
                raise Unsure  # perhaps a whole array of indices
            case Name(name) if name in self.sizes:
                return f"{name} - 1"
            case Binary("+" | "-" as sign, Name(name), Number(text)) if name in self.loops:
                return f"{name} {sign} {text}"
            case Subscript(Name(name), subscripts) if name in self.codes:
                return f"{plain(name)}[{', '.join(self.position(s) for s in subscripts)}]"
            case _ if not self.first:
                return self.write(node)
            case _:
                raise Unsure


def module_less(name: str) -> str:
    """Return a name without the module that it is taken from."""
    found = MODULES.match(name)
    return found.group(1) if found else name


def plain(name: str) -> str:
    """Return a name without dots, which names have in R and BUGS."""
    return name.replace(".", "_")


def number(text: str) -> str:
    """Return a number: `1.` and `.5` as `1` and `0.5`, `1.0E-4` as `1.0e-4`."""
    text = text.lower()
    whole = f"0{text}" if text.startswith(".") else text
    return re.sub(r"\.0*(?=$)|\.(?=e)", "", whole)


def law(name: str, texts: Sequence[str], size: str = "") -> str:
    """Return a distribution of another language with its arguments; raises Unsure."""
    if name not in foreign.LAWS:
        raise Unsure
    spelt = foreign.rewrite(foreign.LAWS[name], texts)
    if size:
        spelt = re.sub(r"\bD\b", size, spelt)
    if "..." in spelt or re.search(r"\bD\b|\btotal\b(?!\s*=)", spelt):
        raise Unsure
    return spelt
