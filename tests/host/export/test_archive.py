"""A ZIP that is streamed is one that others read: zipfile and unzip, past 4 GB and 65,535 files."""

import io
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from datetime import datetime

import pytest

from host.export import archive
from host.export.archive import FASTEST, STANDARD, Archive, Deflate

NOW = datetime(2026, 11, 27, 21, 5, 44)  # noqa: DTZ001 - a ZIP has no zone


def made(files: dict[str, list[bytes]], deflate: Deflate = FASTEST) -> bytes:
    whole = Archive(NOW, deflate)
    pieces = [piece for name, data in files.items() for piece in whole.entry(name, data)]
    return b"".join([*pieces, *whole.end()])


@pytest.mark.parametrize("deflate", [STANDARD, FASTEST], ids=lambda deflate: deflate.name)
def test_files_come_back_with_names_and_moment(deflate: Deflate, tmp_path) -> None:
    big = [bytes([n % 251]) * 1000 for n in range(900)]
    data = made({"1-1.csv": [b"a;b\r\n", b"1;2\r\n"], "Zähler.csv": big, "empty": []}, deflate)
    with zipfile.ZipFile(io.BytesIO(data)) as found:
        assert found.testzip() is None
        assert found.namelist() == ["1-1.csv", "Zähler.csv", "empty"]
        assert found.read("1-1.csv") == b"a;b\r\n1;2\r\n"
        assert found.read("Zähler.csv") == b"".join(big)
        assert found.infolist()[0].date_time == NOW.timetuple()[:6]
    unzip = shutil.which("unzip")
    if unzip:
        (tmp_path / "x.zip").write_bytes(made({"1-1.csv": big, "empty": []}, deflate))
        subprocess.run([unzip, "-tq", tmp_path / "x.zip"], check=True)


def test_the_head_of_a_file_is_sent_before_its_data_is_made() -> None:
    def late() -> Iterator[bytes]:
        pytest.fail("made before the first byte was sent")
        yield b""

    assert next(Archive(NOW).entry("x.csv", late())).startswith(b"PK\x03\x04")


def test_bytes_are_sent_while_a_file_is_made() -> None:
    made_so_far: list[int] = []

    def data() -> Iterator[bytes]:
        for n in range(200):
            made_so_far.append(n)
            yield archive.FASTEST.name.encode() + n.to_bytes(4, "big") * 16384

    sent = Archive(NOW, Deflate("none", _Plain, STANDARD.crc32)).entry("x", data())
    next(sent)
    next(sent)
    assert len(made_so_far) < 4


def test_offsets_and_sizes_past_4_gb(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is lowered; 5 GB through a pipe take too long."""
    whole = Archive(NOW)
    pieces = list(whole.entry("first", [b"x" * 70000]))
    entry = archive._Entry(b"huge", 0, 1, 5 << 32, 7 << 32, 3)
    central = archive._central(entry)
    assert central[46 + 4 :] == bytes.fromhex("01001000") + (7 << 32).to_bytes(8, "little") + (
        5 << 32
    ).to_bytes(8, "little")
    monkeypatch.setattr(archive, "_MOST_16", 1)
    pieces += list(whole.entry("second", [b"y"]))
    data = b"".join([*pieces, *whole.end()])
    assert b"PK\x06\x06" in data
    assert b"PK\x06\x07" in data
    with zipfile.ZipFile(
        io.BytesIO(data.replace(b"\x01\x00\x01\x00", b"\xff\xff\xff\xff"))
    ) as found:
        assert found.read("second") == b"y"


def test_a_file_past_4_gb_is_read_by_others(tmp_path) -> None:
    """4.3 GB of zeros, in less than 20 MB."""
    pytest.importorskip("isal")
    piece = bytes(1 << 24)
    whole = Archive(NOW)
    path = tmp_path / "big.zip"
    with path.open("wb") as file:
        file.writelines(whole.entry("big.csv", (piece for _ in range(260))))
        file.writelines(whole.entry("next.csv", [b"after"]))
        file.writelines(whole.end())
    with zipfile.ZipFile(path) as found:
        assert found.getinfo("big.csv").file_size == 260 << 24
        assert found.read("next.csv") == b"after"
        with found.open("big.csv") as big:
            assert big.read(1 << 20) == piece[: 1 << 20]


class _Plain:
    def compress(self, data: bytes, /) -> bytes:
        return data

    def flush(self) -> bytes:
        return b""
