"""The one table of what `core` does for the other processes, over DATA/core.sock.

The same kind of table and conversation as on the link to the board. `web`, `bacnet` and the command
line read the database themselves; whatever changes something is a call here, so there is one
writer, one place of validation and one stream of events.

Whatever changes something says for whom (`who`), and is written down in the audit.

Moments are milliseconds since 1970 UTC (`_ms`). Every event of the core arrives as notification
`event`: its `type` is the class name in `host.core.events`, the other fields are the class's.
"""

from pathlib import Path

from host.settings import template, tokens, units
from host.settings.accounts import LONGEST_NAME, LONGEST_PASSWORD, ROLES
from shared.board_inputs import ADDRESSES
from shared.link.messages import GESTURES, MOST_FOUND, entry, found, scan, scan_wanted
from shared.link.table import (
    Table,
    anything,
    choice,
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
from shared.status_codes import SEVERITIES

SOCKET_NAME = "core.sock"
EXPORTS = "exports"
"""The folder in the data folder that has one folder for each export, named by its number."""
EXPORT_FILE = "DataExport.zip"
MOST_METERS = 250
MOST_USERS = 10_000
MOST_EXPORTS = 20
MOST_INTERFACES = 16
MOST_ADDRESSES = 16
"""Of an interface, and of DNS servers."""
MOST_MESSAGES = 100
"""Of one status.list."""

_COUNT = integer(0, 0x7FFFFFFF)
_MOMENT = integer(0, 1 << 52)
_METER = integer(1, 0xFFFF)
_ADDRESS = text(16, 1)
_BAUD = choice(300, 600, 1200, 2400, 4800, 9600, 19200, 38400)
_CYCLE = integer(0, 172_800)  # 0: without pause
_LINK = choice("connected", "connecting", "not_connected")

_WHO = ("who", nullable(text(LONGEST_NAME, 1)))  # a user's name; null: the command line
_USER = integer(1, 0x7FFFFFFF)
_NAME = text(LONGEST_NAME)
_TOKEN = integer(1, 0x7FFFFFFF)
_UNIT = integer(1, 0x7FFFFFFF)
_TEMPLATE = integer(1, 0x7FFFFFFF)
_UNIT_NAME = text(units.LONGEST_NAME)
_DESCRIPTION = text(units.LONGEST_DESCRIPTION)
_PASSWORD = text(LONGEST_PASSWORD)
_ROLE = choice(*ROLES)
_LANGUAGE = choice("de", "en", "fr")

OWN_PASSWORD = "users.set_own_password"  # noqa: S105 - a method
CHANGES = frozenset(
    {
        "meters.add",
        "meters.add_each",
        "meters.take_over",
        "meters.change",
        "meters.change_values",
        "meters.reassess",
        "redecode.start",
        "redecode.stop",
        "meters.delete",
        "meters.restore",
        "plan.change",
        "settings.change",
        "templates.save",
        "templates.change",
        "templates.apply",
        "templates.import",
        "templates.delete",
        "templates.restore",
        "units.add",
        "units.change",
        "units.delete",
        "units.set_meters",
        "units.set_users",
        "board.settings",
        "board.set_input",
        "panel.press",
        "board.converter",
        "board.restart",
        "network.try",
        "network.keep",
        "network.undo",
        "time.set",
        "status.clear",
        "status.restore",
        "users.add",
        "users.change_role",
        "users.set_password",
        OWN_PASSWORD,
        "users.set_language",
        "users.delete",
        "tokens.add",
        "tokens.revoke",
    }
)
"""The methods that change something: these are told for whom."""

_READOUT = group(
    ("started_ms", _MOMENT),
    ("total", _COUNT),  # meters in this readout
    ("done", _COUNT),
    ("failed", _COUNT),
)

_EXPORT = group(
    ("number", _COUNT),
    ("state", choice("running", "done", "failed", "stopped")),
    ("started_ms", _MOMENT),
    ("done", _COUNT),  # months of meters
    ("total", _COUNT),
    ("bytes", integer(0, 1 << 52)),  # of the file, 0 while there is none
    # What was asked for; the kind is null where that is not known any more.
    ("kind", nullable(text(20))),
    ("meters", nullable(_COUNT)),  # null: all
    ("medium", nullable(text(20))),
    ("since_ms", nullable(_MOMENT)),
    ("until_ms", nullable(_MOMENT)),
    ("error_key", nullable(choice("disk_full", "export_failed"))),  # null unless it failed
    ("error", nullable(text(400))),
)

_USER_FACTS = group(
    ("id", _USER),
    ("name", _NAME),
    ("role", _ROLE),
    ("must_change", flag()),
    ("language", nullable(_LANGUAGE)),
    ("created_ms", _MOMENT),
)

_MESSAGE = group(
    ("id", integer(1, 0x7FFFFFFF)),
    ("at_ms", _MOMENT),
    ("number", integer(0, 10)),
    ("severity", choice(*SEVERITIES)),
    ("key", text(40)),  # of shared.status_codes
    ("meter", nullable(_METER)),  # null: about none, or it is gone
    ("which", text(40)),  # the meter's serial number or address; "" for none
    ("cause", text(40)),  # a key of shared.errors, or ""
    ("detail", text(400)),
)

_IP = text(45)
_MICROSECONDS = integer(-(1 << 62), 1 << 62)
_INTERFACE = text(15)
_SETUP = group(
    ("dhcp", flag()),
    ("address", _IP),  # "" for none, as the others
    ("mask", _IP),
    ("gateway", _IP),
    ("dns", many(2, _IP)),
)

_REGISTERED = (
    ("added", many(MOST_METERS, group(("id", _METER), ("address", _ADDRESS)))),
    ("known", many(MOST_METERS, _ADDRESS)),  # were registered already, unchanged
)

STANDING = (
    ("meter", nullable(_METER)),  # which registered meter it is
    ("standing", choice("new", "known", "changed")),
    ("differences", many(3, choice("baud", "primary", "meter"))),  # "meter": another at its place
)

SERVICES = Table(
    "services",
    (
        method(
            "state",
            (),
            (
                ("link", _LINK),
                ("link_detail", text(400)),  # why the link is not there; "" when it is
                ("port", text(200)),
                (
                    "board",
                    nullable(
                        open_group(
                            ("unique_id", text(40)),
                            ("board", text(32)),
                            ("firmware", text(32)),
                            ("boot", _COUNT),
                        )
                    ),
                ),
                ("cycle_s", _CYCLE),
                ("readout", nullable(_READOUT)),  # the one under way
                ("last_readout", nullable(_READOUT)),
                ("next_readout_ms", nullable(_MOMENT)),  # null: there is no pause
                (
                    "schedule",  # the board's own
                    nullable(
                        group(
                            ("given", flag()),  # the board has that of our meters
                            ("held", flag()),  # somebody else has the bus
                            ("late", _COUNT),  # readings missed since the board's boot
                            ("too_short", nullable(text(400))),  # why the bus cannot meet it
                        )
                    ),
                ),
                ("fault", nullable(text(400))),  # what keeps the core from storing readings
                ("meters", _COUNT),
                ("readings_stored", _COUNT),  # since the core started
                ("journal_lost", _COUNT),  # readings the board had to drop, ever
                ("journal_lost_ms", nullable(_MOMENT)),  # when we learned of the last
            ),
        ),
        method(
            "meters.add",  # several alike
            (
                ("addresses", many(MOST_METERS, _ADDRESS)),
                ("baud", nullable(_BAUD)),  # null: 2400
                ("cycle_s", nullable(_CYCLE)),  # null: the common cycle
                ("segment", nullable(integer(1, 3))),  # null: 1
                ("name", nullable(text(200))),
                ("site", nullable(text(200))),
                _WHO,
            ),
            _REGISTERED,
        ),
        method(
            "meters.add_each",  # each as it was found or planned, all or none
            (
                (
                    "meters",
                    many(
                        MOST_METERS,
                        group(
                            ("address", _ADDRESS),
                            ("baud", _BAUD),
                            ("segment", integer(1, 3)),
                            ("name", text(200)),
                            ("site", text(200)),
                            ("cost_centre", text(200)),
                        ),
                    ),
                ),
                _WHO,
            ),
            _REGISTERED,
        ),
        method(
            "meters.take_over",  # what a scan found to be otherwise, all or none
            (
                (
                    "meters",
                    many(
                        MOST_METERS,
                        group(
                            ("address", _ADDRESS),  # as registered; null: the rest is as before
                            ("baud", nullable(_BAUD)),
                            ("primary", nullable(integer(0, 255))),
                            ("secondary", nullable(text(16, 16))),
                        ),
                    ),
                ),
                _WHO,
            ),
            (("changed", _COUNT),),
        ),
        # The planned list, rows of host.readout.planned, in place of the one before.
        method("plan.change", (("meters", anything()), _WHO), ()),
        method(
            "meters.change",  # all or none; the names are those of host.settings.meter
            (("addresses", many(MOST_METERS, _ADDRESS)), ("changes", anything()), _WHO),
            (("changed", _COUNT),),
        ),
        method(
            "meters.change_values",  # entries of host.settings.value; other values keep theirs
            (("address", _ADDRESS), ("values", anything()), _WHO),
            (),
        ),
        # What today's decoder says of every meter's newest reading stands in the meter's row.
        method("meters.reassess", (_WHO,), (("changed", _COUNT),)),
        # Kept telegrams through today's decoder; once stopped, the next start goes on.
        method("redecode.start", (_WHO,), ()),
        method("redecode.stop", (_WHO,), ()),
        method(
            "redecode.state",
            (),
            (
                ("state", choice("none", "running", "done", "stopped", "failed")),
                ("permille", integer(0, 1000)),
                ("error", nullable(text(400))),
                ("first", flag()),  # there was no earlier time to compare with
                ("readings", _COUNT),
                ("unreadable", _COUNT),  # telegrams
                ("others", _COUNT),  # meters with values that are told otherwise
                ("meters_changed", _COUNT),
                ("lines", many(50, text(300))),  # which values, in English
            ),
        ),
        method(
            "meters.delete",  # all or none, with their readings; they can be had back for a day
            (("addresses", many(MOST_METERS, _ADDRESS)), _WHO),
            (("deleted", _COUNT),),
        ),
        method(
            "meters.restore",  # the deletion of these is taken back, all or none
            (("addresses", many(MOST_METERS, _ADDRESS)), _WHO),
            (("restored", _COUNT),),
        ),
        # {chapter: {setting: value}}, as in host.settings.chapters: all or none is changed.
        method("settings.change", (("chapters", anything()), _WHO), ()),
        method(
            "meter.read",
            (
                ("address", _ADDRESS),
                ("baud", nullable(_BAUD)),  # null: the meter's own, 2400 for an unregistered one
                ("snd_nke", nullable(flag())),
                ("application_reset", nullable(integer(-1, 255))),  # as on the board link
            ),
            (("entry", entry()),),  # a registered meter's reading is stored as well
        ),
        method(
            "readout.start",
            (("meters", nullable(many(MOST_METERS, _METER))),),  # null: all
            (
                ("meters", _COUNT),  # how many will be read
                ("spent", nullable(_COUNT)),  # how many batteries have had their readings
            ),
        ),
        # {name: value}, rows in shared.board_settings: changed first, all or none; empty: none
        method("board.settings", (("values", anything()), _WHO), (("values", anything()),)),
        # as inputs.state of the board's link: S0, temperatures, bus supply, relays, alarms; of an
        # S0 input also `pulsed_ms`: when its last pulse was seen, null: none since the link came
        method("board.inputs", (), (("inputs", anything()),)),
        # An input of the board's own: settings by the names of host.settings.inputs, and `active`;
        # switched on it is a meter from now on, called `name` (null: as before).
        method(
            "board.set_input",
            (
                ("address", choice(*ADDRESSES)),
                ("values", anything()),
                ("name", nullable(text(200))),
                _WHO,
            ),
            (("meter", nullable(_METER)),),
        ),
        # The level converter, as converter.state of the board's link.
        method(
            "board.converter",
            (("what", choice("on", "off", "state")), _WHO),
            (("converter", anything()),),
        ),
        # The board's LCD as PanelChanged tells it; news follow for some seconds, then ask again.
        method("panel.look", (), (("panel", anything()),)),
        # Its keys, as if hands had pressed them.
        method("panel.press", (("gesture", choice(*filter(None, GESTURES))), _WHO), ()),
        # Answered when the board has kept everything in flash; then it restarts.
        method("board.restart", (_WHO,), ()),
        # The board's scan; nothing that it finds is registered by itself.
        method("scan.start", scan_wanted, scan),
        method("scan.stop", (), scan),
        method("scan.state", (), scan),
        method(
            "scan.found",
            (("after", _COUNT), ("limit", integer(1, MOST_FOUND))),
            (("meters", many(MOST_FOUND, group(*found(), *STANDING))),),
        ),
        # An export that runs by itself; its file is DATA/exports/NUMBER/DataExport.zip.
        method(
            "export.start",
            (
                ("meters", nullable(many(MOST_METERS, _ADDRESS))),  # null: all
                ("medium", nullable(text(20, 1))),  # a key of host.export.media; null: all
                ("since_ms", nullable(_MOMENT)),  # null: from the first reading
                ("until_ms", nullable(_MOMENT)),  # that moment not included; null: to the last
                ("dates", flag()),  # readings of reading dates alone
                ("kind", choice("standard", "full-db", "json", "xlsx")),
                ("separator", choice(";", ",", "tab")),
                ("mark", choice(".", ",")),
                ("language", choice("de", "en", "fr")),
                ("bom", flag()),
            ),
            (("number", _COUNT),),
        ),
        method("export.list", (), (("exports", many(MOST_EXPORTS, _EXPORT)),)),  # newest first
        method("export.stop", (("number", _COUNT),), ()),  # nothing when it has ended
        method("export.delete", (("number", _COUNT),), ()),  # stops it first
        # Consumer units: meters and users that belong together.
        method(
            "units.add",
            (("name", _UNIT_NAME), ("description", _DESCRIPTION), _WHO),
            (("id", _UNIT),),
        ),
        method(
            "units.change",
            (("id", _UNIT), ("name", _UNIT_NAME), ("description", _DESCRIPTION), _WHO),
            (),
        ),
        method("units.delete", (("id", _UNIT), _WHO), ()),  # its meters and users stay
        method(
            "units.set_meters",  # these and no other
            (("id", _UNIT), ("meters", many(MOST_METERS, _METER)), _WHO),
            (),
        ),
        method("units.set_users", (("id", _UNIT), ("users", many(MOST_USERS, _USER)), _WHO), ()),
        # The network of the computer. What is tried is taken back after a minute unless it is kept.
        method(
            "network.state",
            (),
            (
                ("tool", text(40)),  # what looks after it, "" for none that may be used
                ("why", text(40)),  # there is none: a key of host.settings.network.REASONS
                (
                    "interfaces",  # the wired ones
                    many(
                        MOST_INTERFACES,
                        group(
                            ("name", _INTERFACE),
                            ("mac", text(40)),
                            ("link", flag()),
                            ("addresses", many(MOST_ADDRESSES, _IP)),  # with prefix
                            ("gateway", _IP),
                            ("dns", many(MOST_ADDRESSES, _IP)),
                            ("setup", nullable(_SETUP)),  # null: nobody has set it
                        ),
                    ),
                ),
                (
                    "trial",
                    nullable(
                        group(
                            ("interface", _INTERFACE),
                            ("address", _IP),  # "" for one that DHCP gives
                            ("left_ms", _COUNT),
                            ("who", text(LONGEST_NAME)),
                        )
                    ),
                ),
                (
                    "last",  # how the last one ended, since the core started
                    nullable(
                        group(
                            (
                                "outcome",
                                choice("kept", "taken_back", "not_confirmed", "failed"),
                            ),
                            ("at_ms", _MOMENT),
                            ("detail", text(400)),
                        )
                    ),
                ),
            ),
        ),
        # {setting: value} of host.settings.network; null: as stored. It begins a second later.
        method(
            "network.try",
            (("values", nullable(anything())), _WHO),
            (("left_ms", _COUNT),),
        ),
        # at: where the caller reached us, one of which is the new address; null: at the computer.
        method("network.keep", (("at", nullable(many(4, text(80)))), _WHO), ()),
        method("network.undo", (_WHO,), ()),
        # Driver templates (manual 6.7), as host.settings.template has them.
        method(
            "templates.save",  # of a meter's settings
            (("address", _ADDRESS), ("name", text(template.LONGEST_NAME)), _WHO),
            (("id", _TEMPLATE),),
        ),
        method("templates.change", (("id", _TEMPLATE), ("template", anything()), _WHO), ()),
        method("templates.apply", (("id", _TEMPLATE), _WHO), (("changed", _COUNT),)),
        method(
            "templates.import",  # all or none; replace: in place of those for the same meters
            (("templates", anything()), ("replace", flag()), _WHO),
            (("imported", _COUNT),),
        ),
        method("templates.delete", (("id", _TEMPLATE), _WHO), ()),  # can be had back for a day
        method("templates.restore", (("id", _TEMPLATE), _WHO), ()),
        # The clock of the computer; the chapter "time" of the settings says by whom it is kept.
        method(
            "time.state",
            (),
            (
                ("tool", text(40)),  # what keeps it, "" for none that may be used
                ("why", text(40)),  # there is none: a key of host.settings.clock.REASONS
                ("now_ms", _MOMENT),
                ("ntp", flag()),
                ("synchronised", flag()),
                ("server", text(255)),  # "" for none
                ("offset_us", nullable(_MICROSECONDS)),  # so far it is ahead of this clock
                ("last_ms", nullable(_MOMENT)),  # when they were compared last
                ("fault", text(400)),  # why it is not kept as it is set, "" when it is
            ),
        ),
        method(
            "time.test",  # one question
            (("server", text(255, 1)),),
            (
                ("why", choice("", "unknown_name", "no_answer", "no_time")),
                (
                    "answer",
                    nullable(
                        group(
                            ("address", text(45)),
                            ("offset_us", _MICROSECONDS),
                            ("delay_us", _MICROSECONDS),
                            ("stratum", integer(1, 15)),
                        )
                    ),
                ),
            ),
        ),
        method("time.set", (("at_ms", _MOMENT), _WHO), ()),
        # Status messages (manual 6.8.6), newest first; null: of every number, of every severity.
        method(
            "status.list",
            (
                ("number", nullable(integer(0, 10))),
                ("severity", nullable(choice(*SEVERITIES))),
                ("skip", _COUNT),
                ("limit", integer(1, MOST_MESSAGES)),
            ),
            (("messages", many(MOST_MESSAGES, _MESSAGE)), ("count", _COUNT)),
        ),
        method("status.clear", (_WHO,), (("cleared", _COUNT),)),  # can be had back for a day
        method("status.restore", (_WHO,), (("restored", _COUNT),)),  # what was cleared last
        # Users. What they may be is told by host.settings.accounts, whose reasons begin a refusal.
        method("users.list", (), (("users", many(MOST_USERS, _USER_FACTS)),)),
        method(
            "users.add",
            (
                ("name", _NAME),
                ("role", _ROLE),
                ("password", _PASSWORD),
                ("must_change", flag()),  # at the first sign-in
                _WHO,
            ),
            (("id", _USER),),
        ),
        method("users.change_role", (("id", _USER), ("role", _ROLE), _WHO), ()),
        method(
            "users.set_password",
            (("id", _USER), ("password", _PASSWORD), ("must_change", flag()), _WHO),
            (),
        ),
        method(
            "users.set_own_password",
            (("id", _USER), ("current", _PASSWORD), ("password", _PASSWORD), _WHO),
            (),
        ),
        method("users.set_language", (("id", _USER), ("language", _LANGUAGE), _WHO), ()),
        method("users.delete", (("id", _USER), _WHO), ()),
        # Tokens of the API, of the user `user`; the secret is told this once.
        method(
            "tokens.add",
            (
                ("user", _USER),
                ("name", text(tokens.LONGEST_NAME)),
                ("read_only", flag()),
                ("days", nullable(integer(1, tokens.LONGEST_DAYS))),  # null: until it is revoked
                _WHO,
            ),
            (("id", _TOKEN), ("secret", text(100))),
        ),
        method("tokens.revoke", (("user", _USER), ("id", _TOKEN), _WHO), ()),
        method("tokens.used", (("id", _TOKEN),), ()),  # just now
        notification(
            "event",
            open_group(
                (
                    "type",
                    choice(
                        "LinkChanged",
                        "ReadingsStored",
                        "MeterChanged",
                        "ReadoutStarted",
                        "ReadoutFinished",
                        "FaultChanged",
                        "ScanChanged",
                        "ExportChanged",
                        "SettingsChanged",
                        "UnitChanged",
                        "PlanChanged",
                        "UserChanged",
                        "StatusChanged",
                        "RedecodingChanged",
                        "InputsChanged",
                        "PanelChanged",
                    ),
                )
            ),
        ),
    ),
)


def socket_path(data: Path) -> Path:
    """Return where the core listens in the data folder `data`."""
    return data / SOCKET_NAME
