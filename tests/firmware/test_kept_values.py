"""Values that outlive a power cut, on a computer's files."""

import os
from pathlib import Path

import pytest

from firmware import kept_values


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


def test_the_highest_boot_fits_the_contract(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "urandom", lambda count: b"\xff" * count)
    assert kept_values.next_boot() < 2**27
