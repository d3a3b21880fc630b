"""Exports: files of readings that the logger makes by itself, to be fetched when they are done."""

from __future__ import annotations

from typing import Literal, Self

from flask import Response, abort, current_app
from pydantic import Field

from host.core.services import MOST_METERS
from host.store.tables import to_ms
from host.web.api.meters import view
from host.web.api.models import Moment, Sent, Told
from host.web.api.operations import Group
from host.web.api.problems import wrong
from host.web.asking import ask
from host.web.exports import ExportJob, Exports
from host.web.pages import background
from host.web.sight import sees_all

group = Group("Exports")

Medium = Literal["electricity", "gas", "heat", "water", "cooling", "other"]


class Export(Told):
    """An export; its file is there when it is `done`."""

    number: int
    state: Literal["running", "done", "failed", "stopped", "deleted"]
    begun_at: Moment
    done: int = Field(description="Months of meters that are written.")
    total: int
    bytes: int = Field(description="Size of the file, 0 while there is none.")
    kind: str | None = Field(description="Null where it is not known any more.")
    meters: int | None = Field(description="How many; null: all.")
    error: str | None = Field(description="Key of why it failed, null for none.")

    @classmethod
    def of(cls, job: ExportJob) -> Self:
        return cls(
            number=job.number,
            state=job.state,  # pyright: ignore[reportArgumentType] - one of these
            begun_at=job.begun,
            done=job.done,
            total=job.total,
            bytes=job.size,
            kind=job.kind,
            meters=job.meters,
            error=job.error_key,
        )


class ExportList(Told):
    """All exports, the newest first. Only whoever sees all meters is told of them."""

    exports: list[Export]


class ExportWanted(Sent):
    meters: list[int] | None = Field(
        None, min_length=1, max_length=MOST_METERS, description="Their numbers; null: all."
    )
    medium: Medium | None = Field(None, description="Only meters of this medium.")
    from_: Moment | None = Field(None, alias="from", description="The first moment that counts.")
    to: Moment | None = Field(None, description="The first moment that no longer counts.")
    dates: bool = Field(False, description="Only readings of reading dates.")
    kind: Literal["standard", "full-db", "json", "xlsx"] = Field(
        "standard", description="CSV with a row a readout, CSV with a row a value, JSON, Excel."
    )
    separator: Literal[";", ",", "tab"] = Field(";", description="Of the columns of a CSV.")
    mark: Literal[".", ","] = Field(".", description="Decimal mark in a CSV.")
    language: Literal["en", "de", "fr"] = Field("en", description="Of the names of values.")
    bom: bool = Field(False, description="A mark at the begin, for Excel.")


class Begun(Told):
    number: int


@group.get("/exports")
def many() -> ExportList:
    """List the exports."""
    return ExportList(exports=[Export.of(job) for job in _jobs()])


@group.post("/exports", status=202)
def start(body: ExportWanted) -> Begun:
    """Begin an export; one runs at a time."""
    if body.mark == body.separator:
        raise wrong("body.mark", "separator", "mark and separator are the same")
    wanted = body.model_dump(exclude={"meters", "from_", "to"})
    wanted |= {
        "meters": None if body.meters is None else _addresses(body.meters),
        "since_ms": None if body.from_ is None else to_ms(body.from_),
        "until_ms": None if body.to is None else to_ms(body.to),
    }
    return Begun(**ask("export.start", **wanted))


@group.get("/exports/<int:number>")
def one(number: int) -> Export:
    """Tell how an export goes."""
    return Export.of(_job(number))


@group.get("/exports/<int:number>/file", media_type="application/zip")
def file(number: int) -> Response:
    """Fetch the file of an export, DataExport.zip, or the part of it that `Range` asks for."""
    return background.fetch(number)  # pyright: ignore[reportReturnType] - Flask's own


@group.post("/exports/<int:number>/stop")
def stop(number: int) -> None:
    """Stop an export; its file is not kept."""
    ask("export.stop", number=_job(number).number)


@group.delete("/exports/<int:number>")
def delete(number: int) -> None:
    """Delete an export at once; one under way is stopped."""
    ask("export.delete", number=_job(number).number)


def _jobs() -> list[ExportJob]:
    known: Exports = current_app.extensions["exports"]
    return list(known.jobs) if sees_all() else []


def _job(number: int) -> ExportJob:
    return next((job for job in _jobs() if job.number == number), None) or abort(404)


def _addresses(numbers: list[int]) -> list[str]:
    known = {row.meter.id: row.meter.address for row in view().rows()}
    for place, number in enumerate(numbers):
        if number not in known:
            raise wrong(f"body.meters.{place}", "unknown", f"{number}: there is no such meter")
    return [known[number] for number in dict.fromkeys(numbers)]
