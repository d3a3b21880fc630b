"""What somebody had done, such as a readout or a scan, written down once it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog

from host.store import audit
from host.store.writer import Writer
from shared.errors import MbuslinkError

_log = structlog.get_logger(__name__)


async def note(
    writer: Writer, who: str, what: str, which: str = "", after: Mapping[str, Any] | None = None
) -> None:
    """Write down that `who` had this done; a database that refuses keeps nothing from going on."""
    try:
        await writer.run(lambda session: audit.record(session, who, what, which, after=after))
    except MbuslinkError as error:
        _log.warning("not written down", who=who, what=what, error=str(error))
