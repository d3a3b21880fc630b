"""Services of the core: settings, the wizard, and the network and clock of the computer."""

from host.core.services.fields import (
    CHANGE,
    CHANGED,
    COUNT,
    MOMENT,
    MOST_ADDRESSES,
    MOST_INTERFACES,
    MOST_METERS,
    WHO,
)
from host.settings import wizard
from host.settings.accounts import LONGEST_NAME
from shared.link.table import anything, choice, flag, group, integer, many, method, nullable, text

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

ROWS = (
    # {chapter: {setting: value}}, as in host.settings.chapters: all or none is changed.
    method("settings.change", (("chapters", anything()), WHO), (CHANGED,)),
    # Changes of settings, of meters and of their values are put back, all or none, as long as it is
    # still as they left it. A refusal begins with a reason of host.settings.undo.
    method("changes.undo", (("changes", many(MOST_METERS, CHANGE)), WHO), (CHANGED,)),
    # Somebody goes on in the first-run wizard, or out of it. done: the step done with that.
    method(
        "wizard.go",
        (("to", choice(*wizard.WAYS)), ("done", nullable(choice(*wizard.STEPS))), WHO),
        (),
    ),
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
                        ("left_ms", COUNT),
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
                        ("at_ms", MOMENT),
                        ("detail", text(400)),
                    )
                ),
            ),
        ),
    ),
    # {setting: value} of host.settings.network; null: as stored. It begins a second later.
    method(
        "network.try",
        (("values", nullable(anything())), WHO),
        (("left_ms", COUNT),),
    ),
    # at: where the caller reached us, one of which is the new address; null: at the computer.
    method("network.keep", (("at", nullable(many(4, text(80)))), WHO), ()),
    method("network.undo", (WHO,), ()),
    # The clock of the computer; the chapter "time" of the settings says by whom it is kept.
    method(
        "time.state",
        (),
        (
            ("tool", text(40)),  # what keeps it, "" for none that may be used
            ("why", text(40)),  # there is none: a key of host.settings.clock.REASONS
            ("now_ms", MOMENT),
            ("ntp", flag()),
            ("synchronised", flag()),
            ("server", text(255)),  # "" for none
            ("offset_us", nullable(_MICROSECONDS)),  # so far it is ahead of this clock
            ("last_ms", nullable(MOMENT)),  # when they were compared last
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
    method("time.set", (("at_ms", MOMENT), WHO), ()),
)
