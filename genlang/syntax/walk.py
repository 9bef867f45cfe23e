"""Walking the syntax tree."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass


def walk(node: object) -> Iterator[object]:
    """Yield every node of a tree, of a tuple of trees each."""
    agenda = [node]
    while agenda:
        part = agenda.pop()
        if isinstance(part, tuple):
            agenda += part
        elif is_dataclass(part):
            yield part
            agenda += (getattr(part, f.name) for f in fields(part))
