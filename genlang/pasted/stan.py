"""A program of Stan, line by line, and as a whole where all of it is certain."""

import re
from dataclasses import replace

from genlang.pasted import stan_syntax as stan
from genlang.pasted.expression import Unsure
from genlang.pasted.lines import Line
from genlang.pasted.stan_program import Program, nested
from genlang.pasted.stan_values import base_of


def lines(text: str) -> tuple[list[Line], str]:
    """Return the lines of a program, and the whole of it where every line is certain."""
    try:
        blocks = stan.read(text)
    except (Unsure, KeyError):
        return [], ""
    program = Program(blocks)
    program.survey()
    found: list[Line] = []
    items: list[list[Line]] = []
    for name, statements in blocks.items():
        program.block = name
        for s in statements:
            one = program.lines([s])
            found += one
            items.append(one)
    certain = all(x.text for x in found) and not blocks.get("functions") and stan.alone(text)
    return found, _ordered(items) if certain and found else ""


def fragment(text: str) -> list[Line]:
    """Return the lines of statements without blocks, which do not say what is known.

    What is drawn and read elsewhere is taken as a parameter, anything else as data.
    """
    try:
        statements = stan.read(f"model {{{text}\n}}")["model"]
    except (Unsure, KeyError):
        return []
    inside = list(nested(statements))
    drawn = {base_of(s.left) for s in inside if isinstance(s, stan.Drawn)}
    read = {n for s in inside if isinstance(s, stan.Drawn) for n in stan.names(s.arguments)}
    read |= {n for s in inside if isinstance(s, stan.Assigned) for n in stan.names(s.value)}
    blocks: dict[str, list[stan.Statement]] = {"data": [], "parameters": [], "model": []}
    for s in statements:
        if isinstance(s, stan.Declared) and s.value is None:
            unknown = s.name in drawn and s.name in read
            block = "parameters" if unknown else "data"
            blocks[block].append(replace(s, block=block))
        else:
            blocks["model"].append(s)
    program = Program(blocks)
    program.survey()
    found = program.lines(s for b in blocks.values() for s in b)
    moved = (replace(x, start=x.start - len("model {")) for x in found)
    return sorted(moved, key=lambda x: x.start)


def _ordered(items: list[list[Line]]) -> str:
    """Declarations before what reads them: dims, then as they stood."""
    texts = ["\n".join("    " * x.depth + x.text for x in item) for item in items if item]
    texts.sort(key=lambda t: not t.startswith("dim "))
    makes = [set(re.findall(r"^\s*(?!for\b)\w+ (\w+)", t, re.MULTILINE)) for t in texts]
    words = [set(re.findall(r"[^\W\d]\w*", t)) for t in texts]
    done: list[str] = []
    made: set[str] = set()
    left = list(range(len(texts)))
    every = set().union(*makes) if makes else set()
    while left:
        ready = next((i for i in left if not (words[i] & every) - makes[i] - made), None)
        if ready is None:
            return ""
        left.remove(ready)
        made |= makes[ready]
        done.append(texts[ready])
    return "\n".join(done) + "\n"
