"""The command as a user has it: a process of its own, with nothing but Python."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools" / "decode_telegram"
KEYS = ["ok", "error", "ci", "manufacturer", "id", "version", "medium", "access_no", "status"]
KEYS += ["signature", "more", "records"]
RECORD_KEYS = ["function", "storage", "tariff", "subunit", "name", "quantity", "unit", "value"]
RECORD_KEYS += ["raw"]

WATER = "68 15 15 68 08 02 72 78 56 34 12 24 40 01 07 13 00 00 00 0C 78 04 03 02 01 9D 16"
BAD = WATER.replace("9D 16", "9E 16")
BUSY = "68 04 04 68 08 05 70 08 85 16"
OMS = "682F2F68080172785634129315 33032A002025"
OMS += "5923C95AAA26D1B2E7493B013EC4A6F6D3529B520EDFF0EA6DEFC99D6D69EBF3"


def decode(*arguments, stdin=b"", isolated=True):
    flags = ["-I", "-S"] if isolated else []  # no site-packages: pure Python is enough
    return subprocess.run(
        [sys.executable, *flags, str(TOOL), *arguments],
        input=stdin,
        capture_output=True,
        timeout=60,
    )


def answers(stdin):
    done = decode("--json", stdin=stdin)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_one_json_object_a_line():
    good, bad = answers(f"# two\n{WATER}\n\n{BAD.lower().replace(' ', ':')}\n".encode())
    assert list(good) == list(bad) == KEYS
    assert good["ok"] is True
    assert (good["manufacturer"], good["id"], good["ci"]) == ("PAD", "12345678", 0x72)
    assert (good["version"], good["access_no"], good["status"], good["signature"]) == (
        1,
        19,
        "00",
        "0000",
    )
    (record,) = good["records"]
    assert list(record) == RECORD_KEYS
    assert (record["value"], record["raw"].upper()) == ("1020304", "04030201")
    assert bad["ok"] is False
    assert "checksum" in bad["error"]


def test_a_file_or_standard_input(tmp_path):
    file = tmp_path / "frames.txt"
    file.write_text(WATER)
    from_file = decode("--json", str(file))
    assert from_file.returncode == 0
    assert from_file.stdout == decode("--json", stdin=WATER.encode()).stdout
    assert from_file.stdout == decode("--json", "-", stdin=WATER.encode()).stdout


def test_what_cannot_be_decoded_gives_ok_false_and_status_0():
    lines = ["hello", "68", "10 40 01 41 16", "e5", BUSY, "0", "68" * 300, WATER[:-6], "ÿ"]
    found = answers("\n".join(lines).encode())
    assert len(found) == len(lines)
    for answer in found:
        assert answer["ok"] is False
        assert answer["error"]
    assert found[4]["error"] == "Application busy"
    assert found[4]["ci"] == 0x70


def test_what_was_read_before_the_fault_is_kept():
    body = bytes.fromhex("0801727856341224400107 1300 0000 0C7804030201 0413 01")
    frame = bytes((0x68, len(body), len(body), 0x68)) + body + bytes((sum(body) & 255, 0x16))
    (answer,) = answers(frame.hex().encode())
    assert answer["ok"] is False
    assert answer["id"] == "12345678"
    assert answer["records"][0]["value"] == "1020304"


def test_binary_rubbish_and_a_huge_line():
    rubbish = bytes(range(256)) * 100 + b"\n" + b"68" * 5_000_000 + b"\n" + WATER.encode()
    found = answers(rubbish)
    assert found[-1]["ok"] is True
    assert all(answer["ok"] is False for answer in found[:-1])


def test_the_table():
    done = decode(stdin=f"{WATER}\n{BAD}".encode())
    assert done.returncode == 0
    text = done.stdout.decode()
    assert "PAD 12345678" in text
    assert "1020304" in text
    assert "error: " in text


def test_hostile_text_does_not_reach_the_terminal():
    text = b"\x1b]0;owned\x07\x9b2J\x08"
    body = bytes.fromhex("0801727856341224400107 1300 0000 0DFD11") + bytes((len(text),))
    body += bytes(reversed(text))
    frame = bytes((0x68, len(body), len(body), 0x68)) + body + bytes((sum(body) & 255, 0x16))
    shown = decode(stdin=frame.hex().encode()).stdout.decode()
    assert "owned" in shown
    assert all(char.isprintable() or char == "\n" for char in shown)


def test_a_file_that_is_not_there():
    done = decode("/nowhere/frames.txt")
    assert done.returncode == 2
    assert (
        done.stderr.decode() == "decode_telegram: /nowhere/frames.txt: No such file or directory\n"
    )


def test_a_folder_is_no_file(tmp_path):
    done = decode(str(tmp_path))
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    assert str(tmp_path) in done.stderr.decode()


def test_a_reader_that_goes_away():
    command = f"yes '{WATER}' | head -20000 | {sys.executable} {TOOL} --json | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, timeout=60)
    assert done.returncode == 0
    assert done.stderr == b""


def test_help_and_wrong_options():
    assert b"--key" in decode("--help").stdout
    assert decode("--nonsense").returncode == 2


@pytest.mark.parametrize(
    "key", ["0102030405060708090A0B0C0D0E0F11", "12345678=0102030405060708090a0b0c0d0e0f11"]
)
def test_with_the_key_of_an_encrypted_telegram(key):
    body = bytes.fromhex(OMS)[4:]
    frame = bytes((0x68, len(body), len(body), 0x68)) + body + bytes((sum(body) & 255, 0x16))
    closed = json.loads(decode("--json", stdin=frame.hex().encode()).stdout)
    assert closed["ok"] is False
    assert "no key" in closed["error"]
    done = decode("--json", "--key", key, stdin=frame.hex().encode(), isolated=False)
    opened = json.loads(done.stdout)
    assert opened["ok"] is True
    assert opened["records"][0]["value"] == "28504.27"


def test_a_key_that_is_none():
    done = decode("--key", "1234", stdin=b"", isolated=False)
    assert done.returncode == 2
    assert done.stderr.decode().startswith("decode_telegram: --key: ")
