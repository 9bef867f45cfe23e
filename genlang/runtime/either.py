"""One of two sets of numbers in each cell: the support of a choice of distributions."""

import torch
from pyro.distributions import constraints
from torch import Tensor
from torch.distributions import Transform, biject_to, transform_to


class Either(constraints.Constraint):
    """One of two sets of numbers in each cell, by a condition."""

    def __init__(
        self, test: Tensor, one: constraints.Constraint, two: constraints.Constraint
    ) -> None:
        self.test, self.one, self.two = test, one, two
        super().__init__()

    def check(self, value: Tensor) -> Tensor:
        """Whether each value lies in the set of its cell."""
        return torch.where(self.test, self.one.check(value), self.two.check(value))


class _IntoEither(Transform):
    """Each cell by the bijection of its own set."""

    bijective = True
    domain: constraints.Constraint = constraints.real

    def __init__(self, codomain: Either) -> None:
        super().__init__()
        self.codomain = codomain
        self.test = codomain.test
        self.one, self.two = biject_to(codomain.one), biject_to(codomain.two)

    def _call(self, x: Tensor) -> Tensor:
        return torch.where(self.test, self.one(x), self.two(x))

    def _inverse(self, y: Tensor) -> Tensor:
        return torch.where(self.test, self.one.inv(y), self.two.inv(y))

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """Of the cell's own bijection."""
        del y
        found = [t.log_abs_det_jacobian(x, t(x)) for t in (self.one, self.two)]
        return torch.where(self.test, found[0], found[1])


for _registry in (biject_to, transform_to):
    _registry.register(Either, _IntoEither)
