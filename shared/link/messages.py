"""The one table of what a host and a board may say to each other.

Raw telegrams are the only measured values here. Everything the board reports is absolute and
numbered within one boot, so that a lost or repeated message does no harm.
"""

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

PROTOCOL = 1  # grows when records, ids or `hello` change; the fingerprint covers the table
MOST_TELEGRAMS = 32  # of one readout of one meter
MOST_ENTRIES = 32  # of one journal.fetch; the board may return fewer

_COUNT = integer(0, 0x7FFFFFFF)
_TICKS = integer(0, 0x3FFFFFFF)  # ms, wraps after 12.4 days
_UTC = nullable(integer(0, 0xFFFFFFFF))  # s since 1970; null while the clock was never set
_BAUD = choice(300, 600, 1200, 2400, 4800, 9600, 19200, 38400)

ENTRY = group(
    ("number", nullable(_COUNT)),  # in the journal, from 1 in each boot; null when not kept
    ("boot", _COUNT),
    ("ticks_ms", _TICKS),  # when the exchange ended
    ("utc_s", _UTC),  # of an entry without a clock too, once the board knows the time of its boot
    ("segment", integer(1, 3)),  # of the M-Bus; an input or the board itself is on 1
    ("address", text(16, 1)),  # as it was asked for; "S0-1", "T-2"; "board"
    ("baud", _BAUD),
    ("kind", choice("meter", "input", "status", "date")),  # "date": of a reading date, kept longest
    ("telegrams", many(MOST_TELEGRAMS, data(261))),  # whole frames, 68h to 16h
    ("error", nullable(group(("key", text(40, 1)), ("detail", text(400))))),
)

_JOURNAL = (
    ("boot", _COUNT),
    ("newest", _COUNT),  # number of the last entry of this boot, 0 for none
    ("held", _COUNT),  # entries waiting to be acknowledged, those of earlier boots too
    ("lost", _COUNT),  # entries that had to go unacknowledged, ever
)

_STATE = (
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

BOARD = Table(
    "board",
    (
        method(
            "hello",
            (),
            open_group(
                ("protocol", _COUNT),
                ("firmware", text(32)),
                ("board", text(32)),
                ("unique_id", text(40)),
                ("boot", _COUNT),
                ("fingerprint", text(8)),
                ("ticks_ms", _TICKS),
                ("utc_s", _UTC),
            ),
        ),
        method("clock.set", (("utc_s", integer(0, 0xFFFFFFFF)),), (("utc_s", _UTC),)),
        method(
            "meter.read",
            (
                ("address", text(16, 1)),
                ("baud", _BAUD),
                ("snd_nke", flag()),
                (
                    "application_reset",
                    nullable(integer(-1, 255)),
                ),  # sub-code; -1 none; null no reset
                ("settle_ms", integer(0, 60000)),  # pause after the resets
                ("retries", integer(0, 10)),
                ("keep", flag()),  # also enter it into the journal
            ),
            ENTRY,
        ),
        method(
            "journal.fetch",
            (("boot", _COUNT), ("after", _COUNT), ("limit", integer(1, MOST_ENTRIES))),
            _JOURNAL + (("entries", many(MOST_ENTRIES, ENTRY)),),
        ),
        method("journal.acknowledge", (("boot", _COUNT), ("number", _COUNT)), _JOURNAL),
        method("board.state", (), _STATE),
        # settings: {name: value} as in shared/board_settings.py; a change is all or nothing
        method("settings.get", (), (("values", anything()),)),
        method("settings.set", (("values", anything()),), (("values", anything()),)),
        notification("journal.added", (("boot", _COUNT), ("number", _COUNT))),
        notification("board.state", _STATE),
    ),
    opening="hello",
)
