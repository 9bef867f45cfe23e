"""`let d = Weibull(shape=k, scale=1)`: a name for a distribution.

It stands for what is written: `~ d`, `d.cdf(x)` and `Censored(d, ...)` are typed as if it were
written there. Names are declared once and indices shadow nothing, so that it means the same.
"""

from genlang.check.densities import batch
from genlang.check.laws import law
from genlang.check.model import Loop, Type, Variable
from genlang.check.scope import Scope
from genlang.check.walk import components
from genlang.lang.distributions import DISTRIBUTIONS
from genlang.syntax import nodes

MOST = 100  # distributions that one name stands for


def draws(node: nodes.Expr, scope: Scope) -> bool:
    """Whether an expression is a distribution."""
    match node:
        case nodes.Call(function=nodes.Name(name=name)):
            return name in DISTRIBUTIONS and name not in scope.names
        case nodes.Ternary(then=then, otherwise=otherwise):
            return draws(then, scope) and draws(otherwise, scope)
        case nodes.Name(name=name):
            return name in scope.laws
        case _:
            return False


def name_law(node: nodes.ValueDecl, target: nodes.Target, scope: Scope) -> None:
    """Declare the name of a distribution, which is typed once here for its faults.

    Raises Poison after E290 (subscripts, a chain, a type) and the faults of the distribution.
    """
    assert node.value is not None
    parts = node.value.parts
    if target.subscripts:
        scope.fail("E290", "a distribution with subscripts is not supported yet", target.span,
                   help=f"inside its loop `let {target.name.name} = ...` is one for each turn",
                   )  # fmt: skip
    if len(parts) > 1 or node.type is not None:
        scope.fail("E290", "a distribution that `let` names has no parts and no type as yet",
                   node.span, help="write it where it is drawn from")  # fmt: skip
    loops = tuple(Loop("", extent, span=node.span) for extent in batch(parts[0], scope))
    found, _ = law(parts[0], loops, scope)
    name = target.name.name
    if sum(1 for _ in components(found)) > MOST:
        scope.fail("E707", f"`{name}` stands for more than {MOST} distributions", node.span,
                   why="a name stands for what is written, wherever it is read",
                   help="write fewer, or draw in steps: a latent that chooses is summed out",
                   )  # fmt: skip
    variable = Variable(name, "let", Type("distribution"), description=node.description,
                        span=target.name.span)  # fmt: skip
    scope.declare(name, variable, variable.span)
    scope.laws[name] = parts[0]
    if scope.loops:
        scope.local[name] = tuple(scope.loops)
