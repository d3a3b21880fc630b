"""Three days of readings in the board's flash: bytes, time and wear, on MicroPython and LittleFS.

The demo's meters are read at their cycle with nobody there, and the journal keeps their telegrams
in a LittleFS of the size of a W5500-EVB-Pico's, in virtual time; then a host comes and takes them
all, while reading goes on. Every reading that comes back is compared with what was read. Peers: the
telegrams as they are with a length before each, and zlib (level 9, which a board does not have) on
the readings of each minute and of each round.
"""

import json
import struct
import subprocess
import sys
import tempfile
import zlib
from importlib import import_module
from pathlib import Path

from shared.mbus import frames
from tools.bench.decode import _tool
from tools.plant import population, profiles
from tools.plant.values import EPOCH

ROOT = Path(__file__).resolve().parents[2]
GOAL_BYTES = 1_400_000
BEGIN_S = EPOCH + 45 * 86_400
EXCHANGE_MS = 751  # about what a meter takes at 2400 baud, so a round takes three minutes
ENDURANCE = 100_000  # erases that a block of NOR flash is made for
TEN_YEARS_DAYS = 3652


def options(parser):
    parser.add_argument("--meters", type=int, default=250, help="meters of the demo's kinds (250)")
    parser.add_argument("--days", type=int, default=3, help="days without a host (3)")
    parser.add_argument("--cycle", type=int, default=15, help="minutes between rounds (15)")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--board", help="with the flash for files of a module of boards/")
    size.add_argument("--blocks", type=int, default=352, help="with so many blocks of 4 KB (352)")


def run(chosen):
    """Measure and print the table; return 1 where the goal is missed, else 0."""
    if chosen.board:
        chosen.blocks = import_module("boards." + chosen.board).FLASH_KB // 4
    meters = population.demo(profiles.load(), chosen.meters)
    rounds = chosen.days * 24 * 60 // chosen.cycle
    peers = {"as they are": 0, "zlib, each minute": 0, "zlib, each round": 0}
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "readings"
        with path.open("wb") as file:
            for number in range(rounds):
                _peers(_round(meters, number, chosen.cycle * 60, file), peers)
        result = _on_micropython(path, chosen)
    return _table(chosen, rounds * chosen.meters, peers, result)


def _round(meters, number, cycle_s, file):
    """Write the readings of a round: ms since the begin, address, telegrams; return the latter."""
    joined = []
    for place, meter in enumerate(meters):
        at_ms = number * cycle_s * 1000 + place * EXCHANGE_MS
        count = len(meter.profile.telegrams)
        access_no = (place * 7 + number * count) & 0xFF
        data = meter.contents.telegrams(
            BEGIN_S + at_ms / 1000, meter.primary, access_no, 0, list(range(count))
        )
        made = [
            frames.long_frame(frames.RSP_UD, meter.primary, meter.profile.ci, one) for one in data
        ]
        blob = b"".join(made)
        file.write(struct.pack("<QHH", at_ms, place + 1, len(blob)) + blob)
        joined.append(blob)
    return joined


def _peers(readings, peers):
    minute = 60_000 // EXCHANGE_MS
    peers["as they are"] += sum(len(blob) + 2 for blob in readings)
    for start in range(0, len(readings), minute):
        part = b"".join(readings[start : start + minute])
        peers["zlib, each minute"] += len(zlib.compress(part, 9))
    peers["zlib, each round"] += len(zlib.compress(b"".join(readings), 9))


def _on_micropython(path, chosen):
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        f"from tools.bench import journal_small\njournal_small.main({str(path)!r}, {chosen.blocks})"
    )
    command = [_tool("micropython"), "-X", "heapsize=32m", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode or not done.stdout.startswith("{"):
        print(done.stdout, done.stderr, file=sys.stderr)
        raise SystemExit("the journal failed on MicroPython")
    return json.loads(done.stdout.splitlines()[-1])


def _table(chosen, count, peers, result):
    kept = count - result["lost"]
    is_met = result["lost"] == 0 and result["taken"] <= GOAL_BYTES
    print(
        f"{chosen.meters} meters, every {chosen.cycle} min, {chosen.days} days: {count:,} readings,"
        f" {(peers['as they are'] - 2 * count) / count:.0f} bytes each\n"
    )
    for name, size in peers.items():
        print(f"{name:34}{size / count:8.1f} bytes each{size:14,}")
    print(f"{'journal, its bytes':34}{result['bytes'] / kept:8.1f} bytes each{result['bytes']:14,}")
    print(
        f"{'journal, its blocks of flash':34}{result['taken'] / kept:8.1f} bytes each"
        f"{result['taken']:14,}   goal {GOAL_BYTES:,} {'met' if is_met else 'NOT met'}"
    )
    per_day = result["erases"] / chosen.days
    each = per_day * TEN_YEARS_DAYS / result["blocks"]
    hours = kept * chosen.cycle / 60 / chosen.meters
    rows = (
        ("blocks of flash for files", f"{result['blocks']}"),
        ("the newest that are kept", f"{hours:.1f} h, {hours / 24:.1f} days"),
        ("lost for want of room", f"{result['lost']:,}"),
        ("came back as they were, in order", f"{result['back']:,} of {kept:,}"),
        ("read meanwhile, came too", f"{result['meanwhile']:,}"),
        ("to pack a reading", f"{result['pack_us'] / 1000:.2f} ms here"),
        ("to unpack a reading", f"{result['unpack_us'] / 1000:.2f} ms here"),
        ("heap: entries waiting for flash", f"{result['heap_waiting'] / 1024:.1f} KB (64 bits)"),
        ("heap: two files indexed", f"{result['heap_index'] / 1024:.1f} KB (64 bits)"),
        ("writes to flash", f"{result['writes']:,}, {result['erases']:,} blocks erased"),
        ("ten years never a host", f"{each:,.0f} erases a block of {ENDURANCE:,}"),
        ("ten years with a host", "0 erases"),
    )
    for name, figure in rows:
        print(f"{name:34}{figure}")
    return 0 if is_met and result["back"] == kept else 1
