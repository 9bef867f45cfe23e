"""The nodes of forests, compiled: laid out from chains and trees, and checked before they are read.

Kernels read where nodes say; a wrong row would read other memory. `fault` finds it first.
"""

import numpy as np

from genlang.runtime.chains.arithmetic import compiled


@compiled()
def chains(begin, end, first, rows, strides, steps, stride, length, stages):
    """Lay positions begin, ..., end - 1 of each chain out, a slot for each position and stage.

    Chain c reads row first[c] of `first`, steps[c] + t * stride of `steps`, and in stage k of its
    position t rows[i, k, c] + t * strides[i, k] of `then`, where i counts the positions between
    the first and t, up to the last row (those before a full window have tables of their own).
    """
    count, orders = len(begin), len(rows)
    nodes = np.empty((count * length * stages, 5), np.int64)
    nodes[:] = -1
    for c in range(count):
        for t in range(begin[c], end[c]):
            slot = (c * length + t) * stages
            for k in range(stages):
                v = slot + k
                if k == stages - 1:
                    nodes[v, 3] = steps[c] + t * stride
                if t == begin[c]:
                    nodes[v, 2] = first[c]
                    if k < stages - 1:
                        continue
                else:
                    i = min(t - begin[c], orders) - 1
                    nodes[v, 0] = v - 1
                    nodes[v, 2] = rows[i, k, c] + t * strides[i, k]
                nodes[v, 1] = c
                nodes[v, 4] = k
    return nodes


@compiled()
def trees(parent, order, first, rows, steps, batches, stages):
    """Lay forests out, a copy for each batch; `order` has parents first, each node several stages.

    Rows are those of `chains` for each batch and node: first [B, V], rows [stages, B, V], steps.
    """
    size = len(parent)
    nodes = np.empty((batches * size * stages, 5), np.int64)
    nodes[:] = -1
    place = np.empty(size, np.int64)
    for b in range(batches):
        for at in range(size):
            v = order[at]
            place[v] = (b * size + at) * stages
            p = -1 if parent[v] == v else parent[v]
            for k in range(stages):
                slot = place[v] + k
                if k == stages - 1:
                    nodes[slot, 3] = steps[b, v]
                if p < 0:
                    if k < stages - 1:
                        continue
                    nodes[slot, 2] = first[b, v]
                else:
                    nodes[slot, 0] = place[p] + stages - 1 if k == 0 else slot - 1
                    nodes[slot, 2] = rows[k, b, v]
                nodes[slot, 1] = b
                nodes[slot, 4] = k
    return nodes


@compiled()
def parents_first(parent):
    """Return the nodes with every parent before its children, and a node in a circle or -1.

    A root's parent is -1 or itself.
    """
    size = len(parent)
    order, known = np.empty(size, np.int64), np.zeros(size, np.bool_)
    path = np.empty(size, np.int64)
    done = 0
    for start in range(size):
        v, steps = start, 0
        while not known[v]:
            if steps == size or not -1 <= parent[v] < size:
                return order, start
            path[steps] = v
            steps += 1
            if parent[v] < 0 or parent[v] == v:
                break
            v = parent[v]
        while steps > 0:
            steps -= 1
            order[done] = path[steps]
            known[path[steps]] = True
            done += 1
    return order, -1


@compiled()
def fault(nodes, trees, firsts, thens, steps):
    """Return the first node whose parent, tree, stage or row does not exist; -1 where all do."""
    for v in range(len(nodes)):
        p, tree, row, own, k = nodes[v, 0], nodes[v, 1], nodes[v, 2], nodes[v, 3], nodes[v, 4]
        if tree == -1:
            continue
        good = -1 <= tree < trees and -1 <= p < v and -1 <= own < steps and 0 <= k < len(thens)
        good = good and 0 <= row < (firsts if p < 0 else thens[k])
        if not good or (p >= 0 and nodes[p, 1] != tree):
            return v
    return -1


@compiled()
def in_lines(nodes):
    """Whether the parent of every node stands just before it."""
    apart = 0
    for v in range(len(nodes)):
        apart += nodes[v, 0] >= 0 and nodes[v, 0] != v - 1
    return apart == 0


@compiled()
def depths(nodes):
    """Return how many nodes stand above each node; -1 where there is no node."""
    depth = np.empty(len(nodes), np.int64)
    for v in range(len(nodes)):
        depth[v] = -1
        if nodes[v, 1] >= 0:
            depth[v] = depth[nodes[v, 0]] + 1 if nodes[v, 0] >= 0 else 0
    return depth
