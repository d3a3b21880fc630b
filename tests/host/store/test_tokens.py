"""Tokens of the API: what is kept of them, what they let in, and when they end."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from host.settings.accounts import ADMINISTRATOR, STANDARD, Refused
from host.store import accounts, audit, tokens
from host.store.accounts import User
from host.store.tables import TokenRow
from shared.errors import BadSetting, Busy

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def user(session: Session) -> User:
    accounts.add(session, "Olga", "Anna", ADMINISTRATOR, "hash", must_change=False)
    return accounts.add(session, "Olga", "Peter", STANDARD, "hash", must_change=False)


def made(session: Session, user: User, name: str = "Grafana", days: int | None = 30) -> str:
    return tokens.add(session, "Peter", user.id, name, read_only=True, days=days, now=AT)[1]


def test_a_token_lets_its_user_in_and_nothing_else_does(session: Session, user: User) -> None:
    secret = made(session, user)
    found = tokens.find(session, secret, AT)
    assert found is not None
    assert (found[0].name, found[0].read_only, found[1]) == ("Grafana", True, user)
    for other in ("", secret[:-1], secret.upper(), made(session, user, "Other")[:-1]):
        assert tokens.find(session, other, AT) is None


def test_what_is_kept_is_not_what_is_shown(session: Session, user: User) -> None:
    secrets = [made(session, user, str(number)) for number in range(3)]
    assert len(set(secrets)) == 3
    assert all(secret.startswith("mbl_") and len(secret) > 40 for secret in secrets)
    kept = "".join(str(vars(row)) for row in session.scalars(select(TokenRow)))
    told = str(audit.newest(session, 9))
    assert not any(secret in kept or secret in told for secret in secrets)


def test_it_ends_with_its_date(session: Session, user: User) -> None:
    short, long = made(session, user), made(session, user, "Backup", None)
    end = AT + timedelta(days=30)
    assert tokens.find(session, short, end - timedelta(seconds=1))
    assert tokens.find(session, short, end) is None
    assert tokens.find(session, long, end + timedelta(days=9999))


def test_it_ends_when_it_is_revoked(session: Session, user: User) -> None:
    secret = made(session, user)
    (token,) = tokens.of_user(session, user.id)
    olga = accounts.add(session, "Olga", "Olga", STANDARD, "hash", must_change=False)
    with pytest.raises(BadSetting, match="no such token"):
        tokens.revoke(session, "Olga", olga.id, token.id)
    tokens.revoke(session, "Peter", user.id, token.id)
    assert tokens.find(session, secret, AT) is None


def test_it_ends_with_the_password_and_with_the_user(session: Session, user: User) -> None:
    secret = made(session, user)
    accounts.set_password(session, "Olga", user.id, "other", must_change=False)
    assert tokens.find(session, secret, AT) is None
    secret = made(session, user)
    accounts.delete(session, "Olga", user.id)
    assert tokens.find(session, secret, AT) is None
    assert session.scalars(select(TokenRow)).all() == []


def test_it_has_the_rights_that_its_user_has_now(session: Session, user: User) -> None:
    secret = made(session, user)
    accounts.change_role(session, "Olga", user.id, "administrator")
    found = tokens.find(session, secret, AT)
    assert found is not None
    assert found[1].is_administrator


def test_making_and_revoking_is_written_down(session: Session, user: User) -> None:
    made(session, user)
    (token,) = tokens.of_user(session, user.id)
    tokens.revoke(session, "command line", user.id, token.id)
    gone, new, *_ = audit.newest(session, 9)
    assert (new.who, new.what, new.which) == ("Peter", "token.added", "Peter")
    assert new.after == {"token": "Grafana", "read_only": True, "expires": "2026-12-20"}
    assert (gone.who, gone.what, gone.before) == (
        "command line",
        "token.revoked",
        {"token": "Grafana"},
    )


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 61])
def test_a_name_that_cannot_be_is_refused(session: Session, user: User, name: str) -> None:
    with pytest.raises(BadSetting, match="1 to 60 visible characters"):
        made(session, user, name)


@pytest.mark.parametrize("days", [0, -1, 3651])
def test_days_that_cannot_be_are_refused(session: Session, user: User, days: int) -> None:
    with pytest.raises(BadSetting, match="1 to 3650 days"):
        made(session, user, days=days)


def test_a_user_has_few_tokens_each_of_its_own_name(session: Session, user: User) -> None:
    for number in range(20):
        made(session, user, str(number))
    with pytest.raises(Busy, match="7: "):
        made(session, user, " 7 ")
    with pytest.raises(BadSetting, match="at most 20"):
        made(session, user)
    with pytest.raises(Refused, match="user_unknown"):
        tokens.add(session, "Peter", 999, "x", read_only=True, days=1)


def test_the_last_use_is_noted(session: Session, user: User) -> None:
    made(session, user)
    (token,) = tokens.of_user(session, user.id)
    assert token.used_at is None
    tokens.note_use(session, token.id, AT)
    tokens.note_use(session, 999, AT)
    assert tokens.of_user(session, user.id)[0].used_at == AT
