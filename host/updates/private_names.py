"""Short private names for a board: `_next_due` becomes `_7`, so that all modules share a few names.

MicroPython keeps every name that any module uses in RAM: its letters, and 7 bytes in a table that
grows by doubling. A private name means nothing outside its module, so each module may call its
first one `_0`. Lines stay where they are: a traceback tells file and line as before, and a private
function by its number.

What stands at the head of a module (functions, classes, constants) and is mentioned in no other
file is private too, whatever it is called.

A class that derives from one of another module shares attributes with it: its module goes on with
the names of that one.
"""

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Callable, Iterable, Set
from pathlib import Path

_WORD = re.compile(r"\w+")
_PRIVATE = re.compile(r"_(?!_)\w+")


def shorten(path: Path, find: Callable[[str], Path | None], alone: Set[str] = frozenset()) -> str:
    """Return the source at `path` with its private names shortened.

    find: the file of a module by its dotted name, None when it is none of ours.
    alone: words that no other file contains (`alone_in`).
    """
    source = path.read_text()
    names = _names(path, find)
    for name in sorted(_own(source) & alone):
        names.setdefault(name, f"_{len(names)}")
    return _replaced(source, names)


def alone_in(sources: Iterable[str]) -> set[str]:
    """Return the words that are in one of the texts `sources` only."""
    seen = Counter(word for source in sources for word in set(_WORD.findall(source)))
    return {word for word, times in seen.items() if times == 1}


def _names(path: Path, find: Callable[[str], Path | None]) -> dict[str, str]:
    """Return the short names in the module at `path`, first those it shares with its bases."""
    tree = ast.parse(path.read_text(), str(path))
    names: dict[str, str] = {}
    for base in _bases(tree):
        source = find(base)
        if source is not None and source != path:
            inherited = _names(source, find)
            if names and names != inherited:
                raise ValueError(f"{path.name}: its classes derive from two other modules")
            names = inherited
    for token in _tokens(path.read_text()):
        if token.type == tokenize.NAME and _PRIVATE.fullmatch(token.string):
            names.setdefault(token.string, f"_{len(names)}")
    return names


def _own(source: str) -> set[str]:
    """Return the names that stand at the head of a module and are used as bare names alone."""
    defined: set[str] = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            defined.add(node.name)
        elif isinstance(node, ast.Assign):
            defined |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    used_otherwise: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            used_otherwise.add(node.attr)
        elif isinstance(node, ast.keyword | ast.arg) and node.arg:
            used_otherwise.add(node.arg)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            used_otherwise.add(node.value)
    return defined - used_otherwise


def _bases(tree: ast.Module) -> set[str]:
    """Return the modules, by dotted name, whose classes this one's classes derive from."""
    origins: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            origins |= {alias.asname or alias.name: node.module for alias in node.names}
    bases = [
        base for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for base in node.bases
    ]
    return {origins[base.id] for base in bases if isinstance(base, ast.Name) and base.id in origins}


def _replaced(source: str, names: dict[str, str]) -> str:
    lines = source.splitlines(keepends=True)
    for token in reversed(_tokens(source)):
        short = names.get(token.string) if token.type == tokenize.NAME else None
        if short is not None:
            row, start = token.start
            line = lines[row - 1]
            lines[row - 1] = line[:start] + short + line[token.end[1] :]
    return "".join(lines)


def _tokens(source: str) -> list[tokenize.TokenInfo]:
    return list(tokenize.generate_tokens(io.StringIO(source).readline))
