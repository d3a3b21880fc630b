"""Which meters are read, how and how often, and where each of them stands: the logger's memory.

A host gives the plan in pieces; with the last piece it is in force and kept in flash, in one file
that is replaced in one step. A meter is one packed row of 23 bytes in the one table of all meters,
its moments stand in arrays. Moments are seconds of `firmware.clock`; 0 stands for none.
"""

import json
import struct
from array import array
from binascii import crc32

from shared import schedule
from shared.compat import const
from shared.errors import BadSetting, MbuslinkError
from shared.mbus.addresses import parse_address, secondary_text

# segment, kind of address, its 8 bytes, baud / 300, retries, SND_NKE, application reset, settle_ms,
# cycle_s, per_day
_SETTINGS = "<BBBhHiH"
_ROW_BYTES = const(23)
_NAME_BYTES = const(10)  # of a row: which meter it is
_CYCLE_AT = const(17)
_PRIMARY = const(0)
_SECONDARY = const(1)
_FORM = const(2)  # of the file
_NO_RESET = const(-2)
_COMMON = const(-1)
_FILE = "schedule"
_NOTHING = {"revision": None, "cycle_s": 900, "dates": [], "offsets": []}
MOST_METERS = const(250)

# Flags of a meter, which are the logger's.
QUEUED = const(1)  # waits or is being read
ASKED_FOR = const(2)  # now, whatever the schedule says
DATE_DUE = const(4)  # a reading date has come
DATE_OWED = const(8)  # its next reading is that of the reading date
HELD_BACK = const(16)  # a battery whose last reading before the restart is not yet known
RESERVED = const(32)  # a battery whose reading is noted in flash before it begins
KEPT_FLAGS = const(62)  # when the plan changes

_DEFAULTS = {"segment": 1, "baud": 2400, "per_day": 0, "settle_ms": 0, "retries": 2}


def _pack(meter):
    """Return the row of a meter as the link gives it. Raises BadAddress and BadSetting."""
    given = {name: meter.get(name) for name in meter}
    for name in _DEFAULTS:
        if given.get(name) is None:
            given[name] = _DEFAULTS[name]
    cycle_s, reset = given.get("cycle_s"), given.get("application_reset")
    if cycle_s is not None:
        _check_cycle("meter " + meter["address"], cycle_s)
    return _name(meter["address"], given["segment"]) + struct.pack(
        _SETTINGS,
        given["baud"] // 300,
        given["retries"],
        0 if given.get("snd_nke") is False else 1,
        _NO_RESET if reset is None else reset,
        given["settle_ms"],
        _COMMON if cycle_s is None else cycle_s,
        given["per_day"],
    )


def _name(address, segment):
    """Return the beginning of the row of the meter `address` (text). Raises BadAddress."""
    parsed = parse_address(address)
    if parsed.secondary is not None:
        return bytes((segment, _SECONDARY)) + parsed.secondary
    return bytes((segment, _PRIMARY, parsed.primary or 0)) + bytes(7)


class Plan:
    """A schedule and the state of its meters, by index from 0.

    Its room is taken at once: a schedule that has begun to come has the memory for its last meter.

    revision: the host's name for it, None for the empty plan. cycle_s: the common cycle.
    dates, offsets: see `shared.reading_dates`.
    """

    def __init__(self):
        self._rows = bytearray(_ROW_BYTES * MOST_METERS)
        self.served = array("I", bytes(4 * MOST_METERS))  # start of the slot that was served last
        self.begun = array("I", bytes(4 * MOST_METERS))  # when the last reading began
        self.flags = bytearray(MOST_METERS)  # the logger's
        self.empty(_NOTHING)

    def empty(self, header):
        """Begin a schedule without meters, with the `header` of schedule.set."""
        self.header = header
        self.revision = header["revision"]
        self.cycle_s = header["cycle_s"]
        self.dates = header["dates"]
        self.offsets = header["offsets"]
        self._count = 0
        for index in range(MOST_METERS):
            self.served[index] = self.begun[index] = self.flags[index] = 0

    def append(self, row):
        """Add a meter by its packed row. Raises BadSetting when there are too many."""
        if self._count == MOST_METERS:
            raise BadSetting("schedule: more than %d meters" % MOST_METERS)
        start = _ROW_BYTES * self._count
        self._rows[start : start + _ROW_BYTES] = row
        self._count += 1

    def __len__(self):
        return self._count

    def address(self, index):
        """Return the address of a meter as text."""
        start = _ROW_BYTES * index
        if self._rows[start + 1] == _PRIMARY:
            return str(self._rows[start + 2])
        return secondary_text(bytes(self._rows[start + 2 : start + _NAME_BYTES]))

    def segment(self, index):
        """Return the segment a meter is on, 1..3."""
        return self._rows[_ROW_BYTES * index]

    def how(self, index):
        """Return the arguments of `BusWorker.read_meter` behind the address."""
        row = struct.unpack_from(_SETTINGS, self._rows, _ROW_BYTES * index + _NAME_BYTES)
        return {
            "baud": row[0] * 300,
            "retries": row[1],
            "snd_nke": bool(row[2]),
            "application_reset": None if row[3] == _NO_RESET else row[3],
            "settle_ms": row[4],
        }

    def _own_rhythm(self, index):
        return struct.unpack_from("<iH", self._rows, _ROW_BYTES * index + _CYCLE_AT)

    def rhythm(self, index):
        """Return (cycle in s, readings allowed a day or 0) of a meter."""
        cycle_s, per_day = self._own_rhythm(index)
        return (self.cycle_s if cycle_s == _COMMON else cycle_s), per_day

    def has_common_cycle(self, index):
        """Tell whether a meter is read by the common cycle."""
        cycle_s, per_day = self._own_rhythm(index)
        return cycle_s == _COMMON and schedule.spacing_s(per_day) <= self.cycle_s

    def find(self, address, segment, near=0):
        """Return the index of a meter, None when it is not here; looks at index `near` first."""
        return self._find(_name(address, segment), near)

    def _find(self, name, near):
        for step in range(self._count):
            index = (near + step) % self._count
            start = _ROW_BYTES * index
            if self._rows[start : start + _NAME_BYTES] == name:
                return index
        return None

    def due_s(self, index, aligned):
        """Return when a meter is due; see `schedule.due_s`."""
        cycle_s, per_day = self.rhythm(index)
        return schedule.due_s(
            self.served[index] or None, self.begun[index] or None, cycle_s, per_day, aligned
        )

    def spent(self, index, now_s):
        """Tell whether a meter has had the readings that its battery allows by now."""
        begun, per_day = self.begun[index], self.rhythm(index)[1]
        return bool(begun and per_day) and now_s < begun + schedule.spacing_s(per_day)

    def begin(self, index, now_s, aligned, by_rule=True):
        """Note that a meter is read from `now_s` on; return how many of its slots were missed.

        by_rule: it was due; a reading on demand takes nothing from the rhythm but of a battery.
        """
        cycle_s, per_day = self.rhythm(index)
        period = schedule.period_s(cycle_s, per_day)
        due = self.due_s(index, aligned)
        self.served[index] = schedule.slot_s(now_s, due, period, aligned)
        if by_rule or per_day:
            self.begun[index] = now_s
        return schedule.missed(now_s, due, period)

    def shift(self, step_s):
        """Move every moment by `step_s`: the clock was set."""
        for moments in (self.served, self.begun):
            for index in range(self._count):
                if moments[index]:
                    moments[index] = max(1, moments[index] + step_s)

    def inherit(self, other):
        """Take over where the meters stood that the plan `other` knows too."""
        near = 0
        for index in range(self._count):
            start = _ROW_BYTES * index
            was = other._find(self._rows[start : start + _NAME_BYTES], near)
            if was is not None:
                near = was + 1
                self.served[index] = other.served[was]
                self.begun[index] = other.begun[was]
                self.flags[index] = other.flags[was]

    def piece(self, first, most):
        """Return at most `most` meters from index `first` on, as the link gives them."""
        meters = []
        for index in range(first, min(first + most, self._count)):
            cycle_s, per_day = self._own_rhythm(index)
            meter = self.how(index)
            meter["address"] = self.address(index)
            meter["segment"] = self.segment(index)
            meter["cycle_s"] = None if cycle_s == _COMMON else cycle_s
            meter["per_day"] = per_day or None
            meters.append(meter)
        return meters

    def save(self, kept):
        """Keep the plan in flash. OSError when flash is full or broken: the old one stays.

        kept: `firmware.kept_values`.
        """
        kept.save_pieces(_FILE, self._pieces())

    def _pieces(self):
        told = {"form": _FORM, "header": self.header, "count": self._count}
        first = (json.dumps(told) + "\n").encode()
        rows = memoryview(self._rows)[: _ROW_BYTES * self._count]
        yield first
        yield rows
        yield struct.pack("<I", crc32(rows, crc32(first)) & 0xFFFFFFFF)

    def load(self, kept):
        """Become the plan kept in flash, the empty one when there is none or it is damaged."""
        try:
            with kept.open_bytes(_FILE) as file:
                self._load(file)
        except (OSError, ValueError, KeyError, IndexError, TypeError, BadSetting):
            self.empty(_NOTHING)  # a host gives the plan again

    def _load(self, file):
        first = file.readline()
        told = json.loads(first)
        if told["form"] != _FORM or told["count"] > MOST_METERS:
            raise ValueError("the kept schedule is another's")
        self.empty(told["header"])
        rows = memoryview(self._rows)[: _ROW_BYTES * told["count"]]
        whole = file.readinto(rows) == len(rows)
        if not whole or file.read(4) != struct.pack("<I", crc32(rows, crc32(first)) & 0xFFFFFFFF):
            raise ValueError("the kept schedule is damaged")
        self._count = told["count"]

    def take(self, params):
        """Take a piece of a schedule (params of schedule.set); return whether it is whole now.

        Raises BadSetting for a piece out of turn, BadAddress and BadSetting for a meter that cannot
        be; then the host has to begin anew.
        """
        if params["first"] == 0:
            self.empty({name: params[name] for name in _NOTHING})
        try:
            if params["revision"] != self.revision or params["first"] != self._count:
                raise BadSetting("schedule: meter %d is not next" % params["first"])
            _check_header(self.header)
            for meter in params["meters"]:
                self.append(_pack(meter))
        except MbuslinkError:
            self.empty(_NOTHING)
            raise
        return self._count >= params["total"]


def _check_header(header):
    _check_cycle("the common cycle", header["cycle_s"])
    for rule in header["dates"]:
        if len(rule) != 3 or rule[0] > 12 or not rule[1] or rule[2] > 23:
            raise BadSetting("reading date %s: month 0-12, day 1-31, hour 0-23" % rule)
    for change in header["offsets"]:
        if len(change) != 2:
            raise BadSetting("offset %s: from when, how much" % change)


def _check_cycle(whose, cycle_s):
    if cycle_s != schedule.CONTINUOUS and cycle_s < schedule.SHORTEST_CYCLE_S:
        raise BadSetting("%s: %d s is shorter than 10 s" % (whose, cycle_s))
