"""The structured log: key=value on the terminal, JSON lines in DATA/log, one file a process.

Everything said with `structlog.get_logger()` goes both ways; what libraries say with `logging`
goes the same way from WARNING up. Files are rotated at 2 MB, four old ones are kept.
"""

from __future__ import annotations

import logging
import logging.handlers
import sys
from pathlib import Path
from typing import Any

import structlog

_FILE_BYTES = 2_000_000
_FILES_KEPT = 4


def configure(
    process: str, data: Path | None = None, *, verbose: bool = False, quiet: bool = False
) -> None:
    """Set up the log of this process.

    process: its name, in every line and of the file. data: the data folder; None: no file.
    verbose: also what is only of interest when something is being searched for. quiet: warnings
    only, for a command whose own words are what counts.
    """
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _naming(process),
    ]
    root = logging.getLogger()
    for handler in tuple(root.handlers):
        root.removeHandler(handler)
    terminal = logging.StreamHandler(sys.stderr)
    terminal.setFormatter(_formatter(shared, structlog.dev.ConsoleRenderer(colors=_is_tty())))
    root.addHandler(terminal)
    if data is not None:
        folder = data / "log"
        folder.mkdir(parents=True, exist_ok=True)
        file = logging.handlers.RotatingFileHandler(
            folder / f"{process}.log", maxBytes=_FILE_BYTES, backupCount=_FILES_KEPT
        )
        file.setFormatter(_formatter(shared, structlog.processors.JSONRenderer()))
        root.addHandler(file)
    logging.raiseExceptions = False  # a full disk must not stop the core because of its log
    root.setLevel(logging.WARNING)
    level = logging.DEBUG if verbose else logging.WARNING if quiet else logging.INFO
    for name in ("host", "web", "__main__"):
        logging.getLogger(name).setLevel(level)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _formatter(shared: list[Any], renderer: Any) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            renderer,
        ],
    )


def _naming(process: str) -> Any:
    def name(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
        event["process"] = process
        return event

    return name


def _is_tty() -> bool:
    return sys.stderr.isatty()
