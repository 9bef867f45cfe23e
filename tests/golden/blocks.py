"""A network of friends in two blocks: who belongs to which is summed out as a whole."""

import pyro
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.reductions import by_profile, log_categorical, only, profiles, states, sum_out
from genlang.runtime.steps import drawn


def model(data):
    person, K = data.person, data.K
    j = torch.arange(person)
    i = torch.arange(person)
    profiles_block = profiles(K, person)  # the joint values of block

    # latent share ~ Dirichlet(ones(K))
    share = pyro.sample("share", exact.Dirichlet(torch.ones(K)))
    # latent tie[K, K] ~ Beta(1, 1)
    tie = pyro.sample("tie", exact.Beta(1.0, 1.0).expand([K, K]).to_event(2))
    # latent block[person] ~ Categorical(share)
    log_block = by_profile(log_categorical(share) + states("block", person, K), profiles_block)

    with pyro.plate("person", person, dim=-2), pyro.plate("person_2", person, dim=-1):
        # observed friends[i, j] ~ Bernoulli(tie[block[i], block[j]])
        log_friends = exact.Bernoulli(
            tie[profiles_block.T[:, None], profiles_block[:, j].T]
        ).log_prob(data.friends[:, :, None])

    all_block = only((j < i[:, None])[:, :, None], log_friends).sum((-3, -2))  # block
    pyro.factor("friends", sum_out(log_block + all_block))


@config_enumerate
def joint(data):
    person, K = data.person, data.K
    i = torch.arange(person)
    j = torch.arange(person)

    person_plate = pyro.plate("person", person, dim=-2)

    # latent share ~ Dirichlet(ones(K))
    share = pyro.sample("share", exact.Dirichlet(torch.ones(K)))
    # latent tie[K, K] ~ Beta(1, 1)
    tie = pyro.sample("tie", exact.Beta(1.0, 1.0).expand([K, K]).to_event(2))

    with person_plate:
        # latent block[person] ~ Categorical(share)
        block = pyro.sample("block", exact.Categorical(share))

    with person_plate, pyro.plate("person_2", person, dim=-1):
        # observed friends[i, j] ~ Bernoulli(tie[block[i], block[j]])
        pyro.sample(
            "friends",
            exact.Bernoulli(tie[block, drawn(block, person, 1)[:, 0]]).mask(j < i[:, None]),
            obs=data.friends,
        )
