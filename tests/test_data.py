"""Binding data: what a table means does not depend on its form, and wrong data are reported.

`tests/data/NAME` holds a model, data that do not fit it, and what `genlang fit` prints about them;
`pytest tests/test_data.py --update` rewrites the expected texts.
"""

import contextlib
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import genlang
from genlang.cli.main import main
from genlang.data.bind import bind
from genlang.diagnostics import DataError

WRONG = Path(__file__).parent / "data"
CASES = sorted(p.name for p in WRONG.iterdir() if p.is_dir())


def table(text: str, data, **sizes: int):
    """Bind data to the text of a model."""
    return bind(genlang.model(text).compiled.model, data, sizes)


def faults(text: str, data, **sizes: int) -> list[str]:
    """Return code, message and place of every fault."""
    with pytest.raises(DataError) as caught:
        table(text, data, **sizes)
    return [f"{d.code} {d.message} @ {d.where}" for d in caught.value.diagnostics]


def same(one, two) -> None:
    """Hold two tables equal: sizes, labels, lengths and every array."""
    assert dict(one.sizes) == dict(two.sizes)
    assert dict(one.labels) == dict(two.labels)
    assert one.lengths.keys() == two.lengths.keys()
    assert one.arrays.keys() == two.arrays.keys()
    for name in one.lengths:
        assert np.array_equal(one.lengths[name], two.lengths[name])
    for name in one.arrays:
        assert one.arrays[name].dtype == two.arrays[name].dtype
        assert np.array_equal(one.arrays[name], two.arrays[name]), name


REGRESSION = """
dim N
data x[N]: real
latent a ~ Normal(0, 1)
observed y[n in N] ~ Normal(a * x[n], 1)
"""
GROUPS = """
dim N, G
data g[N]: index(G)
latent a[G] ~ Normal(0, 1)
observed y[n in N] ~ Normal(a[g[n]], 1)
"""
SCHOOLS = """
dim school
data error[school]: positive
latent mu ~ Normal(0, 5)
observed effect[s in school] ~ Normal(mu, error[s])
"""
RAGGED = """
dim S
data last[S]: count
dim T[S] = last
latent a ~ Normal(0, 1)
for s in S:
    for t in T[s]:
        observed y[s, t] ~ Normal(a, 1)
"""


# -- Wrong data


def test_there_are_at_least_45_wrong_tables():
    assert len(CASES) >= 45


def given(case: Path) -> str:
    """Return the name of a case's data file; one that is not there is part of the case."""
    return next((p.name for p in sorted(case.glob("data.*"))), "data.csv")


@pytest.mark.parametrize("name", CASES)
def test_wrong_data_end_with_one_report_and_exit_code_1(name, monkeypatch, capsys, request):
    case = WRONG / name
    monkeypatch.chdir(case)
    code = main(["fit", "model.gen", "--data", given(case)])
    printed = capsys.readouterr()
    assert code == 1
    assert not printed.out
    assert "Traceback" not in printed.err
    expected = case / "expected.txt"
    if request.config.getoption("--update", default=False):
        expected.write_text(printed.err, encoding="utf-8")
    assert printed.err == expected.read_text(encoding="utf-8")


def test_wrong_data_are_reported_before_torch_is_imported(tmp_path):
    script = (
        "import sys\nfrom genlang.cli.main import main\n"
        "code = main(['fit', 'model.gen', '--data', 'data.csv'])\n"
        "print(code, [m for m in ('torch', 'pyro', 'pandas', 'scipy') if m in sys.modules])\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script],
        cwd=WRONG / "several_faults",
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        check=True,
    )
    assert ran.stdout.split("\n")[0] == "1 []"
    assert "8 errors" in ran.stderr


def test_a_fault_is_reported_once_where_others_follow_from_it():
    text = "dim N, K = 3\ndata i[N]: count\nlatent a[K] ~ Normal(0, 1)\nlet j[n in N] = i[n] - 1\n"
    text += 'observed y[n in N] ~ Normal(a[j[n]], 1)\nrequire sum(i) > 2, "too few"\n'
    found = faults(text, {"i": [1, -5, 2], "y": [0, 0, 0]})
    assert found == ["D122 `i` must be 0, 1, 2, ..., here -5 @ `i`, row 2"]


def test_faults_of_the_sizes_and_of_the_cells_come_in_one_report():
    found = faults(REGRESSION, {"x": [1, "b", 3], "y": [1, 2]})
    assert [f[:4] for f in found] == ["D112", "D120"]


# -- Forms of the same data


def test_csv_tsv_json_npz_mappings_frames_and_tensors_give_the_same_table(tmp_path):
    torch = pytest.importorskip("torch")
    x, y = [1.0, 2.5, -3.0], [0.5, 1.5, 2.5]
    wanted = table(REGRESSION, {"x": x, "y": y})
    rows = list(zip(x, y, strict=True))
    (tmp_path / "d.csv").write_text("x,y\n" + "".join(f"{a},{b}\n" for a, b in rows))
    (tmp_path / "d.tsv").write_text("x\ty\n" + "".join(f"{a}\t{b}\n" for a, b in rows))
    (tmp_path / "d.json").write_text(json.dumps({"x": x, "y": y}))
    (tmp_path / "rows.json").write_text(json.dumps([{"x": a, "y": b} for a, b in rows]))
    (tmp_path / "stan.json").write_text(json.dumps({"N": 3, "x": x, "y": y}))
    np.savez(tmp_path / "d.npz", x=np.array(x, dtype=np.float32), y=np.array(y))
    for name in ("d.csv", "d.tsv", "d.json", "rows.json", "stan.json", "d.npz"):
        same(table(REGRESSION, tmp_path / name), wanted)
        same(table(REGRESSION, str(tmp_path / name)), wanted)
    same(table(REGRESSION, {"x": np.array(x), "y": torch.tensor(y, requires_grad=True)}), wanted)
    same(table(REGRESSION, pd.DataFrame({"x": x, "y": y})), wanted)
    same(table(REGRESSION, {"x": pd.Series(x), "y": tuple(y)}), wanted)
    same(table(REGRESSION, [{"x": x}, {"y": y}]), wanted)


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffx,y\r\n1,2\r\n3,4\r\n",
        'x,y\n"1","2"\n3,4',
        " x , y\n 1, 2\n\n3 ,4\n\n",
        'x,note,y\n1,"a, b",2\n3,"two\nlines ""quoted""",4\n',
    ],
)
def test_csv_with_bom_crlf_quotes_blanks_and_spaces_reads_alike(text, tmp_path):
    (tmp_path / "d.csv").write_bytes(text.encode())
    same(table(REGRESSION, tmp_path / "d.csv"), table(REGRESSION, {"x": [1, 3], "y": [2, 4]}))


def test_columns_of_several_files_are_bound_together(tmp_path):
    (tmp_path / "a.csv").write_text("school,effect\nB,8\nA,28\n")
    (tmp_path / "b.csv").write_text("school,error\nA,15\nB,10\n")
    found = table(SCHOOLS, [tmp_path / "a.csv", tmp_path / "b.csv"])
    assert found.labels["school"] == ("A", "B")
    assert found.arrays["effect"].tolist() == [28, 8]
    assert found.arrays["error"].tolist() == [15, 10]


def test_a_column_that_two_sources_give_is_an_error():
    found = faults(REGRESSION, [{"x": [1.0], "y": [2.0]}, {"x": [3.0]}])
    assert found == ["D102 `x` is given twice @ `x`; `x`"]


def test_keys_that_are_not_read_are_named_in_one_line():
    found = table(REGRESSION, {"x": [1.0], "y": [2.0], "z": 3, "w": [4, 5]})
    assert found.notes == ("not read by the model: z, w",)


def test_pandas_missing_values_booleans_and_categoricals_are_understood():
    text = "dim N, G\ndata g[N]: index(G)\ndata b[N]: bool\ndata k[N]: count\n"
    text += "latent a[G] ~ Normal(0, 1)\nobserved y[n in N] ~ Normal(a[g[n]] + b[n] + k[n], 1)\n"
    frame = pd.DataFrame({
        "g": pd.Categorical(["low", "high", "low"], categories=["low", "mid", "high"]),
        "b": pd.array([True, False, True], dtype="boolean"),
        "k": pd.array([1, 2, 3], dtype="Int64"),
        "y": [0.0, 1.0, 2.0],
    })  # fmt: skip
    found = table(text, frame)
    assert found.labels["G"] == ("low", "mid", "high")
    assert found.arrays["g"].tolist() == [0, 2, 0]
    assert found.arrays["b"].tolist() == [1, 0, 1]
    assert found.arrays["k"].dtype == np.int64
    frame["k"] = pd.array([1, None, 3], dtype="Int64")
    assert faults(text, frame) == [
        "D121 `k` has missing cells, and is `data` @ the frame, column `k`, row 2"
    ]


def test_the_index_of_a_frame_labels_a_dim():
    frame = pd.DataFrame({"effect": [8.0, 28.0], "error": [10.0, 15.0]}, index=["B", "A"])
    found = table(SCHOOLS, frame.rename_axis("school"))
    assert found.labels["school"] == ("A", "B")
    assert found.arrays["effect"].tolist() == [28, 8]


# -- Labels


def test_a_shuffled_table_is_the_same_table_where_a_column_labels_its_rows():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({
        "school": list("ABCDEFGH"), "effect": rng.normal(size=8), "error": rng.uniform(1, 2, 8),
    })  # fmt: skip
    same(table(SCHOOLS, frame.sample(frac=1, random_state=3)), table(SCHOOLS, frame))


def test_a_shuffled_table_has_the_same_density_where_nothing_labels_its_rows():
    frame = pd.DataFrame({"g": list("bacab"), "y": [1.0, 2.0, 3.0, 4.0, 5.0]})
    model = genlang.model(GROUPS)
    values = {"a": [0.1, 0.2, 0.3]}
    one = model.bind(frame).log_density(values)
    two = model.bind(frame.sample(frac=1, random_state=5)).log_density(values)
    assert one == pytest.approx(two, abs=1e-12)


@pytest.mark.parametrize(
    "names", [[0, 1, 2], [1, 2, 3], [10, 20, 30], ["a", "b", "c"], [-5, 0, 7], ["1", "2", "3"]]
)
def test_labels_of_any_base_give_the_same_codes(names, tmp_path):
    codes = [2, 0, 1, 1, 2]
    y = [1.0, 2.0, 3.0, 4.0, 5.0]
    found = table(GROUPS, {"g": [names[c] for c in codes], "y": y})
    assert found.arrays["g"].tolist() == codes
    (tmp_path / "d.csv").write_text(
        "g,y\n" + "".join(f"{names[c]},{v}\n" for c, v in zip(codes, y, strict=True))
    )
    assert table(GROUPS, tmp_path / "d.csv").arrays["g"].tolist() == codes


def test_text_is_sorted_and_integers_go_by_number():
    y = [0.0, 0.0, 0.0]
    assert table(GROUPS, {"g": ["10", "9", "b"], "y": y}).labels["G"] == ("10", "9", "b")
    assert table(GROUPS, {"g": [10, 9, 100], "y": y}).labels["G"] == (9, 10, 100)
    assert table(GROUPS, {"g": ["007", "7", "08"], "y": y}).labels["G"] == ("007", "08", "7")


def test_labels_are_the_union_over_all_columns_of_a_dim():
    text = "dim N, team\ndata home[N], away[N]: index(team)\nlatent s[team] ~ Normal(0, 1)\n"
    text += "observed y[n in N] ~ Normal(s[home[n]] - s[away[n]], 1)\n"
    found = table(text, {"home": ["c", "a"], "away": ["b", "d"], "y": [1.0, 2.0]})
    assert found.labels["team"] == ("a", "b", "c", "d")
    assert found.arrays["away"].tolist() == [1, 3]


def test_labels_written_in_the_model_win_over_sorting():
    text = GROUPS.replace("dim N, G", 'dim N\ndim G = ["low", "mid", "high"]')
    found = table(text, {"g": ["mid", "low", "high"], "y": [0.0, 0.0, 0.0]})
    assert found.arrays["g"].tolist() == [1, 0, 2]
    assert found.labels["G"] == ("low", "mid", "high")
    codes = table(text, {"g": [2, 1, 3], "y": [0.0, 0.0, 0.0]})
    assert codes.arrays["g"].tolist() == [1, 0, 2]
    assert faults(text, {"g": [1, 2], "y": [0.0, 0.0]})[0].startswith("D131")


@pytest.mark.parametrize(("cells", "start"), [([0, 1, 2], 0), ([1, 2, 4], 1), ([2, 0], 0)])
def test_integers_of_a_dim_of_known_size_are_codes_from_0_or_from_1(cells, start):
    y = [0.0] * len(cells)
    found = table(GROUPS.replace("G\n", "G = 4\n", 1), {"g": cells, "y": y})
    assert found.arrays["g"].tolist() == [c - start for c in cells]
    by_axis = GROUPS.replace("latent", "data w[G]: real\nlatent").replace("a[g", "w[g[n]] + a[g")
    found = table(by_axis, {"g": cells, "y": y, "w": [0.0] * 4})
    assert found.arrays["g"].tolist() == [c - start for c in cells]
    scalar = table(GROUPS, {"g": cells, "y": y, "G": 4})
    assert scalar.arrays["g"].tolist() == [c - start for c in cells]


def test_codes_are_decided_once_over_all_columns_of_a_dim():
    text = "dim N, K = 3\ndata a[N], b[N]: index(K)\nlatent m[K] ~ Normal(0, 1)\n"
    text += "observed y[n in N] ~ Normal(m[a[n]] + m[b[n]], 1)\n"
    found = table(text, {"a": [1, 2], "b": [0, 1], "y": [0.0, 0.0]})
    assert found.arrays["a"].tolist() == [1, 2]
    (ambiguous,) = faults(text, {"a": [1, 2], "b": [2, 1], "y": [0.0, 0.0]})
    assert ambiguous == "D131 the integers of `K` are ambiguous @ `a`; `b`"


def test_an_array_over_a_labelled_dim_is_put_in_label_order():
    text = "dim N, G\ndata g[N]: index(G)\ndata w[G]: real\nlatent a ~ Normal(0, 1)\n"
    text += "observed y[n in N] ~ Normal(a + w[g[n]], 1)\n"
    rows = {"g": ["x", "z", "y"], "y": [1.0, 2.0, 3.0]}
    found = table(text, [rows, {"G": ["z", "x", "y"], "w": [3.0, 1.0, 2.0]}])
    assert found.arrays["w"].tolist() == [1, 2, 3]
    assert found.arrays["g"].tolist() == [0, 2, 1]
    (bare,) = faults(text, [rows, {"w": [3.0, 1.0, 2.0]}])
    assert bare == "D130 nothing says which cell of `w` belongs to which `G` @ `w`"
    (short,) = faults(text, [rows, {"G": ["z", "x"], "w": [3.0, 1.0]}])
    assert short == "D130 `g` names no element of `G`: 'y' @ `g`, row 3"


def test_a_fault_names_the_row_as_it_came_and_not_as_it_was_sorted():
    data = {"school": ["C", "B", "A"], "effect": [1, 2, 3], "error": [1, -1, 2]}
    text = SCHOOLS.replace("positive", "real") + "for s in school:\n    factor 0 * error[s]\n"
    assert faults(text.replace("error[s])", "1, lower=2)"), data) == [
        "D122 `effect` is outside the support of its distribution: 1 @ `effect`, row 1"
    ]


def test_two_axes_over_one_labelled_dim_are_both_put_in_order():
    text = "dim a\ndata d[a, a]: real\nlatent m ~ Normal(0, 1)\n"
    text += "observed y[i in a] ~ Normal(m + d[i, i], 1)\n"
    found = table(text, {"a": ["q", "p"], "d": [[1.0, 2.0], [3.0, 4.0]], "y": [10.0, 20.0]})
    assert found.arrays["d"].tolist() == [[4, 3], [2, 1]]
    assert found.arrays["y"].tolist() == [20, 10]


# -- Sizes


def test_a_size_from_outside_overrides_the_data_and_these_the_model():
    text = "dim N, K = 3\nlatent m[K] ~ Normal(0, 1)\nobserved y[N] ~ Normal(sum(m), 1)\n"
    assert table(text, {"y": [1.0]}).sizes["K"] == 3
    found = table(text, {"y": [1.0], "K": 5})
    assert found.sizes["K"] == 5
    assert found.notes == ("K = 5 in the data, instead of 3 in the model",)
    found = table(text, {"y": [1.0], "K": 5}, K=7)
    assert found.sizes["K"] == 7
    assert found.notes == ("K = 7 as asked, instead of 3 in the model",)
    assert faults(text, {"y": [1.0]}, L=2) == ["D113 the model has no dim `L` @ "]
    assert faults(text, {"y": [1.0]}, N=2)[0].startswith(
        "D112 the sizes of `N` disagree: 2 as asked"
    )


def test_labels_written_in_the_model_fix_the_size():
    text = (
        'dim N\ndim K = ["a", "b"]\nlatent m[K] ~ Normal(0, 1)\nobserved y[N] ~ Normal(sum(m), 1)\n'
    )
    (found,) = faults(text, {"y": [1.0]}, K=3)
    assert found.startswith("D112 the sizes of `K` disagree: 3 as asked, 2 labels in the model")


def test_derived_dims_follow_sizes_and_data():
    text = "dim T\ndata order: count\ndim gap = T - order\nlatent m[gap] ~ Normal(0, 1)\n"
    text += "observed y[T] ~ Normal(sum(m), 1)\n"
    assert table(text, {"y": [1.0, 2.0, 3.0], "order": 2}).sizes["gap"] == 1
    assert faults(text, {"y": [1.0], "order": 2})[0].startswith(
        "D113 the size of `gap` would be -1"
    )


def test_defaults_stand_for_columns_that_are_not_there():
    text = "dim N\ndata s: positive = 2.5\ndata w[n in N]: real = s * n\nlatent a ~ Normal(0, 1)\n"
    text += "observed y[n in N] ~ Normal(a + w[n], s)\n"
    found = table(text, {"y": [1.0, 2.0, 3.0]})
    assert found.arrays["s"] == 2.5
    assert found.arrays["w"].tolist() == [0, 2.5, 5]
    assert table(text, {"y": [1.0], "s": 3.0}).arrays["w"].tolist() == [0]
    assert faults(text, {"y": [1.0], "s": -3.0}) == ["D122 `s` must be above 0, here -3 @ `s`"]


def test_wide_columns_fill_the_last_dim_by_its_labels(tmp_path):
    text = 'dim N\ndim part = ["long", "short"]\nlatent m[part] ~ Normal(0, 1)\n'
    text += "observed y[n in N, p in part] ~ Normal(m[p], 1)\n"
    (tmp_path / "d.csv").write_text("short,id,long\n1,a,2\n3,b,4\n")
    found = table(text, tmp_path / "d.csv")
    assert found.arrays["y"].tolist() == [[2, 1], [4, 3]]
    assert found.notes == ("not read by the model: id",)


def test_a_scalar_is_one_value_repeated_in_a_table():
    text = "dim N\ndata s: positive\nlatent a ~ Normal(0, 1)\nobserved y[N] ~ Normal(a, s)\n"
    found = table(text, pd.DataFrame({"s": [2.0, 2.0], "y": [1.0, 2.0]}))
    assert found.arrays["s"] == 2


# -- Ragged dims


def test_padded_equals_nested_whatever_the_padding_holds():
    nested = table(RAGGED, {"last": [2, 0, 3], "y": [[1, 2], [], [3, 4, 5]]})
    for pad in (0, -1, float("nan"), float("inf")):
        rows = [[1, 2, pad], [pad] * 3, [3, 4, 5]]
        padded = table(RAGGED, {"last": [2, 0, 3], "y": rows})
        assert nested.lengths["T"].tolist() == padded.lengths["T"].tolist() == [2, 0, 3]
        same(padded, nested)
    assert np.isfinite(nested.arrays["y"]).all()


def test_nested_lists_and_a_column_named_like_the_dim_give_lengths():
    text = RAGGED.replace("data last[S]: count\n", "").replace("T[S] = last", "T[S]")
    nested = table(text, {"y": [[1, 2], [3]]})
    assert nested.lengths["T"].tolist() == [2, 1]
    same(table(text, {"y": [[1, 2], [3, None]], "T": [2, 1]}), nested)
    same(table(text, {"y": [[1, 2], [3]], "T": 5}), nested)
    same(table(text, {"y": [[1, 2], [3]]}, T=2), nested)
    (long,) = faults(text, {"y": [[1, 2], [3]]}, T=1)
    assert long == "D141 rows of `T` are longer than 1: 2 @ `y`, row 1"


def test_ragged_rows_follow_the_labels_of_their_outer_dim():
    text = RAGGED.replace("data last[S]: count\n", "").replace("T[S] = last", "T[S]")
    found = table(text, {"S": ["b", "a"], "y": [[1, 2], [3]]})
    assert found.lengths["T"].tolist() == [1, 2]
    assert found.arrays["y"][1].tolist() == [1, 2]
    written = table(text, {"S": ["b", "a"], "y": [[1, 2], [3, 0]], "T": [2, 1]})
    same(written, found)


# -- What the model says about the values


PARTS = """
dim N, K = 3
data i[N]: int
data x[N]: real
latent mu[K] ~ Normal(0, 1)
observed y[n in N] ~ Normal({}, 1)
"""


@pytest.mark.parametrize(
    ("expression", "i", "rows"),
    [
        ("mu[i[n]]", [0, 3, -1], "rows 2, 3"),
        ("mu[i[n] - 1]", [1, 0, 3], "row 2"),
        ("mu[2 * i[n]]", [0, 1, 2], "row 3"),
        ("sum(mu[k + i[n]] for k in K)", [0, 1, 0], "cell [2, 3]"),
        ("sum(mu[k + i[n]] for k in K if k < 2)", [0, 1, 2], "cell [3, 2]"),
        ("x[n - i[n]] + mu[0]", [0, 0, 3], "row 3"),
        ("sum(x[m] for m in N[i[n]:]) + mu[0]", [0, 3, 4], "row 3"),
        ("sum(x[m] for m in N[:i[n]]) + mu[0]", [0, 3, 4], "row 3"),
        ("softmax(mu)[i[n]]", [0, 3, 2], "row 2"),
        ("[1, 2][i[n]] * mu[0]", [0, 1, 2], "row 3"),
        ("mu[i[n] if x[n] > 0 else 0]", [3, 3, 2], "row 2"),
        ("(mu[i[n]] if x[n] > 0 else mu[0])", [7, 8, 2], "row 2"),
        ("mu[i[i[n]]]", [1, 2, 5], "row 3"),
    ],
)
def test_a_subscript_by_data_that_is_out_of_range_is_a_fault_with_its_rows(expression, i, rows):
    found = faults(PARTS.format(expression), {"i": i, "x": [-1, 1, 1], "y": [0, 0, 0]})
    assert all(f.startswith("D142") for f in found)
    assert any(f"{rows} of `N`" in f for f in found)


@pytest.mark.parametrize(
    ("expression", "i"),
    [
        ("mu[i[n]] if i[n] < K else 0", [0, 3, 7]),
        ("0 if i[n] < 0 or i[n] >= K else mu[i[n]]", [0, -3, 7]),
        ("sum(mu[k + i[n]] for k in K if k + i[n] < K) + mu[0]", [0, 1, 9]),
        ("sum(x[m] for m in N[:i[n]]) + mu[0]", [0, 3, 2]),
        ("sum(x[m] for m in N[i[n]:]) + mu[0]", [0, 3, 1]),
    ],
)
def test_what_is_not_evaluated_may_lie_outside(expression, i):
    data = {"i": i, "x": [-1, 1, 1], "y": [0, 0, 0]}
    assert table(PARTS.format(expression), data).arrays["i"].tolist() == i


def test_values_of_a_summed_out_latent_are_looked_at_in_subscripts():
    text = "dim N, K = 3\ndata n_[N]: count\nlatent mu[K] ~ Normal(0, 1)\nfor n in N:\n"
    text += "    latent z[n] ~ Binomial(n_[n], 0.5)\n    let k[n] = z[n] + 1\n"
    text += "    observed y[n] ~ Normal(mu[k[n]], 1)\n"
    assert table(text, {"n_": [0, 1], "y": [0, 0]}).sizes["N"] == 2
    (found,) = faults(text, {"n_": [0, 2, 1], "y": [0, 0, 0]})
    assert found.startswith("D142 the subscript `k[n]` of `mu[k[n]]` is out of range: 3 @ ")
    assert "row 2 of `N`" in found


def test_a_latent_has_no_cells_outside_the_part_of_its_loop():
    text = "dim T\nfor t in T[1:]:\n    latent z[t] ~ Normal(0, 1)\n"
    text += "data i[T]: index(T)\nfor t in T[1:]:\n    observed y[t] ~ Normal(z[i[t]], 1)\n"
    data = {"T": 3, "i": [0, 1, 2], "y": [0, 0, 0]}
    assert table(text, data).sizes["T"] == 3
    (found,) = faults(text, {**data, "i": [0, 2, 0]})
    assert found.startswith("D142 the subscript `i[t]` of `z[i[t]]` is out of range: 0 @ ")


def test_observed_cells_named_by_data_lie_inside_the_array_and_its_support():
    text = "dim N, M\ndata y[N]: real\ndata at[M]: index(N)\nlatent r ~ Exponential(1)\n"
    text += "for m in M:\n    observed y[at[m]] ~ Poisson(r)\n"
    data = {"y": [1, 2.5, 3], "at": [0, 2]}
    assert table(text, {**data, "N": 3}).sizes["M"] == 2
    (found,) = faults(text, {**data, "at": [0, 1]})
    assert found == "D122 `y` is outside the support of its distribution: 2.5 @ `y`, row 2"


def test_rows_far_apart_are_found_in_a_table_too_large_to_look_at_at_once():
    """Forty rows of a hundred thousand columns are looked at a share at a time."""
    text = "dim N, M\ndata w[M]: count\nlatent a ~ Normal(0, 1)\nlatent b[M] ~ Normal(0, 1)\n"
    text += "observed y[n in N] ~ Normal(a + sum(b[w[m] * n] for m in M), 1)\n"
    w = np.zeros(100_000, dtype=int)
    w[777] = 60_000
    (found,) = faults(text, {"w": w, "y": np.zeros(100)})
    assert "rows" not in found.split("@")[0]
    assert "[3, 778]" in found
    assert "and 93 more" in found


def test_parameters_that_data_decide_lie_in_their_domains():
    text = "dim N\ndata p[N], q[N]: unit\nlatent a ~ Normal(0, 1)\nfactor a\n"
    text += "observed y[n in N] ~ Bernoulli(p[n] + q[n])\n"
    where = "`p`, `q`, rows 2, 3 of `N`"
    (found,) = faults(text, {"p": [1.0, 0.75, 0.5], "q": [0.0, 0.5, 0.75], "y": [0, 1, 1]})
    assert found == "D123 `probs` of `Bernoulli` must be from 0 to 1: 1.25 @ " + where


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("simplex[K]", [0.25, 0.75], [0.25, 0.7]),
        ("ordered[K]", [-1, 1], [1, 1]),
        ("unit_vector[K]", [0.6, 0.8], [0.6, 0.6]),
        ("corr[K]", [[1, 0.5], [0.5, 1]], [[2, 0.5], [0.5, 1]]),
        ("cov[K]", [[2, 0.5], [0.5, 1]], [[2, 0.5], [0.4, 1]]),
        ("cov[K]", [[2, 0.5], [0.5, 1]], [[1, 2], [2, 1]]),
        ("cholesky_cov[K]", [[2, 0], [0.5, 1]], [[2, 1], [0.5, 1]]),
        ("cholesky_corr[K]", [[1, 0], [0.6, 0.8]], [[1, 0], [0.6, 0.6]]),
        ("baseline[K]", [0, 3], [1, 3]),
    ],
)
def test_structured_data_hold_what_their_type_says(kind, good, bad):
    rank = np.ndim(good)
    cell = "v[0, 0]" if rank == 2 else "v[0]"
    text = f"dim N, K\ndata v: {kind}\nlatent a ~ Normal(0, 1)\n"
    text += f"observed y[N] ~ Normal(a + {cell}, 1)\n"
    assert table(text, {"v": good, "y": [0.0]}).arrays["v"].tolist() == good
    (found,) = faults(text, {"v": bad, "y": [0.0]})
    assert found.startswith("D122 `v` must ")


def test_ends_of_supports_are_inside_them():
    text = (
        "dim N\ndata n[N]: count\nlatent p ~ Beta(1, 1)\nobserved y[i in N] ~ Binomial(n[i], p)\n"
    )
    text += "observed u[i in N] ~ Uniform(0, n[i])\n"
    text += "observed t[i in N] ~ Normal(p, 1, lower=0, upper=2)\n"
    text += "observed e[N] ~ Exponential(p + 1)\n"
    data = {"n": [0, 3], "y": [0, 3], "u": [0, 3], "t": [0, 2], "e": [0, 1]}
    assert table(text, data).arrays["u"].tolist() == [0, 3]


def test_min_over_nothing_is_a_fault_with_its_row():
    text = "dim S, T\ndata seen[S, T]: bool\nlet f[s in S] = min(t for t in T if seen[s, t])\n"
    text += "latent a ~ Normal(0, 1)\nobserved y[s in S] ~ Normal(a + f[s], 1)\n"
    data = {"seen": [[0, 1], [1, 1]], "y": [0, 0]}
    assert table(text, data).sizes["T"] == 2
    (found,) = faults(text, {**data, "seen": [[0, 1], [0, 0]]})
    assert found == "D143 `min(t for t in T if seen[s, t])` runs over nothing @ row 2 of `S`"


def test_a_transformed_observation_is_finite():
    text = "dim N\ndata y[N]: nonneg\nlet z[n in N] = log(y[n])\nlatent a ~ Normal(0, 1)\n"
    text += "for n in N:\n    observed z[n] ~ Normal(a, 1)\n"
    assert table(text, {"y": [1.0, 2.0]}).sizes["N"] == 2
    assert faults(text, {"y": [1.0, 0.0]}) == ["D122 `z` is not finite @ row 2 of `N`"]


def test_require_looks_at_every_iteration():
    text = SCHOOLS + 'for s in school:\n    require error[s] < 12, "error is too great"\n'
    data = {"school": ["B", "A"], "effect": [1, 2], "error": [10, 15]}
    assert faults(text, data) == ["D140 error is too great @ `school` A"]


def test_names_that_are_observed_may_be_absent_where_they_are_drawn():
    model = genlang.model(REGRESSION).compiled.model
    found = bind(model, {"x": [1.0, 2.0]}, require_observed=False)
    assert found.sizes["N"] == 2
    assert "y" not in found.arrays


JUNK = (
    None, "x", "", "NA", -1, 0, 2, 2.5, 1e9, 10**400, float("nan"), float("inf"), True, [1], [], {},
    "1_0", "true", b"a", 1 + 2j, np.datetime64("2020-01-01"), {"a": 1}, "\u0663",
)  # fmt: skip


def spoilt(value, rng: random.Random):
    """Return nested lists with something in them changed, lost or doubled."""
    if not isinstance(value, list) or not value or rng.random() < 0.15:
        return rng.choice(JUNK)
    found, place = list(value), rng.randrange(len(value))
    match rng.randrange(5):
        case 0:
            del found[place]
        case 1:
            found.insert(place, found[place])
        case _:
            found[place] = spoilt(found[place], rng)
    return found


@pytest.mark.parametrize("name", [n for n in CASES if (WRONG / n / "data.json").is_file()])
def test_spoilt_data_bind_or_are_reported_and_nothing_else_is_raised(name):
    model = genlang.load(WRONG / name / "model.gen").compiled.model
    try:
        good = json.loads((WRONG / name / "data.json").read_text())
    except ValueError:
        return
    rng = random.Random(name)  # noqa: S311 (no secret)
    for _ in range(25):
        data = dict(good) if isinstance(good, dict) else {"x": good}
        for key in rng.sample(sorted(data), rng.randint(1, len(data))):
            data[key] = spoilt(data[key], rng)
        with contextlib.suppress(DataError):
            bind(model, data)


def test_spoilt_files_bind_or_are_reported_and_nothing_else_is_raised(tmp_path):
    model = genlang.load(WRONG / "several_faults" / "model.gen").compiled.model
    good = (WRONG / "several_faults" / "data.csv").read_bytes()
    rng = random.Random(1)  # noqa: S311 (no secret)
    for _ in range(300):
        raw = bytearray(good)
        for _ in range(rng.randint(1, 4)):
            place = rng.randrange(len(raw))
            raw[place : place + rng.randint(0, 3)] = rng.choice(
                [b"", b'"', b",", b"\n", b"\r", b"\x00", b"\xff", b"\xc3\xa9", b"1e999", b"-"]
            )
        (tmp_path / "d.csv").write_bytes(raw)
        with contextlib.suppress(DataError):
            bind(model, tmp_path / "d.csv")


def test_an_observation_that_some_value_of_a_latent_allows_is_no_fault():
    """A count above a binomial total is impossible only where every total is below it."""
    text = "dim N\nlatent m[N] ~ Binomial(3, 0.5)\nobserved y[i in N] ~ Binomial(m[i], 0.5)\n"
    genlang.model(text).bind({"y": [0, 1, 3]})
    with pytest.raises(DataError) as error:
        genlang.model(text).bind({"y": [0, 4]})
    assert [d.code for d in error.value.diagnostics] == ["D122"]


COUNTS = """
dim S, T
data first[S], last[S]: count
latent rate ~ Gamma(shape=2, rate=1)
for s in S:
    for t in T[first[s]:last[s]]:
        observed y[s, t] ~ Poisson(rate)
"""


@pytest.mark.parametrize("outside", [-1, None, "word", 2.5, 7])
def test_cells_outside_the_part_of_an_observed_name_are_not_read(outside):
    """Whatever they hold is no fault, and does not matter."""
    bounds = {"first": [0, 1, 2], "last": [2, 3, 2]}
    y = [[1, 2, outside], [outside, 0, 4], [outside, outside, outside]]
    wanted = genlang.model(COUNTS).bind({**bounds, "y": [[1, 2, 0], [0, 0, 4], [0, 0, 0]]})
    found = genlang.model(COUNTS).bind({**bounds, "y": y})
    assert found.log_density({"rate": 1.3}) == wanted.log_density({"rate": 1.3})


def test_cells_inside_the_part_of_an_observed_name_are_checked():
    bounds = {"first": [0, 1], "last": [2, 3]}
    told = faults(COUNTS, {**bounds, "y": [[1, -1, -1], [-1, 0, 4]]})
    assert told == ["D122 `y` must be 0, 1, 2, ..., here -1 @ `y`, cell [1, 2]"]


def test_cells_outside_the_part_are_checked_where_something_reads_them():
    text = """
dim T
latent p ~ Uniform(0, 1)
for t in T[1:]:
    observed y[t] ~ Binomial(5, p if y[t-1] > 2 else 0.5)
"""
    assert faults(text, {"y": [-1, 2, 3]}) == [
        "D122 `y` must be 0, 1, 2, ..., here -1 @ `y`, row 1"
    ]


TREE = """
dim V, K = 2
data parent[V]: index(V)
latent turn ~ Uniform(0, 1)
for v in V:
    latent z[v] ~ Bernoulli(0.5) then Bernoulli(turn if z[parent[v]] else 0.1)
    observed y[v] ~ Normal(z[v], 1)
"""


def test_a_root_has_no_parent_or_itself_and_nodes_stand_in_any_order():
    model = genlang.model(TREE)
    y = {"a": 0.3, "b": 1.2, "c": -0.4, "d": 2.0, "e": 0.1}
    up = {"a": "c", "b": "c", "c": "", "d": "a", "e": ""}

    def density(order: str, parents: dict[str, str]) -> float:
        columns = {"V": list(order), "parent": [parents[v] for v in order]}
        bound = model.bind({**columns, "y": [y[v] for v in order]})
        return bound.log_density({"turn": 0.7})

    first = density("abcde", up)
    assert density("abcde", {**up, "c": "c"}) == first
    assert density("dbeac", up) == pytest.approx(first, rel=1e-13)
    assert density("abcde", {**up, "e": "c"}) != first


@pytest.mark.parametrize(
    ("parents", "rows"),
    [
        (["b", "a", "b", ""], "rows 1, 2"),
        (["d", "c", "d", "b"], "rows 2, 3, 4"),
        (["a", "b", "d", "c"], "rows 3, 4"),
    ],
)
def test_a_circle_of_parents_names_the_nodes_on_it(parents, rows):
    told = faults(TREE, {"V": list("abcd"), "parent": parents, "y": [0, 1, 2, 3]})
    assert told == [f"D132 `parent` goes round in a circle @ `parent`, {rows}"]


def test_a_missing_cell_of_other_data_is_no_root():
    told = faults(GROUPS, {"g": ["a", None], "x": [1, 2], "y": [1, 2]})
    assert [t.split()[0] for t in told] == ["D121"]


SHOPS = """
dim R, shop
data of[R]: index(shop)
observed y[r in R] ~ Normal(0, 1)
"""


def test_a_missing_column_of_indices_is_the_one_fault_of_its_dim():
    """Nobody is told to set a size that the column would have told."""
    (fault,) = faults(SHOPS, {"shop_of": ["a", "b"], "y": [0.0, 0.0]})
    assert fault.startswith("D110 there is no column `of`")


def test_labels_one_of_which_is_a_number_are_no_ambiguous_integers():
    labels = ["North St", "12", "West", "South"]
    (fault,) = faults(SHOPS, {"of": labels, "y": [0.0] * 4}, shop=3)
    assert fault.startswith("D130 `shop` has 3 elements, its columns name 4: 12, North St")


def test_integers_with_stray_text_are_told_by_row():
    (fault,) = faults(SHOPS, {"of": [1, 2, "x", 3], "y": [0.0] * 4}, shop=3)
    assert fault == "D130 `of` names no element of `shop`: 'x' @ `of`, row 3"
