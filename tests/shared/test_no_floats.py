"""No floating point in the decoder: boards have 32-bit floats, which round what meters send."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = [*sorted((ROOT / "shared" / "mbus").glob("*.py")), ROOT / "shared" / "scaled.py"]
FILES += [ROOT / "shared" / "reading.py"]
FORBIDDEN_NAMES = ("float", "math", "round", "complex", "Decimal")


def floats(source):
    """Yield (line, what) of each thing in `source` that makes or needs a floating point number."""
    for node in ast.walk(ast.parse(source)):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Constant) and isinstance(node.value, (float, complex)):
            yield line, repr(node.value)
        elif isinstance(node, (ast.BinOp, ast.AugAssign)) and isinstance(node.op, ast.Div):
            yield line, "/"
        elif isinstance(node, ast.Name) and node.id in FORBIDDEN_NAMES:
            yield line, node.id
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            modules = [getattr(node, "module", None), *(name.name for name in node.names)]
            if any(module in FORBIDDEN_NAMES for module in modules):
                yield line, "import"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_floats(path):
    assert list(floats(path.read_text())) == []


@pytest.mark.parametrize(
    "source", ["x = 1.0", "x = a / b", "x /= 2", "float(x)", "import math", "1e3", "round(x)"]
)
def test_the_walk_finds_them(source):
    assert list(floats(source))


def test_powers_of_ten_are_never_negative_without_need():
    """10 ** -n would be a float: exponents are taken apart before they become powers."""
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
                assert isinstance(node.left, ast.Constant), (path.name, node.lineno)
