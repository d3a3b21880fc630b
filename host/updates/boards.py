"""Reads a board's table (boards/BOARD.py) and refuses one that cannot be built.

A board is a file of constants; it is read, never imported.
"""

import ast
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from host.updates.pins import Board, problems

ROOT = Path(__file__).resolve().parents[2]
# A row is told by the types of its items, in a list for rows of any number.
PART = (str, str, dict)
TAKEN = ([int], str, str)
FIELDS: dict[str, Any] = {
    "NAME": str,
    "MACHINES": [str],
    "CHIP": str,
    "FLASH_KB": int,
    "ROM_KB": int,
    "PARTS": [PART],
}


class BoardError(Exception):
    """A board's table cannot be built; each line of the text names board, part and reason."""


def names() -> list[str]:
    """Return the names of the boards there are."""
    return sorted(path.stem for path in (ROOT / "boards").glob("[!_]*.py"))


def read(name: str) -> Board:
    """Return the board `name` from its file. BoardError when it is unknown or its table is bad."""
    if name not in names():
        raise BoardError(f"no board {name!r}: boards/ has {', '.join(names())}")
    constants = _constants(ROOT / "boards" / f"{name}.py")
    missing = [field for field in FIELDS if field not in constants]
    if missing:
        raise BoardError(f"boards/{name}.py has no {', '.join(missing)}")
    shapeless = [
        line
        for field, shape in {**FIELDS, "TAKEN": [TAKEN]}.items()
        for line in _misshapen(constants.get(field, ()), shape, field)
    ]
    if shapeless:
        raise BoardError("\n".join(f"{name}: {line}" for line in shapeless))
    board = Board(
        name,
        constants["MACHINES"],
        constants["CHIP"],
        constants["FLASH_KB"],
        constants["ROM_KB"],
        constants.get("TAKEN", ()),
        constants["PARTS"],
    )
    folder = ROOT / "firmware" / "hal" / "drivers"
    found = problems(board, {path.stem for path in folder.glob("[!_]*.py")})
    if constants["NAME"] != name:
        found.insert(0, f"{name}: NAME is {constants['NAME']!r}, must be as the file")
    if found:
        raise BoardError("\n".join(found))
    return board


def _constants(path: Path) -> dict[str, Any]:
    """Return the constants of a board's file. BoardError when it holds anything else."""
    found: dict[str, Any] = {}
    try:
        body = ast.parse(path.read_text(), str(path)).body
    except SyntaxError as error:
        raise BoardError(f"boards/{path.name}:{error.lineno}: {error.msg}") from error
    for node in body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
            raise BoardError(f"boards/{path.name}:{node.lineno}: a board is constants only")
        name = node.targets[0].id
        try:
            found[name] = _literal(node.value, found)
        except (ValueError, TypeError) as error:
            raise BoardError(f"boards/{path.name}:{node.lineno}: {name} is no constant") from error
    return found


def _misshapen(value: Any, shape: Any, where: str) -> list[str]:
    """Return what in `value` is not of `shape`, a line each; `where` names the constant."""
    if isinstance(shape, list):
        if not isinstance(value, tuple | list):
            return [f"{where} = {value!r} is no tuple; a tuple of one ends in a comma"]
        rows = cast(Sequence[Any], value)
        numbered = enumerate(rows, 1)
        return [line for n, row in numbered for line in _misshapen(row, shape[0], f"{where} {n}")]
    if isinstance(shape, tuple):
        shapes = cast(tuple[Any, ...], shape)
        if not isinstance(value, tuple | list) or len(cast(Sequence[Any], value)) != len(shapes):
            return [f"{where} = {value!r} is no row of {len(shapes)}"]
        pairs = zip(cast(Sequence[Any], value), shapes, strict=True)
        return [line for item, each in pairs for line in _misshapen(item, each, where)]
    if isinstance(value, shape):
        return []
    return [f"{where}: {value!r} is no {shape.__name__}"]


def _literal(node: ast.expr, known: dict[str, Any]) -> Any:
    """Return the value of a literal that may hold the names of `known` constants."""

    class Names(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return ast.Constant(known[node.id]) if node.id in known else node

    return ast.literal_eval(Names().visit(node))
