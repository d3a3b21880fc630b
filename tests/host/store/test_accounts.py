"""Users: the first one, unique names, an administrator who remains, all of it on record."""

import pytest
from sqlalchemy.orm import Session

from host.settings.accounts import Refused
from host.store import accounts, audit, passwords


def changes(session: Session) -> list[tuple[str, str, str]]:
    return [(entry.who, entry.what, entry.which) for entry in audit.newest(session, 100)]


def test_the_first_user_is_made_once_and_must_change_the_password(session: Session) -> None:
    first = accounts.have_first(session)
    assert first is not None
    assert (first.name, first.role, first.must_change) == ("Admin", "administrator", True)
    assert passwords.fits(first.password, "123")
    assert accounts.have_first(session) is None
    assert accounts.all(session) == [first]


def test_any_number_of_users_by_name(session: Session) -> None:
    for name in ("olga", "Émile", "Bert", "anna"):
        accounts.add(session, "Admin", name, "standard", "hash", must_change=False)
    assert [user.name for user in accounts.all(session)] == ["anna", "Bert", "olga", "Émile"]
    found = accounts.by_name(session, "EMILE")
    assert found is None
    found = accounts.by_name(session, "éMILE")
    assert found is not None
    assert accounts.get(session, found.id) == found


@pytest.mark.parametrize("again", ["Olga", "OLGA", "olga"])
def test_a_name_is_unique_without_regard_to_case(session: Session, again: str) -> None:
    accounts.add(session, "Admin", "Olga", "standard", "hash", must_change=False)
    with pytest.raises(Refused, match="name_taken"):
        accounts.add(session, "Admin", again, "administrator", "hash", must_change=False)
    with pytest.raises(Refused, match="name_short"):
        accounts.add(session, "Admin", "Al", "standard", "hash", must_change=False)
    with pytest.raises(Refused, match="role_unknown"):
        accounts.add(session, "Admin", "Albert", "king", "hash", must_change=False)


def test_the_last_administrator_remains(session: Session) -> None:
    first = accounts.have_first(session)
    assert first is not None
    accounts.add(session, "Admin", "Olga", "standard", "hash", must_change=False)
    with pytest.raises(Refused, match="last_administrator"):
        accounts.change_role(session, "Admin", first.id, "standard")
    session.rollback()


def test_nor_is_the_last_administrator_deleted(session: Session) -> None:
    first = accounts.have_first(session)
    assert first is not None
    other = accounts.add(session, "Admin", "Olga", "standard", "hash", must_change=False)
    assert accounts.change_role(session, "Admin", other.id, "administrator").is_administrator
    assert accounts.delete(session, "Olga", first.id).name == "Admin"
    with pytest.raises(Refused, match="last_administrator"):
        accounts.delete(session, "Olga", other.id)
    session.rollback()


def test_a_new_password_is_another_stamp_and_a_user_that_is_gone_is_told(session: Session) -> None:
    one = accounts.add(session, "Admin", "Olga", "standard", "hash", must_change=True)
    two = accounts.set_password(session, "Olga", one.id, "hash 2", must_change=False)
    assert (two.must_change, two.id) == (False, one.id)
    assert one.stamp != two.stamp
    assert "hash" not in repr(two)
    with pytest.raises(Refused, match="user_unknown"):
        accounts.set_password(session, "Olga", 99, "hash", must_change=False)


def test_every_change_is_on_record_without_secrets(session: Session) -> None:
    first = accounts.have_first(session)
    assert first is not None
    olga = accounts.add(session, "Admin", "Olga", "standard", "hash", must_change=False)
    accounts.change_role(session, "Admin", olga.id, "administrator")
    accounts.change_role(session, "Admin", olga.id, "administrator")  # nothing changes
    accounts.set_password(session, "Olga", olga.id, "secret hash", must_change=False)
    accounts.set_language(session, "Olga", olga.id, "fr")
    accounts.set_expert(session, "Olga", olga.id, True)
    accounts.set_expert(session, "Olga", olga.id, True)  # nothing changes
    accounts.delete(session, "Olga", first.id)
    assert changes(session) == [
        ("Olga", "user.deleted", "Admin"),
        ("Olga", "user.expert_set", "Olga"),
        ("Olga", "user.language_set", "Olga"),
        ("Olga", "user.password_set", "Olga"),
        ("Admin", "user.role_changed", "Olga"),
        ("Admin", "user.added", "Olga"),
        ("first start", "user.added", "Admin"),
    ]
    entries = audit.newest(session, 100)
    assert (entries[1].before, entries[1].after) == ({"expert": False}, {"expert": True})
    assert entries[4].before == {"role": "standard"}
    assert entries[4].after == {"role": "administrator"}
    assert "hash" not in str(entries)
