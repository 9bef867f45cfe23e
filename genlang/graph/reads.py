"""What a statement reads, and which cells: `t-1` where not those of its own iteration."""

from collections.abc import Iterator

from genlang.check.model import (
    Apply,
    Choice,
    Define,
    Distribution,
    Draw,
    Expr,
    Factor,
    Forward,
    Given,
    Index,
    Law,
    Loop,
    Net,
    Param,
    Ref,
    Require,
    Select,
    Slice,
    Statement,
    Variable,
)
from genlang.check.walk import children, parts
from genlang.plan.notation import Notation
from genlang.plan.rewrite import target_of
from genlang.records import dataclass

LONGEST = 18  # characters of a label of an edge


def reads(statement: Statement, notation: Notation) -> Iterator[tuple[Variable | Net, str]]:
    """Yield the variables and networks that a statement reads, each with the label of its edge.

    Bounds and weights of loops are no reads: the label of a plate says them.
    """
    reader = _Reader(target_of(statement), notation)
    for expr in _expressions(statement):
        yield from reader.read(expr)


def _expressions(statement: Statement) -> Iterator[Expr]:
    match statement:
        case Draw(law=law, subscripts=subscripts):
            yield from _law(law)
            yield from subscripts
        case Define(value=value) | Factor(value=value):
            yield value
        case Param(start=start, lower=lower, upper=upper):
            yield from (e for e in (start, lower, upper) if e is not None)
        case Given(default=default):
            yield from () if default is None else (default,)
        case Require():
            return


def _law(law: Law) -> Iterator[Expr]:
    """The expressions of a law; the test of `A then B` is a matter of the plate."""
    match law:
        case Choice(condition=condition, then=then, otherwise=otherwise, chained=chained):
            if not chained:
                yield condition
            yield from _law(then)
            yield from _law(otherwise)
        case Distribution(parameters=parameters, lower=lower, upper=upper, inside=inside):
            for part in inside:
                yield from _law(part)
            yield from (value for _, value in parameters)
            yield from (e for e in (lower, upper) if e is not None)


@dataclass(frozen=True, slots=True)
class _Reader:
    target: Variable | None
    notation: Notation

    def read(self, expr: Expr) -> Iterator[tuple[Variable | Net, str]]:
        match expr:
            case Forward(net=net, arguments=arguments):
                yield net, ""
                for argument in arguments:
                    yield from self.read(argument)
            case Index(base=Ref(symbol=Variable() as variable), subscripts=subscripts):
                yield variable, self._label(variable, subscripts)
                for sub in subscripts:
                    for part in parts(sub):
                        yield from self.read(part)
            case Ref(symbol=Variable() as variable):
                yield variable, ""
            case Select(then=then, otherwise=otherwise, chained=True):
                yield from self.read(then)
                yield from self.read(otherwise)
            case _:
                for child in children(expr):
                    yield from self.read(child)

    def _label(self, variable: Variable, subscripts: tuple[Expr | Slice, ...]) -> str:
        """The subscripts that go back along a loop, or, in a variable's own law, elsewhere."""
        own = variable is self.target
        found = [
            self.notation.expr(sub).replace(" ", "")
            for sub in subscripts
            if not isinstance(sub, Slice)
            and (_goes_back(sub) or (own and not isinstance(sub, Ref)))
        ]
        text = ", ".join(found)
        return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _goes_back(sub: Expr) -> bool:
    match sub:
        case Apply(function="-", arguments=(Ref(symbol=Loop()), _)):
            return True
        case _:
            return False
