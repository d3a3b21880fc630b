"""A damaged database at start: quarantined, and the newest good backup put in its place.

The deliveries' marks come with the backup, so the board hands over whatever it still holds. What it
had handed over since that backup it has forgotten: those readings are lost here, and stay in the
quarantined file, as far as that can be read.
"""

from __future__ import annotations

import contextlib
from datetime import datetime
from pathlib import Path

from host.store import backup, database, migrate, place
from host.store.ballast import Ballast
from host.store.database import Damaged, StoreFault
from host.store.place import Server

_DAMAGED = "mbuslink-damaged-"
_NOTE = ".txt"


def upgrade(data: Path, now: datetime) -> str | None:
    """Bring the database of the data folder to the newest schema, a good backup's if need be.

    now: names the quarantined file. Returns what is to be told of a rescue, until its damaged file
    is deleted; None where there was none. Raises `StoreFault`, `Damaged` when no backup is good,
    and the damaged file is where it was.
    """
    path = place.of(data)
    if isinstance(path, Server):
        migrate.upgrade(path)
        return None
    suspicion = database.suspicion(path)
    try:
        if path.exists() and not path.stat().st_size and backup.kept(data):
            raise Damaged(f"{path}: the database is empty")
        _upgrade(data, path, whole=suspicion.exists())
    except Damaged as error:
        _restore(data, path, now, error)
    suspicion.unlink(missing_ok=True)
    return note(data)


def _upgrade(data: Path, path: Path, *, whole: bool) -> None:
    """Open the database, on a full disk with the room of the ballast."""
    try:
        migrate.upgrade(path, whole=whole)
    except Damaged:
        raise
    except StoreFault:
        ballast = Ballast(data)
        if not ballast.is_wanted():
            raise
        ballast.release()
        migrate.upgrade(path, whole=whole)


def note(data: Path) -> str | None:
    """Return what is to be told of the last rescue, None when its damaged file is gone."""
    for told in sorted(data.glob(f"{_DAMAGED}*{_NOTE}"), reverse=True):
        if told.with_suffix(".db").exists():
            return told.read_text()
        told.unlink(missing_ok=True)
    return None


def _restore(data: Path, path: Path, now: datetime, found: Damaged) -> None:
    """Put the newest good backup in place of `path`. Raises `found` when there is none."""
    aside = data / f"{_DAMAGED}{now:%Y%m%dT%H%M%SZ}.db"
    with contextlib.suppress(OSError, StoreFault):
        backup.recover(data)
    for kept in backup.kept(data):
        with contextlib.suppress(Damaged):
            backup.put(kept, path, aside)
            made_at = backup.made_at(kept)
            text = (
                f"the database was damaged; now it is the backup of {made_at:%Y-%m-%d %H:%M} UTC."
                " Readings stored since are lost, but for those that the board still holds and"
                f" hands over now; what can be read of the others is in {aside.name}. Delete that"
                " file to end this message"
            )
            aside.with_suffix(_NOTE).write_text(text)
            return
    raise found
