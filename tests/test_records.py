"""Quickly made dataclasses behave as the standard library's."""

import copy
import dataclasses
from dataclasses import field

import pytest

from genlang.records import dataclass

QUICK, STANDARD = dataclass, dataclasses.dataclass


def classes(decorator):
    """The same classes by either decorator."""

    @decorator(frozen=True, slots=True)
    class Point:
        """A place."""

        x: int
        y: "int | None" = None
        tags: list[str] = field(default_factory=list, compare=False, repr=False)

    @decorator(frozen=True, slots=True)
    class Other:
        """Another place."""

        x: int
        y: "int | None" = None
        double: int = field(init=False)

        def __post_init__(self):
            object.__setattr__(self, "double", 2 * self.x)

    @decorator(frozen=True, slots=True, eq=False)
    class Symbol:
        """Equal to itself alone."""

        name: str

    return Point, Other, Symbol


@pytest.mark.parametrize("decorator", [QUICK, STANDARD])
class TestBoth:
    """What holds of the one and of the other."""

    def test_equality_and_hash_are_those_of_class_and_fields(self, decorator):
        Point, Other, Symbol = classes(decorator)
        assert Point(1, 2, ["a"]) == Point(1, y=2)
        assert hash(Point(1, 2)) == hash(Point(1, 2, ["a"]))
        assert Point(1, 2) != Point(1, 3)
        assert Point(1, 2) != Other(1, 2)
        assert Point(1) != (1, None)
        assert Symbol("a") != Symbol("a")
        one = Symbol("a")
        assert {one: 1}[one] == 1

    def test_fields_cannot_be_assigned(self, decorator):
        Point, _, Symbol = classes(decorator)
        for made in (Point(1), Symbol("a")):
            with pytest.raises(dataclasses.FrozenInstanceError):
                setattr(made, dataclasses.fields(made)[0].name, 2)
            with pytest.raises((dataclasses.FrozenInstanceError, AttributeError, TypeError)):
                made.new = 2
            with pytest.raises(dataclasses.FrozenInstanceError):
                delattr(made, dataclasses.fields(made)[0].name)

    def test_the_functions_of_dataclasses_read_them(self, decorator):
        Point, Other, _ = classes(decorator)
        assert dataclasses.replace(Point(1, 2), y=3) == Point(1, 3)
        assert dataclasses.asdict(Other(3)) == {"x": 3, "y": None, "double": 6}
        assert [f.name for f in dataclasses.fields(Point)] == ["x", "y", "tags"]
        assert Other.__match_args__ == ("x", "y")
        assert Point(1).tags is not Point(1).tags

    def test_copies_and_representations(self, decorator):
        Point, Other, _ = classes(decorator)
        for made in (Point(1, 2), Other(1)):
            assert copy.deepcopy(made) == copy.copy(made) == made
        assert repr(Point(1, 2)).endswith("Point(x=1, y=2)")
        assert repr(Other(1)).endswith("Other(x=1, y=None, double=2)")

    def test_wrong_arguments_are_refused(self, decorator):
        Point, Other, _ = classes(decorator)
        for wrong in ((), (1, 2, [], 4)):
            with pytest.raises(TypeError):
                Point(*wrong)
        with pytest.raises(TypeError):
            Other(1, double=2)


def test_what_is_not_frozen_is_the_standard_one():
    @dataclass(slots=True)
    class Open:
        x: int

    made = Open(1)
    made.x = 2
    assert made == Open(2)
