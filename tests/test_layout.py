"""Coordinates of unknowns, those too whose supports read other unknowns."""

import pytest
import torch
from scipy import integrate, stats

import genlang
from genlang.infer.session import session
from genlang.infer.target import target
from genlang.infer.tensors import namespace

MOVING = {
    "upper bound": ("latent a ~ Exponential(1)\nlatent u ~ Uniform(0, a)\n", {"u"}),
    "truncation": (
        "latent a ~ Normal(0, 1)\nlatent u ~ Normal(0, 1, lower=a, upper=a + 2)\n",
        {"u"},
    ),
    "one after the other": (
        "latent a ~ HalfNormal(1)\nlatent b ~ Uniform(0, a)\nlatent u ~ Uniform(a, a + b)\n",
        {"b", "u"},
    ),
    "choice": (
        "latent a ~ Normal(0, 1)\nlatent u ~ Normal(0, 1) if a > 0 else HalfNormal(1)\n",
        {"u"},
    ),
    "array": (
        "dim K = 3\nlatent a[K] ~ HalfNormal(1)\nlatent u[k in K] ~ Uniform(-a[k], a[k])\n",
        {"u"},
    ),
    "none": ("latent a ~ Exponential(1)\nlatent u ~ Normal(0, a)\n", set()),
    "a bound of numbers": ("latent a ~ Exponential(1)\nlatent u ~ Uniform(0, 7)\n", set()),
}


def prepared(text, data):
    bound = genlang.model(text).bind(data)
    return target(bound.program, namespace(bound.table))


@pytest.mark.parametrize("name", MOVING)
def test_a_vector_goes_to_the_supports_and_back(name):
    """The log volume is that of the Jacobian matrix, and every point is possible."""
    text, moving = MOVING[name]
    with session():
        made = prepared(text, {})
        assert {b.site.name for b in made.layout.blocks if b.site.moving} == moving
        torch.manual_seed(1)
        for vector in 2 * torch.randn(20, made.layout.size):
            values, volume = made.layout.place(vector)

            def flat(v):
                return torch.cat([x.reshape(-1) for x in made.layout.values(v).values()])

            matrix = torch.autograd.functional.jacobian(flat, vector)
            assert volume == pytest.approx(float(torch.linalg.slogdet(matrix)[1]), abs=1e-9)
            assert torch.isfinite(made.density.log_density(values))
            assert made.layout.vector(values) == pytest.approx(vector, abs=1e-6)


def test_means_under_a_bound_that_is_unknown_are_those_of_quadrature():
    """Simulate by weights what the fit draws: u below an unknown a, seen with an error."""
    text = (
        "latent a ~ Gamma(shape=4, rate=1)\nlatent u ~ Uniform(0, a)\nobserved y ~ Normal(u, 1)\n"
    )

    def mass(power_a, power_u):
        def height(u, a):
            prior = stats.gamma.pdf(a, 4) / a
            return a**power_a * u**power_u * prior * stats.norm.pdf(2, u, 1)

        return integrate.dblquad(height, 1e-9, 40, 0, lambda a: a)[0]

    total = mass(0, 0)
    fit = genlang.model(text).fit({"y": 2.0}, method="svi", seed=1, draws=4000)
    for name, power in (("a", (1, 0)), ("u", (0, 1))):
        assert float(fit[name].mean()) == pytest.approx(mass(*power) / total, rel=0.1)
