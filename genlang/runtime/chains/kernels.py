"""Belief propagation on forests, compiled: upward messages, then marginals, a mode or a draw.

A chain is a forest whose nodes have one child each; ragged batches are forests of many trees.
A node v with parent p has the conditional table `then[z_p, z_v]` and own log weights `steps[z_v]`:

    b_v(z)  = steps_v(z) + sum over children c of m_c(z)          log belief from below
    m_v(z') = log sum_z exp(then_v(z', z) + b_v(z))               message to the parent
    log Z   = log sum_z exp(first(z) + b_root(z))

(Pearl 1988, chapter 4.) Sums run over products of `exp(then - row maximum)` and `exp(b - maximum)`,
one exponential a state rather than one a pair; a message that underflows is added up again in logs,
so far-off observations lose nothing. Derivatives of all of it are sums over the same conditional
probabilities, which is how the second derivative is written here.

Arrays: first [D, R, K], then [D, R, K, K], steps [D, R, K], each with its own number of rows R and
with D batches or one for all; `rows` [3, nodes] says which row of each a node reads; `parent`
[nodes] (-1 at roots), `tree` [nodes] the result it belongs to, `order` the nodes, parents first.
"""

import math

import numba
import numpy as np

TINY = 1e-250
# Reductions may be reordered; infinities and NaN keep their meaning.
FAST = {"reassoc", "contract", "nsz", "arcp"}


@numba.njit(cache=True, nogil=True, fastmath=FAST)
def scaled(then):
    """Return exp(then - row maximum) and the maxima of rows."""
    batches, rows, size, _ = then.shape
    table = np.empty_like(then)
    shift = np.empty((batches, rows, size), then.dtype)
    for d in range(batches):
        for r in range(rows):
            for i in range(size):
                top = -math.inf
                for j in range(size):
                    top = max(top, then[d, r, i, j])
                shift[d, r, i] = top
                for j in range(size):
                    here = then[d, r, i, j]
                    # Exact zeros are common (absorbing states), and exp(-inf) is slow.
                    table[d, r, i, j] = 0.0 if here == -math.inf else math.exp(here - top)
    return table, shift


@numba.njit(cache=True, nogil=True, fastmath=FAST)
def upward(first, then, table, shift, steps, rows, parent, tree, order, total, below, weight, mass):
    """Fill messages: `below` b_v, `weight` exp(b_v - max), `mass` the sums of m_v; add up `total`.

    `mass` is -1 where a message was added up in logs; `above[v]`, returned, is m_v.
    """
    batches, _, size = below.shape
    above = np.zeros_like(below)
    for d in range(batches):
        df, dt, ds = d % first.shape[0], d % then.shape[0], d % steps.shape[0]
        for v in order:
            for z in range(size):
                below[d, v, z] = steps[ds, rows[2, v], z]
        for place in range(len(order) - 1, -1, -1):
            v = order[place]
            top = -math.inf
            for z in range(size):
                top = max(top, below[d, v, z])
            for z in range(size):
                gap = below[d, v, z]
                weight[d, v, z] = 0.0 if gap == -math.inf else math.exp(gap - top)
            p = parent[v]
            if p < 0:
                total[d, tree[v]] += _log_sum(first[df, rows[0, v]], below[d, v])
                continue
            r = rows[1, v]
            for i in range(size):
                amount = 0.0
                for z in range(size):
                    amount += table[dt, r, i, z] * weight[d, v, z]
                if amount > TINY:  # not so for NaN, which the sum in logs passes on
                    mass[d, v, i] = amount
                    above[d, v, i] = math.log(amount) + top + shift[dt, r, i]
                else:
                    mass[d, v, i] = -1.0
                    above[d, v, i] = _log_sum(then[dt, r, i], below[d, v])
                below[d, p, i] += above[d, v, i]
    return above


@numba.njit(cache=True, nogil=True)
def _log_sum(one, two):
    top = -math.inf
    for z in range(len(one)):
        here = one[z] + two[z]
        if here != here:
            return here
        top = max(top, here)
    if top == -math.inf:
        return top
    amount = 0.0
    for z in range(len(one)):
        here = one[z] + two[z]
        if here > -math.inf:
            amount += math.exp(here - top)
    return top + math.log(amount)


@numba.njit(cache=True, nogil=True, fastmath=FAST)
def _conditional(i, v, r, d, dt, then, table, below, weight, mass, above, out):
    """Fill `out` with p(z_v | z_parent = i, all below)."""
    size = len(out)
    if mass[d, v, i] > 0:
        scale = 1.0 / mass[d, v, i]
        for z in range(size):
            out[z] = table[dt, r, i, z] * weight[d, v, z] * scale
    elif above[d, v, i] == -math.inf:
        out[:] = 0.0
    else:
        for z in range(size):
            here = then[dt, r, i, z] + below[d, v, z] - above[d, v, i]
            out[z] = 0.0 if here == -math.inf else math.exp(here)


@numba.njit(cache=True, nogil=True, fastmath=FAST)
def downward(gradient, first, then, table, rows, parent, tree, order,
             below, weight, mass, above, to_first, to_then, to_steps):  # fmt: skip
    """Add the posterior marginals, times `gradient` [D, trees], to the rows that nodes read.

    The probability of a pair is a product of three numbers, `share[i] * table[i, z] * weight[z]`;
    those of all nodes that read one table are added up before its own numbers are multiplied in.
    """
    batches, nodes, size = len(gradient), len(parent), below.shape[-1]
    marginal = np.zeros((nodes, size), below.dtype)
    given = np.empty(size, below.dtype)
    share = np.empty(size, below.dtype)
    pairs = np.zeros_like(to_then)
    for d in range(batches):
        df, dt, db = d % first.shape[0], d % then.shape[0], d % below.shape[0]
        for v in order:
            factor = gradient[d, tree[v]]
            p = parent[v]
            if p < 0:
                _root(first[df, rows[0, v]], below[db, v], marginal[v])
                for z in range(size):
                    to_first[d, rows[0, v], z] += factor * marginal[v, z]
            else:
                r = rows[1, v]
                for z in range(size):
                    marginal[v, z] = 0.0
                    share[z] = marginal[p, z] / mass[db, v, z] if mass[db, v, z] > 0 else 0.0
                for i in range(size):
                    scale = share[i]
                    for z in range(size):
                        marginal[v, z] += scale * table[dt, r, i, z]
                    scale *= factor
                    for z in range(size):
                        pairs[d, r, i, z] += scale * weight[db, v, z]
                for z in range(size):
                    marginal[v, z] *= weight[db, v, z]
                for i in range(size):
                    if mass[db, v, i] <= 0 and marginal[p, i] > 0:
                        _conditional(
                            i, v, r, db, dt, then, table, below, weight, mass, above, given
                        )
                        for z in range(size):
                            marginal[v, z] += marginal[p, i] * given[z]
                            to_then[d, r, i, z] += factor * marginal[p, i] * given[z]
            for z in range(size):
                to_steps[d, rows[2, v], z] += factor * marginal[v, z]
        for r in range(then.shape[1]):
            for i in range(size):
                for z in range(size):
                    to_then[d, r, i, z] += pairs[d, r, i, z] * table[dt, r, i, z]


@numba.njit(cache=True, nogil=True)
def _root(first, below, out):
    total = _log_sum(first, below)
    for z in range(len(out)):
        here = first[z] + below[z]
        out[z] = 0.0 if here == -math.inf else math.exp(here - total)


@numba.njit(cache=True, nogil=True, fastmath=FAST)
def second(gradient, first, then, table, rows, parent, tree, order,
           below, weight, mass, above, by_first, by_then, by_steps,
           total, to_first, to_then, to_steps):  # fmt: skip
    """Differentiate `downward` along a direction (`by_*`); `total` gets that of log Z.

    The derivative of a log-sum-exp is an expectation, that of a conditional probability p is
    p * (its own direction - the expectation).
    """
    nodes, size = len(parent), below.shape[-1]
    marginal = np.zeros((nodes, size), below.dtype)
    change = np.zeros((nodes, size), below.dtype)
    slope = np.zeros((nodes, size), below.dtype)  # of below
    slope_up = np.zeros((nodes, size), below.dtype)  # of above
    given = np.empty(size, below.dtype)
    for d in range(len(gradient)):
        df, dt, db = d % first.shape[0], d % then.shape[0], d % below.shape[0]
        bf, bt, bs = d % by_first.shape[0], d % by_then.shape[0], d % by_steps.shape[0]
        for v in order:
            for z in range(size):
                slope[v, z] = by_steps[bs, rows[2, v], z]
        for place in range(len(order) - 1, -1, -1):
            v = order[place]
            p = parent[v]
            r = rows[1, v]
            if p < 0:
                _root(first[df, rows[0, v]], below[db, v], marginal[v])
                moved = by_first[bf, rows[0, v]]
                total[d, tree[v]] += _change(marginal[v], moved, slope[v], change[v])
                continue
            for i in range(size):
                _conditional(i, v, r, db, dt, then, table, below, weight, mass, above, given)
                slope_up[v, i] = _mean(given, by_then[bt, r, i], slope[v])
                slope[p, i] += slope_up[v, i]
        for v in order:
            factor = gradient[d, tree[v]]
            p = parent[v]
            r = rows[1, v]
            if p < 0:
                for z in range(size):
                    to_first[d, rows[0, v], z] += factor * change[v, z]
            else:
                marginal[v] = 0.0
                change[v] = 0.0
                for i in range(size):
                    share, shift = marginal[p, i], change[p, i]
                    if share == 0.0:
                        continue
                    _conditional(i, v, r, db, dt, then, table, below, weight, mass, above, given)
                    for z in range(size):
                        if given[z] > 0:
                            move = by_then[bt, r, i, z] + slope[v, z] - slope_up[v, i]
                            pair = given[z] * (shift + share * move)
                            marginal[v, z] += share * given[z]
                            change[v, z] += pair
                            to_then[d, r, i, z] += factor * pair
            for z in range(size):
                to_steps[d, rows[2, v], z] += factor * change[v, z]


@numba.njit(cache=True, nogil=True, fastmath=FAST)
def _mean(given, one, two):
    """The expectation of one + two over the possible states; the others may be infinite."""
    mean = 0.0
    for z in range(len(given)):
        if given[z] > 0:
            mean += given[z] * (one[z] + two[z])
    return mean


@numba.njit(cache=True, nogil=True, fastmath=FAST)
def _change(marginal, one, two, change):
    """Fill the change of marginals along one + two; returns their expectation."""
    mean = _mean(marginal, one, two)
    for z in range(len(marginal)):
        change[z] = marginal[z] * (one[z] + two[z] - mean) if marginal[z] > 0 else 0.0
    return mean


@numba.njit(cache=True, nogil=True)
def best(first, then, steps, rows, parent, tree, order, total, below, chosen):
    """Max-product: `chosen[v, z']` is v's best state given its parent's, the first of ties."""
    batches, _, size = below.shape
    for d in range(batches):
        df, dt, ds = d % first.shape[0], d % then.shape[0], d % steps.shape[0]
        for v in order:
            for z in range(size):
                below[d, v, z] = steps[ds, rows[2, v], z]
        for place in range(len(order) - 1, -1, -1):
            v = order[place]
            p = parent[v]
            heads = 1 if p < 0 else size
            for i in range(heads):
                top, at = -math.inf, 0
                for z in range(size):
                    here = below[d, v, z] + (
                        first[df, rows[0, v], z] if p < 0 else then[dt, rows[1, v], i, z]
                    )
                    if here > top or here != here:
                        top, at = here, z
                chosen[d, v, i] = at
                if p < 0:
                    total[d, tree[v]] += top
                else:
                    below[d, p, i] += top


@numba.njit(cache=True, nogil=True)
def follow(gradient, rows, parent, tree, order, chosen, to_first, to_then, to_steps):
    """Add `gradient` at the cells of the states that `chosen` names, from the roots down."""
    batches, nodes, _ = chosen.shape
    state = np.zeros(nodes, np.int64)
    for d in range(batches):
        for v in order:
            factor = gradient[d, tree[v]]
            p = parent[v]
            if p < 0:
                state[v] = chosen[d, v, 0]
                to_first[d, rows[0, v], state[v]] += factor
            else:
                state[v] = chosen[d, v, state[p]]
                to_then[d, rows[1, v], state[p], state[v]] += factor
            to_steps[d, rows[2, v], state[v]] += factor


@numba.njit(cache=True, nogil=True)
def choose(first, then, table, rows, parent, order, below, weight, mass, above, uniform, chosen):
    """Draw every node's state from its parent's, with the numbers `uniform` [D, nodes]."""
    nodes, size = len(parent), below.shape[-1]
    given = np.empty(size, below.dtype)
    state = np.zeros(nodes, np.int64)
    for d in range(len(uniform)):
        df, dt, db = d % first.shape[0], d % then.shape[0], d % below.shape[0]
        for v in order:
            p = parent[v]
            if p < 0:
                _root(first[df, rows[0, v]], below[db, v], given)
                i = 0
            else:
                i = state[p]
                _conditional(
                    i, v, rows[1, v], db, dt, then, table, below, weight, mass, above, given
                )
            amount, picked = 0.0, -1
            for z in range(size):
                amount += given[z]
                if given[z] > 0 and picked < 0 and uniform[d, v] < amount:
                    picked = z
            if picked < 0:
                # Rounding: the numbers add up to a little less than 1.
                picked = 0
                for z in range(size):
                    if given[z] > 0:
                        picked = z
            state[v] = picked
            chosen[d, v, i] = picked
