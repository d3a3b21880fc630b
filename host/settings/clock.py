"""The clock of the computer that the host runs on (manual 6.8.2): it counts in UTC."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Annotated, ClassVar

from pydantic import AfterValidator

from host.settings import checks
from host.settings.chapter import Chapter, setting
from host.texts.catalogue import N_
from shared.errors import BadSetting

MOST_SERVERS = 4
LONGEST_SERVERS = 255
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?")
_DIGITS = re.compile(r"[0-9.]+")
"""Who writes this means an address, not a name."""

REASONS = {
    "no_tool": "neither chrony nor systemd-timesyncd keeps this computer's clock",
    "not_allowed": "this needs root, or the rights that host/README.md names",
    "ntp_on": "time servers keep the clock; switch them off first",
    "moment_far": "a clock is set to a moment of this century",
}
"""Why the clock is not set; the keys are those of `host.texts.words.CLOCK_REFUSALS`."""


class ClockRefused(BadSetting):
    """A change of the clock that cannot be. reason: a key of `REASONS`, kept in the text."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason}: {REASONS[reason]}")


def reason_of(error: Exception) -> str | None:
    """Return the key of `REASONS` that `error` has, also one that came from the core's socket."""
    reason = str(error).partition(":")[0]
    return reason if reason in REASONS else None


def is_server(text: str) -> bool:
    """Tell whether `text` can be a time server: a name, or an address in digits."""
    try:
        ip_address(text)
    except ValueError:
        return bool(_NAME.fullmatch(text)) and not _DIGITS.fullmatch(text)
    return "%" not in text


def split(text: str) -> Sequence[str]:
    """Return the servers that `text` names, however they are separated."""
    return re.findall(r"[^\s,;]+", text)


def _servers(text: str) -> str:
    """Let servers through, separated by a blank."""
    servers = split(text)
    for server in servers:
        if not is_server(server):
            raise checks.wrong(
                N_("{server} is no server; write a name such as metasntp11.admin.ch or an address"),
                server=server,
            )
    if len(servers) > MOST_SERVERS:
        raise checks.wrong(N_("at most {most} servers can be kept"), most=MOST_SERVERS)
    return " ".join(servers)


class TimeSettings(Chapter):
    """ntp: time servers keep the clock. servers: which, separated by a blank; "": the system's."""

    TITLE: ClassVar[str] = N_("Date and time")
    HELP: ClassVar[str] = N_("The clock of this computer, and the time servers that keep it right.")
    MANUAL: ClassVar[str] = "6.8.2"

    ntp: bool = setting(
        True,
        N_("Set the clock by time servers (NTP)"),
        N_("Readings are only as right as the clock. Without time servers it is set by hand."),
        kind="flag",
    )
    servers: Annotated[str, AfterValidator(_servers)] = setting(
        "",
        N_("Time servers"),
        N_(
            "Such as metasntp11.admin.ch, or the router's address; several separated by a blank."
            " Empty: those that this computer has already."
        ),
        kind="text",
        high=LONGEST_SERVERS,
    )
