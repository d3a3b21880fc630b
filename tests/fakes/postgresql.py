"""A PostgreSQL of its own for the tests: a throw-away cluster in a temporary folder.

As root it runs as Debian's user postgres, for PostgreSQL refuses root. It listens on a socket in
its folder alone. Each database is a copy of one with the newest schema.
"""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy

from host.store import migrate, place
from host.store.place import Server

_OPTIONS = {
    "listen_addresses": "''",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "max_connections": "60",
    "autovacuum": "off",
}


class Cluster:
    """A running server whose files are in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made = 0

    def place(self, database: str, logger: str = "") -> Server:
        query = f"host={self._folder}&user=postgres" + (f"&logger={logger}" if logger else "")
        return place.server(f"postgresql:///{database}?{query}")

    def url(self, database: str, logger: str) -> str:
        return f"postgresql:///{database}?host={self._folder}&user=postgres&logger={logger}"

    def prepare(self) -> None:
        self._run("CREATE DATABASE newest")
        migrate.upgrade(self.place("newest"))

    @contextlib.contextmanager
    def database(self, template: str = "newest") -> Iterator[str]:
        """Give the name of a new database; it goes afterwards, whoever still uses it."""
        self._made += 1
        name = f"test_{self._made}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield name
        finally:
            self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def _run(self, statement: str) -> None:
        engine = sqlalchemy.create_engine(
            self.place("postgres").url, isolation_level="AUTOCOMMIT", poolclass=sqlalchemy.NullPool
        )
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)


def why_not() -> str | None:
    """Return why no server can be started here, None when one can."""
    if _program("initdb") is None:
        return "PostgreSQL is not installed (apt-get install postgresql)"
    if os.geteuid() == 0 and not _is_user("postgres"):
        return "root may not run PostgreSQL, and there is no user postgres"
    return None


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    """Give a server that runs; stop it afterwards. Its folder is one that its user can reach."""
    with tempfile.TemporaryDirectory(prefix="mbuslink-pg-") as name, _running(Path(name)) as one:
        yield one


@contextlib.contextmanager
def _running(folder: Path) -> Iterator[Cluster]:
    data = folder / "data"
    prefix: list[str] = []
    if os.geteuid() == 0:
        prefix = ["runuser", "-u", "postgres", "--"]
        shutil.chown(folder, "postgres")
    initdb, pg_ctl = (str(_program(name)) for name in ("initdb", "pg_ctl"))
    quiet = {"check": True, "cwd": folder, "stdout": subprocess.DEVNULL}
    make = [initdb, "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run([*prefix, *make, "--locale=C"], **quiet)
    options = {**_OPTIONS, "unix_socket_directories": f"'{folder}'"}
    with (data / "postgresql.conf").open("a") as file:
        file.writelines(f"{name} = {value}\n" for name, value in options.items())
    control = [*prefix, pg_ctl, "-D", str(data), "-w", "-s"]
    subprocess.run([*control, "-l", str(folder / "log"), "start"], **quiet)
    try:
        one = Cluster(folder)
        one.prepare()
        yield one
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], **quiet)


def _program(name: str) -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}")) or [shutil.which(name)]
    return Path(found[-1]) if found[-1] else None


def _is_user(name: str) -> bool:
    with contextlib.suppress(KeyError):
        return bool(pwd.getpwnam(name))
    return False
