"""Services of the core: what takes a while. Readout, scan, exports, decoding the history again."""

from host.core.services.fields import (
    ADDRESS,
    BAUD,
    COUNT,
    METER,
    MOMENT,
    MOST_EXPORTS,
    MOST_METERS,
    WHO,
)
from shared.link.messages import MOST_FOUND, entry, found, scan, scan_wanted
from shared.link.table import choice, flag, group, integer, many, method, nullable, text

_EXPORT = group(
    ("number", COUNT),
    ("state", choice("running", "done", "failed", "stopped")),
    ("started_ms", MOMENT),
    ("done", COUNT),  # months of meters
    ("total", COUNT),
    ("bytes", integer(0, 1 << 52)),  # of the file, 0 while there is none
    # What was asked for; the kind is null where that is not known any more.
    ("kind", nullable(text(20))),
    ("meters", nullable(COUNT)),  # null: all
    ("medium", nullable(text(20))),
    ("since_ms", nullable(MOMENT)),
    ("until_ms", nullable(MOMENT)),
    ("error_key", nullable(choice("disk_full", "export_failed"))),  # null unless it failed
    ("error", nullable(text(400))),
)

STANDING = (
    ("meter", nullable(METER)),  # which registered meter it is
    ("standing", choice("new", "known", "changed")),
    ("differences", many(3, choice("baud", "primary", "meter"))),  # "meter": another at its place
)

ROWS = (
    # Kept telegrams through today's decoder; once stopped, the next start goes on.
    method("redecode.start", (WHO,), ()),
    method("redecode.stop", (WHO,), ()),
    method(
        "redecode.state",
        (),
        (
            ("state", choice("none", "running", "done", "stopped", "failed")),
            ("permille", integer(0, 1000)),
            ("error", nullable(text(400))),
            ("first", flag()),  # there was no earlier time to compare with
            ("readings", COUNT),
            ("unreadable", COUNT),  # telegrams
            ("others", COUNT),  # meters with values that are told otherwise
            ("meters_changed", COUNT),
            ("lines", many(50, text(300))),  # which values, in English
        ),
    ),
    method(
        "meter.read",
        (
            ("address", ADDRESS),
            ("baud", nullable(BAUD)),  # null: the meter's own, 2400 for an unregistered one
            ("snd_nke", nullable(flag())),
            ("application_reset", nullable(integer(-1, 255))),  # as on the board link
        ),
        (("entry", entry()),),  # a registered meter's reading is stored as well
    ),
    method(
        "readout.start",
        (("meters", nullable(many(MOST_METERS, METER))), WHO),  # null: all
        (
            ("meters", COUNT),  # how many will be read
            ("spent", nullable(COUNT)),  # how many batteries have had their readings
        ),
    ),
    # The board's scan; nothing that it finds is registered by itself.
    method("scan.start", (*scan_wanted(), WHO), scan),
    method("scan.stop", (WHO,), scan),
    method("scan.state", (), scan),
    method(
        "scan.found",
        (("after", COUNT), ("limit", integer(1, MOST_FOUND))),
        (("meters", many(MOST_FOUND, group(*found(), *STANDING))),),
    ),
    # An export that runs by itself; its file is DATA/exports/NUMBER/DataExport.zip.
    method(
        "export.start",
        (
            ("meters", nullable(many(MOST_METERS, ADDRESS))),  # null: all
            ("medium", nullable(text(20, 1))),  # a key of host.export.media; null: all
            ("since_ms", nullable(MOMENT)),  # null: from the first reading
            ("until_ms", nullable(MOMENT)),  # that moment not included; null: to the last
            ("dates", flag()),  # readings of reading dates alone
            ("kind", choice("standard", "full-db", "json", "xlsx")),
            ("separator", choice(";", ",", "tab")),
            ("mark", choice(".", ",")),
            ("language", choice("de", "en", "fr")),
            ("bom", flag()),
            WHO,
        ),
        (("number", COUNT),),
    ),
    method("export.list", (), (("exports", many(MOST_EXPORTS, _EXPORT)),)),  # newest first
    method("export.stop", (("number", COUNT), WHO), ()),  # nothing when it has ended
    method("export.delete", (("number", COUNT), WHO), ()),  # stops it first
)
