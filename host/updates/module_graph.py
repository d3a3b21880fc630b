"""The modules of a firmware and what their imports mean, from their sources alone."""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from host.updates.names_in_scope import Uses, uses

CONST = "const"  # what the compiler folds
_NUMBER = re.compile(CONST + r"\((-?(?:0x[0-9A-Fa-f]+|\d+))\)")

Read = Callable[[str], str | None]


class BundleError(Exception):
    """Modules cannot be joined; the text names the module and the reason."""


@dataclass
class Module:
    """A module of ours. `first`: modules that its head imports; `later`: those of each function."""

    name: str
    text: str
    uses: Uses
    first: list[str] = field(default_factory=list[str])
    later: dict[ast.AST, list[str]] = field(default_factory=dict[ast.AST, list[str]])


class Modules:
    """The modules of ours that `roots` need, and what their imports mean."""

    def __init__(self, roots: Iterable[str], read: Read) -> None:
        self._read = read
        self.all: dict[str, Module] = {}
        for root in roots:
            self._load(root)

    def _load(self, name: str) -> None:
        text = self._read(name)
        if text is None or name in self.all:
            return
        try:
            module = self.all[name] = Module(name, text, uses(text))
        except SyntaxError as error:
            raise BundleError(f"{name}: {error}") from error
        for each in module.uses.imports:
            for target, _, _ in self.meant(module, each.node):
                if target:
                    self._load(target)
                    later = each.function and module.later.setdefault(each.function, [])
                    (module.first if later is None else later).append(target)

    def meant(
        self, module: Module, node: ast.Import | ast.ImportFrom
    ) -> Iterator[tuple[str, str, str]]:
        """Yield what an import binds: (module of ours or "", name in it or "", name here)."""
        for alias in node.names:
            local = alias.asname or alias.name
            if isinstance(node, ast.Import):
                if self._read(alias.name) is not None:
                    raise BundleError(f"{module.name}: write `from ... import` for {alias.name}")
                yield "", "", local
            elif self._read(f"{node.module}.{alias.name}") is not None:
                yield f"{node.module}.{alias.name}", "", local
            elif node.module and self._read(node.module) is not None:
                yield *self.origin(node.module, alias.name), local
            else:
                yield "", "", local

    def origin(self, name: str, word: str) -> tuple[str, str]:
        """Return (module, name) of what a module has as `word`: it may have imported that."""
        self._load(name)
        for each in self.all[name].uses.imports:
            if each.function is None:
                for target, inner, local in self.meant(self.all[name], each.node):
                    if local == word and inner:
                        return target, inner
        return name, word

    def objects(self) -> set[str]:
        """Return the modules that some module uses as objects."""
        return {
            target
            for module in self.all.values()
            for each in module.uses.imports
            for target, inner, local in self.meant(module, each.node)
            if target and not inner and local in module.uses.objects(each.function)
        }

    def constant(self, name: str, word: str) -> str | None:
        """Return the value of a constant of a module as text, None when it isn't a plain number."""
        found = _NUMBER.fullmatch(self.all[name].uses.constants.get(word, ""))
        return found and found[1]
