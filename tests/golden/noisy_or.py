"""Diseases that each may cause each symptom (noisy or); a symptom may also have no cause."""

import pyro
import torch
from pyro.infer import config_enumerate

from genlang.runtime import exact
from genlang.runtime.reductions import by_profile, log_bernoulli, profiles, states, sum_out
from genlang.runtime.steps import drawn


def model(data):
    patient, disease, symptom = data.patient, data.disease, data.symptom
    profiles_ill = profiles(2, disease)  # the joint values of ill

    patient_plate = pyro.plate("patient", patient, dim=-1)

    # latent common[disease] ~ Beta(1, 9)
    common = pyro.sample("common", exact.Beta(1.0, 9.0).expand([disease]).to_event(1))
    # latent misses[disease, symptom] ~ Beta(1, 1)
    misses = pyro.sample("misses", exact.Beta(1.0, 1.0).expand([disease, symptom]).to_event(2))
    # latent leak[symptom] ~ Beta(1, 19)
    leak = pyro.sample("leak", exact.Beta(1.0, 19.0).expand([symptom]).to_event(1))

    with patient_plate:
        # latent ill[p, d in disease] ~ Bernoulli(common[d])
        log_ill = by_profile(
            log_bernoulli(common) + states("ill", patient, disease, 2), profiles_ill
        )

    with pyro.plate("patient_2", patient, dim=-2), pyro.plate("symptom", symptom, dim=-1):
        # observed shown[p, s] ~ Bernoulli(1 - (1 - leak[s]) * quiet)
        log_shown = exact.Bernoulli(
            1 - (1 - leak)[:, None] * torch.where(profiles_ill != 0, misses.T[:, None], 1).prod(-1)
        ).log_prob(data.shown[:, :, None])

    with patient_plate:
        pyro.factor("shown", sum_out(log_ill + log_shown.sum(-2)))  # patient


@config_enumerate
def joint(data):
    patient, disease, symptom = data.patient, data.disease, data.symptom

    patient_plate = pyro.plate("patient", patient, dim=-3)

    # latent common[disease] ~ Beta(1, 9)
    common = pyro.sample("common", exact.Beta(1.0, 9.0).expand([disease]).to_event(1))
    # latent misses[disease, symptom] ~ Beta(1, 1)
    misses = pyro.sample("misses", exact.Beta(1.0, 1.0).expand([disease, symptom]).to_event(2))
    # latent leak[symptom] ~ Beta(1, 19)
    leak = pyro.sample("leak", exact.Beta(1.0, 19.0).expand([symptom]).to_event(1))

    with patient_plate, pyro.plate("disease", disease, dim=-2):
        # latent ill[p, d in disease] ~ Bernoulli(common[d])
        ill = pyro.sample("ill", exact.Bernoulli(common[:, None]))

    with patient_plate, pyro.plate("symptom", symptom, dim=-1):
        # observed shown[p, s] ~ Bernoulli(1 - (1 - leak[s]) * quiet)
        pyro.sample(
            "shown",
            exact.Bernoulli(
                (
                    1
                    - (1 - leak)
                    * torch.where(
                        (drawn(ill, patient, disease, 1)[:, :, 0] != 0)[:, None], misses.T, 1
                    ).prod(-1)
                )[:, None]
            ),
            obs=data.shown[:, None],
        )
