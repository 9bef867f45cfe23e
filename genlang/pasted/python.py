"""Programs of PyMC, Pyro and NumPyro, read by Python's own parser."""

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import field

from genlang.check import foreign
from genlang.pasted.expression import (
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
from genlang.pasted.lines import Line
from genlang.pasted.python_laws import WAYS
from genlang.pasted.writing import Writer, plain
from genlang.records import dataclass

CONSTRAINTS = {
    "positive": "positive", "unit_interval": "unit", "real": "real", "nonnegative": "nonneg",
}  # fmt: skip
SIGNS: dict[type, str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**", ast.MatMult: "@",
    ast.Mod: "%", ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">",
    ast.GtE: ">=", ast.BitAnd: "&", ast.BitOr: "|",
}  # fmt: skip
PREFIXES: dict[type, str] = {ast.USub: "-", ast.UAdd: "+", ast.Not: "not"}
SAMPLE = re.compile(r"(?:num)?pyro\.sample$|sample$")
# What is called to fit or to look at the fit declares nothing.
SAMPLER = re.compile(r"pm\.(?!math\.)|(?:num)?pyro\.|az\.|MCMC|NUTS|HMC|SVI|Predictive|Trace")
PLATE = re.compile(r"(?:(?:num)?pyro\.)?plate$")
SKIPPED = ("dims", "shape", "observed", "obs", "initval", "testval", "size", "infer", "rng_key",
           "compute_corr", "transform", "sample_shape", "validate_args", "total_size")  # fmt: skip


def lines(text: str) -> list[Line]:
    """Return the lines of a program of PyMC, Pyro or NumPyro; none where it is no Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    starts = [0]
    for row in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(row))
    return list(Reading(starts).body(tree.body))


@dataclass(slots=True)
class Reading:
    """One program while it is read; `plates` are the dims around, `loops` the indices of `for`."""

    starts: list[int]
    plates: list[str] = field(default_factory=list)
    loops: list[str] = field(default_factory=list)
    named: dict[str, str] = field(default_factory=dict)
    dims: dict[str, str] = field(default_factory=dict)

    def body(self, statements: list[ast.stmt]) -> Iterator[Line]:
        """The lines of statements; imports, calls of samplers and the like have none."""
        for s in statements:
            match s:
                case ast.With(items=items, body=body):
                    yield from self.block(items, body)
                case ast.FunctionDef(body=body):
                    yield from self.body(body)
                case ast.For():
                    yield from self.loop(s)
                case ast.Assign(value=ast.Dict() | ast.Constant(value=str())):
                    continue  # coordinates and the like
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    yield from self.assigned(name, value, s)
                case ast.Expr(value=ast.Call() as value):
                    yield from self.assigned("", value, s)
                case ast.AugAssign() | ast.While() | ast.If() | ast.Assign():
                    yield self.line(s, "", "no certain line here")
                case _:
                    continue

    def line(self, node: ast.stmt, text: str, note: str = "") -> Line:
        """The line of a statement."""
        return Line(self.starts[node.lineno - 1] + node.col_offset, text, len(self.loops), note)

    def block(self, items: list[ast.withitem], body: list[ast.stmt]) -> Iterator[Line]:
        """A plate gives its dim to what is drawn in it."""
        dims: list[str] = []
        for item in items:
            call = item.context_expr
            if isinstance(call, ast.Call) and PLATE.search(dotted(call.func)):
                dims.append(dim_of(call))
            elif isinstance(call, ast.Name) and call.id in self.named:
                dims.append(self.named[call.id])
        self.plates += dims
        yield from self.body(body)
        del self.plates[len(self.plates) - len(dims) :]

    def loop(self, node: ast.For) -> Iterator[Line]:
        """`for i in pyro.plate("data", N):`, `for i in range(N):`."""
        index = node.target.id if isinstance(node.target, ast.Name) else ""
        over = ""
        if isinstance(node.iter, ast.Call) and index:
            call = node.iter
            plate = PLATE.search(dotted(call.func)) is not None
            size = call.args[-1] if call.args else None
            if plate:
                over = dim_of(call)
            elif (
                dotted(call.func) == "range" and len(call.args) == 1 and isinstance(size, ast.Name)
            ):
                over = size.id
        note = "" if over else "declare a dim, and loop over it"
        yield self.line(node, f"for {index} in {over}:" if over else "", note)
        self.loops.append(index)
        yield from self.body(node.body)
        self.loops.pop()

    def assigned(self, name: str, value: ast.expr, s: ast.stmt) -> Iterator[Line]:
        """`mu = pm.Normal("mu", 0, 1)`, `mu = pyro.sample("mu", ...)`, `mu = 2 * x`."""
        try:
            text = self.declared(name, value)
        except (Unsure, LookupError):  # what lacks a part has no line
            yield self.line(s, "", "no certain line here")
            return
        if text:
            bare = text.startswith("data ") and "[" not in text
            yield self.line(s, text, "with its dims, as in `x[N]`" if bare else "")

    def declared(self, name: str, value: ast.expr) -> str:
        """The declaration of a statement; empty where it declares nothing."""
        writer = Writer(0, set(self.loops))
        path = dotted(value.func) if isinstance(value, ast.Call) else ""
        last = path.rpartition(".")[2]
        if isinstance(value, ast.Call) and path:
            site = text_of(value.args[0]) if value.args else ""
            if SAMPLE.search(path) and len(value.args) > 1:
                return self.sampled(name or site, value, writer)
            if PLATE.search(path):
                self.named[name] = dim_of(value)
                return ""
            if path.endswith("pyro.param") or path == "param":
                return self.parameter(name or site, value)
            if last in ("Data", "MutableData", "ConstantData"):
                return f"data {name or site}{self.subscripts(value)}: real"
            if last == "Deterministic" or path.endswith("pyro.deterministic"):
                return f"report {name or site} = {writer.write(node(value.args[1]))}"
            if last == "Potential" or path.endswith("pyro.factor"):
                return f"factor {name or site} = {writer.write(node(value.args[1]))}"
            if path.startswith("pm.") and last in WAYS["pm"] and site:
                return self.drawn(name or site, value, value, "pm", writer)
            if path.startswith("pm.") and site:
                raise Unsure
        if not name or SAMPLER.match(path):
            return ""
        return f"let {name}{self.indices()} = {writer.write(node(value))}"

    def sampled(self, name: str, call: ast.Call, writer: Writer) -> str:
        """`pyro.sample(name, law, obs=y)`."""
        law = call.args[1]
        while isinstance(law, ast.Call) and isinstance(law.func, ast.Attribute):
            if law.func.attr not in ("to_event", "expand", "independent"):
                break
            if law.func.attr == "expand":
                call.keywords.append(ast.keyword("shape", law.args[0]))
            law = law.func.value
        if not isinstance(law, ast.Call):
            raise Unsure
        return self.drawn(name, call, law, "pyro", writer)

    def drawn(self, name: str, call: ast.Call, law: ast.Call, kind: str, writer: Writer) -> str:
        """A declaration with a distribution."""
        given = {k.arg: k.value for k in call.keywords if k.arg}
        observed = given.get("observed", given.get("obs"))
        spelt = spelling(law, kind, writer)
        data = dotted(observed) if isinstance(observed, ast.Name | ast.Attribute) else ""
        if isinstance(observed, ast.Subscript) and self.loops:
            data = dotted(observed.value)
        word = "latent" if observed is None or none(observed) else "observed"
        name = plain(data.rpartition(".")[2]) if word == "observed" and data else name
        if not name:
            raise Unsure
        own = self.subscripts(call)
        if word == "observed":
            read = (self.dims.get(w, "") for w in re.findall(r"[^\W\d]\w*", spelt))
            own = own or next((d for d in read if d), "")
        self.dims[name] = own
        return f"{word} {name}{own} ~ {spelt}"

    def subscripts(self, call: ast.Call) -> str:
        """The dims of a value: the loops and plates around it, and its own shape."""
        given = {k.arg: k.value for k in call.keywords}
        own = given.get("dims", given.get("shape"))
        parts = own.elts if isinstance(own, ast.Tuple | ast.List) else [own] if own else []
        found = [*self.loops, *reversed(self.plates)]
        for part in parts:
            match part:
                case ast.Constant(value=value):
                    found.append(str(value))
                case ast.Name(id=name):
                    found.append(name)
                case _:
                    raise Unsure
        return f"[{', '.join(found)}]" if found else ""

    def indices(self) -> str:
        """The loops around a `let`."""
        return f"[{', '.join(self.loops)}]" if self.loops else ""

    def parameter(self, name: str, call: ast.Call) -> str:
        """`pyro.param(name, start, constraint=constraints.positive)`."""
        given = {k.arg: k.value for k in call.keywords}
        constraint = given.get("constraint", call.args[2] if len(call.args) > 2 else None)
        kind = dotted(constraint).rpartition(".")[2] if constraint is not None else "real"
        if kind not in CONSTRAINTS:
            raise Unsure
        return f"param {name}: {CONSTRAINTS[kind]}"


def spelling(law: ast.Call, kind: str, writer: Writer) -> str:
    """A distribution of PyMC or Pyro as it is written here; raises Unsure."""
    name = dotted(law.func).rpartition(".")[2]
    ways = WAYS[kind].get(name, [])
    values = [a for a in law.args if not (kind == "pm" and text_of(a))]
    named: dict[str, ast.expr] = {}
    for keyword in law.keywords:
        if keyword.arg is None:
            raise Unsure
        if keyword.arg not in SKIPPED:
            named[keyword.arg] = keyword.value
    for parameters, spelt in ways:
        given = dict(zip(parameters, values, strict=False)) | named
        if len(values) <= len(parameters) and set(given) == set(parameters):
            texts = {k: writer.write(node(v)) for k, v in given.items()}
            return foreign.filled(spelt, texts)
    raise Unsure


def dim_of(plate: ast.Call) -> str:
    """The name of a plate's dim: its size where that is a name, else its own."""
    size = plate.args[1] if len(plate.args) > 1 else next(
        (k.value for k in plate.keywords if k.arg == "size"), None
    )  # fmt: skip
    if isinstance(size, ast.Name):
        return size.id
    return plain(text_of(plate.args[0])) if plate.args else "N"


def dotted(node: ast.expr) -> str:
    """A name with its dots, empty where this is none."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr):
            base = dotted(value)
            return f"{base}.{attr}" if base else ""
        case _:
            return ""


def text_of(node: ast.expr) -> str:
    """A string's text, empty where this is none."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def none(node: ast.expr) -> bool:
    """Whether this is `None`."""
    return isinstance(node, ast.Constant) and node.value is None


def node(found: ast.expr) -> Node:
    """An expression of Python; raises Unsure."""
    match found:
        case ast.Constant(value=bool() as value):
            return Name(str(value))
        case ast.Constant(value=int() | float() as value):
            return Number(repr(value))
        case ast.Name() | ast.Attribute() if dotted(found):
            return Name(dotted(found))
        case ast.UnaryOp(op=op, operand=operand):
            if type(op) in PREFIXES:
                return Unary(PREFIXES[type(op)], node(operand))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in SIGNS:
            return Binary(SIGNS[type(op)], node(left), node(right))
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in SIGNS:
            return Binary(SIGNS[type(op)], node(left), node(right))
        case ast.BoolOp(op=op, values=[left, right]):
            return Binary("and" if isinstance(op, ast.And) else "or", node(left), node(right))
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return Choice(node(test), node(body), node(orelse))
        case ast.Subscript(value=value, slice=ast.Tuple(elts=elts)):
            return Subscript(node(value), tuple(_position(e) for e in elts))
        case ast.Subscript(value=value, slice=index):
            return Subscript(node(value), (_position(index),))
        case ast.Call(func=func, args=args, keywords=[]) if dotted(func):
            return Call(dotted(func), tuple((None, node(a)) for a in args))
        case _:
            pass
    raise Unsure


def _position(found: ast.expr) -> Node | None:
    match found:
        case ast.Slice(lower=None, upper=None, step=None):
            return None
        case ast.UnaryOp(op=ast.USub()):
            raise Unsure
        case _:
            return node(found)
