"""What the sources promise about themselves: nothing unsafe, nothing too long, a whole wheel."""

import ast
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "genlang"
TREES = {
    path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(PACKAGE.rglob("*.py"))
}
TOP = {
    ".ci", ".gitignore", "LICENSE", "README.md", "genlang", "grammar", "models", "pyproject.toml",
    "tests",
}  # fmt: skip
# The only modules that may name these: what they do cannot be undone, or is seen by everybody.
PLACES = {
    "exec": {"runtime/load.py"},
    "eval": set(),
    "builtins": set(),
    "__builtins__": set(),
    "compile": {"runtime/load.py"},
    "__import__": set(),
    "pickle": set(),
    "cPickle": set(),
    "dill": set(),
    "marshal": set(),
    "shelve": set(),
    "joblib": set(),
    "torch.load": set(),
    "torch.save": set(),
    "get_param_store": {"infer/session.py"},
    "clear_param_store": set(),
    "ParamStoreDict": {"infer/session.py"},
    "_PYRO_PARAM_STORE": set(),
    "set_rng_seed": set(),
    "enable_validation": set(),
    "validation_enabled": {"infer/session.py"},
    "set_default_validate_args": {"infer/session.py"},
    "set_default_dtype": {"infer/session.py"},
    "set_num_threads": {"infer/session.py"},
    "manual_seed": {"infer/session.py", "runtime/nets.py"},
    "set_rng_state": {"infer/session.py"},
}
LINES, BODY = 350, 70
# Modules that are still too long, and how long they may be until they are split.
LONGER = {"plan/graph.py": 380, "check/model.py": 380}


def dotted(node: ast.expr) -> str:
    """The name of `a.b.c`, "" for any other expression."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr):
            return f"{dotted(value)}.{attr}"
        case _:
            return ""


def named(tree: ast.Module) -> Iterator[str]:
    """Every name that a module imports or reads, with the attributes that follow it.

    A method (`re.compile`) is not the built-in of that name; `builtins` itself may not be read.
    """
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name):
                yield name
            case ast.Attribute(attr=attr):
                name = dotted(node)
                yield name
                if attr not in ("compile", "eval", "exec"):
                    yield attr
            case ast.Import(names=names):
                for alias in names:
                    yield from alias.name.split(".")
                    yield alias.name
            case ast.ImportFrom(module=module, names=names):
                yield from (module or "").split(".")
                for alias in names:
                    yield alias.name
                    yield f"{module}.{alias.name}"
            case _:
                pass


NAMES = {path: frozenset(named(tree)) for path, tree in TREES.items()}


@pytest.mark.parametrize("name", PLACES)
def test_a_dangerous_name_stands_only_where_it_is_allowed(name):
    assert {path for path, names in NAMES.items() if name in names} == PLACES[name]


def test_the_scan_finds_every_way_to_write_a_dangerous_name():
    """The test above could not fail if the scan missed a spelling."""
    spellings = {
        "exec": "exec('1')",
        "eval": "f = eval",
        "pickle": "import pickle as p",
        "torch.load": "import torch\ntorch.load('x')",
        "get_param_store": "import pyro\npyro.get_param_store().save('x')",
        "manual_seed": "from torch import manual_seed as m",
    }
    for name, text in spellings.items():
        assert name in set(named(ast.parse(text)))
    assert "torch.load" in set(named(ast.parse("from torch import load")))
    assert "compile" not in set(named(ast.parse("import re\nre.compile('a')")))


def test_nothing_is_cached_or_stored_by_pickle_behind_our_back():
    """Lark's `cache=` and `save`, numpy's `allow_pickle=True` and `ParamStore.save` pickle."""
    faults: list[str] = []
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            callee = dotted(node.func)
            for keyword in node.keywords:
                off = isinstance(keyword.value, ast.Constant) and not keyword.value.value
                pickles = keyword.arg == "allow_pickle" or (
                    keyword.arg == "cache" and callee.endswith("Lark")
                )
                if pickles and not off:
                    faults.append(f"{path}:{node.lineno} {callee}({keyword.arg}=)")
            if callee.endswith(".save") and callee != "fit.save":
                faults.append(f"{path}:{node.lineno} {callee}")
    assert faults == []


def test_modules_and_functions_are_short():
    """A module has at most 350 lines, a function at most 70."""
    faults: list[str] = []
    for path, tree in TREES.items():
        count = len((PACKAGE / path).read_text(encoding="utf-8").splitlines())
        if count > LONGER.get(path, LINES):
            faults.append(f"{path}: {count} lines")
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                if length > BODY:
                    faults.append(f"{path}: {node.name} has {length} lines")
    assert faults == []


def test_every_module_says_what_it_is():
    assert [path for path, tree in TREES.items() if not ast.get_docstring(tree)] == []


def test_every_ignored_line_has_its_reason_beside_it():
    """`type: ignore` and `noqa` name their rule and say in parentheses or words why."""
    mark = re.compile(r"#\s*(type: ignore|noqa)(.*)$")
    reasoned = re.compile(r"^(\[[a-z-]+(, ?[a-z-]+)*\]|: [A-Z]+\d+(, ?[A-Z]+\d+)*)\s+(\(|# )\w")
    faults: list[str] = []
    for path in TREES:
        lines = (PACKAGE / path).read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines, 1):
            found = mark.search(line)
            if found and not reasoned.match(found[2]):
                faults.append(f"{path}:{number} {line.strip()}")
    assert faults == []


def test_the_top_of_the_repository_holds_the_agreed_names():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    assert {name.split("/")[0] for name in listed.stdout.splitlines()} <= TOP


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The unpacked wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index"]
    command += ["--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("genlang-*.whl")
    unpacked = folder / "unpacked"
    with zipfile.ZipFile(built) as file:
        file.extractall(unpacked)
    return unpacked


def test_the_wheel_holds_the_grammar_and_the_models(wheel):
    """Everything under `grammar/` and `models/` that git keeps, and nothing beside the package."""
    assert (wheel / "genlang/_grammar/genlang.json").read_bytes() == (
        ROOT / "grammar/genlang.json"
    ).read_bytes()
    wanted = {p.relative_to(ROOT / "models").as_posix() for p in ROOT.glob("models/*/*.*")}
    there = {
        p.relative_to(wheel / "genlang/_models").as_posix()
        for p in wheel.glob("genlang/_models/*/*.*")
    }
    assert wanted
    assert there == wanted
    assert {p.name for p in wheel.iterdir() if not p.name.endswith(".dist-info")} == {"genlang"}


def test_the_package_in_the_wheel_finds_its_grammar_and_models(wheel, tmp_path):
    """Away from the checkout a bundled model compiles by its name."""
    script = (
        "import genlang, genlang.files as files, genlang.syntax.lalr as tables\n"
        "print(genlang.__file__, files.bundled(), tables.grammar_folder(), sep='\\n')\n"
        "for place in sorted(files.bundled().iterdir()):\n"
        "    if place.is_dir():\n"
        "        print(len(genlang.load(place.name).to_python()) > 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={"PYTHONPATH": str(wheel), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    file, models, grammar, *compiled = done.stdout.splitlines()
    assert Path(file).is_relative_to(wheel)
    assert Path(models).is_relative_to(wheel)
    assert Path(grammar).is_relative_to(wheel)
    assert compiled
    assert set(compiled) == {"True"}
