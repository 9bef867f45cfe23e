"""More passes over forests, compiled: second derivatives, the most probable states, draws.

Arrays as in `kernels`.
"""

import math

import numpy as np

from genlang.runtime.chains.arithmetic import U, compiled
from genlang.runtime.chains.kernels import conditional, root


@compiled()
def second(gradient, first, then, table, nodes, stages, last, hard, weight, mass,
           by_first, by_then, by_steps, total, to_first, to_then, to_steps):  # fmt: skip
    """Differentiate `downward` along a direction (`by_*`); `total` gets that of log Z.

    The derivative of a log-sum-exp is an expectation, that of a conditional probability p is
    p * (its own direction - the expectation).
    """
    batches, count = len(to_first), len(nodes)
    width, top = U(weight.shape[1] // max(count, 1)), U(last)
    marginal, change = np.empty(weight.shape[1]), np.empty(weight.shape[1])
    slope, up = np.empty(weight.shape[1]), np.empty(weight.shape[1])  # of b_v, of m_v
    given = np.empty(width)
    for d in range(batches):
        tight, factors = hard[d % len(hard)], gradient[d % len(gradient)]
        firsts, tables, logs = first[d % len(first)], table[d % len(table)], then[d % len(then)]
        below, above = weight[d % len(weight)], mass[d % len(mass)]
        thens, starts = by_then[d % len(by_then)], by_first[d % len(by_first)]
        moved, own, pairs = by_steps[d % len(by_steps)], to_steps[d], to_then[d]
        for v in range(count):
            row = nodes[v, 3]
            for z in range(width):
                here = U(v) * width + z
                slope[here] = moved[U(row * last) + z % top] if row >= 0 else 0.0
                marginal[here] = change[here] = 0.0
        for v in range(count - 1, -1, -1):
            p, tree, row, k = nodes[v, 0], nodes[v, 1], nodes[v, 2], nodes[v, 4]
            mine = U(v) * width
            if tree < 0:
                continue
            if p < 0:
                at = U(row * last)
                root(firsts, at, below, mine, tight[tree], marginal, mine, top)
                mean = _mean(marginal, mine, starts, at, slope, mine, top)
                total[d, tree] += mean
                for z in range(top):
                    if marginal[mine + z] != 0:
                        move = starts[at + z] + slope[mine + z] - mean
                        change[mine + z] = marginal[mine + z] * move
                continue
            fan, turn = U(stages[k, 0]), U(stages[k, 1])
            at = U(stages[k, 2]) + U(row) * fan * width
            for i in range(width):
                here, m = mine + (i % turn) * fan, above[mine + i]
                conditional(logs, tables, at, below, here, m, tight[tree], given, fan)
                up[mine + i] = _mean(given, U(0), thens, at, slope, here, fan)
                slope[U(p) * width + i] += up[mine + i]
                at += fan
        for v in range(count):
            p, tree, row, k = nodes[v, 0], nodes[v, 1], nodes[v, 2], nodes[v, 4]
            if tree < 0:
                continue
            mine, before, factor = U(v) * width, U(p) * width, factors[tree]
            if p < 0:
                for z in range(top):
                    to_first[d, U(row * last) + z] += factor * change[mine + z]
            else:
                fan, turn = U(stages[k, 0]), U(stages[k, 1])
                at = U(stages[k, 2]) + U(row) * fan * width
                for i in range(width):
                    here, m = mine + (i % turn) * fan, above[mine + i]
                    share = marginal[before + i]
                    if share != 0:
                        conditional(logs, tables, at, below, here, m, tight[tree], given, fan)
                        shift = change[before + i] - share * up[mine + i]
                        _moved(given, fan, share, shift, factor, thens, at, slope, here,
                               marginal, change, pairs)  # fmt: skip
                    at += fan
            if nodes[v, 3] >= 0:
                for z in range(width):
                    own[U(nodes[v, 3] * last) + z % top] += factor * change[mine + z]


@compiled()
def _moved(given, fan, share, shift, factor, by_then, at, slope, here, marginal, change, pairs):
    """Add what one state of the parent gives to marginals, their change and that of pairs."""
    for z in range(fan):
        p = given[z]
        pair = p * (shift + share * (by_then[at + z] + slope[here + z])) if p != 0 else 0.0
        marginal[here + z] += share * p
        change[here + z] += pair
        pairs[at + z] += factor * pair


@compiled()
def _mean(given, at, one, here, two, there, size):
    """The expectation of one + two over the possible states; the others may be infinite."""
    mean = 0.0
    for z in range(size):
        p = given[at + z]
        mean += p * (one[here + z] + two[there + z]) if p != 0 else 0.0
    return mean


@compiled(reorder=False)
def best(first, then, steps, nodes, stages, last, total, chosen):
    """Max-product: `chosen[v, z']` is v's best state given its parent's, the first of ties."""
    batches, count = len(chosen), len(nodes)
    width = chosen.shape[1] // max(count, 1)
    below = np.empty(chosen.shape[1])
    for d in range(batches):
        firsts, thens, logs = first[d % len(first)], then[d % len(then)], steps[d % len(steps)]
        for v in range(count):
            row = nodes[v, 3]
            for z in range(width):
                below[v * width + z] = logs[row * last + z % last] if row >= 0 else 0.0
        for v in range(count - 1, -1, -1):
            p, tree, k = nodes[v, 0], nodes[v, 1], nodes[v, 4]
            if tree < 0:
                continue
            if p < 0:
                here = v * width
                top, found = _top(firsts, nodes[v, 2] * last, below, here, last)
                chosen[d, here] = found
                total[d, tree] += top
                continue
            fan, turn = stages[k, 0], stages[k, 1]
            at = stages[k, 2] + nodes[v, 2] * width * fan
            for i in range(width):
                here = (i % turn) * fan
                top, found = _top(thens, at + i * fan, below, v * width + here, fan)
                chosen[d, v * width + i] = here + found
                below[p * width + i] += top


@compiled(reorder=False)
def _top(one, at, two, here, size):
    """The greatest of one + two, NaN where one of them is, and the first place that has it."""
    top, found = -math.inf, 0
    for z in range(size):
        x = one[at + z] + two[here + z]
        if x > top or (x != x and top == top):
            top, found = x, z
    return top, found


@compiled()
def choose(first, then, table, nodes, stages, last, hard, weight, mass, uniform, chosen):
    """Draw every node's state from its parent's, with the numbers `uniform` [D, nodes].

    `chosen` [D, nodes * states of the parent] is filled where it is read.
    """
    batches, count = len(chosen), len(nodes)
    width = chosen.shape[1] // max(count, 1)
    given = np.empty(width)
    state = np.zeros(count, np.int64)
    for d in range(batches):
        below, above = weight[d % len(weight)], mass[d % len(mass)]
        logs, tables, numbers = (
            then[d % len(then)],
            table[d % len(table)],
            uniform[d % len(uniform)],
        )
        for v in range(count):
            p, tree, k = nodes[v, 0], nodes[v, 1], nodes[v, 4]
            if tree < 0:
                continue
            tight = hard[d % len(hard), tree]
            i, here, size, mine = 0, 0, last, U(v * width)
            if p < 0:
                root(first[d % len(first)], U(nodes[v, 2] * last), below, mine, tight, given, U(0),
                     U(last))  # fmt: skip
            else:
                i, size = state[p], stages[k, 0]
                here = (i % stages[k, 1]) * size
                at = U(stages[k, 2] + (nodes[v, 2] * width + i) * size)
                conditional(logs, tables, at, below, mine + U(here), above[mine + U(i)], tight,
                            given, U(size))  # fmt: skip
            state[v] = here + _pick(given, size, numbers[v])
            chosen[d, v * width + i] = state[v]


@compiled()
def _pick(given, size, number):
    """The state at a number in [0, 1) of their cumulative probabilities."""
    amount, last = 0.0, 0
    for z in range(size):
        amount += given[z]
        if given[z] > 0:
            last = z
            if number < amount:
                return z
    return last  # rounding: the numbers add up to a little less than 1


@compiled()
def mark(gradient, nodes, stages, last, chosen, to_first, to_then, to_steps):
    """Add `gradient` at the cells of the states that `chosen` names, from the roots down."""
    count = len(nodes)
    width = chosen.shape[1] // max(count, 1)
    state = np.zeros(count, np.int64)
    for d in range(len(to_first)):
        for v in range(count):
            p, tree, k = nodes[v, 0], nodes[v, 1], nodes[v, 4]
            if tree < 0:
                continue
            factor = gradient[d % len(gradient), tree]
            i = 0 if p < 0 else state[p]
            state[v] = np.int64(chosen[d % len(chosen), v * width + i])
            if p < 0:
                to_first[d, nodes[v, 2] * last + state[v]] += factor
            else:
                fan = stages[k, 0]
                at = stages[k, 2] + (nodes[v, 2] * width + i) * fan
                to_then[d, at + state[v] % fan] += factor
            if nodes[v, 3] >= 0:
                to_steps[d, nodes[v, 3] * last + state[v] % last] += factor
