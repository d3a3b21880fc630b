"""Joins a board's modules into few files, for each module takes RAM: its name, path, dict, imports.

What starts with the firmware is cut, in the order in which it is imported, into bundles; what a
function imports comes into bundles of its own, so that it is in memory only when it is asked for.
Within a bundle each function and constant of a module's head gets a short name that nobody else has
there; all bundles use the same few. Classes keep theirs: people meet them in tracebacks. The lines
of a module stay as they are, behind those of the one before.

A module that somebody uses as an object, not only for what is in it, stays a file of its own under
its own name.
"""

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from host.updates.edits import Edit, applied, place_of
from host.updates.module_graph import CONST, BundleError, Module, Modules, Read

_MOST_NAMES = 160  # at the heads of the modules of a bundle
_SHORT = re.compile(r"\b_(\d+)\b")
_HEAD = "  #: "  # before the name of the module that begins behind this line


@dataclass
class Bundle:
    """`name` is that of its file. `final`: (module, name) -> what that is called here."""

    name: str
    modules: list[Module]
    final: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    external: dict[str, str] = field(default_factory=dict[str, str])  # name here -> what it is
    taken: set[str] = field(default_factory=set[str])
    next: int = 0

    def fresh(self) -> str:
        """Return a short name that nobody has here."""
        while f"_{self.next}" in self.taken:
            self.next += 1
        self.taken.add(f"_{self.next}")
        return f"_{self.next}"


def bundles(roots: Iterable[str], read: Read) -> dict[str, str]:
    """Return the source of each file, by its dotted name, that the modules `roots` need.

    roots: by their dotted names; each stays a file of its own, for others name it.
    read: the source of a module by its dotted name, None when it is none of ours.
    BundleError when a module does what this cannot follow.
    """
    names = list(roots)
    modules = Modules(names, read)
    alone = {*names, *modules.objects()}
    homes = _Homes(modules, names, alone).homes
    found = list({id(bundle): bundle for bundle in homes.values()}.values())
    for bundle in found:
        _name(bundle, modules, bundle.name in alone)
    return {bundle.name: _Text(bundle, modules, homes, alone).whole() for bundle in found}


def origin(bundle: str, text: str, line: int) -> tuple[str, int]:
    """Return (module, line in it) of a line of a bundle with the source `text`, from 1."""
    before = text.split("\n")[:line]
    for number in range(len(before), 0, -1):
        _, head, module = before[number - 1].partition(_HEAD)
        if head:
            return module, line - number
    return bundle, line


class _Homes:
    """Says in which bundle each module is: `homes`."""

    def __init__(self, modules: Modules, roots: Iterable[str], alone: set[str]) -> None:
        self._modules = modules.all
        self._alone = alone
        self._counts: dict[str, int] = {}
        self.homes: dict[str, Bundle] = {}
        order: list[str] = []
        waiting: list[list[str]] = []
        for name in roots:
            self._visit(name, order, waiting)
        self._cut(order)
        while waiting:
            asked, waiting = waiting, []
            for names in self._together(asked, waiting):
                self._cut(names)

    def _together(self, asked: list[list[str]], waiting: list[list[str]]) -> list[list[str]]:
        """Return the modules that the same ones of `asked` need, each such group in order."""
        needed: dict[str, list[int]] = {}
        for number, names in enumerate(asked):
            found: list[str] = []
            for name in names:
                self._visit(name, found, waiting)
            for name in found:
                needed.setdefault(name, []).append(number)
        groups: dict[tuple[int, ...], list[str]] = {}
        for name, numbers in needed.items():
            groups.setdefault(tuple(numbers), []).append(name)
        return list(groups.values())

    def _visit(self, name: str, order: list[str], waiting: list[list[str]]) -> None:
        """Add `name` to `order`, behind what its head imports; what comes later to `waiting`."""
        if name in order or name in self.homes:
            return
        module = self._modules[name]
        for target in module.first:
            self._visit(target, order, waiting)
        if name not in order:
            order.append(name)
            waiting += module.later.values()

    def _cut(self, names: Iterable[str]) -> None:
        part: list[Module] = []
        size = 0
        for name in names:
            module = self._modules[name]
            if name in self._alone:
                self.homes[name] = Bundle(name, [module])
                continue
            if part and size + len(module.uses.heads) > _MOST_NAMES:
                self._close(part)
                part, size = [], 0
            part.append(module)
            size += len(module.uses.heads)
        if part:
            self._close(part)

    def _close(self, part: list[Module]) -> None:
        rooms = [module.name.split(".")[-2] for module in part]
        room = max(rooms, key=rooms.count)
        self._counts[room] = self._counts.get(room, 0) + 1
        bundle = Bundle(f"{room}_{self._counts[room]}", part)
        self.homes.update({module.name: bundle for module in part})


def _name(bundle: Bundle, modules: Modules, keeps: bool) -> None:
    """Give all that the heads of a bundle bind its final name; `keeps`: the one that it has."""
    numbers = [int(n) for module in bundle.modules for n in _SHORT.findall(module.text)]
    bundle.next = max(numbers, default=-1) + 1
    for module in bundle.modules:
        outside: dict[str, str] = {}
        for each in module.uses.imports:
            if each.function is None:
                for alias, (target, _, local) in zip(
                    each.node.names, modules.meant(module, each.node), strict=True
                ):
                    of = each.node.module if isinstance(each.node, ast.ImportFrom) else ""
                    outside[local] = (target and "ours") or f"{of} {alias.name}"
        for word in module.uses.heads:
            what = outside.get(word, "")
            if what == "ours":
                continue
            if word in bundle.taken:
                stays = what != "" and bundle.external.get(word) == what
            else:
                stays = word in module.uses.classes or (what != "" and not _SHORT.fullmatch(word))
            final = word if keeps or stays else bundle.fresh()
            if what:
                bundle.external[final] = what
            bundle.taken.add(final)
            bundle.final[module.name, word] = final


class _Text:
    """Writes one bundle."""

    def __init__(
        self, bundle: Bundle, modules: Modules, homes: dict[str, Bundle], alone: set[str]
    ) -> None:
        self._bundle = bundle
        self._modules = modules
        self._homes = homes
        self._alone = alone
        self._borrowed: dict[tuple[str, str], str] = {}
        self._head: list[str] = []  # statements before the module that is being written

    def whole(self) -> str:
        return "".join([self._part(module) for module in self._bundle.modules])

    def _part(self, module: Module) -> str:
        self._head = []
        edits = [Edit(*place_of(guard), "pass") for guard in module.uses.guards]
        names: dict[str, str] = {}
        aliases: dict[str, str] = {}
        for each in module.uses.imports:
            meant = list(self._modules.meant(module, each.node))
            if not any(target for target, _, _ in meant):
                if each.function is None:
                    edits += self._outside(module, each.node)
                continue
            if each.function is not None:
                edits += self._later(module, each.node, each.function)
                continue
            for target, inner, local in meant:
                if inner:
                    names[local] = self._here(module, target, inner)
                elif local in module.uses.objects(None):
                    names[local] = local
                    self._head.append(_import_of(target, local))
                    self._bundle.taken.add(local)
                else:
                    aliases[local] = target
            edits.append(Edit(*place_of(each.node), "pass"))
        for word in module.uses.heads:
            names.setdefault(word, self._bundle.final.get((module.name, word), word))
        for use in module.uses.names:
            if use.function is not None:
                continue
            if use.name in aliases and use.attribute:
                edits.append(use.edit(self._here(module, aliases[use.name], use.attribute), True))
            elif names[use.name] != use.name:
                edits.append(use.edit(names[use.name]))
        body = applied(module.text, edits)
        body += "" if body.endswith("\n") else "\n"
        if self._head or len(self._bundle.modules) > 1:
            body = "; ".join(self._head or ["pass"]) + f"{_HEAD}{module.name}\n" + body
        return body

    def _here(self, module: Module, target: str, word: str) -> str:
        """Return what `word` of the module `target` is called here; it may have to be imported."""
        home = self._homes[target]
        if (target, word) not in home.final:
            target, word = self._modules.origin(target, word)
            home = self._homes[target]
        theirs = home.final.get((target, word))
        if theirs is None:
            raise BundleError(f"{module.name}: {target} has no {word}")
        if home is self._bundle:
            return theirs
        if theirs == CONST:
            if self._calls_const(module):
                self._head.append(f"from micropython import {CONST}")
            return theirs
        if (target, word) not in self._borrowed:
            local = self._bundle.fresh() if theirs in self._bundle.taken else theirs
            self._bundle.taken.add(local)
            self._borrowed[target, word] = local
            value = self._modules.constant(target, word)
            if value:
                local = self._borrowed[target, word] = self._bundle.fresh()
                self._head.append(f"{local} = const({value})")
            else:
                self._head.append(f"from {home.name} import {_as(theirs, local)}")
        return self._borrowed[target, word]

    def _calls_const(self, module: Module) -> bool:
        """Whether not all is folded: `const` is called when the module runs."""
        called = [use for use in module.uses.names if use.name == CONST]
        folded = [v for v in module.uses.constants.values() if v.startswith(f"{CONST}(")]
        return len(called) > len(folded)

    def _outside(self, module: Module, node: ast.Import | ast.ImportFrom) -> list[Edit]:
        """Return the edits for an import of what is none of ours."""
        told: list[str] = []
        for alias in node.names:
            final = self._bundle.final[module.name, alias.asname or alias.name]
            told.append(_as(alias.name, final))
        of = f"from {node.module} " if isinstance(node, ast.ImportFrom) else ""
        return [Edit(*place_of(node), f"{of}import {', '.join(told)}")]

    def _later(
        self, module: Module, node: ast.Import | ast.ImportFrom, function: ast.AST
    ) -> list[Edit]:
        """Return the edits for an import of ours inside a function."""
        told: list[str] = []
        edits: list[Edit] = []
        for target, inner, local in self._modules.meant(module, node):
            home = self._homes[target]
            if inner:
                told.append(f"from {home.name} import {_as(home.final[target, inner], local)}")
            elif local in module.uses.objects(function):
                told.append(_import_of(target, local))
            else:
                mine: dict[str, str] = {}
                for use in module.uses.names:
                    if use.function is function and use.name == local and use.attribute:
                        if use.attribute not in mine:
                            name = mine[use.attribute] = self._bundle.fresh()
                            theirs = home.final[target, use.attribute]
                            told.append(f"from {home.name} import {_as(theirs, name)}")
                        edits.append(use.edit(mine[use.attribute], True))
        return [*edits, Edit(*place_of(node), "; ".join(told) or "pass")]


def _as(name: str, local: str) -> str:
    return name if name == local else f"{name} as {local}"


def _import_of(module: str, local: str) -> str:
    """Return the import of a module that stays a file of its own."""
    package, _, last = module.rpartition(".")
    return f"from {package} import {_as(last, local)}" if package else f"import {_as(last, local)}"
