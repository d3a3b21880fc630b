"""Modules joined into few files do what they did as files of their own."""

import builtins
import sys
import types

import pytest

from host.updates import bundles as room
from host.updates.bundles import bundles, origin
from host.updates.module_graph import BundleError

HOUSE = {
    "start": "from house.door import ring\nfrom house import board\n"
    "from house.limits import LIMIT\n\n"
    "heard = ring(LIMIT, board)\n",
    "house.board": 'NAME = "door"\n',
    "house.limits": "from micropython import const\n\nLIMIT = const(3)\n_TIMES = const(2)\n\n\n"
    "def times(n):\n    return n * _TIMES\n",
    "house.bell": "import json as _json\n\nfrom house.limits import LIMIT, times\n\n\nclass Bell:\n"
    "    times = LIMIT\n\n    def sound(self):\n"
    "        return [times(self.times), [LIMIT for LIMIT in (7,)]]\n\n\n"
    "def tell(value):\n    return _json.dumps(value)\n",
    "house.door": "import sys as _json\n\nfrom house import bell, limits\n"
    "from house.bell import Bell\n\n"
    "count = 0\n\n\ndef ring(n, board):\n    global count\n    count += n\n"
    "    sound = Bell().sound()\n    if n == limits.LIMIT:\n"
    "        from house.rare import shout\n        from house import louder\n\n"
    "        sound.append(louder.much(shout(board.NAME)))\n"
    "    return bell.tell([sound, count, _json.byteorder in ('little', 'big')])\n",
    "house.rare": "def shout(text):\n    return text.upper()\n",
    "house.louder": "from house.rare import shout\n\n\n"
    "def much(text):\n    return shout(text) + '!'\n",
}
HEARD = '[[6, [7], "DOOR!"], 3, true]'


def run(files: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, types.ModuleType]:
    """Run `start` of `files`; return the modules that are then loaded."""
    monkeypatch.setattr(builtins, "const", int, raising=False)  # the compiler's
    monkeypatch.setitem(sys.modules, "micropython", types.SimpleNamespace(const=int))

    class Finder:
        @staticmethod
        def find_spec(name: str, path: object = None, target: object = None) -> object:
            from importlib.machinery import ModuleSpec

            packages = {file.rpartition(".")[0] for file in files}
            if name in files or name in packages:
                return ModuleSpec(name, Finder, is_package=name in packages)  # type: ignore[arg-type]
            return None

        @staticmethod
        def create_module(spec: object) -> None:
            return None

        @staticmethod
        def exec_module(module: types.ModuleType) -> None:
            exec(files.get(module.__name__, ""), module.__dict__)

    before = set(sys.modules)
    monkeypatch.setattr(sys, "meta_path", [Finder, *sys.meta_path])
    try:
        __import__("start")
        return {name: sys.modules[name] for name in sys.modules if name not in before}
    finally:
        for name in set(sys.modules) - before:
            del sys.modules[name]


def test_what_is_joined_does_what_it_did(monkeypatch: pytest.MonkeyPatch):
    assert run(HOUSE, monkeypatch)["start"].heard == HEARD
    joined = bundles(["start"], HOUSE.get)
    assert run(joined, monkeypatch)["start"].heard == HEARD
    assert len(joined) < len(HOUSE)


def test_only_what_is_used_as_an_object_stays_a_file_of_its_own():
    assert [name for name in bundles(["start"], HOUSE.get) if "." in name] == ["house.board"]


def test_what_a_function_imports_is_loaded_when_it_asks(monkeypatch: pytest.MonkeyPatch):
    joined = bundles(["start"], HOUSE.get)
    (rare,) = [name for name in joined if "upper" in joined[name]]
    assert rare in run(joined, monkeypatch)
    quiet = HOUSE | {"start": HOUSE["start"].replace("LIMIT,", "LIMIT + 1,")}
    assert rare not in run(bundles(["start"], quiet.get), monkeypatch)


def test_functions_and_constants_have_short_names_and_classes_their_own():
    joined = bundles(["start"], HOUSE.get)
    (text,) = [text for text in joined.values() if "class Bell" in text]
    assert "def tell" not in text
    assert "def times" not in text
    assert "LIMIT = const" not in text


def test_a_line_of_a_bundle_is_told_as_that_of_its_module():
    joined = bundles(["start"], HOUSE.get)
    (name,) = [name for name in joined if "class Bell" in joined[name]]
    lines = joined[name].split("\n")
    for module in ("house.bell", "house.door"):
        for number, line in enumerate(HOUSE[module].split("\n"), 1):
            if line.startswith(("class", "    sound = ")):
                assert origin(name, joined[name], lines.index(line) + 1) == (module, number)


def test_too_many_names_make_another_bundle(monkeypatch: pytest.MonkeyPatch):
    before = len(bundles(["start"], HOUSE.get))
    monkeypatch.setattr(room, "_MOST_NAMES", 3)
    joined = bundles(["start"], HOUSE.get)
    assert len(joined) > before
    assert run(joined, monkeypatch)["start"].heard == HEARD


def test_a_name_that_a_module_does_not_have_is_refused():
    wrong = HOUSE | {"house.bell": HOUSE["house.bell"].replace("def tell", "def say")}
    with pytest.raises(BundleError, match=r"house\.door: house\.bell has no tell"):
        bundles(["start"], wrong.get)
