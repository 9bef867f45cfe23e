"""The two Isaiahs: topics, and words held out beside scikit-learn."""

import numpy as np
import pytest

import genlang
from tests.test_models import SEEDS, column, fitted, rows


def isaiah():
    """How often each word occurs in each chapter: [66, 150], the chapters' numbers in order."""
    chapter, times = column("lda", "chapter").astype(int), column("lda", "times").astype(int)
    words, word = np.unique([row["word"] for row in rows("lda")], return_inverse=True)
    table = np.zeros((chapter.max(), len(words)), int)
    table[chapter - 1, word] = times
    return table, words


def held_out(split):
    """A fifth of all occurrences, at random: how often each word is known, and is to be found."""
    table, _ = isaiah()
    found = np.random.default_rng(split).binomial(table, 0.2)
    return table - found, found


def surprise(chances, found):
    """Minus the log probability of the words found, and how many they are."""
    return np.array([-(found * np.log(chances)).sum(), found.sum()])


def by_genlang(split):
    """The words of a split, by draws of the posterior."""
    known, found = held_out(split)
    at, word = known.nonzero()
    cells = {"chapter": at + 1, "word": isaiah()[1][word], "times": known[at, word]}
    fit = genlang.load("lda").fit(cells, seed=1)
    assert fit.faults == ()
    share, topic = fit["share"].values[0], fit["topic"].values[0]
    assert list(fit["topic"].coords["words"].values) == list(isaiah()[1])
    return surprise((share @ topic).mean(0), found)


def by_scikit_learn(split, **priors):
    """The words of a split, by the best of ten starts."""
    sklearn = pytest.importorskip("sklearn")
    known, found = held_out(split)
    every = []
    # A concentration of words above 1 is refused, though nothing depends on it.
    with sklearn.config_context(skip_parameter_validation=True):
        for start in range(10):
            other = sklearn.decomposition.LatentDirichletAllocation(
                2, max_iter=500, evaluate_every=5, perp_tol=1e-4, random_state=start, **priors
            ).fit(known)
            assert other.n_iter_ < 500
            topic = other.components_ / other.components_.sum(1, keepdims=True)
            every.append(surprise(other.transform(known) @ topic, found))
    return min(every, key=lambda e: e[0])


@pytest.mark.slow
def test_lda_predicts_words_held_out_no_worse_than_scikit_learn():
    """Perplexity over three splits; scikit-learn's prior is its own, then the model's."""
    pytest.importorskip("sklearn.decomposition")

    def perplexity(each):
        total, count = np.sum([each(split) for split in range(3)], 0)
        return np.exp(total / count)

    ours = perplexity(by_genlang)
    assert ours < perplexity(by_scikit_learn) - 1
    same = {"topic_word_prior": 2.0, "doc_topic_prior": 1.0}
    assert ours <= perplexity(lambda split: by_scikit_learn(split, **same))


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_lda_tells_the_second_isaiah_from_the_first(seed):
    """Chapters 40-66 are of one topic, 36-39 and most others of the other."""
    share = fitted("lda", seed)["share"]
    assert share.coords["chapters"].values.tolist() == list(range(1, 67))
    mean = share.mean(("chain", "draw")).values
    second = mean[39:].mean(0).argmax()
    of_second = mean.argmax(1) == second
    assert of_second[39:].sum() >= 26
    assert not of_second[35:39].any()
    assert of_second[:39].sum() <= 14
