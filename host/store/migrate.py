"""Brings the database to the newest schema: from nothing, or from any older release.

The steps are Alembic revisions in `migrations/versions`. They run in one transaction, so a power
cut leaves the old schema whole, and with foreign keys off: an Alembic batch rebuild of a parent
table would otherwise delete all rows of its children.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, event, func, insert, select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool

from host.store import database, postgresql
from host.store.place import Place, Server
from host.store.tables import Base, LoggerRow

_SCRIPTS = Path(__file__).parent / "migrations"


def upgrade(path: Place, revision: str = "head", *, whole: bool = False) -> None:
    """Make the database at `path`, or bring it to `revision`; does nothing when it is there.

    whole: look at all of the file first, however large it is. Raises `StoreFault` when a newer
    release made the file, or when it must not be written to.
    """
    try:
        if isinstance(path, Server):
            _upgrade_server(path)
            return
        database.check(path, whole=whole)
        _upgrade(path, revision)
    except DatabaseError as error:
        raise database.fault(path, error) from error


def _upgrade(path: Path, revision: str) -> None:
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def connected(connection: object, _record: object) -> None:  # pyright: ignore[reportUnusedFunction]
        connection.isolation_level = None  # type: ignore[attr-defined]

    with engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={database.BUSY_TIMEOUT_MS}")
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        connection.exec_driver_sql("PRAGMA synchronous=FULL")
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        _current(path, connection)
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        command.upgrade(_config(connection), revision)
        orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if orphans:
            connection.rollback()
            raise database.StoreFault(
                f"{path}: {len(orphans)} rows of {orphans[0][0]} belong to nothing; the database"
                f" was left as it was. Put a backup in its place"
            )
        connection.commit()


def _upgrade_server(server: Server) -> None:
    """Do so on a server, one host at a time, and register our logger there.

    An empty database gets the newest schema at once: no older release ever made one.
    """
    with postgresql.open_plain(server).connect() as connection, connection.begin():
        connection.execute(select(func.pg_advisory_xact_lock(postgresql.UPGRADE_CLAIM)))
        if _current(server, connection) is None:
            Base.metadata.create_all(connection)
            command.stamp(_config(connection), "head")
        else:
            command.upgrade(_config(connection), "head")
        known = connection.scalar(select(LoggerRow.id).where(LoggerRow.name == server.logger))
        if known is None:
            connection.execute(insert(LoggerRow).values(name=server.logger))


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.attributes["connection"] = connection
    return config


def _current(place: Place, connection: Connection) -> str | None:
    """Return the schema's revision, None for an empty database. Raises `StoreFault`."""
    current = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory(str(_SCRIPTS)).walk_revisions()}
    if current is not None and current not in known:
        raise database.StoreFault(
            f"{place}: a newer release made this database (schema {current});"
            f" install that release or choose another --data folder"
        )
    return current
