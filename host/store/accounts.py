"""Users as other rooms see them: frozen facts, read and written inside a session.

The rules of `host.settings.accounts` are kept here, whoever asks: names are unique without regard
to case, and one administrator remains. Passwords come as hashes of `host.store.passwords`, made
before the transaction. Each change is written down for `who` made it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

from sqlalchemy import delete as delete_rows
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from host.settings.accounts import (
    ADMINISTRATOR,
    FIRST_NAME,
    FIRST_PASSWORD,
    Refused,
    check_name,
    check_role,
    name_key,
)
from host.store import audit, database, passwords
from host.store.place import Place
from host.store.tables import TokenRow, UserRow, from_ms, to_ms

FIRST_START = "first start"


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may sign in. must_change: only to choose a new password.

    language: None until one was chosen. expert: wants to see the settings for experts.
    password: the hash, for `host.store.passwords` alone.
    """

    id: int
    name: str
    role: str
    must_change: bool
    language: str | None
    expert: bool
    created_at: datetime
    password: str = field(repr=False)

    @property
    def is_administrator(self) -> bool:
        return self.role == ADMINISTRATOR

    @property
    def stamp(self) -> str:
        """What is another as soon as the password is: a session of the old one has ended."""
        return sha256(self.password.encode()).hexdigest()[:32]


def all(session: Session) -> Sequence[User]:
    """Return every user, by name."""
    return [_user(row) for row in session.scalars(select(UserRow).order_by(UserRow.name_key))]


def get(session: Session, user_id: int) -> User | None:
    """Return the user with this number, or None."""
    row = session.scalar(select(UserRow).where(UserRow.id == user_id))
    return None if row is None else _user(row)


def by_name(session: Session, name: str) -> User | None:
    """Return the user called `name`, in whatever case, or None."""
    row = session.scalar(select(UserRow).where(UserRow.name_key == name_key(name)))
    return None if row is None else _user(row)


def have_first(session: Session) -> User | None:
    """Make the first administrator when there is no user at all; return it, else None.

    Its password is known to everybody and leads only to choosing another (manual 6.3.1).
    """
    if all(session):
        return None
    hashed = passwords.make(FIRST_PASSWORD)
    return add(session, FIRST_START, FIRST_NAME, ADMINISTRATOR, hashed, must_change=True)


def have_first_in(place: Place) -> None:
    """Do as `have_first` with the database at `place`, which nobody else writes to.

    Raises `DiskFull` and `StoreFault`; a database that has users is only read.
    """
    with database.reading(place) as session:
        if all(session):
            return
    engine = database.open_writer(place)
    try:
        with database.translated(place), Session(engine) as session, session.begin():
            have_first(session)
    finally:
        engine.dispose()


def add(
    session: Session, who: str, name: str, role: str, hashed: str, *, must_change: bool
) -> User:
    """Add a user. Raises `Refused` for a name or role that cannot be, or a name that is taken."""
    check_name(name)
    check_role(role)
    if by_name(session, name) is not None:
        raise Refused("name_taken")
    row = UserRow(
        name=name,
        name_key=name_key(name),
        role=role,
        password=hashed,
        must_change=must_change,
        language=None,
        expert=False,
        created_at=from_ms(to_ms(datetime.now(UTC))),
    )
    session.add(row)
    session.flush()
    audit.record(session, who, "user.added", name, after={"role": role})
    return _user(row)


def change_role(session: Session, who: str, user_id: int, role: str) -> User:
    """Give a user another role. Raises `Refused`, also for the last administrator."""
    check_role(role)
    row = _row(session, user_id)
    before, row.role = row.role, role
    _check_administrator(session)
    what = "user.role_changed"
    audit.record(session, who, what, row.name, before={"role": before}, after={"role": role})
    return _user(row)


def set_password(
    session: Session, who: str, user_id: int, hashed: str, *, must_change: bool
) -> User:
    """Give a user another password; its tokens end. Raises `Refused` when there is no such user."""
    row = _row(session, user_id)
    row.password, row.must_change = hashed, must_change
    session.flush()
    session.execute(delete_rows(TokenRow).where(TokenRow.user_id == user_id))
    audit.record(session, who, "user.password_set", row.name)
    return _user(row)


def set_language(session: Session, who: str, user_id: int, language: str) -> User:
    """Remember the language of a user. Raises `Refused` when there is no such user."""
    row = _row(session, user_id)
    before, row.language = {"language": row.language}, language
    session.flush()
    after = {"language": language}
    audit.record(session, who, "user.language_set", row.name, before=before, after=after)
    return _user(row)


def set_expert(session: Session, who: str, user_id: int, expert: bool) -> User:
    """Note whether a user wants to see the settings for experts. Raises `Refused` as above."""
    row = _row(session, user_id)
    before, row.expert = {"expert": row.expert}, expert
    session.flush()
    after = {"expert": expert}
    audit.record(session, who, "user.expert_set", row.name, before=before, after=after)
    return _user(row)


def delete(session: Session, who: str, user_id: int) -> User:
    """Delete a user; return who it was. Raises `Refused`, also for the last administrator."""
    row = _row(session, user_id)
    user = _user(row)
    session.delete(row)
    _check_administrator(session)
    audit.record(session, who, "user.deleted", user.name, before={"role": user.role})
    return user


def _row(session: Session, user_id: int) -> UserRow:
    row = session.scalar(select(UserRow).where(UserRow.id == user_id))
    if row is None:
        raise Refused("user_unknown")
    return row


def _check_administrator(session: Session) -> None:
    session.flush()
    query = select(func.count()).select_from(UserRow).where(UserRow.role == ADMINISTRATOR)
    if not session.scalar(query):
        raise Refused("last_administrator")


def _user(row: UserRow) -> User:
    return User(
        id=row.id,
        name=row.name,
        role=row.role,
        must_change=row.must_change,
        language=row.language,
        expert=row.expert,
        created_at=row.created_at,
        password=row.password,
    )
