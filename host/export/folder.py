"""Writes the Standard CSV of many meters into a folder, one file each, whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from host.export import csv_standard
from host.export.csv_standard import Format
from host.store import readings
from host.store.meters import Meter


def write(
    session: Session,
    out: Path,
    chosen: Sequence[Meter],
    *,
    since: datetime | None,
    until: datetime | None,
    now: datetime,
    form: Format,
) -> list[Path]:
    """Write a file for each of the meters that has readings in the period; return the files.

    out: the folder, made when it is not there. since, until: the period, its end excluded; None
    for all. now: the moment in the names. Raises OSError when the folder cannot be written.
    """
    out.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for meter in chosen:
        found = readings.list(session, meter.id, since, until, oldest_first=True)
        if not found:
            continue
        path = out / csv_standard.file_name(meter, now)
        part = path.with_suffix(".part")
        with part.open("w", encoding="utf-8", newline="") as file:
            file.writelines(csv_standard.lines(meter, lambda found=found: found, form))
        part.replace(path)
        written.append(path)
    return written
