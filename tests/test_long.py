"""Long models: the work of compiling one grows about as its text does.

Counted are calls of Python functions, which no other work on the machine changes.
"""

import sys

import pytest

import genlang
from genlang.pipeline import compile_text


def repeated(head, block, lines):
    """A head, and a block with numbered names as often as it fits into so many lines."""
    count = (lines - head.count("\n")) // block.count("\n")
    return head + "".join(block.replace("#", str(k)) for k in range(count))


def regressions(lines):
    """Many outcomes, each with an input and parameters of its own."""
    return repeated(
        "dim N\n",
        "data x#[N]: real\nlatent a#, b# ~ Normal(0, 5)\nlatent s# ~ HalfNormal(1)\n"
        "observed y#[n in N] ~ Normal(a# + b# * x#[n], s#)\n",
        lines,
    )


def names(lines):
    """Each name is made of those before it."""
    made = "".join(
        f"    let e{k + 1} = e{k} / 2 + sin(e{max(0, k - 1)})\n" for k in range(lines - 7)
    )
    return (
        "dim N\ndata x[N]: real\nlatent s ~ HalfNormal(1)\nfor n in N:\n    let e0 = x[n]\n"
        f"{made}    observed y[n] ~ Normal(e{lines - 7}, s)\n"
    )


def mixture(lines):
    """One label behind many outcomes."""
    count = (lines - 4) // 2
    means = "".join(f"latent m{k}[K] ~ Normal(0, 5)\n" for k in range(count))
    outcomes = "".join(f"    observed y{k}[n] ~ Normal(m{k}[z[n]], 1)\n" for k in range(count))
    return (
        f"dim N, K = 3\nlatent share ~ Dirichlet(ones(K))\n{means}"
        f"for n in N:\n    latent z[n] ~ Categorical(share)\n{outcomes}"
    )


def mixtures(lines):
    """Many labels, each over a dim of its own."""
    return repeated(
        "dim N\n",
        "dim K# = 3\nlatent w# ~ Dirichlet(ones(K#))\nlatent m#[K#] ~ Normal(0, 5)\n"
        "for n in N:\n    latent z#[n] ~ Categorical(w#)\n"
        "    observed y#[n] ~ Normal(m#[z#[n]], 1)\n",
        lines,
    )


def chains(lines):
    """Many hidden Markov models."""
    return repeated(
        "dim S, T[S], K = 3\nlatent start ~ Dirichlet(ones(K))\n",
        "latent move#[K] ~ Dirichlet(ones(K))\nlatent m#[K] ~ Normal(0, 5)\n"
        "for s in S:\n    for t in T[s]:\n"
        "        latent z#[s, t] ~ Categorical(start) then Categorical(move#[z#[s, t-1]])\n"
        "        observed y#[s, t] ~ Normal(m#[z#[s, t]], 1)\n",
        lines,
    )


def network(lines):
    """A long chain of binary latents, each the parent of the next, all summed out."""
    count = (lines - 3) // 2
    return (
        "dim N\nfor n in N:\n    latent z0[n] ~ Bernoulli(0.3)\n"
        + "".join(
            f"    latent z{k}[n] ~ Bernoulli(0.8 if z{k - 1}[n] else 0.1)\n"
            f"    observed y{k}[n] ~ Normal(z{k}[n], 1)\n"
            for k in range(1, count + 1)
        )
    )  # fmt: skip


KINDS = (regressions, names, mixture, mixtures, chains, network)


def calls(work, text):
    """How many Python functions some work on a text calls."""
    count = 0

    def seen(_frame, event, _argument):
        nonlocal count
        count += event == "call"

    sys.setprofile(seen)
    try:
        work(text)
    finally:
        sys.setprofile(None)
    return count


def compiled(text):
    return compile_text(text).text


@pytest.mark.parametrize("work", [compiled, genlang.format])
@pytest.mark.parametrize("kind", KINDS)
def test_twice_the_lines_are_about_twice_the_work(kind, work):
    short, long = kind(300), kind(600)
    assert 290 <= short.count("\n") <= 300
    assert 590 <= long.count("\n") <= 600
    work(short)  # what is made once is made
    assert calls(work, long) < 3 * calls(work, short)
