"""FULL-DB against the manual's example (11.3): 40 columns, the CALEC ST's energy."""

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from host.export import full_db
from host.export.form import Format
from host.export.subject import Subject
from host.store import block
from host.store.meters import Meter
from host.store.readings import Reading
from host.store.tables import to_ms
from shared.mbus import encode
from tests.host.export.test_standard import METER, reading

AT = datetime.fromtimestamp(1485303093, UTC)
LAST_OK = datetime.fromtimestamp(1485440274, UTC)
CALEC = replace(METER, last_read_at=LAST_OK)

# Manual 11.3, first row. EncodeType there is 0; ours is the DIF's data field (see full_db).
MANUAL = [
    *("29", "0", "10", "AMT", "4800181", "192", "Heat (outlet)", "-1", "0", "2400", "4194077"),
    *("CALEC ST", "", "", "", "1485440274", "1", "0", "3", "0", "0", "Energy", "Wh", "0", "0"),
    *("5", "0", "0", "0", "-1", "2709680000", "", "0", "0", "0", "0", "0", "1485303093"),
    "2706390000",
]


def rows(readings: Sequence[Reading], meter: Meter = CALEC) -> list[list[str]]:
    day = block.loose([(to_ms(one.at), b"".join(one.frames)) for one in readings])
    latest = reading(energy(2709680000))
    subject = Subject(meter, lambda: [[day]], lambda: latest)
    text = b"".join(full_db.encode(subject, Format())).decode()
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))


def energy(wh: int, **more: int) -> bytes:
    return bytes(encode.record("real32", b"\x03", (wh, 0), **more))


def test_the_manuals_row() -> None:
    header, row = rows([reading(energy(2706390000), at=AT)])
    assert len(header) == len(row) == 40
    assert header[0] == "Device.Id"
    assert header[37:] == ["TimeStamp", "Val1", "ValueDesc.Id"]
    assert row[:-1] == MANUAL


def test_a_row_a_value_and_the_rows_of_a_value_together() -> None:
    volume = encode.record("int32", b"\x13", 1234)
    found = rows(
        [reading(energy(5) + volume, at=AT + timedelta(minutes=15 * n)) for n in range(3)]
    )[1:]
    assert [row[21] for row in found] == ["Energy"] * 3 + ["Volume"] * 3
    assert [row[37] for row in found[:3]] == ["1485303093", "1485303993", "1485304893"]
    assert [row[38] for row in found] == ["5"] * 3 + ["1.234"] * 3
    assert len({row[39] for row in found}) == 2


def test_function_storage_tariff_and_a_value_with_the_same_name() -> None:
    first = energy(1, function=1, storage=3, tariff=2)
    found = rows([reading(first + energy(2) + energy(3))])[1:]
    assert found[0][26:29] == ["1", "3", "2"]
    assert found[1][26:29] == found[2][26:29] == ["0", "0", "0"]
    assert found[1][39] != found[2][39]
    assert [row[20] for row in found] == ["0", "1", "2"]


def test_a_value_keeps_its_number_when_the_readout_changes() -> None:
    other = encode.record("int8", b"\x13", 1)
    one, both = rows([reading(energy(1))])[1:], rows([reading(other + energy(1))])[1:]
    assert one[0][39] == both[1][39]


def test_what_the_logger_knows_of_the_meter() -> None:
    battery = replace(
        CALEC, address="0480018104B4C004", name="=1+1", cycle_s=60, per_day=4, state="error"
    )
    row = rows([reading(energy(1))], battery)[1]
    assert (row[1], row[8], row[11], row[16], row[19]) == ("1", "60", "'=1+1", "2", "1")
    unread = replace(CALEC, state="unread", last_read_at=None, id=60000)
    row = rows([reading(energy(1))], unread)[1]
    assert (row[10], row[15], row[16]) == ("", "0", "0")
