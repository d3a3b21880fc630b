"""The benches run and find what they are there to find; their figures are not tests."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from shared.errors import DecodeError
from shared.mbus import telegram
from tests.fakes.real_telegrams import TELEGRAMS as REAL
from tools.bench import corpus, fuzz, readout
from tools.bench.__main__ import main

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


@pytest.mark.parametrize("way", readout.WAYS)
def test_a_readout_takes_what_the_wire_takes(way):
    """By secondary address from the second time on: the first finds out how a meter behaves."""
    installation = readout.Installation(10, 9600, way)
    first, again = installation.read(), installation.read()
    requests = sum(len(meter.profile.telegrams) for meter in installation.meters)
    assert again.frames == requests + 10 * (1 if way == "primary" else 2)
    assert 1 <= again.ratio <= 1.0001
    assert again.violations == 0
    assert first.frames == again.frames if way == "primary" else first.frames > again.frames
    assert first.floor_s == pytest.approx(again.floor_s, rel=0.01)
    assert way == "primary" or first.ratio > 1.3  # telegrams that nobody needs count against us


def test_a_dead_meter_costs_its_time_outs_and_nothing_more(capsys):
    assert readout._dead(2400) == 0
    assert "5 dead of 50 at 2400" in capsys.readouterr().out


def test_three_segments_are_three_times_as_fast():
    assert readout._segments(30, 9600) == 0


def test_the_floor_is_made_of_bytes_pauses_and_idle_bits():
    figures = {"answered": 2, "answer_delays_s": 0.5}
    needs = readout.Needed(bytes=100, requests=1)
    assert readout.floor_s(needs, figures, 1200) == pytest.approx((1100 + 33) / 1200 + 0.25)


def test_the_journal_tells_how_long_a_flash_keeps(capsys: pytest.CaptureFixture[str]):
    wanted = ["--meters", "20", "--days", "2", "--cycle", "30", "--blocks", "22"]
    assert main(["journal", *wanted]) == 0
    told = capsys.readouterr().out
    assert re.search(r"blocks of flash for files +22\n", told)
    assert re.search(r"the newest that are kept +48\.0 h, 2\.0 days", told)


def test_the_journal_gives_back_what_it_kept(capsys: pytest.CaptureFixture[str]):
    assert main(["journal", "--meters", "10", "--days", "1", "--cycle", "60"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "10 meters, every 60 min, 1 days: 240 readings" in lines[0]
    figures = {line[:34].strip(): line[34:].strip() for line in lines[1:]}
    assert figures["came back as they were, in order"] == "240 of 240"
    assert figures["lost for want of room"] == "0"
