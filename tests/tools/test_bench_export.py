"""The export's bench measures every writer beside the peer, and both write the same rows."""

import csv
import io

from host.export.export import Export
from host.export.form import Format, Period
from host.export.source import Source
from host.store import database
from tools.bench import export, history
from tools.bench.__main__ import main


def test_it_measures_every_goal(capsys):
    main(["export", "--meters", "1", "--days", "2", "--rounds", "1", "--year", "40"])
    printed = capsys.readouterr().out
    for text in (
        "full-db   zlib",
        "standard  zlib",
        export.PEER,
        "first byte",
        "peak memory, xlsx",
    ):
        assert text in printed


def test_the_peer_writes_the_same_table(tmp_path):
    path = tmp_path / database.FILE_NAME
    history.fill(path, meters=1, days=2, cycle_s=21600)
    source = Source(path, Period())
    (meter,) = source.meters()
    for kind, rows in (("full-db", export.full_db_rows), ("standard", export.standard_rows)):
        data = b"".join(Export(source, [meter], Format(kind), export.NOW).file(meter).data)
        ours = list(csv.reader(io.StringIO(data.decode(), newline=""), delimiter=";"))
        peers = [list(row) for row in rows(source, meter)]
        assert [len(row) for row in peers] == [len(row) for row in ours]
        assert [row[:6] for row in peers[1:]] == [row[:6] for row in ours[1:]]
