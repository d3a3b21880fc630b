"""Who is signed in: sessions kept on the server, so that each can be ended at once.

A browser has only a random token; here lies its hash. A session ends when nothing was done for ten
minutes, at the sign-out, and as soon as its user has another password or is gone (`stamp`). They
are written to a file, which outlives a restart of the web process.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from structlog import get_logger

from host.store.accounts import User

IDLE_S = 600.0
WARN_S = 60.0
"""So long before its end a session is warned of it."""

FILE_NAME = "sessions.json"

Clock = Callable[[], float]

_log = get_logger("web.sessions")


@dataclass(slots=True)
class Session:
    """Whose it is. stamp: that of the user's password; active_at: when something was last done."""

    user_id: int
    stamp: str
    active_at: float


class Sessions:
    """All sessions, for any thread. clock(): seconds since 1970; file: None keeps them in memory.

    on_end(): called when a session has ended here, from whatever thread.
    """

    def __init__(self, file: Path | None = None, clock: Clock = time.time) -> None:
        self.clock = clock
        self.on_end: Callable[[], object] = lambda: None
        self._file = file
        self._lock = threading.Lock()
        self._sessions = self._load()

    def begin(self, user: User) -> str:
        """Return the token of a new session of `user`."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._drop_idle()
            self._sessions[_key(token)] = Session(user.id, user.stamp, self.clock())
        self.save()
        return token

    def find(self, token: str) -> Session | None:
        """Return the session of a token, None when there is none or it was idle for too long."""
        with self._lock:
            session = self._sessions.get(_key(token))
        return session if session and self._left_s(session) > 0 else None

    def left_s(self, token: str) -> float:
        """Return how long (s) the session lasts when nothing is done, 0 when it has ended."""
        session = self.find(token)
        return self._left_s(session) if session else 0.0

    def touch(self, token: str) -> None:
        """Note that its user did something just now."""
        session = self.find(token)
        if session:
            session.active_at = self.clock()

    def end(self, token: str) -> None:
        """End a session."""
        with self._lock:
            ended = self._sessions.pop(_key(token), None)
        if ended:
            self.save()
            self.on_end()

    def end_of(self, user_id: int) -> None:
        """End every session of a user."""
        with self._lock:
            theirs = [key for key, one in self._sessions.items() if one.user_id == user_id]
            for key in theirs:
                del self._sessions[key]
        if theirs:
            self.save()
            self.on_end()

    def save(self) -> None:
        """Write them to the file, which its owner alone may read."""
        if self._file is None:
            return
        with self._lock:
            kept = {key: asdict(one) for key, one in self._sessions.items()}
            fresh = self._file.with_suffix(".new")
            try:
                with open(
                    os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w"
                ) as file:
                    json.dump(kept, file)
                fresh.replace(self._file)
            except OSError as error:  # a full disk: they last as long as this process
                _log.warning("sessions not kept", error=str(error))

    def _load(self) -> dict[str, Session]:
        if self._file is None:
            return {}
        with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
            kept = json.loads(self._file.read_text())
            return {key: Session(**one) for key, one in kept.items()}
        return {}

    def _left_s(self, session: Session) -> float:
        idle_s = self.clock() - session.active_at
        # A clock that was set back must not make a session last longer.
        return IDLE_S - idle_s if -1 <= idle_s < IDLE_S else 0.0

    def _drop_idle(self) -> None:
        for key in [key for key, one in self._sessions.items() if self._left_s(one) <= 0]:
            del self._sessions[key]


def _key(token: str) -> str:
    return sha256(token.encode()).hexdigest()
