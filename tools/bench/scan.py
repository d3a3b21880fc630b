"""Probes and seconds of a search by secondary address, in virtual time on the plant's bus.

Ours beside the plain digit order, which is libmbus's, with the same timing, meters and seeds. The
numbers come in deliveries (clustered), in a row (consecutive) or by chance (random); answer delays
differ. Then populations that are difficult. A missed meter is one that the scan did not name, an
invented one is named without trouble and not there. The goals hold for the worst seed.
"""

import json
import multiprocessing
import os
from random import Random

from shared.mbus.addresses import secondary_text
from shared.mbus.line import Line
from shared.mbus.scan import Found, SecondaryScan
from shared.mbus.search import COLLISION, SHARES, Search
from tools.bench.populations import POPULATIONS
from tools.plant import population, profiles
from tools.plant.bus import Bus
from tools.plant.clock import TICKS_PER_SECOND
from tools.plant.master import Master
from tools.plant.wire import Format

SIZES = (20, 100, 250)
GOALS = {  # (population, meters): (probes, seconds)
    ("clustered", 20): (85, 35),
    ("clustered", 100): (300, 150),
    ("clustered", 250): (600, 320),
    ("random", 20): (115, None),
    ("random", 100): (480, None),
    ("random", 250): (1200, None),
}
KINDS = profiles.load()
NEVER = 99


class DigitOrder(Search):
    """The peer's order: from the first digit on, 0 to 9, whatever is known."""

    def run(self):
        yield from self._below(self._mask, 0)
        self.done = SHARES

    def _below(self, mask, place):
        index, shift = 3 - place // 2, 0 if place & 1 else 4
        for digit in range(10):
            byte = mask[index] & ~(15 << shift) | digit << shift
            child = mask[:index] + bytes((byte,)) + mask[index + 1 :]
            if (yield from self._probe(child)) == COLLISION and place < 7:
                yield from self._below(child, place + 1)


class PeerScan(SecondaryScan):
    search = DigitOrder


def scan(meters, seed=0, bauds=(2400,), kind=SecondaryScan, progress=None):
    """Scan a bus with `meters`; return (scan, seconds of the bus).

    progress: a list that takes (seconds, permille) after each exchange
    """
    master = Master(Bus(meters, 1_800_000_000, seed))
    it = kind(bauds, Found(), Random(f"{seed}/scan").randrange)
    exchanges = it.exchanges()
    result = None
    while True:
        try:
            name, baud, steps = exchanges.send(result)
        except StopIteration:
            return it, master.now / TICKS_PER_SECOND
        master.port.format = Format(baud)
        result = master.drive(steps(Line(name, baud)))
        if progress is not None:
            progress.append((master.now / TICKS_PER_SECOND, it.permille()))


def left(progress, seconds):
    """Return the time left as the scanner tells it, by the true one, at 1/4, 1/2 and 3/4.

    Each is 99 at most, also where nothing can be told yet.
    """
    factors = []
    for quarter in (0.25, 0.5, 0.75):
        now, permille = next(row for row in progress if row[0] >= quarter * seconds)
        told = now / permille * (1000 - permille) if permille else NEVER * seconds
        factors.append(min(NEVER, told / (seconds - now)))
    return factors


def missed(meters, found):
    """Return the secondary addresses of `meters` that `found` does not name."""
    texts = {secondary_text(row[1]) for row in found.rows}
    short = {text[:8] for text in texts if text.endswith("FFFFFFFF")}
    return [
        m.secondary for m in meters if m.secondary not in texts and m.secondary[:8] not in short
    ]


def invented(meters, found):
    """Return the secondary addresses that `found` names without trouble, but none of `meters`."""
    there = {m.secondary for m in meters}
    short = {text[:8] for text in there}
    named = [secondary_text(row[1]) for row in found.rows if row[1] and row[4] is None]
    return [
        text
        for text in named
        if text not in there and not (text.endswith("FFFFFFFF") and text[:8] in short)
    ]


def meter(kind, number, seed=0, **settings):
    return population.make({"profile": kind, "serial": int(number), **settings}, KINDS, seed=seed)


def plain(name, count, seed):
    """Return `count` water meters with the numbers of a population, each with its own delay."""
    rng = Random(f"{name}/{count}/{seed}/delays")
    return [
        meter("water", number, seed, delay_bits=28 + rng.uniform(0, 40), jitter_bits=3)
        for number in POPULATIONS[name](count, seed)
    ]


# --- difficult populations: (meters that must be named, others, baud rates) ---


def _equal_numbers(seed):
    them = plain("clustered", 20, seed)
    for n, kind in enumerate(("heat", "gas", "electricity", "climate", "heat")):
        them.append(meter(kind, them[3 * n].identity.serial, seed, jitter_bits=3))
    other = meter("water", them[1].identity.serial, seed, jitter_bits=3)
    other.contents.identity = other.identity._replace(version=77)
    third = meter("water", them[2].identity.serial, seed, jitter_bits=3)
    third.contents.identity = third.identity._replace(manufacturer="KAM")
    return [*them, other, third], [], (2400,)


def _merged(seed):
    """All of one kind, to the bit: clean E5s of many meters."""
    return [meter("water", number, seed) for number in POPULATIONS["clustered"](50, seed)], [], None


def _late(seed):
    """As late as the standard allows, and later."""
    them = plain("clustered", 20, seed)
    for n, one in enumerate(them):
        one.delay_bits, one.delay_ms = (320, 49) if n % 3 == 0 else (40, 0)
        one.fault = {"kind": "slow", "ms": 500} if n % 7 == 1 else None
    return them, [], None


def _sick(seed):
    """Dead ones, such that answer rubbish, wrong checksums or only the third request."""
    them = plain("clustered", 20, seed)
    sick = plain("random", 4, seed)
    sick[0].fault = {"kind": "silent"}
    sick[1].fault = {"kind": "rubbish"}
    sick[2].fault = {"kind": "checksum"}
    them[3].fault = {"kind": "nth", "n": 3}
    return [*them, *sick[2:]], sick[:2], None


def _habits(seed):
    """Old meters, and such that want SND_NKE first or do not know it."""
    numbers = POPULATIONS["clustered"](24, seed)
    quirks = ([], ["needs_nke"], ["no_nke"], ["keeps_place"])
    kinds = ("fixed", "three_telegrams", "electricity", "heat", "water")
    return (
        [
            meter(kinds[n % 5], number, seed, quirks=quirks[n % 4], jitter_bits=9)
            for n, number in enumerate(numbers)
        ],
        [],
        None,
    )


def _rates(seed):
    """Three baud rates, and meters that know two."""
    them = plain("random", 20, seed)
    for n, one in enumerate(them):
        one.bauds = ((2400,), (300,), (9600,), (300, 2400))[n % 4]
    return them, [], (2400, 300, 9600)


DIFFICULT = {
    "equal numbers": _equal_numbers,
    "merged E5s": _merged,
    "late": _late,
    "sick": _sick,
    "habits": _habits,
    "three rates": _rates,
}


def options(parser):
    parser.add_argument("--seeds", type=int, default=20, help="populations of each kind (20)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (all cores)")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(chosen):
    """Measure and print the tables; return 1 where a goal is missed or somebody is, else 0."""
    work = [
        (name, count, seed)
        for name in POPULATIONS
        for count in SIZES
        for seed in range(chosen.seeds)
    ] + [(name, 0, seed) for name in DIFFICULT for seed in range(chosen.seeds)]
    with multiprocessing.Pool(chosen.jobs) as pool:
        results = pool.map(measure, work, chunksize=1)
    rows = {}
    for (name, count, _), result in zip(work, results, strict=True):
        rows.setdefault((name, count), []).append(result)
    table = [_row(name, count, results) for (name, count), results in rows.items()]
    if chosen.json:
        print(json.dumps(table))
    else:
        _print(table, chosen.seeds)
    return 0 if all(row["met"] and not row["missed"] + row["invented"] for row in table) else 1


def measure(item):
    """Return what a scan of (name, count, seed) comes to: {"ours": row, "peer": row}.

    A row is (probes, s, missed, invented, `left`).
    """
    name, count, seed = item
    contenders = {"ours": SecondaryScan, "peer": PeerScan} if count else {"ours": SecondaryScan}
    told = {}
    for who, kind in contenders.items():
        if count:
            wanted, others, bauds = plain(name, count, seed), [], None
        else:
            wanted, others, bauds = DIFFICULT[name](seed)
        progress = []
        it, seconds = scan([*wanted, *others], seed, bauds or (2400,), kind, progress)
        strangers = invented([*wanted, *others], it.found)
        counts = len(missed(wanted, it.found)), len(strangers)
        told[who] = (it.probes, seconds, *counts, left(progress, seconds))
    return told


def _row(name, count, results):
    ours = [result["ours"] for result in results]
    peers = [result["peer"] for result in results if "peer" in result]
    probes, seconds = max(one[0] for one in ours), max(one[1] for one in ours)
    goal = GOALS.get((name, count), (None, None))
    return {
        "population": name,
        "meters": count,
        "probes": round(_mean(ours, 0)),
        "worst_probes": probes,
        "s": round(_mean(ours, 1), 1),
        "worst_s": round(seconds, 1),
        "missed": sum(one[2] for one in ours),
        "invented": sum(one[3] for one in ours),
        "left": [round(sum(one[4][n] for one in ours) / len(ours), 1) for n in range(3)],
        "goal_probes": goal[0],
        "goal_s": goal[1],
        "met": probes <= (goal[0] or probes) and seconds <= (goal[1] or seconds),
        "peer_probes": peers and round(_mean(peers, 0)),
        "peer_s": peers and round(_mean(peers, 1), 1),
    }


def _mean(rows, index):
    return sum(row[index] for row in rows) / len(rows)


def _print(table, seeds):
    print(f"search by secondary address at 2400 baud, mean and worst of {seeds} seeds\n")
    print(
        "population     meters   probes (worst)      s (worst)   missed  invented"
        "   left: told/true   goal (worst)        digit order"
    )
    for row in table:
        goal = f"{row['goal_probes'] or ''}" + (f"/{row['goal_s']} s" if row["goal_s"] else "")
        verdict = (" met" if row["met"] else " NOT met") if goal else ""
        peer = f"{row['peer_probes']} / {row['peer_s']} s" if row["peer_probes"] else ""
        who = f"{row['population']:15}{row['meters'] or '':>6}"
        probes = f"{row['probes']:>9} {row['worst_probes']:>6}"
        seconds = f"{row['s']:>10} {row['worst_s']:>6}"
        seconds += f"{row['missed']:>9}{row['invented']:>10}"
        seconds += "   " + "".join(f"{factor:5}" for factor in row["left"])
        print(f"{who}{probes}{seconds}   {goal + verdict:20}{peer}".rstrip())
