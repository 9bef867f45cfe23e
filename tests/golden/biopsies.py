"""The true grade of a transplant, from several samples that may each miss the worst."""

import pyro
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.reductions import log_categorical, stack, states, sum_out


def model(data):
    patient, grade = data.patient, data.grade

    # latent common ~ Dirichlet(ones(grade))
    common = pyro.sample("common", exact.Dirichlet(torch.ones(grade)))
    # latent two ~ Dirichlet(ones(2))
    two = pyro.sample("two", exact.Dirichlet(torch.ones(2)))
    # latent three ~ Dirichlet(ones(3))
    three = pyro.sample("three", exact.Dirichlet(torch.ones(3)))
    # latent four ~ Dirichlet(ones(4))
    four = pyro.sample("four", exact.Dirichlet(torch.ones(4)))
    # let seen = [
    #     [1, 0, 0, 0],
    #     [two[0], two[1], 0, 0],
    #     [three[0], three[1], three[2], 0],
    #     [four[0], four[1], four[2], four[3]],
    # ]
    seen = stack(
        [
            torch.tensor([1, 0, 0, 0]),
            stack([two[0], two[1], 0, 0], -1),
            stack([three[0], three[1], three[2], 0], -1),
            stack([four[0], four[1], four[2], four[3]], -1),
        ],
        -2,
    )

    with pyro.plate("patient", patient, dim=-1):
        # latent truth[p] ~ Categorical(common)
        log_truth = log_categorical(common) + states("truth", patient, grade)  # patient truth
        # observed samples[p]: count[grade] ~ Multinomial(taken[p], seen[truth[p]])
        log_samples = exact.Multinomial(
            data.taken[:, None], seen[torch.arange(grade)]
        ).log_prob(data.samples[:, None])
        pyro.factor("samples", sum_out(log_truth + log_samples))  # patient


@config_enumerate
def joint(data):
    patient, grade = data.patient, data.grade

    # latent common ~ Dirichlet(ones(grade))
    common = pyro.sample("common", exact.Dirichlet(torch.ones(grade)))
    # latent two ~ Dirichlet(ones(2))
    two = pyro.sample("two", exact.Dirichlet(torch.ones(2)))
    # latent three ~ Dirichlet(ones(3))
    three = pyro.sample("three", exact.Dirichlet(torch.ones(3)))
    # latent four ~ Dirichlet(ones(4))
    four = pyro.sample("four", exact.Dirichlet(torch.ones(4)))
    # let seen = [
    #     [1, 0, 0, 0],
    #     [two[0], two[1], 0, 0],
    #     [three[0], three[1], three[2], 0],
    #     [four[0], four[1], four[2], four[3]],
    # ]
    seen = stack(
        [
            torch.tensor([1, 0, 0, 0]),
            stack([two[0], two[1], 0, 0], -1),
            stack([three[0], three[1], three[2], 0], -1),
            stack([four[0], four[1], four[2], four[3]], -1),
        ],
        -2,
    )

    with pyro.plate("patient", patient, dim=-1):
        # latent truth[p] ~ Categorical(common)
        truth = pyro.sample("truth", exact.Categorical(common))
        # observed samples[p]: count[grade] ~ Multinomial(taken[p], seen[truth[p]])
        pyro.sample("samples", exact.Multinomial(data.taken, seen[truth]), obs=data.samples)
