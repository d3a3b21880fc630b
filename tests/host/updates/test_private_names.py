"""Short private names: nothing but names changes, and nobody takes another's."""

from pathlib import Path

from host.updates.private_names import alone_in, shorten

BASE = '''\
"""Says `_hidden` to nobody."""
_LIMIT = 3


class Base:
    def __init__(self, given):
        self._given = given  # and _given
        self.shown = "_given"

    def _hidden(self, _n=_LIMIT):
        return [_ for _ in range(_n)]
'''
DERIVED = """\
from base import Base


class Derived(Base):
    def __init__(self):
        super().__init__(7)
        self._own = 8

    def both(self):
        return self._given, self._own
"""
EXPECTED = '''\
"""Says `_hidden` to nobody."""
_0 = 3


class Base:
    def __init__(self, given):
        self._1 = given  # and _given
        self.shown = "_given"

    def _2(self, _3=_0):
        return [_ for _ in range(_3)]
'''


def sources(folder: Path) -> dict[str, str]:
    (folder / "base.py").write_text(BASE)
    (folder / "derived.py").write_text(DERIVED)

    def find(name: str) -> Path | None:
        path = folder / f"{name}.py"
        return path if path.exists() else None

    return {name: shorten(folder / f"{name}.py", find) for name in ("base", "derived")}


def test_only_private_names_change_and_each_stays_in_its_line(tmp_path: Path) -> None:
    assert sources(tmp_path)["base"] == EXPECTED


def test_a_derived_class_keeps_apart_from_what_it_inherits(tmp_path: Path) -> None:
    short = sources(tmp_path)
    found: dict[str, object] = {}
    exec(short["base"], found)
    exec(short["derived"].replace("from base import Base", ""), found)
    assert eval("Derived().both()", found) == (7, 8)


def test_what_no_other_file_mentions_is_private_unless_it_is_used_by_name(tmp_path: Path) -> None:
    source = "LIMIT = 3\nTIMES = 4\n\n\ndef page(n):\n    return n * LIMIT\n\n\ndef run(x):\n"
    source += '    return x.TIMES + page(2), "run"\n'
    other = "from a import LIMITS\n"
    path = tmp_path / "a.py"
    path.write_text(source)
    alone = alone_in([source, other])
    short = shorten(path, lambda name: None, alone)
    assert short == source.replace("LIMIT", "_0").replace("page", "_1")
    assert shorten(path, lambda name: None, alone_in([source, "a.page(a.LIMIT)"])) == source
