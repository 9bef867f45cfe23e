r"""Expressions and distributions of the Model as mathematics: plain text, or LaTeX.

text     Normal(y[n] | mu[z[n]], sigma)
LaTeX    \mathrm{Normal}(y_{n} \mid \mu_{z_{n}}, \sigma)
"""

from dataclasses import dataclass, field

from genlang.check.model import (
    Apply,
    Array,
    Choice,
    Const,
    Density,
    Distribution,
    Expr,
    Forward,
    Index,
    Law,
    Loop,
    Reduce,
    Ref,
    Select,
    Slice,
    Variable,
)
from genlang.plan.steps import State

GREEK = frozenset([
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda",
    "mu", "nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega",
])  # fmt: skip
# How tightly an operator binds.
LEVELS = {
    "or": 1, "and": 2, "==": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3, "+": 4, "-": 4,
    "*": 5, "/": 5, "%": 5, "@": 5, "neg": 6, "not": 2, "^": 7,
}  # fmt: skip
LATEX = {
    "*": r"\,", "==": "=", "!=": r"\ne", "<=": r"\le", ">=": r"\ge", "and": r"\wedge",
    "or": r"\vee", "@": r"\,", "%": r"\bmod",
}  # fmt: skip
ATOM = 9


@dataclass(slots=True)
class Notation:
    """Writes in one style; `states` tell shadows, the latents some steps back, from others."""

    states: dict[Variable, State]
    latex: bool = False
    indices: dict[Loop, str] = field(default_factory=dict)

    # -- names

    def index(self, loop: Loop) -> str:
        """The name of a loop's index; a loop without one is named after its dim."""
        if loop not in self.indices:
            dim = loop.extent.dim
            wish = loop.name or (dim.name[0].lower() if dim is not None else "i")
            taken = set(self.indices.values())
            while wish in taken and not loop.name:
                wish += "'"
            self.indices[loop] = wish
        return self.name(self.indices[loop]) if self.latex else self.indices[loop]

    def name(self, name: str) -> str:
        """A name of the model."""
        if not self.latex:
            return name
        if name in GREEK:
            return f"\\{name}"
        plain = name.replace("_", r"\_")
        return plain if len(name) == 1 else rf"\mathrm{{{plain}}}"

    def over(self, loop: Loop) -> str:
        """A loop below a sum or a product: `n in N`, `t in T[s]`."""
        dim = loop.extent.dim
        base = self.name(dim.name) if dim is not None else str(loop.extent.size)
        if loop.extent.of:
            base = self.subscripted(base, [self.expr(e) for e in loop.extent.of])
        if loop.start is not None or loop.stop is not None:
            ends = ["" if e is None else self.expr(e) for e in (loop.start, loop.stop)]
            base += f"[{ends[0]}:{ends[1]}]"
        sign = r"\in" if self.latex else "in"
        return f"{self.index(loop)} {sign} {base}"

    def subscripted(self, base: str, subs: list[str]) -> str:
        """A name with its subscripts."""
        if not subs:
            return base
        return f"{base}_{{{', '.join(subs)}}}" if self.latex else f"{base}[{', '.join(subs)}]"

    # -- expressions

    def expr(self, expr: Expr, level: int = 0) -> str:
        """An expression, in parentheses where its operator binds less tightly than `level`."""
        text, own = self._expr(expr)
        return text if own >= level else f"({text})"

    def _expr(self, expr: Expr) -> tuple[str, int]:
        match expr:
            case Const(value=bool(value)):
                return str(int(value)), ATOM
            case Const(value=value):
                return (f"{value:g}" if isinstance(value, float) else str(value)), ATOM
            case Ref(symbol=Loop() as loop):
                return self.index(loop), ATOM
            case Ref(symbol=symbol):
                return self.name(symbol.name), ATOM
            case Index():
                return self._index(expr), ATOM
            case Apply(function=function, arguments=arguments):
                return self._apply(function, arguments)
            case Forward(net=net, output=output, arguments=arguments):
                given = ", ".join(map(self.expr, arguments))
                part = f".{self.name(output)}" if output else ""
                return f"{self.name(net.name)}({given}){part}", ATOM
            case Select(condition=condition, then=then, otherwise=otherwise):
                tight = 0 if self.latex else 1  # `cases` need no parentheses around one another
                tests = (self.expr(condition, tight), self.expr(then, tight))
                return self._if(*tests, self.expr(otherwise)), 0
            case Reduce(function=function, element=element, loops=loops, condition=condition):
                runs = ", ".join(map(self.over, loops))
                where = "" if condition is None else f" if {self.expr(condition)}"
                if self.latex and function in ("sum", "prod"):
                    return rf"\{function}_{{{runs}{where}}} {self.expr(element, 5)}", 4
                return f"{self._function(function)}({self.expr(element)} for {runs}{where})", ATOM
            case Array(items=items, loops=loops):
                runs = "".join(f" for {self.over(loop)}" for loop in loops)
                return f"[{', '.join(map(self.expr, items))}{runs}]", ATOM
            case Density(function=function, law=law, value=value):
                return f"{self.law(law)}.{self._function(function)}({self.expr(value)})", ATOM

    def _index(self, expr: Index) -> str:
        subs = [self._slice(s) if isinstance(s, Slice) else self.expr(s) for s in expr.subscripts]
        match expr.base:
            case Ref(symbol=Variable() as z) if z in self.states and self.states[z].lag:
                lag = self.states[z].lag
                assert lag is not None
                for i, sub in enumerate(expr.subscripts):
                    if isinstance(sub, Ref) and sub.symbol is lag.loop:
                        back = f"{subs[i]}-{lag.by}"
                        subs[i] = back if lag.parent is None else self.expr(lag.parent)
                return self.subscripted(self.name(lag.of.name), subs)
            case base:
                return self.subscripted(self.expr(base, ATOM), subs)

    def _slice(self, sub: Slice) -> str:
        ends = ["" if e is None else self.expr(e) for e in (sub.start, sub.stop)]
        return f"{ends[0]}:{ends[1]}"

    def _apply(self, function: str, arguments: tuple[Expr, ...]) -> tuple[str, int]:
        level = LEVELS.get(function)
        if level is None:
            given = ", ".join(map(self.expr, arguments))
            return f"{self._function(function)}({given})", ATOM
        if function in ("neg", "not"):
            sign = "-" if function == "neg" else r"\neg " if self.latex else "not "
            return f"{sign}{self.expr(arguments[0], level)}", level
        left, right = arguments
        if function == "/" and self.latex:
            return rf"\frac{{{self.expr(left)}}}{{{self.expr(right)}}}", ATOM
        if function == "^" and self.latex:
            return f"{self.expr(left, ATOM)}^{{{self.expr(right)}}}", level
        sign = LATEX.get(function, function) if self.latex else function
        tight = "" if function == "^" else " "
        text = f"{self.expr(left, level)}{tight}{sign}{tight}{self.expr(right, level + 1)}"
        return text, level

    def _function(self, name: str) -> str:
        plain = name.removesuffix("2")
        if not self.latex:
            return plain
        if plain in {"log", "exp", "min", "max", "sin", "cos", "tan"}:
            return f"\\{plain}"
        escaped = plain.replace("_", r"\_")
        return rf"\mathrm{{{escaped}}}"

    def _if(self, condition: str, then: str, otherwise: str) -> str:
        if not self.latex:
            return f"{then} if {condition} else {otherwise}"
        rows = rf"{then} & {condition} \\ {otherwise} & \text{{otherwise}}"
        return rf"\begin{{cases}} {rows} \end{{cases}}"

    # -- densities

    def density(self, law: Law, value: str) -> str:
        """The density of a value: `Normal(y[n] | mu[z[n]], sigma)`."""
        bar = r"\mid" if self.latex else "|"
        match law:
            case Choice(condition=condition, then=then, otherwise=otherwise):
                parts = (self.density(then, value), self.density(otherwise, value))
                whole = self._if(self.expr(condition), *parts)
                return whole if self.latex else f"({whole})"
            case Distribution(name="Delta", parameters=((_, x),)):
                return f"[{value} = {self.expr(x)}]"  # Iverson's bracket: 1 if so, else 0
            case Distribution():
                return f"{self._named(law)}({value} {bar} {', '.join(self._given(law))})"

    def law(self, law: Law) -> str:
        """A distribution by itself: `Normal(mu[z[n]], sigma)`."""
        match law:
            case Choice(condition=condition, then=then, otherwise=otherwise):
                parts = (self.law(then), self.law(otherwise))
                whole = self._if(self.expr(condition), *parts)
                return whole if self.latex else f"({whole})"
            case Distribution():
                return f"{self._named(law)}({', '.join(self._given(law))})"

    def _named(self, law: Distribution) -> str:
        return rf"\mathrm{{{law.name}}}" if self.latex else law.name

    def _given(self, law: Distribution) -> list[str]:
        """The parameters of a distribution, and what it is made of."""
        plain = {"loc", "scale", "probs", "rate", "concentration", "total", "df", "a", "b",
                 "low", "high"}  # fmt: skip
        given = [self.law(part) for part in law.inside]
        given += [
            self.expr(e) if n in plain else f"{self.name(n)} = {self.expr(e)}"
            for n, e in law.parameters
        ]
        for word, end in (("lower", law.lower), ("upper", law.upper)):
            if end is not None:
                given.append(f"{self.name(word)} = {self.expr(end)}")
        return given
