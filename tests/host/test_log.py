import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from host import log


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def test_a_line_goes_to_the_terminal_and_as_json_to_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log.configure("core", tmp_path)
    structlog.get_logger("host.x").info("meter read", address="17")
    structlog.get_logger("host.x").debug("not asked for")
    logging.getLogger("alembic").info("not of interest")
    logging.getLogger("sqlalchemy").warning("of interest")
    lines = [json.loads(line) for line in (tmp_path / "log/core.log").read_text().splitlines()]
    assert [line["event"] for line in lines] == ["meter read", "of interest"]
    assert lines[0]["address"] == "17"
    assert (lines[0]["process"], lines[0]["level"]) == ("core", "info")
    terminal = capsys.readouterr().err
    assert "meter read" in terminal
    assert "address=17" in terminal.replace("\x1b", "").replace("'", "")


def test_a_quiet_log_says_warnings_only(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("read", quiet=True)
    structlog.get_logger("host.y").info("link")
    structlog.get_logger("host.y").warning("clock is wrong")
    said = capsys.readouterr()
    assert said.out == ""
    assert "link" not in said.err
    assert "clock is wrong" in said.err
