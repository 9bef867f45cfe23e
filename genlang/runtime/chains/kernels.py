"""Belief propagation on forests, compiled: messages upward, posterior marginals downward.

A chain is a forest whose nodes have one child each; ragged batches are forests of many trees.
A node v with parent p has the conditional table `then[z_p, z_v]` and own log weights `steps[z_v]`:

    b_v(z)  = steps_v(z) + sum over children c of m_c(z)          log belief from below
    m_v(z') = log sum_z exp(then_v(z', z) + b_v(z))               message to the parent
    log Z   = log sum_z exp(first(z) + b_root(z))

(Pearl 1988, chapter 4.) Messages are products and sums of weights; a power of two is taken out of
each node, and what was taken out is added to log Z. So a state costs one exponential, a pair one
multiplication. A state that is possible weighs more than 0 always: weights that would vanish are
kept at a floor. Where a sum is not large against what floors may have hidden (`loose`), the tree is
marked, and done again in logs: far-off observations lose nothing.

Windows. A node's state is a window of `width` values, and its child's window has lost the oldest
variable and got a new one: state i of the parent goes to the states (i % turn) * fan + z of the
child, z < fan, turn = width / fan. An ordinary chain has fan = width. Chains of order L and coupled
chains take several such stages a step, each costs width * fan (`chain.py` lays them out). `steps`
and `first` have the `last` variables of the window only.

Arrays: `first` [D, rows * last], `then` [D, all tables], `steps` [D, rows * last] are flat, with D
batches or one for all. `stages` [stage, 4]: fan, turn, where its tables begin, where their rows
begin. `nodes` [nodes, 5], parents first: the parent (-1 at roots), the tree (-1: no such node), the
row of `then` (of `first` at roots), that of `steps` (-1: none), the stage.
"""

import math

import numpy as np

from genlang.runtime.chains.arithmetic import LEAST, LN2, U, compiled, exp, power, two_to
from genlang.runtime.chains.layout import in_lines

FLOOR = 1e-150
# A sum is trusted where it is this much larger than what floors may have hidden.
TRUST = 1e20
# Nodes whose own weights are computed at once.
BLOCK = 256


@compiled()
def _maximum(logs, at, size):
    """Return the greatest of some log weights, 0 where all of them are impossible."""
    top = -math.inf
    for z in range(size):
        top = max(top, logs[at + z])
    return 0.0 if top == -math.inf else top


@compiled()
def exponentiated(then, stages, rows, table, shift):
    """Fill `table` with exp(then - shift), `shift` being the maximum of each row's table."""
    for d in range(then.shape[0]):
        for k in range(len(stages)):
            size = U(stages[k, 0] * stages[k, 0] * stages[k, 1])
            for r in range(rows[k]):
                at = U(stages[k, 2] + r * stages[k, 0] * stages[k, 0] * stages[k, 1])
                top = _maximum(then[d], at, size)
                shift[d, stages[k, 3] + r] = top
                for z in range(size):
                    x = exp(then[d, at + z] - top)
                    table[d, at + z] = FLOOR if (x < FLOOR) & (x > 0) else x


@compiled()
def _own(logs, nodes, low, high, last, out, tops):
    """Fill `out` with exp(logs - maximum) of nodes low, ..., high - 1, and `tops` with maxima.

    One loop over all of them: loops over a few states are too short to be vectorized well.
    """
    for v in range(low, high):
        row, at = nodes[v, 3], U(v - low) * U(last)
        if row < 0 or nodes[v, 1] < 0:
            tops[v - low] = 0.0
            for z in range(U(last)):
                out[at + z] = 0.0
            continue
        here = U(row * last)
        top = _maximum(logs, here, U(last))
        tops[v - low] = top
        for z in range(U(last)):
            out[at + z] = logs[here + z] - top
    for z in range(U(high - low) * U(last)):
        out[z] = exp(out[z])


@compiled()
def _product(one, at, size, all_, here, wide):
    """Multiply one[at:], repeated, into all_[here:], divide by 2^n, keep floors; returns n."""
    amount = 0.0
    for start in range(U(0), wide, size):
        for z in range(size):
            amount += one[at + z] * all_[here + start + z]
    n = power(amount)
    scale = two_to(-n)
    for start in range(U(0), wide, size):
        for z in range(size):
            x, y = one[at + z], all_[here + start + z]
            xy = x * y * scale
            all_[here + start + z] = FLOOR if (xy < FLOOR) & (x > 0) & (y > 0) else xy
    return n


@compiled()
def _message(tables, at, fan, turn, weight, mine, up):
    """Fill `up` with the sums of table * weight; returns the least that is not 0."""
    least, here, left = math.inf, mine, turn
    for i in range(U(len(up))):
        amount = 0.0
        for z in range(fan):
            amount += tables[at + z] * weight[here + z]
        up[i] = amount
        least = amount if (amount > 0) & (amount < least) else least
        at, left = at + fan, left - U(1)
        here = here + fan if left > 0 else mine
        left = left if left > 0 else turn
    return least


@compiled()
def upward(first, then, table, shift, steps, nodes, stages, last, total, hard, weight, mass):
    """Fill `weight` and `mass`, exp(b_v) and exp(m_v) to a scale each, and `total` [D, trees].

    For the trees marked in `hard` they are b_v and m_v. `weight`, `mass` [D, nodes * width].
    """
    batches, count = len(weight), len(nodes)
    width = U(weight.shape[1] // max(count, 1))
    fresh, loose = np.empty(count, np.bool_), np.empty(count)
    wide, own, tops = np.empty(width), np.empty(BLOCK * last), np.empty(BLOCK)
    powers = np.empty(total.shape[1], np.int64)
    for d in range(batches):
        tables, shifts = table[d % len(table)], shift[d % len(shift)]
        firsts, logs = first[d % len(first)], steps[d % len(steps)]
        below, above = weight[d], mass[d]
        powers[:] = 0
        fresh[:] = True
        loose[:] = 0.0
        marked = False
        for v in range(count - 1, -1, -1):
            if v % BLOCK == BLOCK - 1 or v == count - 1:
                _own(logs, nodes, v - v % BLOCK, v + 1, last, own, tops)
            p, tree, row, k = nodes[v, 0], nodes[v, 1], nodes[v, 2], nodes[v, 4]
            if tree < 0:
                continue
            mine, own_at = U(v) * width, U(v % BLOCK) * U(last)
            total[d, tree] += tops[v % BLOCK]
            if fresh[v]:
                for group in range(U(0), width, U(last)):
                    for z in range(U(last)):
                        x = own[own_at + z] if nodes[v, 3] >= 0 else 1.0
                        below[mine + group + z] = x
            elif nodes[v, 3] >= 0:
                n = _product(own, own_at, U(last), below, mine, width)
                powers[tree] += n
                loose[v] = (loose[v] + 2.0 * width * LEAST) * two_to(-n)
            hidden = max(loose[v], FLOOR) * TRUST * width
            if p < 0:
                at = U(row * last)
                top = _maximum(firsts, at, U(last))
                amount = 0.0
                for z in range(U(last)):
                    amount += exp(firsts[at + z] - top) * below[mine + z]
                total[d, tree] += top
                least = amount if amount > 0 else math.inf
                total[d, tree] += math.log(amount) if amount != 0 else -math.inf
            else:
                fan, turn = U(stages[k, 0]), U(stages[k, 1])
                at = U(stages[k, 2]) + U(row) * fan * width
                total[d, tree] += shifts[stages[k, 3] + row]
                least = _message(tables, at, fan, turn, below, mine, wide)
                theirs = U(p) * width
                for z in range(width):
                    above[mine + z] = wide[z]
                if fresh[p]:
                    fresh[p] = False
                    for z in range(width):
                        below[theirs + z] = wide[z]
                else:
                    n = _product(wide, U(0), width, below, theirs, width)
                    powers[tree] += n
                    loose[p] = max((loose[p] * 2.0 * width + LEAST) * two_to(-n), FLOOR)
            if least < hidden:
                hard[d, tree] = marked = True
        for tree in range(len(powers)):
            total[d, tree] += LN2 * powers[tree]
        if marked:
            _upward_in_logs(firsts, then[d % len(then)], logs, nodes, stages, last, total[d],
                            hard[d], below, above)  # fmt: skip


@compiled()
def log_sum(one, at, two, here, size):
    """Return log sum_z exp(one[at + z] + two[here + z])."""
    top = -math.inf
    for z in range(size):
        x = one[at + z] + two[here + z]
        top = x if (x > top) | (x != x) else top
    if top != top or top == -math.inf:
        return top
    amount = 0.0
    for z in range(size):
        x = exp(one[at + z] + two[here + z] - top)
        amount += 0.0 if x <= LEAST else x
    return top + math.log(amount)


@compiled()
def _upward_in_logs(first, then, steps, nodes, stages, last, total, hard, below, above):
    width = U(len(below) // len(nodes))
    for v in range(len(nodes)):
        tree, row = nodes[v, 1], nodes[v, 3]
        if tree >= 0 and hard[tree]:
            total[tree] = 0.0
            for z in range(width):
                here = U(v) * width + z
                below[here] = steps[U(row * last) + z % U(last)] if row >= 0 else 0.0
    for v in range(len(nodes) - 1, -1, -1):
        p, tree, k = nodes[v, 0], nodes[v, 1], nodes[v, 4]
        if tree < 0 or not hard[tree]:
            continue
        mine = U(v) * width
        if p < 0:
            total[tree] += log_sum(first, U(nodes[v, 2] * last), below, mine, U(last))
            continue
        fan, turn = U(stages[k, 0]), U(stages[k, 1])
        at = U(stages[k, 2]) + U(nodes[v, 2]) * fan * width
        for i in range(width):
            up = log_sum(then, at + i * fan, below, mine + (i % turn) * fan, fan)
            above[mine + i] = up
            below[U(p) * width + i] += up


@compiled()
def root(first, at, below, mine, hard, out, here, size):
    """Fill `out` with the probabilities of a root's states, given the messages to it."""
    if hard:
        total = log_sum(first, at, below, mine, size)
        for z in range(size):
            x = first[at + z] + below[mine + z] - total
            out[here + z] = 0.0 if total == -math.inf else exp(x)
        return
    top = _maximum(first, at, size)
    amount = 0.0
    for z in range(size):
        out[here + z] = exp(first[at + z] - top) * below[mine + z]
        amount += out[here + z]
    scale = 1.0 / amount if amount != 0 else 0.0
    for z in range(size):
        out[here + z] *= scale


@compiled()
def conditional(logs, table, at, below, here, above, hard, out, fan):
    """Fill `out` with p(z_v | z_parent, all below): `at` the pair's row, `here` its first state."""
    if above == (-math.inf if hard else 0.0):
        for z in range(fan):
            out[z] = 0.0
    elif hard:
        for z in range(fan):
            x = logs[at + z] + below[here + z] - above
            out[z] = exp(0.0 if x > 0 else x)
    else:
        scale = 1.0 / above
        for z in range(fan):
            out[z] = table[at + z] * below[here + z] * scale


@compiled()
def _shares(tables, at, fan, turn, share, weight, mine, factor, marginal, slot, pairs):
    """Add share[i] * tables[i] to the marginals of a node, share[i] * weight to its pairs."""
    here, left = U(0), turn
    for i in range(U(len(share))):
        part = share[i]
        for z in range(fan):
            marginal[slot + here + z] += part * tables[at + z]
        part *= factor
        for z in range(fan):
            pairs[at + z] += part * weight[mine + here + z]
        at, left = at + fan, left - U(1)
        here = here + fan if left > 0 else U(0)
        left = left if left > 0 else turn


@compiled()
def downward(gradient, first, then, table, nodes, stages, last, hard, weight, mass,
             to_first, to_then, to_steps):  # fmt: skip
    """Add the posterior marginals, times `gradient` [D, trees], to the rows that nodes read.

    The probability of a pair is a product of three numbers, `share[i] * table[i, z] * weight[z]`;
    those of all nodes that read one table are added up before its own numbers are multiplied in.
    """
    batches, count = len(to_first), len(nodes)
    width = U(weight.shape[1] // max(count, 1))
    lines = in_lines(nodes)  # then the last two marginals are all that is read
    marginal = np.empty(2 * width if lines else weight.shape[1])
    share = np.empty(width)
    given = np.empty(width)
    for d in range(batches):
        tables, factors = table[d % len(table)], gradient[d % len(gradient)]
        logs, firsts = then[d % len(then)], first[d % len(first)]
        below, above = weight[d % len(weight)], mass[d % len(mass)]
        tight, pairs, own = hard[d % len(hard)], to_then[d], to_steps[d]
        extra = np.zeros(len(pairs) if tight.any() else 0)
        for v in range(count):
            p, tree, row, k = nodes[v, 0], nodes[v, 1], nodes[v, 2], nodes[v, 4]
            if tree < 0:
                continue
            mine, factor = U(v) * width, factors[tree]
            slot = U(v % 2 if lines else v) * width
            before = U(p % 2 if lines else p) * width
            for z in range(width):
                marginal[slot + z] = 0.0
            if p < 0:
                at = U(row * last)
                root(firsts, at, below, mine, tight[tree], marginal, slot, U(last))
                for z in range(U(last)):
                    to_first[d, at + z] += factor * marginal[slot + z]
            else:
                fan, turn = U(stages[k, 0]), U(stages[k, 1])
                at = U(stages[k, 2]) + U(row) * fan * width
                if tight[tree]:
                    for i in range(width):
                        turned, part = (i % turn) * fan, marginal[before + i]
                        here, there = mine + turned, slot + turned
                        if part != 0:
                            up = above[mine + i]
                            conditional(logs, tables, at, below, here, up, tight[tree], given, fan)
                            for z in range(fan):
                                marginal[there + z] += part * given[z]
                                extra[at + z] += factor * part * given[z]
                        at += fan
                else:
                    for z in range(width):
                        up = above[mine + z]
                        share[z] = marginal[before + z] / up if up != 0 else 0.0
                    _shares(tables, at, fan, turn, share, below, mine, factor, marginal, slot,
                            pairs)  # fmt: skip
                    for z in range(width):
                        marginal[slot + z] *= below[mine + z]
            if nodes[v, 3] >= 0:
                at = U(nodes[v, 3] * last)
                for group in range(width // U(last)):
                    for z in range(U(last)):
                        own[at + z] += factor * marginal[slot + group * U(last) + z]
        for z in range(U(len(pairs))):
            pairs[z] *= tables[z]
        for z in range(U(len(extra))):
            pairs[z] += extra[z]
