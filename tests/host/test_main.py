import pytest

from host.__main__ import COMMANDS, main


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)], ids=str)
def test_every_command_has_help(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([*command, "--help"])
    assert left.value.code == 0
    assert "usage: python -m host" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [["add", "300"], ["read", "12345"], ["export", "--out", "x", "--separator", "|"]]
)
def test_wrong_use_ends_with_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str], tmp_path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith("mbuslink: ")
