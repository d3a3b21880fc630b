"""The board's scan: begun, followed, stopped, and what it found taken over."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field

from host.core.services import MOST_METERS
from host.web.api.meters import Told
from host.web.api.models import Sent
from host.web.api.operations import Group
from host.web.api.problems import Fault, Wrong, wrong
from host.web.api.registration import Baud, Registered
from host.web.api.state import core
from host.web.asking import ask
from host.web.found_lines import Line
from host.web.language import page_words
from host.web.pages.scan import lines_now
from host.web.scan_form import HIGHEST, LOWEST, ScanForm
from host.web.scans import Progress
from shared.errors import LinkLost

group = Group("Scan")


class ScanWanted(Sent):
    by: Literal["secondary", "primary"] = Field("secondary", description="Kind of the addresses.")
    first: int = Field(LOWEST, ge=LOWEST, le=HIGHEST, description="First primary address.")
    last: int = Field(HIGHEST, ge=LOWEST, le=HIGHEST, description="Last primary address.")
    mask: str = Field(
        "",
        max_length=16,
        description="Of secondary addresses: the first digits, or 16 with F for any.",
    )
    bauds: list[Baud] = Field([2400], min_length=1, max_length=6, description="Rates, in turn.")
    backward: bool = Field(False, description="Secondary addresses from the highest on.")
    segment: Literal[1, 2, 3] | None = Field(None, description="One output alone; null: all.")


class Scan(Told):
    """A scan, under way or the last one."""

    running: bool
    by: str
    bauds: list[int]
    baud: int | None = Field(description="The rate at the moment.")
    probes: int
    collisions: int
    found: int = Field(description="How many meters.")
    permille: int = Field(description="How much is done, in thousandths.")
    elapsed_s: int
    left_s: int | None = Field(description="How long it still takes; null: nobody knows.")
    end: str | None = Field(description="How it ended: `done`, `stopped`, `failed`.")
    error: str | None = Field(description="Key of why it failed; null for none.")

    @classmethod
    def of(cls, one: Progress) -> Self:
        names = cls.model_fields.keys() - {"bauds", "error"}
        facts = {name: getattr(one, name) for name in names}
        return cls(**facts, bauds=list(one.bauds), error=one.error_key)


class ScanNow(Told):
    scan: Scan | None = Field(description="Null before the first one.")


class FoundMeter(Told):
    """A meter that was found, or one of the planned list that was not."""

    key: str = Field(description="Names it, to add it or take it over.")
    standing: Literal["new", "known", "changed", "trouble", "missing"] = Field(
        description="What it is to the registered ones; `trouble`: who it is stayed hidden."
    )
    may_be_added: bool
    address: str
    primary: int | None
    secondary: str | None
    manufacturer: str | None
    serial: str | None
    segment: int | None
    bauds: list[int]
    meter: int | None = Field(description="Number of the registered meter that it is.")
    differences: list[str] = Field(description="Of a changed one: `baud`, `primary`, `meter`.")
    planned_name: str = Field(description="Its name in the planned list; may be empty.")
    is_unexpected: bool = Field(description="There is a planned list, and it is not on it.")

    @classmethod
    def of(cls, line: Line) -> Self:
        said, found = line.identity, line.found
        return cls(
            key=line.key,
            standing=line.standing,  # pyright: ignore[reportArgumentType] - one of these
            may_be_added=line.may_be_added,
            address=line.address,
            primary=said.primary,
            secondary=said.secondary,
            manufacturer=said.manufacturer,
            serial=said.serial,
            segment=found.segment if found else None,
            bauds=list(found.bauds) if found else [],
            meter=line.meter.id if line.meter else None,
            differences=list(line.differences),
            planned_name=line.own_name,
            is_unexpected=line.is_unexpected,
        )


class FoundMeters(Told):
    """Who was found, in the order of the scan, then who of the planned list was not."""

    meters: list[FoundMeter]


class Chosen(Sent):
    key: str = Field(max_length=40, description="As in the list of found meters.", examples=["1-5"])
    name: str | None = Field(
        None, max_length=200, description="What it is to be called; null: as in the planned list."
    )


class ChosenMeters(Sent):
    meters: list[Chosen] = Field(min_length=1, max_length=MOST_METERS)


class Keys(Sent):
    keys: list[str] = Field(min_length=1, max_length=MOST_METERS, examples=[["1-5"]])


class TakenOver(Told):
    changed: int


@group.get("/scan")
def now() -> ScanNow:
    """Tell how the scan goes, or how the last one went."""
    progress = core().scans.progress
    return ScanNow(scan=Scan.of(progress) if progress else None)


@group.post("/scan", status=202)
def start(body: ScanWanted) -> ScanNow:
    """Begin a scan of the bus.

    It runs on the board; nothing that it finds is registered by itself."""
    sent = {name: str(getattr(body, name)) for name in ("by", "first", "last", "mask")}
    form = ScanForm(**sent, bauds=tuple(body.bauds), backward=body.backward, segment=body.segment)
    if form.problems:
        gettext = page_words().gettext
        raise Wrong(
            [
                Fault(where=f"body.{name}", key="scan", said=" ".join(map(gettext, texts)))
                for name, texts in form.problems.items()
            ]
        )
    if core().link == "not_connected":
        raise LinkLost("the board is not connected")
    core().scans.began(ask("scan.start", **form.wanted()))
    return now()


@group.post("/scan/stop")
def stop() -> None:
    """Stop the scan; what it has found stays."""
    ask("scan.stop")


@group.get("/scan/found")
def found() -> FoundMeters:
    """List who was found, beside what is registered and planned."""
    return FoundMeters(meters=[FoundMeter.of(line) for line in lines_now().lines])


@group.post("/scan/add")
def add(body: ChosenMeters) -> Registered:
    """Register meters that were found, all or none."""
    known = {line.key: line for line in lines_now().lines if line.may_be_added}
    for place, one in enumerate(body.meters):
        if one.key not in known:
            raise wrong(f"body.meters.{place}.key", "unknown", f"{one.key}: not to be added")
    wanted = [known[one.key].wanted(one.name) for one in body.meters]
    return Registered(**ask("meters.add_each", meters=wanted))


@group.post("/scan/take-over")
def take_over(body: Keys) -> TakenOver:
    """Take over what differs of registered meters: rate, primary address, or another meter."""
    known = {line.key: line for line in lines_now().lines if line.standing == "changed"}
    for place, key in enumerate(body.keys):
        if key not in known:
            raise wrong(f"body.keys.{place}", "unknown", f"{key}: nothing differs")
    wanted = [known[key].otherwise() for key in body.keys]
    return TakenOver(**ask("meters.take_over", meters=wanted))
