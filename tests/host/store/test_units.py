"""Consumer units: what is in them, and which meters a user then sees (manual 6.5, SPEC W3)."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from host.settings.accounts import ADMINISTRATOR, STANDARD
from host.store import accounts, audit, meters, units
from host.store.accounts import User
from shared.errors import BadSetting, Busy

WHO = "Olga"
AT = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def people(session: Session) -> list[User]:
    """An administrator and two standard users."""
    roles = {"Anna": ADMINISTRATOR, "Ben": STANDARD, "Cleo": STANDARD}
    return [
        accounts.add(session, WHO, name, role, "hash", must_change=False)
        for name, role in roles.items()
    ]


@pytest.fixture
def numbers(session: Session) -> list[int]:
    return [meters.add(session, str(address)).id for address in (10, 11, 12)]


def test_a_unit_is_added_called_otherwise_and_deleted(session: Session) -> None:
    flat = units.add(session, WHO, " Flat 1 ", "ground floor")
    assert (flat.name, flat.description, flat.meters, flat.users) == (
        "Flat 1",
        "ground floor",
        frozenset(),
        frozenset(),
    )
    units.add(session, WHO, "Cellar", "")
    changed = units.change(session, WHO, flat.id, "Flat 1 left", "")
    assert units.get(session, flat.id) == changed
    assert [unit.name for unit in units.all(session)] == ["Cellar", "Flat 1 left"]
    assert units.delete(session, WHO, flat.id) == changed
    assert units.get(session, flat.id) is None


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 101])
def test_a_name_that_cannot_be_is_refused(session: Session, name: str) -> None:
    with pytest.raises(BadSetting, match="1 to 100 characters"):
        units.add(session, WHO, name, "")


def test_a_name_is_there_once_in_whatever_case(session: Session) -> None:
    first = units.add(session, WHO, "Flat 1", "")
    with pytest.raises(Busy, match="flat 1"):
        units.add(session, WHO, "flat 1", "")
    units.change(session, WHO, first.id, "FLAT 1", "")


def test_what_there_is_not_is_refused(
    session: Session, people: list[User], numbers: list[int]
) -> None:
    flat = units.add(session, WHO, "Flat 1", "")
    with pytest.raises(BadSetting, match="meter 99"):
        units.set_meters(session, WHO, flat.id, [numbers[0], 99])
    with pytest.raises(BadSetting, match="user 99"):
        units.set_users(session, WHO, flat.id, [99])
    with pytest.raises(BadSetting, match="consumer unit 99"):
        units.delete(session, WHO, 99)
    assert units.get(session, flat.id) == flat


def test_a_standard_user_sees_the_meters_of_its_units_once_it_is_in_one(
    session: Session, people: list[User], numbers: list[int]
) -> None:
    anna, ben, cleo = people
    assert [units.seen_by(session, one) for one in people] == [None, None, None]
    left, right = (units.add(session, WHO, name, "").id for name in ("left", "right"))
    units.set_users(session, WHO, left, [ben.id, anna.id])
    assert units.seen_by(session, ben) == frozenset()
    units.set_meters(session, WHO, left, numbers[:2])
    units.set_meters(session, WHO, right, numbers[1:])
    assert units.seen_by(session, anna) is None
    assert units.seen_by(session, ben) == {numbers[0], numbers[1]}
    assert units.seen_by(session, cleo) is None
    units.set_users(session, WHO, right, [ben.id])
    assert units.seen_by(session, ben) == set(numbers)
    units.set_meters(session, WHO, left, [])
    assert units.seen_by(session, ben) == {numbers[1], numbers[2]}


def test_meters_and_users_that_go_are_in_no_unit_any_more(
    session: Session, people: list[User], numbers: list[int]
) -> None:
    flat = units.add(session, WHO, "Flat 1", "")
    units.set_meters(session, WHO, flat.id, numbers)
    units.set_users(session, WHO, flat.id, [people[1].id, people[2].id])
    meters.delete(session, "10", AT)
    assert meters.restore(session, "10")
    assert _now(session, flat.id).meters == set(numbers), "what is had back is where it was"
    meters.delete(session, "10", AT)
    meters.purge_deleted(session, AT + timedelta(days=1))
    accounts.delete(session, WHO, people[1].id)
    session.expire_all()
    assert _now(session, flat.id).meters == set(numbers[1:])
    assert _now(session, flat.id).users == {people[2].id}


def test_each_change_is_written_down_by_name(
    session: Session, people: list[User], numbers: list[int]
) -> None:
    flat = units.add(session, WHO, "Flat 1", "")
    units.set_meters(session, WHO, flat.id, numbers[:2])
    units.set_meters(session, WHO, flat.id, numbers[1:])
    units.set_users(session, WHO, flat.id, [people[1].id])
    units.delete(session, WHO, flat.id)
    told = [one for one in audit.newest(session, 9) if one.what.startswith("unit.")]
    assert [one.what for one in reversed(told)] == [
        "unit.added",
        "unit.meters_changed",
        "unit.meters_changed",
        "unit.users_changed",
        "unit.deleted",
    ]
    assert (told[2].before, told[2].after) == ({"meters": ["10", "11"]}, {"meters": ["11", "12"]})


def _now(session: Session, number: int) -> units.Unit:
    unit = units.get(session, number)
    assert unit is not None
    return unit
