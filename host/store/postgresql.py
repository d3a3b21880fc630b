"""PostgreSQL as the database: the one place that knows how it is opened and what it says.

Readers see one moment (REPEATABLE READ). The writer claims its logger: a second one that writes for
the same logger is refused, from whatever machine.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import NullPool

from host.store import loggers
from host.store.place import Server
from shared.errors import BadSetting, Busy

_CLAIM = 0x6D627573
"""The first half of the key of every claim, so that they meet no one else's."""

UPGRADE_CLAIM = 0x6D627574


def open_engine(server: Server, *, read_only: bool, keep: bool) -> Engine:
    """Return an engine for any number of readers, or for the one writer of the logger.

    keep: readers have a connection in common, one after the other.

    The writer's raises `Busy` when it connects while another writes for this logger.
    """
    options: dict[str, Any] = {loggers.OPTION: server.logger}
    if read_only:
        options["postgresql_readonly"] = True
        pool: dict[str, Any] = {"pool_pre_ping": True} if keep else {"poolclass": NullPool}
        return _engine(server, **pool, isolation_level="REPEATABLE READ", execution_options=options)
    engine = _engine(
        server, pool_size=1, max_overflow=0, pool_pre_ping=True, execution_options=options
    )

    def connected(connection: Any, _record: Any) -> None:
        with connection.cursor() as cursor:
            query = "SELECT pg_try_advisory_lock(%s, hashtext(%s))"
            cursor.execute(query, (_CLAIM, server.logger))
            (ours,) = cursor.fetchone()
        connection.commit()
        if not ours:
            raise Busy(
                f"{server}: another host writes for this logger; stop it, or give this one"
                f" a name of its own (?logger=NAME)"
            )

    event.listen(engine, "connect", connected)
    return engine


def open_beside(server: Server) -> Engine:
    """Return an engine for work that the logger's one writer has no part in; without a claim."""
    return _engine(server, poolclass=NullPool, execution_options={loggers.OPTION: server.logger})


def open_plain(server: Server) -> Engine:
    """Return an engine without pool and claim: for changes of the schema."""
    return _engine(server, poolclass=NullPool)


def _engine(server: Server, **more: Any) -> Engine:
    try:
        return create_engine(server.url, connect_args={"connect_timeout": 10}, **more)
    except ModuleNotFoundError as error:
        raise BadSetting(
            f"{server}: PostgreSQL needs the package psycopg: pip install 'psycopg[binary]'"
        ) from error
