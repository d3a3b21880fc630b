"""The board's settings from the command line: shown, changed, refused, kept over a restart."""

import json
from pathlib import Path

import pytest

from host.__main__ import main
from shared.board_settings import defaults
from tests.fakes.twin import TwinProcess, running_twin

pytestmark = pytest.mark.twin


def settings(
    twin: TwinProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str], *words: str
) -> tuple[int, str, str]:
    status = main(["settings", "--data", str(tmp_path), "--port", str(twin.port), *words])
    said = capsys.readouterr()
    return status, said.out, said.err


def test_settings_are_changed_shown_and_outlive_a_restart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    with running_twin() as twin:
        status, said, _ = settings(twin, tmp_path, capsys, "language=fr", "network.dhcp=off")
        assert status == 0
        lines = {line.split()[0]: line.split(maxsplit=1)[1] for line in said.splitlines()}
        assert lines["language"] == "fr   (at first en)"
        assert lines["network.dhcp"] == "off   (at first on)"
        assert lines["network.mask"] == "255.255.255.0"
        assert list(lines) == list(defaults())

        status, _, error = settings(twin, tmp_path, capsys, "name=x", "network.mask=255.255")
        assert status == 2
        assert "network.mask: '255.255' is not an address" in error

        words = ("network.ssid=plant room", "network.key=a good key")
        status, said, _ = settings(twin, tmp_path, capsys, *words)
        assert (status, "a good key" in said) == (0, False)
        assert "set, not shown" in said

        twin.control("reset")
        status, said, _ = settings(twin, tmp_path, capsys, "--json")
        kept = json.loads(said)
        assert (kept["network.ssid"], kept["network.key"]) == ("plant room", True)
        assert (kept["language"], kept["network.dhcp"], kept["name"]) == ("fr", False, "mbuslink")


def test_a_change_without_a_value_is_refused_before_the_board_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert main(["settings", "--data", str(tmp_path), "--port", "/dev/null", "language"]) == 2
    assert "language: write NAME=VALUE" in capsys.readouterr().err
