"""The benches run and find what they are there to find; their figures are not tests."""

import subprocess
import sys
from pathlib import Path

import pytest

from shared.errors import DecodeError
from shared.mbus import telegram
from tests.fakes.real_telegrams import TELEGRAMS as REAL
from tools.bench import corpus, fuzz

ROOT = Path(__file__).resolve().parents[2]


def test_twenty_thousand_mutations_raise_nothing_but_our_own_errors():
    errors, decoded, _slowest = fuzz.fuzz(20000, seed=7, path=REAL if REAL.exists() else None)
    assert errors == []
    assert 10000 < decoded < 20000  # most reach the records, some do not


def test_mutations_are_the_same_for_a_seed_and_differ_between_seeds():
    first, again, other = fuzz.mutate("1:0"), fuzz.mutate("1:0"), fuzz.mutate("1:1")
    ours = [next(first) for _ in range(200)]
    assert ours == [next(again) for _ in range(200)]
    assert ours != [next(other) for _ in range(200)]


@pytest.mark.parametrize("fault", [IndexError("x"), MemoryError(), ValueError("y")])
def test_the_fuzzer_finds_a_decoder_that_raises_something_else(monkeypatch, fault):
    def decode(frame):
        raise fault if frame[-2] == 0x55 else DecodeError("fine")

    monkeypatch.setattr(telegram, "decode", decode)
    errors, _decoded, _slowest = fuzz.fuzz(2000, seed=1)
    assert errors
    assert type(fault).__name__ in errors[0][1]


def test_encoded_telegrams_stand_in_for_real_ones():
    description, frames = corpus.telegrams()
    assert description == "telegrams encoded here"
    assert len(frames) == 8
    assert all(telegram.decode(frame).error is None for frame in frames)


@pytest.mark.twin
def test_the_decoder_bench_prints_every_goal():
    command = [sys.executable, "-m", "tools.bench", "decode", "--rounds", "1", "--seconds", "0.01"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.stderr == ""
    for text in ("pyMeterBus", ">= 20", ">= 10,000 /s", "<= 40 KB"):
        assert text in done.stdout
