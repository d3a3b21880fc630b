"""Where the database lies: a file in the data folder, or a PostgreSQL server by its URL.

The URL stands in the environment or in the data folder, never on a command line, which others on
the machine can read: postgresql://USER:PASSWORD@HOST/DATABASE?logger=NAME. Several loggers share a
database; each has its name there, "" where there is one alone.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from shared.errors import BadSetting

FILE_NAME = "mbuslink.db"
URL_FILE = "database.url"
VARIABLE = "MBUSLINK_DATABASE"

_FORM = "write postgresql://USER:PASSWORD@HOST/DATABASE?logger=NAME"
_LOGGER_MAX = 100


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL database, and the name of our logger in it."""

    url: URL
    logger: str = ""

    def __str__(self) -> str:
        name = f" ({self.logger})" if self.logger else ""
        return self.url.render_as_string(hide_password=True) + name


Place = Path | Server


def of(data: Path) -> Place:
    """Return where the database of the data folder `data` lies. Raises `BadSetting`."""
    text = os.environ.get(VARIABLE, "")
    file = data / URL_FILE
    if not text and file.exists():
        text = file.read_text().strip()
    return server(text) if text else data / FILE_NAME


def server(text: str) -> Server:
    """Return what the URL `text` means. Raises `BadSetting`, without what may be a password."""
    try:
        url = make_url(text)
    except ArgumentError:
        raise BadSetting(f"the database's URL cannot be read; {_FORM}") from None
    if url.get_backend_name() != "postgresql" or not url.database:
        raise BadSetting(f"the database's URL is none of PostgreSQL; {_FORM}")
    name = url.query.get("logger", "")
    if not isinstance(name, str) or len(name) > _LOGGER_MAX:
        raise BadSetting(f"the database's URL has no one name of a logger; {_FORM}")
    url = url.difference_update_query(["logger"]).set(drivername="postgresql+psycopg")
    return Server(url, name)


def write(data: Path, url: str) -> None:
    """Have the data folder use the server at `url` from now on; nobody else may read it."""
    part = data / f"{URL_FILE}.part"
    part.touch(mode=0o600)
    part.write_text(url + "\n")
    os.replace(part, data / URL_FILE)
