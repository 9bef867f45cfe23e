"""Networks: `nets(data)`, which makes their modules, and their outputs where they are read."""

from genlang.check.model import Const, Dim, Expr, Forward, Net, Ref, Type
from genlang.emit.code import Code, integer, lined_up, tensor, union
from genlang.emit.names import Locals, attribute
from genlang.emit.scope import Scope
from genlang.emit.writer import wrap
from genlang.plan.plan import Plan


def makers(plan: Plan) -> str:
    """Write the function that returns the module of each network by name."""
    local = Locals()
    local.taken.add("seed")
    dims: dict[Dim, str] = {}
    lines: list[str] = []
    for i, net in enumerate(plan.model.nets):
        written = plan.model.source.slice(net.line).strip().splitlines()
        lines += [f"        # {line.strip()}" for line in written]
        for dim in _dims(net):
            dims[dim] = local.symbol(dim)
        module = _module(net, f"seed + {i}" if i else "seed", dims)
        lines += wrap(f'        "{attribute(net.name)}": {module},')
    head: list[str] = []
    if dims:
        given = ", ".join(f"data.{attribute(dim.name)}" for dim in dims)
        head = [f"    {', '.join(dims.values())} = {given}", ""]
    text = [*head, "    return {", *lines, "    }"]
    return "\n".join(["def nets(data, seed=1):", *text]) + "\n"


def _dims(net: Net) -> list[Dim]:
    types = [kind for _, kind in (*net.inputs, *net.outputs)]
    found = [extent.dim for kind in types for extent in kind.dims]
    found += [e.symbol for e in net.hidden if isinstance(e, Ref) and isinstance(e.symbol, Dim)]
    return [dim for dim in found if dim is not None]


def _module(net: Net, seed: str, dims: dict[Dim, str]) -> str:
    if [name for name, _ in net.outputs] == [""]:
        outputs = _output(net.outputs[0][1], dims)
    else:
        each = (f'"{attribute(name)}": {_output(kind, dims)}' for name, kind in net.outputs)
        outputs = f"{{{', '.join(each)}}}"
    if net.module:
        return f'Foreign("{net.module}", {outputs}, {seed})'
    inputs = ", ".join(_shape(kind, dims) for _, kind in net.inputs)
    hidden = ", ".join(_size(e, dims) for e in net.hidden)
    return f"Mlp([{inputs}], [{hidden}], {outputs}, {seed})"


def _size(expr: Expr, dims: dict[Dim, str]) -> str:
    match expr:
        case Ref(symbol=Dim() as dim):
            return dims[dim]
        case Const(value=value):
            return str(value)
        case _:
            raise AssertionError(expr)


def _output(kind: Type, dims: dict[Dim, str]) -> str:
    return f'("{kind.structure or kind.kind}", {_shape(kind, dims)})'


def _shape(kind: Type, dims: dict[Dim, str]) -> str:
    sizes = (str(e.size) if e.dim is None else dims[e.dim] for e in kind.dims)
    return f"[{', '.join(sizes)}]"


def forward(expr: Forward, scope: Scope) -> Code:
    """Write an output of a network; several of one call read a local that holds them all."""
    codes = [tensor(integer(scope.write(a))) for a in expr.arguments]
    axes = union(scope.order, codes)
    given = ", ".join(lined_up(c, axes, 0, scope.order).text for c in codes)
    text = f"{scope.names.net(expr.net)}({given})"
    if expr.output:
        text = f"{scope.names.outputs(expr.net, text)}.{attribute(expr.output)}"
    return Code(text, axes, len(expr.type.dims))
