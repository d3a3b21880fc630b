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
from tests.fakes import small_disk

_OPTIONS = {
    "listen_addresses": "''",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "max_connections": "60",
    "autovacuum": "off",
}


class Cluster:
    """A running server whose socket is in `folder`; control: begins what pg_ctl is told."""

    def __init__(self, folder: Path, control: list[str]) -> None:
        self._folder = folder
        self._control = control
        self._made = 0

    def place(self, database: str, logger: str = "") -> Server:
        query = f"host={self._folder}&user=postgres" + (f"&logger={logger}" if logger else "")
        return place.server(f"postgresql:///{database}?{query}")

    def url(self, database: str, logger: str) -> str:
        return f"postgresql:///{database}?host={self._folder}&user=postgres&logger={logger}"

    def start(self) -> None:
        self._tell("-l", str(self._folder / "log"), "start")

    def stop(self) -> None:
        """End it at once, if it has not ended by itself."""
        with contextlib.suppress(subprocess.CalledProcessError):
            self._tell("-m", "immediate", "stop")

    def _tell(self, *what: str) -> None:
        quiet = subprocess.DEVNULL
        subprocess.run([*self._control, *what], check=True, cwd=self._folder, stdout=quiet)

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
    with tempfile.TemporaryDirectory(prefix="mbuslink-pg-") as name:
        folder = Path(name)
        with _running(folder, folder / "data") as one:
            yield one


@contextlib.contextmanager
def on_small_disk(what: str) -> Iterator[tuple[Cluster, Path]]:
    """Give a server and the small disk on which its "data" or its "wal" lies; root alone may."""
    with tempfile.TemporaryDirectory(prefix="mbuslink-pg-") as name:
        folder = Path(name)
        with small_disk.small_disk(folder / "small", 64) as disk:
            places = {"data": folder / "data", "wal": folder / "wal"}
            places[what] = disk / what
            with _running(folder, **places) as one:
                yield one, disk


@contextlib.contextmanager
def _running(folder: Path, data: Path, wal: Path | None = None) -> Iterator[Cluster]:
    prefix: list[str] = []
    if os.geteuid() == 0:
        prefix = ["runuser", "-u", "postgres", "--"]
        for place in (folder, data.parent, (wal or data).parent):
            shutil.chown(place, "postgres")
    initdb, pg_ctl = (str(_program(name)) for name in ("initdb", "pg_ctl"))
    make = [initdb, "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
    make += ["--locale=C", "--wal-segsize=1", *([f"--waldir={wal}"] if wal else [])]
    subprocess.run([*prefix, *make], check=True, cwd=folder, stdout=subprocess.DEVNULL)
    options = {**_OPTIONS, "unix_socket_directories": f"'{folder}'"}
    with (data / "postgresql.conf").open("a") as file:
        file.writelines(f"{name} = {value}\n" for name, value in options.items())
    one = Cluster(folder, [*prefix, pg_ctl, "-D", str(data), "-w", "-s"])
    one.start()
    try:
        one.prepare()
        yield one
    finally:
        one.stop()


def _program(name: str) -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}")) or [shutil.which(name)]
    return Path(found[-1]) if found[-1] else None


def _is_user(name: str) -> bool:
    with contextlib.suppress(KeyError):
        return bool(pwd.getpwnam(name))
    return False
