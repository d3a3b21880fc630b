"""What a board says of itself, as typed values; the rows are in `shared.link.messages`."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from shared.errors import MbuslinkError, from_key


@dataclass(frozen=True, slots=True)
class BoardInfo:
    """Who answered `hello`. `boot` is one higher after each restart."""

    protocol: int
    firmware: str
    board: str
    unique_id: str
    boot: int
    fingerprint: str

    @classmethod
    def of(cls, hello: Mapping[str, Any]) -> Self:
        return cls(**{field.name: hello[field.name] for field in fields(cls)})


@dataclass(frozen=True, slots=True)
class Entry:
    """One reading of one meter, successful or not, as the board made it.

    number: in the board's journal, None when it was not kept. utc_s: seconds since 1970, None when
    the board never knew the time in that boot. segment: of the M-Bus, 1-3. kind: "meter", "input",
    "status" or "date", a reading date's. telegrams: whole frames in the order they came. status:
    key (of `shared.status_codes`) and detail of what the board says of itself.
    """

    number: int | None
    boot: int
    ticks_ms: int
    utc_s: int | None
    segment: int
    address: str
    baud: int
    kind: str
    telegrams: tuple[bytes, ...]
    error: MbuslinkError | None
    status: tuple[str, str] | None = None

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> Self:
        error = entry["error"]
        status = error if entry["kind"] == "status" else None
        return cls(
            number=entry["number"],
            boot=entry["boot"],
            ticks_ms=entry["ticks_ms"],
            utc_s=entry["utc_s"],
            segment=entry["segment"],
            address=entry["address"],
            baud=entry["baud"],
            kind=entry["kind"],
            telegrams=tuple(bytes.fromhex(telegram) for telegram in entry["telegrams"]),
            error=from_key(error["key"], error["detail"]) if error else None,
            status=(status["key"], status["detail"]) if status else None,
        )


@dataclass(frozen=True, slots=True)
class JournalState:
    """What a board's journal holds.

    newest: number of the last entry of this boot, 0 for none. held: entries not yet acknowledged,
    of earlier boots too. lost: entries that had to go unacknowledged, ever.
    """

    boot: int
    newest: int
    held: int
    lost: int

    @classmethod
    def of(cls, result: Mapping[str, Any]) -> Self:
        return cls(result["boot"], result["newest"], result["held"], result["lost"])


@dataclass(frozen=True, slots=True)
class JournalPage:
    """Some entries of the journal, the oldest first, and what it held then."""

    journal: JournalState
    entries: tuple[Entry, ...]

    @classmethod
    def of(cls, result: Mapping[str, Any]) -> Self:
        return cls(JournalState.of(result), tuple(Entry.of(e) for e in result["entries"]))


@dataclass(frozen=True, slots=True)
class BoardState:
    """Health of a board; every count is since its boot, memory in bytes."""

    boot: int
    ticks_ms: int
    utc_s: int | None
    heap_free: int
    bus_busy: bool
    reads_ok: int
    reads_failed: int
    link_damaged: int
    journal: JournalState

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Self:
        plain = {field.name: state[field.name] for field in fields(cls) if field.name in state}
        numbers = (state["journal_newest"], state["journal_held"], state["journal_lost"])
        return cls(**plain, journal=JournalState(state["boot"], *numbers))


@dataclass(frozen=True, slots=True)
class ScanState:
    """How a board's scan is. `number` is of this boot, 0 before the first; it names the scan.

    permille: how far it is; left_s: an estimate, None before there is one; end: "done", "stopped",
    "failed", None while it runs; error: why it failed.
    """

    boot: int
    number: int
    running: bool
    baud: int | None
    probes: int
    collisions: int
    found: int
    permille: int
    elapsed_s: int
    left_s: int | None
    end: str | None
    error: MbuslinkError | None

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Self:
        plain: dict[str, Any] = {field.name: state[field.name] for field in fields(cls)}
        error = state["error"]
        plain["error"] = error and from_key(error["key"], error["detail"])
        return cls(**plain)


@dataclass(frozen=True, slots=True)
class FoundMeter:
    """A meter that a scan found. `address` is the one to read it by.

    secondary and primary are None where they stayed unknown. bauds: all rates at which it answered.
    trouble: key of the error that hid who it is, None when it said so.
    """

    segment: int
    address: str
    secondary: str | None
    primary: int | None
    bauds: tuple[int, ...]
    trouble: str | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        plain: dict[str, Any] = {field.name: row[field.name] for field in fields(cls)}
        plain["bauds"] = tuple(row["bauds"])
        return cls(**plain)


@dataclass(frozen=True, slots=True)
class Round:
    """A readout of all meters that were due together; see `round` of logger.state."""

    number: int
    utc_s: int | None
    total: int
    done: int
    failed: int
    duration_ms: int


@dataclass(frozen=True, slots=True)
class TooShort:
    """Why the bus cannot meet its schedule. shortest_cycle_s: None when no common cycle can be."""

    reason: str
    shortest_cycle_s: int | None

    def __str__(self) -> str:
        if self.shortest_cycle_s is None:
            return f"{self.reason}; give them longer cycles or a higher baud rate"
        return f"{self.reason}; the shortest possible cycle is {self.shortest_cycle_s} s"


@dataclass(frozen=True, slots=True)
class LoggerState:
    """How a board's own readouts go; `revision` is that of the schedule it has, None for none.

    held: somebody else has the bus. late: readings that were missed since boot.
    """

    boot: int
    revision: str | None
    meters: int
    held: bool
    round: Round | None
    last: Round | None
    next_due_s: int | None
    late: int
    too_short: TooShort | None

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Self:
        plain = {field.name: state[field.name] for field in fields(cls)}
        for name, kind in (("round", Round), ("last", Round), ("too_short", TooShort)):
            plain[name] = plain[name] and kind(**plain[name])
        return cls(**plain)
