"""Parse tree -> AST: one function a rule, spans in code points."""

import unicodedata
from collections.abc import Callable
from typing import Any

from genlang.source import Span
from genlang.syntax import nodes as n
from genlang.syntax.lalr import Node, Token, Tree

LONGEST = 18  # digits of an int, which has 64 bits wherever it is computed with; others are real
DECLARATIONS = (n.DimDecl, n.ValueDecl, n.DrawDecl, n.FactorDecl, n.NetDecl, n.DefDecl)


def build(tree: Tree, text: str) -> n.File:
    """Build the file of a parse tree."""
    statements = tuple(_statement(c, text) for c in tree.children if isinstance(c, Tree))
    return n.File(Span(0, len(text)), statements)


def span(node: Node) -> Span:
    """Return the span of a tree or token."""
    assert node is not None
    return Span(node.start, node.end)


def _kids(tree: Node) -> list[Any]:
    assert isinstance(tree, Tree)
    return list(tree.children)


def _token(node: Node) -> Token:
    assert isinstance(node, Token)
    return node


def _name(node: Node) -> n.Name:
    token = _token(node)
    return n.Name(span(token), unicodedata.normalize("NFKC", str(token)))


def _description(tree: Node, text: str) -> str:
    """The `## text` lines directly above a declaration."""
    found: list[str] = []
    end = text.rfind("\n", 0, span(tree).start)
    while end >= 0:
        start = text.rfind("\n", 0, end) + 1
        words = text[start:end].strip()
        if not words.startswith("##"):
            break
        found.append(words.lstrip("#").strip())
        end = start - 1
    return " ".join(reversed(found))


# -- Declarations -----------------------------------------------------------------------------


def _statement(tree: Node, text: str) -> n.Statement:
    assert isinstance(tree, Tree)
    rule: Callable[[Tree, str], n.Statement] = STATEMENTS[tree.data]
    return rule(tree, text)


def _dims(tree: Tree, text: str) -> n.DimDecl:
    return n.DimDecl(span(tree), tuple(map(_dim, tree.children)), _description(tree, text))


def _dim(tree: Node) -> n.DimItem:
    first, *rest = _kids(tree)
    start, size, of = rest[-1], rest[-2], rest[:-2]
    names = tuple(_name(t) for t in of if t is not None)
    code = None if start is None else _number(str(start))
    return n.DimItem(span(tree), _name(first), names, _optional(size), code)


def _number(text: str) -> int | float:
    return int(text) if text.isdigit() and len(text) <= LONGEST else float(text)


def _optional(node: Node) -> n.Expr | None:
    return None if node is None else _expr(node)


def _value_decl(word: str) -> Callable[[Tree, str], n.ValueDecl]:
    def rule(tree: Tree, text: str) -> n.ValueDecl:
        targets = tuple(_target(c) for c in tree.children if _is(c, "target"))
        types = [c for c in tree.children if _is(c, "type")]
        last = tree.children[-1]
        value = None if last is None or _is(last, "type") else _chain(last)
        kind = _type(types[0]) if types else None
        return n.ValueDecl(span(tree), word, targets, kind, value, _description(tree, text))

    return rule


def _draw_decl(word: str) -> Callable[[Tree, str], n.DrawDecl]:
    def rule(tree: Tree, text: str) -> n.DrawDecl:
        targets = tuple(_target(c) for c in tree.children if _is(c, "target"))
        types = [c for c in tree.children if _is(c, "type")]
        kind = _type(types[0]) if types else None
        law = _chain(tree.children[-1])
        return n.DrawDecl(span(tree), word, targets, kind, law, _description(tree, text))

    return rule


def _is(node: Node, *names: str) -> bool:
    return isinstance(node, Tree) and node.data in names


def _factor(tree: Tree, text: str) -> n.FactorDecl:
    left, right = tree.children
    if right is None:
        return n.FactorDecl(span(tree), None, _expr(left), _description(tree, text))
    match _expr(left):
        case n.Name() as name:
            target = n.Target(name.span, name, ())
        case n.Subscript(span=where, base=n.Name() as name, subscripts=subs):
            target = n.Target(where, name, subs)
        case other:
            target = n.Target(other.span, n.Name(other.span, ""), ())
    return n.FactorDecl(span(tree), target, _expr(right), _description(tree, text))


def _require(tree: Tree, text: str) -> n.RequireDecl:
    condition, message = tree.children
    return n.RequireDecl(span(tree), _expr(condition), str(message)[1:-1], _description(tree, text))


def _net(tree: Tree, text: str) -> n.NetDecl:
    name, inputs, output, body = tree.children
    outputs = _type(output) if _is(output, "type") else _params(output)
    assert isinstance(name, Token)
    return n.NetDecl(
        span(tree), _name(name), _params(inputs), outputs, _expr(body), _description(tree, text)
    )


def _def(tree: Tree, text: str) -> n.DefDecl:
    name, inputs, output, body = tree.children
    assert isinstance(name, Token)
    given = () if inputs is None else _params(inputs)
    lets: list[n.ValueDecl] = []
    result: n.Expr | None = None
    for child in _kids(body):
        if _is(child, "let_decl"):
            lets.append(_value_decl("let")(child, text))
        elif isinstance(child, Tree) or (isinstance(child, Token) and child.type in ATOMS):
            result = _expr(child)
    assert result is not None
    where = _description(tree, text)
    return n.DefDecl(span(tree), _name(name), given, _type(output), tuple(lets), result, where)


def _params(tree: Node) -> tuple[n.Field, ...]:
    return tuple(
        n.Field(span(f), _name(_token(f.children[0])), _type(f.children[1]))
        for f in _kids(tree)
        if isinstance(f, Tree)
    )


def _for(tree: Tree, text: str) -> n.ForBlock:
    name, over, weight, *body = tree.children
    assert isinstance(name, Token)
    head = span(tree)
    colon = text.index(":", span(weight if weight is not None else over).end)
    header = Span(head.start, colon + 1)
    statements = tuple(_statement(c, text) for c in body if isinstance(c, Tree))
    return n.ForBlock(header, _name(name), _iteration(over), _optional(weight), statements)


def _guide(tree: Tree, text: str) -> n.GuideBlock:
    where = span(tree)
    return n.GuideBlock(
        Span(where.start, where.start + len("guide")),
        tuple(_statement(c, text) for c in tree.children if isinstance(c, Tree)),
    )


STATEMENTS: dict[str, Callable[[Tree, str], n.Statement]] = {
    "dim_decl": _dims,
    **{f"{w}_decl": _value_decl(w) for w in ("data", "param", "let", "report")},
    **{f"{w}_decl": _draw_decl(w) for w in ("latent", "observed", "generated")},
    "factor_decl": _factor,
    "require_decl": _require,
    "net_decl": _net,
    "def_decl": _def,
    "for_block": _for,
    "guide_block": _guide,
}


# -- Parts of declarations --------------------------------------------------------------------


def _target(tree: Node) -> n.Target:
    name, *subs = _kids(tree)
    return n.Target(span(tree), _name(name), tuple(_sub(s) for s in subs if s is not None))


def _sub(tree: Node) -> n.Expr | n.Slice | n.Binder:
    assert isinstance(tree, Tree)
    match tree.data:
        case "at":
            return _expr(tree.children[0])
        case "binder":
            name, over = tree.children
            assert isinstance(name, Token)
            return n.Binder(span(tree), _name(name), _iteration(over))
        case _:
            return _slice(tree)


def _slice(tree: Tree) -> n.Slice:
    start, stop = tree.children
    return n.Slice(span(tree), _optional(start), _optional(stop))


def _iteration(tree: Node) -> n.Iteration:
    name, *parts = _kids(tree)
    return n.Iteration(
        span(tree),
        _name(name),
        tuple(_slice(p) if _is(p, "span") else _expr(p) for p in parts if p is not None),
    )


def _type(tree: Node) -> n.TypeNode:
    name, arguments, *dims = _kids(tree)
    given = () if arguments is None else _arguments(arguments)
    return n.TypeNode(
        span(tree), _name(name).name, given, tuple(_expr(d) for d in dims if d is not None)
    )


def _chain(tree: Node) -> n.Chain:
    if _is(tree, "chain"):
        return n.Chain(span(tree), tuple(_expr(c) for c in _kids(tree)))
    return n.Chain(span(tree), (_expr(tree),))


def _arguments(tree: Node) -> tuple[n.Argument, ...]:
    return tuple(_argument(c) for c in _kids(tree) if c is not None)


def _argument(node: Node) -> n.Argument:
    if isinstance(node, Tree) and node.data == "named":
        name, value = node.children
        return n.Argument(span(node), _name(name).name, _expr(value))
    return n.Argument(span(node), None, _expr(node))


# -- Expressions ------------------------------------------------------------------------------

ATOMS = ("NAME", "NUMBER", "STRING")


def _expr(node: Node) -> n.Expr:
    assert isinstance(node, Tree), node
    where, kids = span(node), node.children
    match node.data:
        case "name":
            return _name(kids[0])
        case "number":
            return n.Number(where, _number(str(kids[0])))
        case "string":
            return n.String(where, str(kids[0])[1:-1])
        case "true" | "false":
            return n.Truth(where, node.data == "true")
        case "neg":
            return n.Unary(where, str(kids[0]), _expr(kids[1]))
        case "not_op":
            return n.Unary(where, "not", _expr(kids[0]))
        case "or_" | "and_":
            return n.Binary(where, node.data[:-1], _expr(kids[0]), _expr(kids[1]))
        case "cmp" | "sum_" | "prod_":
            return n.Binary(where, str(kids[1]), _expr(kids[0]), _expr(kids[2]))
        case "power":
            return n.Binary(where, "^", _expr(kids[0]), _expr(kids[1]))
        case "ternary":
            return n.Ternary(where, _expr(kids[0]), _expr(kids[1]), _expr(kids[2]))
        case "index":
            base, *subs = kids
            found = tuple(_sub(s) for s in subs if s is not None)
            return n.Subscript(where, _expr(base), found)
        case "attr":
            return n.Attribute(where, _expr(kids[0]), _name(kids[1]))
        case "call":
            return _call(where, _expr(kids[0]), kids[1])
        case "array":
            return n.ListOf(where, tuple(_expr(c) for c in kids if c is not None))
        case "comprehension":
            return n.Comprehension(where, _expr(kids[0]), tuple(map(_clause, kids[1:])))
        case "chain" | "part":
            return _expr(kids[0])
        case other:
            raise AssertionError(other)


def _call(where: Span, function: n.Expr, arguments: Node) -> n.Expr:
    if arguments is None:
        return n.Call(where, function, ())
    if not _is(arguments, "reduction"):
        return n.Call(where, function, _arguments(arguments))
    element, *rest = _kids(arguments)
    clauses = tuple(_clause(c) for c in rest if _is(c, "comp"))
    named: list[n.Argument] = []
    others = [c for c in rest if c is not None and not _is(c, "comp")]
    for token, value in zip(others[::2], others[1::2], strict=True):
        place = span(token).to(span(value))
        named.append(n.Argument(place, _name(token).name, _expr(value)))
    return n.Reduction(where, function, _expr(element), clauses, tuple(named))


def _clause(tree: Node) -> n.Clause:
    name, over, condition = _kids(tree)
    return n.Clause(span(tree), _name(name), _iteration(over), _optional(condition))
