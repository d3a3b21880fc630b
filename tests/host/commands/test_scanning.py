"""`scan --add` registers the meters as they were found."""

import asyncio
import sqlite3
from pathlib import Path

from host.commands import scanning
from host.store import database


def test_a_meter_is_registered_on_the_output_where_it_was_found(tmp_path: Path) -> None:
    rows = [
        {"trouble": None, "bauds": [2400], "segment": 1, "address": "17"},
        {"trouble": None, "bauds": [300], "segment": 2, "address": "62140003AE4C6916"},
        {"trouble": "no_answer", "bauds": [300], "segment": 3, "address": "18"},
    ]
    asyncio.run(scanning.register(tmp_path, rows, as_json=False))
    told = sqlite3.connect(database.database_path(tmp_path)).execute(
        "SELECT address, baud, segment FROM meters ORDER BY id"
    )
    assert told.fetchall() == [("17", 2400, 1), ("62140003AE4C6916", 300, 2)]
