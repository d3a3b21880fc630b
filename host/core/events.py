"""What has happened: the facts the core tells whoever listens, in this process or in another.

A fact is absolute (a state, a count), never a change of one, because it may be lost on the way to
another process. `as_params` is its form in the notification `event` of `host.core.services`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import structlog

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """state: "connected", "connecting" or "not_connected"; detail: why it is not connected."""

    state: str
    detail: str


@dataclass(frozen=True, slots=True)
class ReadingsStored:
    """A reading of a meter is in the database. at_ms: its moment, ms since 1970."""

    meter_id: int
    reading_id: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class MeterChanged:
    """A meter's row in the database is new or another; state: "unread", "ok", "alarm", "error"."""

    meter_id: int
    state: str


@dataclass(frozen=True, slots=True)
class ReadoutStarted:
    """A readout of `total` meters has begun."""

    total: int


@dataclass(frozen=True, slots=True)
class ReadoutFinished:
    """A readout is over: of `total` meters `done` were asked and `failed` did not answer well."""

    total: int
    done: int
    failed: int
    duration_ms: int


@dataclass(frozen=True, slots=True)
class FaultChanged:
    """What keeps the core from storing readings, in English; None when nothing does."""

    fault: str | None


@dataclass(frozen=True, slots=True)
class ScanChanged:
    """The board's scan `number` of `boot` has come so far; units as in `host.device.facts`."""

    boot: int
    number: int
    running: bool
    probes: int
    collisions: int
    found: int
    permille: int
    left_s: int | None
    end: str | None


@dataclass(frozen=True, slots=True)
class ExportChanged:
    """An export has come so far.

    state: "running", "done", "failed", "stopped" or "deleted": it is in no list any more.
    """

    number: int
    state: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class SettingsChanged:
    """A chapter of settings, by its name in `host.settings.chapters`, is another."""

    chapter: str


@dataclass(frozen=True, slots=True)
class PlanChanged:
    """The planned list is another, of `meters` meters."""

    meters: int


@dataclass(frozen=True, slots=True)
class UserChanged:
    """A user is new, another or gone: role, password, language."""

    user_id: int


@dataclass(frozen=True, slots=True)
class UnitChanged:
    """A consumer unit is new, another or gone; who sees which meters may be another, too."""

    id: int


@dataclass(frozen=True, slots=True)
class RedecodingChanged:
    """Kept telegrams are put through today's decoder; state: as `redecode.state` tells it."""

    state: str
    permille: int


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """There are other status messages; last: the number of the one entered last, 0 for none."""

    last: int


@dataclass(frozen=True, slots=True)
class InputsChanged:
    """How the board's inputs, supply, relays and alarms are: `inputs` as `board.inputs` tells."""

    inputs: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PanelChanged:
    """The board's LCD or LEDs are others; told while somebody looks.

    display: one is fitted. leds: READ and SCAN: 0 off, 1 dim, 2 bright. bands: of the picture, as
    panel.look of `shared.link.messages` has them, in hex. text: the words in it, a line each.
    """

    display: bool
    lit: bool
    leds: tuple[int, ...]
    bands: tuple[str, ...]
    text: str


Event = (
    LinkChanged
    | ReadingsStored
    | MeterChanged
    | RedecodingChanged
    | ReadoutStarted
    | ReadoutFinished
    | FaultChanged
    | ScanChanged
    | ExportChanged
    | SettingsChanged
    | UnitChanged
    | PlanChanged
    | UserChanged
    | StatusChanged
    | InputsChanged
    | PanelChanged
)
Listener = Callable[[Event], None]


def as_params(event: Event) -> dict[str, Any]:
    """Return `event` as the params of the notification `event`."""
    return {"type": type(event).__name__, **asdict(event)}


class Events:
    """Hands every event to every listener, in the order they subscribed.

    A listener must not block. One that fails is logged and does not keep it from the others.
    """

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener(event)` from now on; return the function that ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def emit(self, event: Event) -> None:
        """Tell every listener."""
        for listener in tuple(self._listeners):
            try:
                listener(event)
            except Exception:
                _log.exception("a listener failed", event_type=type(event).__name__)
