"""`bi`: a table of all values for BI tools, in PostgreSQL: switched on, off, filled, told of.

The core has no part in it but to fill it now and then, by the same command: the table is nobody
else's, so it is made and filled here, whether a core runs or not.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from sqlalchemy.orm import Session

from host.commands.keeping import progress
from host.export import bi_fill
from host.store import bi, database, postgresql
from host.store.place import Server
from shared.errors import Busy

T = TypeVar("T")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def run(data: Path, what: str, *, again: bool, background: bool) -> int:
    """Do `what` ("state", "on", "off" or "fill") with the table; return the exit status.

    again: fill what is said to be filled, too. background: at low priority, and say nothing.
    Raises `BadSetting` where the database is a file, or to fill what is off.
    """
    server = bi.server_of(database.existing(data))
    if background:
        os.nice(10)
    if what == "off":
        _do(server, bi.switch_off)
        print("the values of this logger are deleted; the table is filled no longer")
        return 0
    if what == "state":
        print(_told(_do(server, bi.mark)))
        return 0
    hint = _do(server, bi.switch_on) if what == "on" else None
    if hint:
        print(f"mbuslink: {hint}", file=sys.stderr)
    try:
        count = bi_fill.fill(server, _silent if background else progress(), again=again)
    except Busy as error:
        if what == "fill" and not background:
            raise
        if not background:
            print(f"{error}; python -m host bi tells how far it is")
        return 0
    if not background:
        print(f"bi_values: {count} readings added; it has all there are")
    return 0


def _do(server: Server, work: Callable[[Session], T]) -> T:
    with (
        database.translated(server),
        Session(postgresql.open_beside(server)) as session,
        session.begin(),
    ):
        return work(session)


def _told(mark: int | None) -> str:
    if mark is None:
        return "there is no table for BI tools; python -m host bi on makes it"
    if not mark:
        return "bi_values: on, and not filled yet; python -m host bi fill does so at once"
    day = (_EPOCH + timedelta(days=mark)).date()
    return f"bi_values: on; packed days before {day} are filled, later readings every 15 minutes"


def _silent(_permille: int) -> None:
    pass
