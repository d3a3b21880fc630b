"""How near a readout comes to what the wire itself needs, in bit-exact virtual time and for real.

The floor of a readout is its bytes (11 bits each), the meters' own pauses before their answers, and
33 bit times of silence before each request. Nothing else is the wire's: the floor is that of the
telegrams an ideal master needs, SND_NKE and selection among them, not of those that were sent.

exact: the exchange of `shared/mbus` on the plant's bus, in virtual time: every meter, twice
real: the firmware on the board twin, the plant and a host, all in real time, with the link and the
journal at work (`readout_real.py`); beside it pyMeterBus on the same plant
"""

from typing import NamedTuple

from shared.errors import MbuslinkError
from shared.mbus.addresses import parse_address
from shared.mbus.exchange import Memory, read_meter
from shared.mbus.line import Line
from shared.mbus.timing import answer_window_ms
from tools.bench import readout_real
from tools.plant import faults, population, profiles
from tools.plant.bus import IDLE_BITS, Bus
from tools.plant.clock import TICKS_PER_SECOND
from tools.plant.master import Master
from tools.plant.meter import Meter

GOAL_RATIO = 1.03
GOAL_SEGMENTS = 0.4  # of the time of one bus, by three
COUNTS, BAUDS, WAYS = (50, 250), (300, 2400, 9600), ("primary", "secondary")
DEAD = 5
_START_S = 1_800_000_000
DEAD_REQUESTS = 4  # of a dead meter: SND_NKE, and REQ_UD2 three times
_FRAME = 9  # bytes of a long frame around its data
_REQUEST, _SND_NKE, _SELECTION = 5, 6, 18  # bytes; the latter two with their E5h


class Result(NamedTuple):
    """Of one readout: seconds it took and had to take, and what the plant blames us for."""

    elapsed_s: float
    floor_s: float
    utilisation: float
    violations: int
    frames: int

    @property
    def ratio(self) -> float:
        return self.elapsed_s / self.floor_s


def options(parser):
    parser.add_argument("--meters", type=int, nargs="+", default=COUNTS, help="how many (50 250)")
    parser.add_argument("--baud", type=int, nargs="+", default=BAUDS, help="(300 2400 9600)")
    parser.add_argument("--exact", action="store_true", help="only what needs no real time")
    parser.add_argument("--long", action="store_true", help="real time: all, some need an hour")
    parser.add_argument("--no-peer", action="store_true", help="real time: without pyMeterBus")


def run(chosen):
    """Measure and print the tables; return 1 where a goal is missed, else 0."""
    missed = _exact(chosen.meters, chosen.baud)
    if not chosen.exact:
        missed += readout_real.run(chosen.long, not chosen.no_peer, GOAL_RATIO, GOAL_SEGMENTS)
    print("\ngoals: " + ("met" if not missed else f"{missed} NOT met"))
    return 1 if missed else 0


class Needed(NamedTuple):
    """What has to be on the wire for one reading of all: bytes, and requests with their answers."""

    bytes: int
    requests: int


def needed(them: list[Meter], way: str) -> Needed:
    """Return what an ideal master needs to read `them` by `way` ("primary", "secondary")."""
    count = requests = 0
    for meter in them:
        all_of_it = list(range(len(meter.profile.telegrams)))
        made = meter.contents.telegrams(_START_S, meter.primary, 0, 0, all_of_it)
        answers = [len(data) + _FRAME for data in made]
        resets = _SND_NKE + (_SELECTION if way == "secondary" else 0)
        count += resets + sum(answers) + _REQUEST * len(answers)
        requests += len(answers) + (2 if way == "secondary" else 1)
    return Needed(count, requests)


def floor_s(needs: Needed, figures: dict, baud: int) -> float:
    """Return the seconds that the wire takes for `needs`, with the pauses that `figures` tell."""
    bits = 11 * needs.bytes + IDLE_BITS * needs.requests
    return bits / baud + figures["answer_delays_s"] / figures["answered"] * needs.requests


def window_s(baud: int) -> float:
    """Return the seconds after which no answer comes any more, with something for the network."""
    return answer_window_ms(baud) / 1000 + 0.05


def _exact(counts, bauds) -> int:
    print("exact: the protocol alone, in virtual time")
    print(
        "meters   by          baud    elapsed      floor   ratio  utilised  telegrams  idle viol."
    )
    missed = 0
    for count in counts:
        for way in WAYS:
            for baud in bauds:
                installation = Installation(count, baud, way)
                first = installation.read()
                again = installation.read()
                missed += _row(f"{count:6}   {way:9} {baud:6}", again, GOAL_RATIO)
                if way == "secondary" and baud == 2400:
                    _row(f"{count:6}   {'  first':9} {baud:6}", first, None)
    for baud in bauds:
        missed += _dead(baud)
        missed += _segments(max(counts), baud)
    return missed


def _row(name: str, result: Result, goal: float | None) -> int:
    is_met = goal is None or (result.ratio <= goal and not result.violations)
    print(
        f"{name} {result.elapsed_s:9.2f} s {result.floor_s:8.2f} s {result.ratio:7.4f}"
        f" {100 * result.utilisation:8.1f}% {result.frames:9} {result.violations:11}"
        f"{'' if is_met else '   NOT met'}"
    )
    return not is_met


def _dead(baud: int) -> int:
    """Kill some of 50 meters: what is lost is the windows in which they might have answered."""
    healthy, ill = Installation(50, baud, "primary"), Installation(50, baud, "primary")
    for meter in ill.meters[:DEAD]:
        meter.fault = faults.check({"kind": "silent"})
    alive, result = healthy.read(ill.meters[:DEAD]), ill.read()
    requests = result.frames - alive.frames
    least = DEAD * DEAD_REQUESTS * (5 * 11 / baud + answer_window_ms(baud) / 1000)
    lost = result.elapsed_s - alive.elapsed_s
    is_met = lost <= 1.001 * least and requests == DEAD * DEAD_REQUESTS
    print(
        f"{DEAD} dead of 50 at {baud}: {lost:.2f} s more for {requests} requests, time-outs alone"
        f" {least:.2f} s{'' if is_met else '   NOT met'}"
    )
    return not is_met


def _segments(count: int, baud: int) -> int:
    """Read the same meters on one bus and on three at the same time."""
    one = Installation(count, baud, "primary").read()
    parts = [Installation(count, baud, "primary", number).read() for number in (1, 2, 3)]
    ratio = max(part.elapsed_s for part in parts) / one.elapsed_s
    is_met = ratio <= GOAL_SEGMENTS and not any(part.violations for part in parts)
    print(
        f"three segments, {count} meters at {baud}: {ratio:.3f} of one bus' time"
        f" (goal {GOAL_SEGMENTS}){'' if is_met else '   NOT met'}"
    )
    return not is_met


class Installation:
    """`count` of the demo's meters at `baud`, read by primary or secondary address, as `way` says.

    segment: only those that are on this one of three; None for all on one bus
    """

    def __init__(self, count: int, baud: int, way: str, segment: int | None = None) -> None:
        them = meters(count, baud, 3 if segment else 1)
        self.meters = [meter for meter in them if segment in (None, meter.segment)]
        self.bus = Bus(self.meters, _START_S)
        self.baud, self.way = baud, way
        self._master = Master(self.bus, baud=baud)
        self._memories: dict[str, Memory] = {}

    def read(self, without: list[Meter] = []) -> Result:  # noqa: B006 - it is only looked into
        """Read every meter once (but those with a namesake in `without`)."""
        left_out = [meter.secondary for meter in without]
        self.bus.reset_statistics(self.bus.now)
        started = self.bus.now
        for meter in self.meters:
            if meter.secondary not in left_out:
                self._read_meter(str(getattr(meter, self.way)))
        elapsed_s = (self.bus.now - started) / TICKS_PER_SECOND
        figures = self.bus.statistics.as_dict(self.bus.now)
        asked = [meter for meter in self.meters if meter.secondary not in left_out]
        return result_of(needed(asked, self.way), figures, self.baud, elapsed_s)

    def _read_meter(self, address: str) -> None:
        line = Line(address, self.baud)
        memory = self._memories.setdefault(address, Memory())
        try:
            self._master.drive(read_meter(line, parse_address(address), memory=memory))
        except MbuslinkError:
            pass  # it is dead: only the time counts


def result_of(needs: Needed, figures: dict, baud: int, elapsed_s: float) -> Result:
    """Return what the plant's `figures` say of a readout that needed `needs`, took `elapsed_s`."""
    wire_s = 11 * (figures["bytes_down"] + figures["bytes_up"]) / baud
    violations = figures["idle_violations"] + figures["interruptions"]
    return Result(
        elapsed_s,
        floor_s(needs, figures, baud),
        wire_s / elapsed_s,
        int(violations),
        int(figures["frames_down"]),
    )


def meters(count: int, baud: int, segments: int = 1) -> list[Meter]:
    """Return the demo's meters, each with a primary address of its own."""
    them = population.demo(profiles.load(), count, baud, segments=segments)
    for number, meter in enumerate(them, 1):
        meter.primary = number
    return them
