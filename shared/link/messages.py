"""The one table of what a host and a board may say to each other.

Raw telegrams are the only measured values here. Everything the board reports is absolute and
numbered within one boot, so that a lost or repeated message does no harm.

Fields stand in functions, which `Table` calls when it checks a message: on a board they are code
until then, not 12 KB of tuples.
"""

from shared.compat import TYPE_CHECKING
from shared.link.table import (
    Table,
    anything,
    choice,
    data,
    flag,
    group,
    integer,
    many,
    method,
    notification,
    nullable,
    open_group,
    text,
)

if TYPE_CHECKING:
    from shared.link.table import Kind

PROTOCOL = 1  # grows when records, ids or `hello` change; the fingerprint covers the table
MOST_TELEGRAMS = 32  # of one readout of one meter
MOST_ENTRIES = 32  # of one journal.fetch; the board may return fewer

_COUNT = integer(0, 0x7FFFFFFF)
_TICKS = integer(0, 0x3FFFFFFF)  # ms, wraps after 12.4 days
_UTC = nullable(integer(0, 0xFFFFFFFF))  # s since 1970; null while the clock was never set
_BAUD = choice(300, 600, 1200, 2400, 4800, 9600, 19200, 38400)


def _error():
    return nullable(group(("key", text(40, 1)), ("detail", text(400))))


def entry() -> "Kind":
    return group(
        ("number", nullable(_COUNT)),  # in the journal, from 1 in each boot; null when not kept
        ("boot", _COUNT),
        ("ticks_ms", _TICKS),  # when the exchange ended
        # Of an entry without a clock too, once the board knows the time of its boot.
        ("utc_s", _UTC),
        ("segment", integer(1, 3)),  # of the M-Bus; an input or the board itself is on 1
        ("address", text(16, 1)),  # as it was asked for; "S0-1", "T-2"; "board"
        ("baud", _BAUD),
        # "date": of a reading date, kept longest.
        ("kind", choice("meter", "input", "status", "date")),
        ("telegrams", many(MOST_TELEGRAMS, data(261))),  # whole frames, 68h to 16h
        ("error", _error()),
    )


# --- schedule: the board's own readouts ---

LONGEST_CYCLE_S = 172800
MOST_SCHEDULED = 250  # meters
MOST_IN_PIECE = 32  # of them in one message; a request has at most 2048 bytes
MOST_DATES = 12
MOST_OFFSETS = 12
SEGMENTS = 3

_CYCLE = integer(0, LONGEST_CYCLE_S)  # s between readings; 0: the next as soon as the last is done


def _scheduled():
    return group(  # what is null is as most meters have it
        ("address", text(16, 1)),
        ("segment", nullable(integer(1, SEGMENTS))),  # 1
        ("baud", nullable(_BAUD)),  # 2400
        ("cycle_s", nullable(_CYCLE)),  # the common cycle
        ("per_day", nullable(integer(1, 8640))),  # battery: never more readings a day; no limit
        ("snd_nke", nullable(flag())),  # true
        ("application_reset", nullable(integer(-1, 255))),  # sub-code; -1 none; no reset
        ("settle_ms", nullable(integer(0, 60000))),  # 0
        ("retries", nullable(integer(0, 10))),  # 2
    )


def _schedule():
    return (
        ("revision", text(8, 8)),  # the host's name for these contents
        ("cycle_s", _CYCLE),  # the common cycle
        # Reading dates in local time, and the zone's changes: see shared/schedule.py.
        ("dates", many(MOST_DATES, many(3, integer(0, 31)))),  # [month or 0, day, hour]
        ("offsets", many(MOST_OFFSETS, many(2, integer(-50400, 0xFFFFFFFF)))),  # [from utc_s, s]
        ("total", integer(0, MOST_SCHEDULED)),  # meters of the whole schedule
        ("first", integer(0, MOST_SCHEDULED)),  # index of the first meter in this piece
        ("meters", many(MOST_IN_PIECE, _scheduled())),
    )


def _too_short():
    return nullable(
        group(
            ("reason", text(200)),
            ("shortest_cycle_s", nullable(_COUNT)),  # null: no common cycle is long enough
        )
    )


def _round():
    return nullable(
        group(
            ("number", _COUNT),  # from 1 in each boot
            ("utc_s", _UTC),  # when it began
            ("total", _COUNT),  # meters in it
            ("done", _COUNT),  # of them, asked
            ("failed", _COUNT),  # of those, not read
            ("duration_ms", _COUNT),  # until now, or until it was over
        )
    )


def _logger():
    return (
        ("boot", _COUNT),
        ("revision", nullable(text(8, 8))),  # of the schedule held; null: none
        ("meters", _COUNT),
        ("held", flag()),  # somebody else has the bus: the readouts wait
        ("round", _round()),  # the one under way
        ("last", _round()),  # the one before
        ("next_due_s", nullable(_COUNT)),  # seconds until the next reading is due
        ("late", _COUNT),  # readings missed since boot: the meter was due again before it was read
        ("too_short", _too_short()),  # why the bus cannot meet the schedule; null: it can
    )


_SCHEDULE_ROWS = (
    # The pieces come in order, from 0 on; with the last the whole schedule is in force and kept.
    method("schedule.set", _schedule, _logger),
    method(
        "schedule.get",
        lambda: (("first", integer(0, MOST_SCHEDULED)),),
        lambda: (("schedule", nullable(group(*_schedule()))),),
    ),
    method("logger.state", (), _logger),
    # Make meters due now, all with null; `spent`: how many have had their readings of the day.
    method(
        "readout.start",
        lambda: (("addresses", nullable(many(64, text(16, 1)))),),
        lambda: (("due", _COUNT), ("spent", _COUNT)),
    ),
    notification("logger.state", _logger),
)

# --- scan: finding meters ---

MOST_FOUND = 16  # meters in one scan.found
_SEGMENT = nullable(integer(1, SEGMENTS))  # null: all
_BAUDS = many(6, _BAUD)  # rates, one after the other
_BY = choice("primary", "secondary")


def scan() -> "tuple[Kind, ...]":
    return (
        ("boot", _COUNT),
        ("number", _COUNT),  # of the scan, from 1 in each boot; 0 before the first
        ("running", flag()),
        ("by", _BY),
        ("backward", flag()),
        ("segment", _SEGMENT),
        ("bauds", _BAUDS),
        ("baud", nullable(_BAUD)),  # under way
        ("probes", _COUNT),  # telegrams that asked who is there
        ("collisions", _COUNT),
        ("found", _COUNT),
        ("permille", integer(0, 1000)),  # how far it is
        ("elapsed_s", _COUNT),
        ("left_s", nullable(_COUNT)),  # an estimate
        ("end", nullable(choice("done", "stopped", "failed"))),  # null: under way, or none yet
        ("error", _error()),
    )


def found() -> "tuple[Kind, ...]":
    return (
        ("segment", integer(1, SEGMENTS)),
        ("address", text(16, 1)),  # to read it by
        ("secondary", nullable(text(16, 16))),
        ("primary", nullable(integer(0, 255))),
        ("bauds", _BAUDS),  # all at which it answered
        ("trouble", nullable(text(40, 1))),  # key of the error that hid who it is; null: none
    )


def scan_wanted() -> "tuple[Kind, ...]":
    return (
        ("by", _BY),
        ("first", integer(0, 255)),  # primary addresses; a range that cannot be is refused
        ("last", integer(0, 255)),
        ("mask", text(16)),  # 8 or 16 hex digits, F: any
        ("backward", flag()),
        ("bauds", _BAUDS),
        ("segment", _SEGMENT),
    )


_SCAN_ROWS = (
    method("scan.start", scan_wanted, scan),
    method("scan.stop", (), scan),  # what was found stays
    method("scan.state", (), scan),
    method(
        "scan.found",  # in the order in which they were found
        lambda: (("after", _COUNT), ("limit", integer(1, MOST_FOUND))),
        lambda: (
            ("number", _COUNT),
            ("found", _COUNT),
            ("meters", many(MOST_FOUND, group(*found()))),
        ),
    ),
    notification("scan.state", scan),
)

# --- network, level converter and the board's own page ---


def _network_values():
    return (
        ("dhcp", flag()),
        ("address", text(15)),
        ("mask", text(15)),
        ("gateway", text(15)),
        ("dns", text(15)),
    )


def _network_asked():
    return _network_values() + (
        ("ssid", nullable(text(32))),  # of a board with Wi-Fi; null: as before
        ("key", nullable(text(64))),
    )


def _network():
    return _network_values() + (
        ("ssid", nullable(text(32))),  # null: no Wi-Fi
        ("key_set", flag()),
        ("up", flag()),
        ("confirm_s", nullable(_COUNT)),  # seconds left to confirm what was proposed
        ("trouble", nullable(text(200))),
    )


def _converter():
    return (
        ("active", flag()),
        ("baud", _BAUD),
        ("segment", integer(1, 3)),
        ("master", nullable(text(40))),  # who is connected; null: nobody
        ("sent", _COUNT),  # bytes to the bus since it was switched on
        ("received", _COUNT),
        ("ends_s", nullable(_COUNT)),  # seconds until it ends by itself
        ("trouble", nullable(text(200))),
    )


_LAN_ROWS = (
    method("network.state", (), _network),
    # Taken for a minute; kept if it is confirmed meanwhile.
    method("network.propose", _network_asked, _network),
    method("network.confirm", (), _network),
    # The level converter; null: as the settings say.
    method(
        "converter.start",
        lambda: (("baud", nullable(_BAUD)), ("segment", nullable(integer(1, 3)))),
        _converter,
    ),
    method("converter.stop", (), _converter),
    method("converter.state", (), _converter),
    # The page of the board itself: where it is, and the PIN that lets one change things there.
    method("web.state", (), lambda: (("address", nullable(text(60))), ("pin", text(6, 6)))),
)

# --- inputs: what the board counts, measures and guards beside the meters ---

MOST_ALARMS = 32  # told at a time
_PULSES = integer(0, 0x7FFFFFFFFFFFFFFF)


def _inputs():
    return (
        (
            "s0",
            many(
                4,
                group(
                    ("input", integer(1, 4)),
                    ("active", flag()),  # logged as a meter
                    ("closed", flag()),
                    ("pulses", _PULSES),  # ever counted
                    ("milli", _PULSES),  # the reading, in thousandths of the unit
                    ("unit", text(8)),
                ),
            ),
        ),
        (
            "temperatures",
            many(
                2,
                group(
                    ("sensor", integer(1, 2)),
                    ("active", flag()),
                    ("state", choice("ok", "range", "open", "short", "missing")),
                    ("milli_celsius", nullable(integer(-200000, 850000))),
                ),
            ),
        ),
        (
            "supplies",
            many(
                SEGMENTS,
                group(
                    ("segment", integer(1, SEGMENTS)),
                    ("state", choice("ok", "high", "voltage", "tripped", "trying")),
                    ("voltage_mv", _COUNT),
                    ("current_ua", _COUNT),
                ),
            ),
        ),
        ("relays", many(2, flag())),  # energised
        (
            "alarms",  # the first of them
            many(
                MOST_ALARMS,
                group(
                    ("segment", integer(1, SEGMENTS)),
                    ("address", text(16)),  # empty: the bus itself
                    ("key", text(40, 1)),  # of shared/status_codes.py
                ),
            ),
        ),
        ("alarm_count", _COUNT),
    )


_INPUTS_ROWS = (
    method("inputs.state", (), _inputs),
    notification("inputs.state", _inputs),  # on a change, at most every 5 s
)


# --- the front panel from afar ---

BANDS, BAND_BYTES = 8, 128  # of the LCD: eight rows of dots each, framebuf.MONO_VLSB
MOST_BANDS = 4  # of one answer
# By their numbers in firmware/panel/keys.py; "" is none of them.
GESTURES = ("", "enter", "function", "both", "", "enter_held", "function_held", "both_held")


def _look():
    return (("marks", many(BANDS, nullable(integer(0, 0xFFFFFFFF)))),)  # CRC-32 of bands one has


def _seen():
    return (
        ("display", flag()),  # one is fitted
        ("lit", flag()),
        ("leds", many(2, integer(0, 2))),  # READ, SCAN: off, dim, bright
        # Bands that are others than the marks tell; where there are as many as can be, look again.
        (
            "bands",
            many(MOST_BANDS, group(("band", integer(0, BANDS - 1)), ("dots", data(BAND_BYTES)))),
        ),
        ("text", nullable(text(400))),  # the words in the picture, a line each; null: no news
    )


_PANEL_ROWS = (
    method("panel.look", _look, _seen),
    # As if hands had made the gesture: a short press, or keys held for as long as it takes.
    method("panel.press", lambda: (("gesture", choice(*[g for g in GESTURES if g])),), ()),
)


def _journal():
    return (
        ("boot", _COUNT),
        ("newest", _COUNT),  # number of the last entry of this boot, 0 for none
        ("held", _COUNT),  # entries waiting to be acknowledged, those of earlier boots too
        ("lost", _COUNT),  # entries that had to go unacknowledged, ever
    )


def _state():
    return (
        ("boot", _COUNT),
        ("ticks_ms", _TICKS),
        ("utc_s", _UTC),
        ("heap_free", _COUNT),  # bytes, after a collection
        ("bus_busy", flag()),
        ("reads_ok", _COUNT),  # meters read since boot
        ("reads_failed", _COUNT),
        ("link_damaged", _COUNT),  # records the board could not read since boot
        ("journal_newest", _COUNT),
        ("journal_held", _COUNT),
        ("journal_lost", _COUNT),
    )


def _hello():
    return open_group(
        ("protocol", _COUNT),
        ("firmware", text(32)),
        ("board", text(32)),
        ("unique_id", text(40)),
        ("boot", _COUNT),
        ("fingerprint", text(8)),
        ("ticks_ms", _TICKS),
        ("utc_s", _UTC),
    )


def _meter_read():
    return (
        ("segment", nullable(integer(1, SEGMENTS))),  # 1
        ("address", text(16, 1)),
        ("baud", _BAUD),
        ("snd_nke", flag()),
        ("application_reset", nullable(integer(-1, 255))),  # sub-code; -1 none; null no reset
        ("settle_ms", integer(0, 60000)),  # pause after the resets
        ("retries", integer(0, 10)),
        ("keep", flag()),  # also enter it into the journal
    )


def _values():
    return (("values", anything()),)


def _place():
    return (("boot", _COUNT), ("number", _COUNT))


BOARD = Table(
    "board",
    (
        method("hello", (), _hello),
        method(
            "clock.set",
            lambda: (("utc_s", integer(0, 0xFFFFFFFF)),),
            lambda: (("utc_s", _UTC),),
        ),
        method("meter.read", _meter_read, entry),
        method(
            "journal.fetch",
            lambda: (("boot", _COUNT), ("after", _COUNT), ("limit", integer(1, MOST_ENTRIES))),
            lambda: _journal() + (("entries", many(MOST_ENTRIES, entry())),),
        ),
        method("journal.acknowledge", _place, _journal),
        method("board.state", (), _state),
        method("board.restart", (), ()),  # half a second after the answer, which says: all is kept
        # settings: {name: value} as in shared/board_settings.py; a change is all or nothing
        method("settings.get", (), _values),
        method("settings.set", _values, _values),
        notification("journal.added", _place),
        notification("board.state", _state),
    )
    + _SCHEDULE_ROWS
    + _SCAN_ROWS
    + _LAN_ROWS
    + _INPUTS_ROWS
    + _PANEL_ROWS,
    opening="hello",
)
