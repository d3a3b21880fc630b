"""Services of the core: how it is, and its status messages."""

from host.core.services.fields import COUNT, CYCLE, METER, MOMENT, MOST_MESSAGES, WHO
from shared.link.table import choice, flag, group, integer, many, method, nullable, open_group, text
from shared.status_codes import SEVERITIES

_LINK = choice("connected", "connecting", "not_connected")

_READOUT = group(
    ("started_ms", MOMENT),
    ("total", COUNT),  # meters in this readout
    ("done", COUNT),
    ("failed", COUNT),
)

_MESSAGE = group(
    ("id", integer(1, 0x7FFFFFFF)),
    ("at_ms", MOMENT),
    ("number", integer(0, 10)),
    ("severity", choice(*SEVERITIES)),
    ("key", text(40)),  # of shared.status_codes
    ("meter", nullable(METER)),  # null: about none, or it is gone
    ("which", text(40)),  # the meter's serial number or address; "" for none
    ("cause", text(40)),  # a key of shared.errors, or ""
    ("detail", text(400)),
)

ROWS = (
    method(
        "state",
        (),
        (
            ("link", _LINK),
            ("link_detail", text(400)),  # why the link is not there; "" when it is
            ("link_error", nullable(text(40))),  # the key of that error; null when it is
            ("port", text(200)),
            (
                "board",
                nullable(
                    open_group(
                        ("unique_id", text(40)),
                        ("board", text(32)),
                        ("firmware", text(32)),
                        ("boot", COUNT),
                    )
                ),
            ),
            ("cycle_s", CYCLE),
            ("readout", nullable(_READOUT)),  # the one under way
            ("last_readout", nullable(_READOUT)),
            ("next_readout_ms", nullable(MOMENT)),  # null: there is no pause
            (
                "schedule",  # the board's own
                nullable(
                    group(
                        ("given", flag()),  # the board has that of our meters
                        ("held", flag()),  # somebody else has the bus
                        ("late", COUNT),  # readings missed since the board's boot
                        ("too_short", nullable(text(400))),  # why the bus cannot meet it
                    )
                ),
            ),
            ("fault", nullable(text(400))),  # what keeps the core from storing readings
            ("meters", COUNT),
            ("readings_stored", COUNT),  # since the core started
            ("journal_lost", COUNT),  # readings the board had to drop, ever
            ("journal_lost_ms", nullable(MOMENT)),  # when we learned of the last
        ),
    ),
    # Status messages (manual 6.8.6), newest first; null: of every number, of every severity.
    method(
        "status.list",
        (
            ("number", nullable(integer(0, 10))),
            ("severity", nullable(choice(*SEVERITIES))),
            ("skip", COUNT),
            ("limit", integer(1, MOST_MESSAGES)),
        ),
        (("messages", many(MOST_MESSAGES, _MESSAGE)), ("count", COUNT)),
    ),
    method("status.clear", (WHO,), (("cleared", COUNT),)),  # can be had back for a day
    method("status.restore", (WHO,), (("restored", COUNT),)),  # what was cleared last
)
