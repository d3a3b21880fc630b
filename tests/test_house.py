"""The house keeps its import directions (README, "The house"); a breach is named by its line."""

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("shared", "firmware", "boards", "host", "tests", "tools")

# room -> the rooms whose modules it may import, beside its own and the standard library.
# The longest matching prefix of a module's name decides.
MAY_IMPORT = {
    "shared": (),
    "shared.mbus": ("shared",),
    "shared.link": ("shared",),
    "boards": (),
    "firmware": ("shared", "boards"),
    "host.settings": ("shared", "host.texts.catalogue"),  # to mark its texts
    "host.store": ("shared", "host.settings"),
    "host.texts": ("shared",),
    "host.device": ("shared",),
    "host.system": ("shared",),
    "host.updates": ("shared", "host.settings"),
    "host.readout": ("shared", "host.settings", "host.store"),
    "host.export": ("shared", "host.settings", "host.store", "host.readout", "host.texts"),
    "host.core": (
        "shared",
        "host.settings",
        "host.store",
        "host.device",
        "host.system",
        "host.readout",
        "host.updates",
    ),
    "host.web": (
        "shared",
        "host.log",
        "host.core.client",
        "host.core.services",
        "host.device.async_conversation",  # a conversation on a stream, whoever speaks
        "host.settings",
        "host.store",
        "host.readout",
        "host.export",
        "host.texts",
    ),
    "host": ("shared", "host"),
    "tools": tuple(room for room in ROOMS if room != "tests"),  # which nobody knows
    "tests": ROOMS,
}
# `shared` is one room but for these two, which never meet.
NEVER_MEET = ("shared.mbus", "shared.link")


def modules() -> dict[str, Path]:
    """Return every module of the house: dotted name -> file."""
    found = {}
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if "node_modules" not in parts:
                found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imports(name: str, source: str, is_package: bool) -> list[tuple[int, str]]:
    """Return (line, dotted name) of everything `source` imports, wherever it stands."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = name.split(".") if is_package else name.split(".")[:-1]
                base = ".".join([*package[: len(package) - node.level + 1], *filter(None, [base])])
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                found.append((node.lineno, whole if whole in MODULES else base))
    return found


def within(name: str, room: str) -> bool:
    return name == room or name.startswith(room + ".")


def room_of(name: str) -> str:
    return max((room for room in MAY_IMPORT if within(name, room)), key=len)


def allowed(importer: str, imported: str) -> bool:
    """Say whether the module `importer` may import `imported`, both dotted names of the house."""
    for one, other in (NEVER_MEET, NEVER_MEET[::-1]):
        if within(importer, one) and within(imported, other):
            return False
    room = room_of(importer)
    return within(imported, room) or any(within(imported, other) for other in MAY_IMPORT[room])


def breaches(name: str, path: Path, source: str) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{line}: {name} must not import {imported}"
        for line, imported in imports(name, source, path.name == "__init__.py")
        if imported.split(".")[0] in ROOMS and not allowed(name, imported)
    ]


def test_imports_go_one_way():
    found = [line for n, path in MODULES.items() for line in breaches(n, path, path.read_text())]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("shared.mbus.frames", "from shared.link import records"),
        ("shared.scaled", "import host.store"),
        ("tools.bench.heap", "from tests.fakes import twin"),
        ("firmware.main", "from host import store"),
        ("host.store.meters", "from host.web import app"),
        ("host.web.app", "from host.store import meters\n\ndef f():\n    import firmware.main"),
        ("host.web.app", "from host import assemble"),
        ("host.core.process", "from tests.fakes import bus"),
    ],
)
def test_a_breach_is_named_by_its_line(name: str, source: str):
    path = ROOT / (name.replace(".", "/") + ".py")
    (line,) = breaches(name, path, source)
    assert line.startswith(f"{path.relative_to(ROOT)}:{len(source.splitlines())}:")


def test_small_pythons_import_only_what_they_have():
    """shared, firmware and boards import no module that only CPython has."""
    small = {
        *("array", "asyncio", "binascii", "collections", "errno", "framebuf", "gc", "hashlib"),
        *("json", "machine", "microdot", "micropython", "network", "os", "random", "rp2"),
        *("select", "socket", "struct", "sys", "termios", "time", "uctypes", "vfs"),
    }
    circuitpython = {
        *("analogio", "busio", "countio", "digitalio", "microcontroller", "usb_cdc", "watchdog")
    }
    found = []
    for name, path in MODULES.items():
        if name == "firmware.hal.on_circuitpython":
            small = small | circuitpython
        if name.split(".")[0] not in ("shared", "firmware", "boards"):
            continue
        for line, imported in imports(name, path.read_text(), path.name == "__init__.py"):
            top = imported.split(".")[0]
            if top not in small and top not in ROOMS:
                found.append(f"{path.relative_to(ROOT)}:{line}: {top} is not on every Python")
    assert not found, "\n".join(found)


def test_only_known_folders_stand_at_the_root():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    folders = {line.split("/")[0] for line in listed if "/" in line}
    assert folders <= {*ROOMS, ".ci"}
