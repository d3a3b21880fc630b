"""Which slot main.py starts, for every state that /slot can be in."""

import json

import pytest

from tests.fakes.small_python import run_on_micropython
from tests.host.updates.test_steps import BOARD, MAIN

CASES = [
    # /slot, folders there -> slot, /slot afterwards
    ("a", "ab", "a", "a"),
    ("b", "ab", "b", "b"),
    ("b 3 a", "ab", "b", "b 2 a"),
    ("b 1 a", "ab", "b", "b 0 a"),
    ("b 0 a", "ab", "a", "a"),
    ("a 0 -", "a", "a", "a 0 -"),  # nothing to go back to
    (None, "a", "a", None),
    (None, "b", "b", None),
    ("", "ab", "a", ""),
    ("rubbish", "b", "b", "rubbish"),
    (None, "", None, None),
]
CODE = """
mount(bytearray(4096 * 20))
cases = json.loads({cases!r})
space = {{"__name__": "board"}}
exec({main!r}, space)
space["print"] = lambda *words: None
told = []
for words, folders, *_ in cases:
    for name in os.listdir("/"):
        (os.rmdir if name in "ab" else os.remove)("/" + name)
    for name in folders:
        os.mkdir("/" + name)
    if words is not None:
        with open("/slot", "w") as f:
            f.write(words)
    slot = space["choose"](space["load"]())
    try:
        with open("/slot") as f:
            told.append([slot, f.read()])
    except OSError:
        told.append([slot, None])
tell(told)
"""


@pytest.fixture(scope="module")
def told() -> list[list[str | None]]:
    code = CODE.format(cases=json.dumps(CASES), main=MAIN.decode())
    return run_on_micropython(BOARD + code, heap="2m")


@pytest.mark.parametrize("number", range(len(CASES)))
def test_the_slot_and_what_is_kept(number: int, told: list[list[str | None]]):
    assert told[number] == list(CASES[number][2:]), CASES[number]


FULL = """
mount(bytearray(4096 * 20))
space = {{"__name__": "board"}}
exec({main!r}, space)
space["print"] = lambda *words: None
os.mkdir("/a")
os.mkdir("/b")
chosen = []
def no_space(*names):
    raise OSError(28)
class Full:
    rename = staticmethod(no_space)
    stat = staticmethod(os.stat)
for words in ("b 2 a", "b 0 a"):
    with open("/slot", "w") as f:
        f.write(words)
    space["os"] = Full
    chosen.append(space["choose"](space["load"]()))
tell(chosen)
"""


def test_a_flash_without_room_for_the_slot_starts_one():
    assert run_on_micropython(BOARD + FULL.format(main=MAIN.decode()), heap="2m") == ["b", "a"]
