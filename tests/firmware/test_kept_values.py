"""Values that outlive a power cut, on a computer's files."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from firmware import kept_values
from tests.fakes.small_python import run_on_micropython

FULL = """
import os
from firmware import kept_values
from tests.firmware.journal.journal_scenarios import Flash
flash = Flash(24)
flash.mount()
def fill():
    try:
        for number in range(999):
            with open("/flash/f%d" % number, "ab") as file:
                file.write(bytes(3000))
    except OSError:
        pass
kept_values.FOLDER = "/flash/kept"
boots = [kept_values.next_boot()]
fill()
boots += [kept_values.next_boot() for _ in range(59)]
kept_values.FOLDER = "/flash/other"
fill()
empty = kept_values.next_boot()
kept_values.FOLDER = "/flash/kept"
tell([boots, empty, kept_values.next_boot()])
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(kept_values, "FOLDER", str(tmp_path / "kept"))
    return tmp_path / "kept"


def test_a_value_is_kept_and_replaced():
    assert kept_values.load("name") is None
    kept_values.save("name", "one")
    kept_values.save("name", "two")
    assert kept_values.load("name") == "two"


def test_a_power_cut_while_saving_keeps_the_old_value(monkeypatch: pytest.MonkeyPatch):
    kept_values.save("name", "old")

    def cut(old: str, new: str) -> None:
        raise OSError("power cut")

    monkeypatch.setattr(os, "rename", cut)
    with pytest.raises(OSError, match="power cut"):
        kept_values.save("name", "new")
    assert kept_values.load("name") == "old"


def test_boots_count_up_by_one():
    first = kept_values.next_boot()
    assert [kept_values.next_boot() for _ in range(3)] == [first + 1, first + 2, first + 3]


@pytest.mark.parametrize("content", [None, "", "rubbish", "-3"])
def test_an_empty_flash_starts_at_a_random_place(
    content: str | None, monkeypatch: pytest.MonkeyPatch
):
    if content is not None:
        kept_values.save("boot", content)
    monkeypatch.setattr(os, "urandom", lambda count: b"\x12\x34"[:count])
    assert kept_values.next_boot() == 1 + 1000 * 0x1234


def no_space(*_: Any, **__: Any) -> Any:
    raise OSError(errno.ENOSPC, "ENOSPC")


def test_a_full_flash_counts_the_boot_in_the_room_held_for_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    first = kept_values.next_boot()
    held = next(path for path in folder.iterdir() if path.stat().st_size >= 8192)
    rename = os.rename

    def rename_if_room(old: str, new: str) -> None:
        if held.exists():
            no_space()
        rename(old, new)

    monkeypatch.setattr(os, "rename", rename_if_room)
    assert kept_values.next_boot() == first + 1
    assert kept_values.load("boot") == str(first + 1)
    assert held.exists()  # for the next time, as soon as there is room


def test_a_flash_that_takes_nothing_starts_all_the_same(monkeypatch: pytest.MonkeyPatch):
    first = kept_values.next_boot()
    monkeypatch.setattr(kept_values, "save", no_space)
    assert kept_values.next_boot() == first + 1
    monkeypatch.undo()


def test_a_real_flash_that_is_full_counts_on():
    """On LittleFS, with nothing left; in a new folder too, where there is no number yet."""
    boots, empty, last = run_on_micropython(FULL, heap="2m")
    assert boots == list(range(boots[0], boots[0] + 60))
    assert empty > 0
    assert last == boots[-1] + 1


def test_the_highest_boot_fits_the_contract(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "urandom", lambda count: b"\xff" * count)
    assert kept_values.next_boot() < 2**27
