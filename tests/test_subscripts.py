"""Subscripts that reach outside where nobody reads their value, and parts that count from the back.

Every value is compared with the oracle, which evaluates only what is taken.
"""

import numpy as np
import pytest

import genlang
from genlang.diagnostics import DataError, ModelError
from tests.agreement import agrees

MU = {"mu": [0.1, 0.2, 0.3]}
Y = [1.0, 2.0, 3.0]
HEAD = """\
dim N, K = 3
data i[N]: count
latent mu[K] ~ Normal(0, 1)
"""
ROWS = {"i": [0, 3, 2], "y": Y}


@pytest.mark.parametrize(
    "law",
    [
        "Normal(mu[i[n]] if i[n] < K else 0, 1)",
        "Normal(0 if i[n] >= K else mu[i[n]], 1)",
        "Normal(0 if i[n] < 0 or i[n] >= K else mu[i[n]], 1)",
        "Normal(0, 2 if i[n] < K and mu[i[n]] > 0 else 1)",
        "Normal(0, 2 if i[n] >= K or mu[i[n]] > 0.2 else 1)",
        "Normal(mu[i[n]], 1) if i[n] < K else Normal(0, 1)",
        "Normal(sum(mu[i[n] + k] for k in K if i[n] + k < K), 1)",
        "Normal((mu[i[n]] if K > 2 else mu[0]) if i[n] < K else mu[i[n] - 1], 1)",
        "Normal(sum(mu[i[m]] for m in N[:n] if i[m] < K), 1)",
        "Normal(max(mu[i[m]] for m in N[:i[n]] if i[m] < 2) if i[n] > 0 else 0, 1)",
        "Normal(x[n, i[n]] if i[n] < K else 0, 1)",
        "Normal(sum(x[i[n]]) if i[n] < N else 0, 1)",
        "Normal(x[2 - n, i[n]] if i[n] < K and n < 2 else 0, 1)",
    ],
)
def test_a_branch_that_is_not_taken_may_reach_outside(law):
    data = "data x[N, K]: real\n" if "x[" in law else ""
    given = ROWS | ({"x": np.arange(9.0).reshape(3, 3)} if data else {})
    agrees(f"{HEAD}{data}observed y[n in N] ~ {law}\n", given, MU)


def test_a_branch_may_read_an_array_without_cells():
    text = "dim N, K\ndata i[N]: count\nlatent mu[K] ~ Normal(0, 1)\n"
    text += "observed y[n in N] ~ Normal(mu[i[n]] if i[n] < K else 0, 1)\n"
    agrees(text, ROWS, {"mu": []}, K=0)


@pytest.mark.parametrize(
    "mean",
    ["mu[z[n] + 1] if z[n] < 2 else 0", "0 if z[n] == 0 else mu[z[n] - 1]", "mu[2 - z[n]] * z[n]"],
)
def test_a_branch_may_reach_outside_by_a_summed_out_latent(mean):
    text = "dim N, K = 3\nlatent mu[K] ~ Normal(0, 1)\nfor n in N:\n"
    text += "    latent z[n] ~ Categorical([0.2, 0.3, 0.5])\n"
    text += f"    observed y[n] ~ Normal({mean}, 1)\n"
    agrees(text, {"y": Y}, MU)


def test_values_that_a_cell_cannot_have_may_reach_outside():
    text = """\
dim N, K = 6
data k[N], total[N]: count
latent mu[K] ~ Normal(0, 1)
for n in N:
    latent z[n] ~ Binomial(total[n], 0.5)
    observed y[n] ~ Normal(mu[k[n] + z[n]], 1)
"""
    values = {"mu": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]}
    agrees(text, {"k": [5, 0], "total": [0, 5], "y": [1.0, 2.0]}, values)


def test_cells_that_do_not_exist_may_reach_outside():
    text = """\
dim S, T
data stop[S]: count
latent a[T] ~ Normal(0, 1)
for s in S:
    for t in T[:stop[s]]:
        observed y[s, t] ~ Normal(a[t + 1] - a[t], 1)
    observed total[s] ~ Normal(sum(a[t + 1] for t in T[:stop[s]]), 1)
"""
    data = {"stop": [0, 3, 2], "y": np.ones((3, 4)), "total": Y}
    agrees(text, data, {"a": [0.1, 0.2, 0.3, 0.4]})


def test_rows_of_another_length_may_reach_outside():
    text = """\
dim S, T[S], K = 3
data k[s in S, t in T[s]]: count
latent mu[K] ~ Normal(0, 1)
for s in S:
    for t in T[s]:
        observed y[s, t] ~ Normal(mu[k[s, t] + t], 1)
"""
    agrees(text, {"k": [[2], [0, 1], []], "y": [[1.0], [2.0, 3.0], []]}, MU)


def test_the_lags_of_a_series_of_one_element_do_not_exist():
    text = """\
dim T
latent a ~ Normal(0, 1)
for t in T:
    observed y[t] ~ Normal(0, 1) then Normal(y[t-1], 1) then Normal(a * y[t-2], 1)
"""
    agrees(text, {"y": [1.0]}, {"a": 0.3})


def test_a_branch_may_read_before_the_part_of_a_latent():
    text = """\
dim T
latent a[t in T[3:]] ~ Normal(0, 1)
observed y[t in T] ~ Normal(a[t] if t >= 3 else 0, 1)
"""
    agrees(text, {"y": [1.0, 2.0, 3.0, 4.0]}, {"a": [0.1]})


def test_a_data_index_in_a_branch_may_reach_outside_a_summed_out_latent():
    text = """\
dim N, J
data i[N]: count
latent p ~ Beta(1, 1)
latent z[J] ~ Bernoulli(p)
observed y[n in N] ~ Normal(z[i[n]] if i[n] < J else 5, 1)
"""
    agrees(text, ROWS, {"p": 0.3}, J=3)


@pytest.mark.parametrize("mean", ["mu[i[n]]", "mu[n] + mu[0]", "mu[n - 1] if n > 0 else 0"])
def test_what_lies_inside_is_read_as_it_is(mean):
    text = "dim N, K = 3\ndata i[N]: index(K)\nlatent mu[K] ~ Normal(0, 1)\n"
    text = text.replace("dim N, K = 3", "dim N\ndim K = 3") if "i[" in mean else text
    text = text.replace("mu[K]", "mu[N]") if "n" in mean.replace("i[n]", "") else text
    text += f"observed y[n in N] ~ Normal({mean}, 1)\n"
    assert "clamped" not in genlang.model(text).to_python()


@pytest.mark.parametrize("condition", ["not K > 2", "not (K > 2 and N > 5)", "not i[n] > 1"])
def test_not_negates_sizes_and_data(condition):
    agrees(f"{HEAD}observed y[n in N] ~ Normal(1 if {condition} else mu[0], 1)\n", ROWS, MU)


@pytest.mark.parametrize("part", ["T[:-1]", "T[-3:]", "T[1:-1]", "T[-3:-1]", "T[-k:]"])
def test_parts_count_from_the_back(part):
    head = "dim T\ndata k: count\nlatent m ~ Normal(0, 1)\n"
    text = f"{head}observed y[t in {part}] ~ Normal(m * t, 1)\n"
    data = {"k": 2, "y": [1.0, 2.0, 3.0, 4.0]}
    agrees(text, data, {"m": 0.3})
    size = len(range(4)[eval_part(part)])
    text = f"{head}latent a[t in {part}] ~ Normal(m, 1)\n"
    text += f"for t in {part}:\n    observed y[t] ~ Normal(a[t], 1)\n"
    agrees(text, data, {"m": 0.3, "a": np.arange(1.0, size + 1)})


def eval_part(part):
    """The slice of four cells that a part stands for, with k = 2."""
    ends = part[2:-1].replace("k", "2").split(":")
    return slice(*(int(e) if e else None for e in ends))


@pytest.mark.parametrize("slice_", ["[:-1]", "[-2:]", "[-2:-1]", "[-k:]", "[1:K - 1]", "[:k]"])
def test_slices_count_from_the_back(slice_):
    text = "dim N, K\ndata k: count\nlatent mu[K] ~ Normal(0, 1)\n"
    text += f"observed y[n in N] ~ Normal(sum(mu{slice_}), 1)\n"
    agrees(text, {"k": 2, "y": Y}, MU, K=3)


@pytest.mark.parametrize(
    ("expression", "comprehension"),
    [
        ("sum(mu[i[n]:])", "sum(mu[k] for k in K[i[n]:])"),
        ("logsumexp(mu[:n])", "sum(mu[k] for k in K[:n])"),
        ("sum(mu[1:s])", "sum(mu[k] for k in K if k >= 1 and k < s)"),
        ("sum(x[n, i[n]:])", "sum(x[n, k] for k in K[i[n]:])"),
    ],
)
def test_a_slice_whose_ends_differ_by_row_is_shown_as_a_comprehension(expression, comprehension):
    text = f"{HEAD}data x[N, K]: real\nlatent s ~ Categorical([0.5, 0.5])\n"
    text += f"observed y[n in N] ~ Normal({expression} + x[n, 0] + mu[0] + s, 1)\n"
    with pytest.raises(ModelError) as refused:
        genlang.model(text)
    assert [d.code for d in refused.value.diagnostics] == ["E325"]
    assert comprehension in refused.value.diagnostics[0].help
    data = ROWS | {"x": np.arange(9.0).reshape(3, 3)}
    agrees(text.replace(expression, comprehension), data, MU)


def test_a_count_of_rows_is_a_subscript():
    text = "dim N, K = 3\ndata x[N]: real\nlatent mu[K] ~ Normal(0, 1)\n"
    text += "observed y[n in N] ~ Normal(mu[sum(1 for m in N if x[m] > 0)], 1)\n"
    agrees(text, {"x": [1, -1, 2], "y": Y}, MU)


@pytest.mark.parametrize("function", ["min", "max"])
@pytest.mark.parametrize("kept", ["", " if x[a] > 0", " if x[a] > mu[0]"])
@pytest.mark.parametrize("x", [[], [-1.0], [-2.0, 3.0]])
def test_the_default_of_an_extreme_over_nothing(function, kept, x):
    text = "dim N, A, K = 3\ndata x[A]: real\nlatent mu[K] ~ Normal(0, 1)\n"
    text += (
        f"observed y[n in N] ~ Normal({function}(x[a] for a in A{kept}, default=7) + mu[0], 1)\n"
    )
    agrees(text, {"x": x, "y": Y}, MU)


AXES = {
    "param": "        param b[i, t]: real\n        observed y[i, t] ~ Normal(b[i, t], 1)\n",
    "let": "        let b[i, t] = x[i, t] * s + t\n        observed y[i, t] ~ Normal(b[i, t], 1)\n",
    "report": "        report b[i, t] = x[i, t]\n        observed y[i, t] ~ Normal(b[i, t], s)\n",
}


@pytest.mark.parametrize("word", AXES)
def test_a_value_in_loops_has_the_axes_of_its_subscripts(word):
    text = "dim I, T\ndata x[I, T]: real\nlatent s ~ HalfNormal(1)\nfor t in T:\n    for i in I:\n"
    text += f"{AXES[word]}observed u ~ Normal(b[1, 2] + s * x[0, 0], 1)\n"
    grid = np.arange(6.0).reshape(2, 3)
    values = {"s": 0.4} | ({"b": grid / 3} if word == "param" else {})
    agrees(text, {"x": grid, "y": grid, "u": 3.0}, values)


def test_a_part_may_begin_where_a_let_of_data_says():
    text = """\
dim T
data x[T]: real
let m = sum(1 for t in T if x[t] > 0)
latent a ~ Normal(0, 1)
for t in T[m:]:
    observed y[t] ~ Normal(a * t, 1)
"""
    agrees(text, {"x": [1.0, -1.0, 2.0, -2.0], "y": [1.0, 2.0, 3.0, 4.0]}, {"a": 0.2})


@pytest.mark.parametrize("function", ["sum", "mean", "max", "logsumexp", "prod"])
@pytest.mark.parametrize("kept", ["", " if x[s, t] > 1"])
def test_a_reduction_over_rows_of_rows(function, kept):
    text = "dim S, T[S], U\ndata x[s in S, t in T[s]]: real\ndata w[U]: real\n"
    text += "latent b ~ Normal(0, 1)\n"
    default = ", default=0" if function == "max" else ""
    inner = f"x[s, t] * w[u] for t in T[s] for u in U{kept}{default}"
    text += f"observed y[s in S] ~ Normal(b + {function}({inner}) - sum(1 for t in T[s]), 1)\n"
    agrees(text, {"x": [[1.0, 2.0], [3.0, 0.5, 4.0]], "w": [1.0, 2.0], "y": [1.0, 2.0]}, {"b": 0.1})


@pytest.mark.parametrize(
    "mean", ["sum(a[2:])", "sum(a[:3])", "sum(a[1:3])", "sum(a[-2:])", "sum(a)", "a[T - 1] + a[1]"]
)
def test_positions_in_an_array_over_a_part_are_those_of_the_whole_dim(mean):
    text = f"dim T = 4\nlatent a[t in T[1:]] ~ Normal(0, 1)\nobserved y ~ Normal({mean}, 1)\n"
    agrees(text, {"y": 1.0}, {"a": [0.1, 0.2, 0.4]})


@pytest.mark.parametrize("mean", ["sum(a[0:2])", "sum(a[:0])", "sum(a[2:5])"])
def test_a_slice_beyond_the_part_of_an_array_is_a_fault_of_the_data(mean):
    text = f"dim T\nlatent a[t in T[1:]] ~ Normal(0, 1)\nobserved y ~ Normal({mean}, 1)\n"
    with pytest.raises(DataError) as refused:
        genlang.model(text).bind({"y": 1.0, "T": 4})
    assert [d.code for d in refused.value.diagnostics] == ["D142"]


def test_labels_in_a_default_are_positions():
    text = """dim node = ["a", "b", "c"]
data parent[node]: index(node) = ["a", "a", "b"]
data last: index(node) = "c"
latent m ~ Normal(0, 1)
observed y[v in node] ~ Normal(m + parent[v] + last, 1)
"""
    bound = agrees(text, {"y": [1.0, 2.0, 3.0]}, {"m": 0.3})
    assert bound.table.arrays["parent"].tolist() == [0, 0, 1]
    with pytest.raises(genlang.ModelError) as refused:
        genlang.model(text.replace('"b"]\ndata last', '"z"]\ndata last'))
    assert [d.code for d in refused.value.diagnostics] == ["E306"]


PARTS = """
dim S, T[S], U = 4
data x[s in S, t in T[s]]: real
data first[S]: index(U)
for s in S:
    for t in T[s]:
        latent theta[s, t] ~ Normal(0, 1)
    for u in U[first[s]:]:
        latent h[s, u] ~ Normal(0, 1)
"""
PART_DATA = {"x": [[1.0, 2.0], [3.0, 0.5, 4.0], [0.7]], "first": [1, 3, 0], "y": [1.0, 2.0, 0.3]}
PART_VALUES = {
    "theta": [[0.1, -0.4], [0.3, 1.2, 0.8], [-0.6]],
    "h": [[9.0, 0.2, 0.5, -0.3], [9.0, 9.0, 9.0, 1.1], [0.4, -0.9, 0.6, 0.1]],
}


@pytest.mark.parametrize("function", ["sum", "mean", "max", "min", "prod", "logsumexp"])
@pytest.mark.parametrize("row", ["x[s]", "theta[s]", "h[s]", "exp(theta[s]) * x[s]", "-x[s]",
                                 "[x[s, t] - 1 for t in T[s]]", "x[s, 0:]"])  # fmt: skip
def test_a_reduction_of_a_row_leaves_out_cells_that_do_not_exist(function, row):
    text = f"{PARTS}observed y[s in S] ~ Normal({function}({row}), 1)\n"
    agrees(text, PART_DATA, PART_VALUES)


@pytest.mark.parametrize(
    "mean", ["dot(x[s], theta[s])", "x[s] @ (2 * theta[s])", "h[s] @ h[s]", "cumsum(theta[s])[0]",
             "any(x[s] > 2.5) + 2 * all(x[s] > 0.6)", "if_any"],
)  # fmt: skip
def test_products_of_rows_leave_out_cells_that_do_not_exist(mean):
    mean = "1 if any(h[s, u] > 1 for u in U[first[s]:]) else 2" if mean == "if_any" else mean
    text = f"{PARTS}observed y[s in S] ~ Normal({mean}, 1)\n"
    agrees(text, PART_DATA, PART_VALUES)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("observed y[s in S] ~ Normal(sum(x)[s], 1)", "E301"),
        ("observed y[s in S] ~ Normal(sd(x[s]), 1)", "E290"),
        ("observed y[s in S] ~ Normal(sort(x[s])[0], 1)", "E290"),
        ("observed y[s in S] ~ Normal(x[s, 1:][0], 1)", "E326"),
        ("observed y[s in S] ~ Normal(h[s, 1:][0], 1)", "E326"),
        ("observed y[s in S] ~ Normal(sum(exp(h[s])), 1)", "E326"),
        ("observed y[s in S] ~ Normal(h[s] @ ones(U), 1)", "E290"),
        ("observed y[s in S] ~ Normal(sum(b * c), 1)", "E326"),
        ("observed y[U] ~ Normal(b, 1)", "E326"),
        ("observed y[u in U] ~ Normal(d[u], 1)", "E321"),
    ],
)
def test_rows_that_are_not_all_there_are_refused_as_a_whole(line, code):
    text = f"{PARTS}data c[U]: real\nlatent b[u in U[1:]] ~ Normal(0, 1)\n"
    text += f"let d[u in U[1:]] = 2 * b[u]\n{line}\n"
    with pytest.raises(genlang.ModelError) as refused:
        genlang.model(text)
    assert [d.code for d in refused.value.diagnostics] == [code]
