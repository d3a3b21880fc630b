"""Finds in a module's source where the names of its head are meant, so that they can be changed.

A name is that of the head where no function around it binds it itself. What only a type checker or
a computer sees (`if TYPE_CHECKING:`, `if ROOMY:`, annotations) is passed over.
"""

import ast
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from host.updates.edits import Edit, Place, place_of

GUARDS = ("TYPE_CHECKING", "ROOMY")
_DEFINED = re.compile(r"(?:async +)?(?:def|class) +")

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True)
class Use:
    """`name` is meant here; with `attribute`, as `name.attribute`.

    function: None where the head binds it, else the function whose import does.
    """

    name: str
    start: Place
    end: Place
    attribute: str | None
    function: ast.AST | None

    def edit(self, text: str, whole: bool = False) -> Edit:
        """Return the edit that puts `text` for the name, `whole`: for `name.attribute`."""
        line, byte = self.start
        end = self.end if whole else (line, byte + len(self.name.encode()))
        return Edit(self.start, end, text)


@dataclass(frozen=True)
class Import:
    """An import of our modules or of others, and the function it stands in, None for the head."""

    node: ast.Import | ast.ImportFrom
    function: ast.AST | None


@dataclass
class Parameter:
    """A function's parameter: where it stands and is used; how many others are around it."""

    name: str
    others: int
    places: list[Place] = field(default_factory=list[Place])


@dataclass
class Uses:
    """What a module's source says of names.

    heads: what the head binds, imports too; classes among them; constants: name -> the text of its
    value. guards: statements that are passed over. keywords: names by which calls pass arguments.
    """

    heads: dict[str, None] = field(default_factory=dict[str, None])
    classes: set[str] = field(default_factory=set[str])
    constants: dict[str, str] = field(default_factory=dict[str, str])
    imports: list[Import] = field(default_factory=list[Import])
    guards: list[ast.If] = field(default_factory=list[ast.If])
    names: list[Use] = field(default_factory=list[Use])
    parameters: list[Parameter] = field(default_factory=list[Parameter])
    keywords: set[str] = field(default_factory=set[str])

    def objects(self, function: ast.AST | None) -> set[str]:
        """Return the names that are used for themselves, not only for an attribute."""
        return {u.name for u in self.names if u.function is function and not u.attribute}


def uses(text: str) -> Uses:
    """Return what the module with the source `text` says of names. Raises SyntaxError."""
    return _Finder(text).found


class _Finder:
    def __init__(self, text: str) -> None:
        self.found = Uses()
        self._lines: list[bytes] = text.encode().split(b"\n")
        self._function: ast.AST | None = None
        self._bound: list[tuple[ast.AST, set[str], set[str]]] = []  # function, names, imported
        self._parameters: list[dict[str, Parameter]] = []  # of the functions around
        tree = ast.parse(text)
        for node in _within(tree.body):
            self._head(node)
        for node in tree.body:
            self._visit(node)

    def _head(self, node: ast.AST) -> None:
        for name in _binds(node):
            self.found.heads[name] = None
        if isinstance(node, ast.ClassDef):
            self.found.classes.add(node.name)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            self.found.constants[node.targets[0].id] = ast.unparse(node.value)

    # --- walking -------------------------------------------------------------------------------
    def _visit(self, node: ast.AST | None) -> None:
        if node is None or is_guard(node):
            if isinstance(node, ast.If):
                self.found.guards.append(node)
            return
        visit: Callable[[Any], None] | None = getattr(self, f"_{type(node).__name__}", None)
        if visit is not None:
            visit(node)
        else:
            self._children(node)

    def _children(self, node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            self._visit(child)

    def _all(self, nodes: Iterable[ast.AST | None]) -> None:
        for node in nodes:
            self._visit(node)

    def _Name(self, node: ast.Name) -> None:
        self._use(node.id, *place_of(node))

    def _Attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.value, ast.Name):
            self._use(node.value.id, *place_of(node.value), node)
        else:
            self._visit(node.value)

    def _AnnAssign(self, node: ast.AnnAssign) -> None:
        self._all((node.target, node.value))

    def _Import(self, node: ast.Import) -> None:
        self.found.imports.append(Import(node, self._function))

    def _ImportFrom(self, node: ast.ImportFrom) -> None:
        self.found.imports.append(Import(node, self._function))

    def _Global(self, node: ast.Global) -> None:
        line = self._lines[node.lineno - 1]
        for name in node.names:
            match = re.search(rb"\b%s\b" % name.encode(), line[node.col_offset + 7 :])
            if match:
                start = node.col_offset + 7 + match.start()
                self._add(name, start, node.lineno)

    def _ClassDef(self, node: ast.ClassDef) -> None:
        self._defined(node)
        self._all((*node.decorator_list, *node.bases, *node.keywords))
        names = {name for child in _within(node.body) for name in _binds(child)}
        function = self._function
        self._bound.append((node, names, set()))
        for child in node.body:
            self._visit(child)
        self._bound.pop()
        self._function = function

    def _FunctionDef(self, node: ast.FunctionDef) -> None:
        self._defined(node)
        self._all((*node.decorator_list, *node.args.defaults, *node.args.kw_defaults))
        self._inside(node, node.args, node.body)

    _AsyncFunctionDef = _FunctionDef

    def _Lambda(self, node: ast.Lambda) -> None:
        self._all((*node.args.defaults, *node.args.kw_defaults))
        self._inside(node, node.args, [node.body])

    def _inside(self, node: ast.AST, args: ast.arguments, body: list[Any]) -> None:
        names = {arg.arg for arg in ast.walk(args) if isinstance(arg, ast.arg)}
        imported: set[str] = set()
        for child in _within(body):
            if isinstance(child, ast.Global):
                continue
            if isinstance(child, ast.Import | ast.ImportFrom):
                imported |= _binds(child)
            else:
                names |= _binds(child)
        names -= {
            n for child in _within(body) if isinstance(child, ast.Global) for n in child.names
        }
        function, self._function = self._function, node
        self._bound.append((node, names, imported))
        self._parameters.append(self._taken(args))
        self._all(body)
        self._parameters.pop()
        self._bound.pop()
        self._function = function

    def _taken(self, args: ast.arguments) -> dict[str, Parameter]:
        found: dict[str, Parameter] = {}
        around = sum(len(outer) for outer in self._parameters)
        for arg in (*args.posonlyargs, *args.args, *args.kwonlyargs):
            found[arg.arg] = Parameter(arg.arg, around + len(found), [place_of(arg)[0]])
        self.found.parameters += found.values()
        return found

    def _keyword(self, node: ast.keyword) -> None:
        if node.arg:
            self.found.keywords.add(node.arg)
        self._visit(node.value)

    def _Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):  # of a dict whose items become arguments, perhaps
            self.found.keywords.add(node.value)

    def _Nonlocal(self, node: ast.Nonlocal) -> None:
        self.found.keywords.update(node.names)

    def _comprehension(self, node: Any) -> None:
        generators = node.generators
        self._visit(generators[0].iter)
        names = {
            name.id
            for generator in generators
            for name in ast.walk(generator.target)
            if isinstance(name, ast.Name)
        }
        self._bound.append((node, names, set()))
        for number, generator in enumerate(generators):
            if number:
                self._visit(generator.iter)
            self._all(generator.ifs)
        parts = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
        self._all(parts)
        self._bound.pop()

    _ListComp = _SetComp = _DictComp = _GeneratorExp = _comprehension

    # --- what is found -------------------------------------------------------------------------
    def _defined(self, node: Any) -> None:
        """The name after `def` or `class`, where the head binds it."""
        line: int = node.lineno - 1
        match = _DEFINED.match(self._lines[line].decode(), node.col_offset)
        if match and not self._bound:  # nothing but spaces stands before it
            self._add(node.name, match.end(), node.lineno)

    def _add(self, name: str, start: int, line: int) -> None:
        end = start + len(name.encode())
        self.found.names.append(Use(name, (line, start), (line, end), None, None))

    def _use(self, name: str, start: Place, end: Place, node: ast.Attribute | None = None) -> None:
        function = None
        for depth, (around, names, imported) in enumerate(reversed(self._bound)):
            if isinstance(around, ast.ClassDef) and depth:
                continue  # functions do not see what the class around them binds
            if name in names:
                self._use_parameter(around, name, start)
                return
            if name in imported:
                function = around
                break
        else:
            if name not in self.found.heads:
                return
        attribute = None
        if node is not None:
            attribute = node.attr
        self.found.names.append(
            Use(name, start, place_of(node)[1] if node else end, attribute, function)
        )

    def _use_parameter(self, around: ast.AST, name: str, start: Place) -> None:
        functions = [each for each, _, _ in self._bound if isinstance(each, Function)]
        for function, parameters in zip(functions, self._parameters, strict=True):
            if function is around and name in parameters:
                parameters[name].places.append(start)


def is_guard(node: ast.AST) -> bool:
    """Whether `node` is an `if` that is never true on a board."""
    return (
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Name)
        and node.test.id in GUARDS
        and not node.orelse
    )


def _within(body: Iterable[ast.AST]) -> Iterable[ast.AST]:
    """Yield the nodes of `body` that are of its own scope."""
    for node in body:
        if is_guard(node):
            continue
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            continue
        if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            continue
        yield from _within(ast.iter_child_nodes(node))


def _binds(node: ast.AST) -> set[str]:
    """Return the names that `node` itself binds."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name.split(".")[0] for alias in node.names}
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        return {node.id}
    if isinstance(node, ast.ExceptHandler) and node.name:
        return {node.name}
    return set()
