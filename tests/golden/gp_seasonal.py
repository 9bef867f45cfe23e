"""A trend and a season: the sum of two covariance functions."""

import pyro
import torch

from genlang.runtime import exact


def model(data):
    month = data.month

    # latent trend, season ~ HalfNormal(1)
    trend = pyro.sample("trend", exact.HalfNormal(1.0))
    season = pyro.sample("season", exact.HalfNormal(1.0))
    # latent length ~ LogNormal(3, 0.5)
    length = pyro.sample("length", exact.LogNormal(3.0, 0.5))
    # latent noise ~ HalfNormal(0.5)
    noise = pyro.sample("noise", exact.HalfNormal(0.5))
    # let slow = rbf(time, time, length=length, scale=trend)
    slow = exact.rbf(data.time[..., None], data.time[..., None], length, trend)
    # let wave = periodic(time, time, length=1, scale=season, period=12)
    wave = exact.periodic(data.time[..., None], data.time[..., None], 1.0, season, 12.0)
    # let covariance = slow + wave + diag(full(month, noise ^ 2))
    covariance = slow + wave + torch.diag_embed(exact.full(month, noise ** 2))
    # observed y: real[month] ~ MultivariateNormal(zeros(month), covariance=covariance)
    pyro.sample(
        "y", exact.MultivariateNormal(torch.zeros(month), covariance_matrix=covariance), obs=data.y
    )


joint = model  # nothing to sum out
