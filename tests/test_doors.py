"""What the source may not do anywhere: unpickle, evaluate, call a shell, trust a name."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

APP = Path(__file__).resolve().parent.parent / "app" / "heimdex"
MODULES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "shelve", "marshal", "joblib"}
CALLS = {
    "os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput", "eval", "exec",
    "yaml.load", "pandas.read_pickle",
}  # fmt: skip


WATCHES = {"cli/torture_doorkeeper.py": ["pickle"]}
"""Looks whether anything is unpickled, and unpickles nothing."""


def sources() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(APP.rglob("*.py")):
        yield path, ast.parse(path.read_text("utf-8"), str(path))


def faults(tree: ast.Module) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [a.name for a in node.names if a.name.partition(".")[0] in MODULES]
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module.partition(".")[0] in MODULES:
                found.append(node.module)
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            given = {word.arg: ast.unparse(word.value) for word in node.keywords if word.arg}
            if called in CALLS:
                found.append(called)
            if given.get("shell", "False") != "False":
                found.append(f"{called}(shell=…)")
            if given.get("allow_pickle", "False") != "False":
                found.append(f"{called}(allow_pickle=…)")
            if called == "torch.load" and given.get("weights_only") != "True":
                found.append("torch.load without weights_only")
    return found


def test_nothing_is_unpickled_evaluated_or_given_to_a_shell() -> None:
    told = {str(path.relative_to(APP)): faults(tree) for path, tree in sources()}
    assert {path: found for path, found in told.items() if found} == WATCHES


@pytest.mark.parametrize(
    "text",
    [
        "import pickle",
        "from joblib import load",
        "os.system('x')",
        "subprocess.run('x', shell=True)",
        "np.load(p, allow_pickle=True)",
        "torch.load(p)",
        "eval('1')",
    ],
)
def test_each_of_them_would_be_noticed(text: str) -> None:
    assert len(faults(ast.parse(text))) == 1
