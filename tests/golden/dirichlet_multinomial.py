"""Votes in districts vary more than by chance."""

import pyro
import torch

from genlang.runtime import exact


def model(data):
    district, party = data.district, data.party

    # latent share ~ Dirichlet(ones(party))
    share = pyro.sample("share", exact.Dirichlet(torch.ones(party)))
    # latent alike ~ Gamma(shape=2, rate=0.1)
    alike = pyro.sample("alike", exact.Gamma(2.0, 0.1))

    with pyro.plate("district", district, dim=-1):
        # observed got[d in district]: count[party] ~ DirichletMultinomial(votes[d], alike * share)
        pyro.sample("got", exact.DirichletMultinomial(data.votes, alike * share), obs=data.got)


joint = model  # nothing to sum out
