"""`messages`: the status messages of the logger (manual 6.8.6-6.8.8), out of the database.

They are deleted through the core where one runs, else in the database.
"""

from __future__ import annotations

import json
from datetime import UTC
from pathlib import Path

from host.commands.writing import write
from host.core import client
from host.core.status_log import as_facts
from host.readout.telegram_table import printable
from host.settings.accounts import COMMAND_LINE
from host.store import database, status_messages
from host.store.status_messages import Message, Wanted
from host.texts.words import STATUS_MESSAGES


def show(data: Path, number: int | None, severity: str | None, limit: int, *, as_json: bool) -> int:
    """Print the newest messages of this number and type; return the exit status."""
    wanted = Wanted(number, severity)
    with database.reading(database.existing(data)) as session:
        found = status_messages.newest(session, max(0, limit), wanted)
        count = status_messages.count(session, wanted)
    if as_json:
        print(json.dumps({"messages": [as_facts(one) for one in found], "count": count}))
        return 0
    for message in found:
        print(_line(message))
    if count > len(found):
        print(f"... and {count - len(found)} older ones (--limit)")
    return 0


async def change(data: Path, *, clear: bool) -> int:
    """Delete all messages, or have back what was deleted last; return the exit status."""
    work = status_messages.clear if clear else status_messages.restore
    async with client.connect(data) as core:
        if core is not None:
            answer = await core.call("status.clear" if clear else "status.restore")
            (count,) = answer.values()
        else:
            database.existing(data)
            count = await write(data, lambda session: work(session, COMMAND_LINE))
    hint = " (had back for a day by --restore)" if clear and count else ""
    print(f"{count} messages {'deleted' if clear else 'are back'}{hint}")
    return 0


def _line(message: Message) -> str:
    at = message.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    text = STATUS_MESSAGES[message.key].format(meter=message.which)
    why = message.detail or message.cause
    told = f"{text} ({why})" if why else text
    return f"{at} UTC  {message.number:>2}  {message.severity:<7}  {printable(told)}"
