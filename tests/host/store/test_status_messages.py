"""L4: status messages are kept in order, filtered, bounded, deleted and had back."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from host.store import audit, meters, status_messages
from host.store.meters import Attempt, Identity
from host.store.status_messages import Said, Wanted

AT = datetime(2026, 11, 27, 12, tzinfo=UTC)


def said(key: str, minutes: int = 0, **more: object) -> Said:
    return Said(key, AT + timedelta(minutes=minutes), **more)  # type: ignore[arg-type]


def keys(session: Session, wanted: Wanted = status_messages.ALL) -> list[str]:
    return [message.key for message in status_messages.newest(session, 100, wanted)]


def test_l4_messages_come_newest_first_by_number_and_type(session: Session) -> None:
    entered = ["logger_started", "bus_overcurrent", "bus_load_high", "bus_recovered"]
    for minutes, key in enumerate([*entered, "cloud_upload_failed"]):
        status_messages.enter(session, [said(key, minutes, detail="x" * 500)])
    newest, *_ = status_messages.newest(session, 1)
    assert (newest.number, newest.severity, len(newest.detail)) == (3, "error", 400)
    assert keys(session, Wanted(number=1)) == ["bus_recovered", "bus_load_high", "bus_overcurrent"]
    assert keys(session, Wanted(severity="error")) == ["cloud_upload_failed", "bus_overcurrent"]
    assert keys(session, Wanted(1, "error")) == ["bus_overcurrent"]
    assert keys(session, Wanted(0, "error")) == []
    assert status_messages.count(session, Wanted(number=1)) == 3
    skipped = status_messages.newest(session, 2, skip=3)
    assert [message.key for message in skipped] == ["bus_overcurrent", "logger_started"]


def test_l4_a_message_that_comes_late_stands_at_its_moment(session: Session) -> None:
    status_messages.enter(session, [said("mail_failed", 9), said("logger_started", 2)])
    assert keys(session) == ["mail_failed", "logger_started"]


def test_l4_what_a_board_delivers_again_is_entered_once(session: Session) -> None:
    again = said("logger_started", source="b1/7/1")
    status_messages.enter(session, [again])
    status_messages.enter(session, [said("logger_started", 3, source="b1/7/1")])
    assert len(keys(session)) == 1
    # A board whose memory was erased counts its boots anew.
    status_messages.enter(session, [said("logger_started", 3000, source="b1/7/1")])
    assert len(keys(session)) == 2


def test_l4_only_the_newest_are_kept(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status_messages, "MOST", 3)
    for minutes in range(5):
        status_messages.enter(session, [said("mail_failed", minutes, detail=str(minutes))])
    assert [message.detail for message in status_messages.newest(session, 9)] == ["4", "3", "2"]


def test_l4_all_are_deleted_for_somebody_and_had_back(session: Session) -> None:
    status_messages.enter(session, [said("logger_started"), said("mail_failed", 1)])
    assert status_messages.clear(session, "Olga") == 2
    assert (keys(session), status_messages.last_id(session)) == ([], 0)
    assert status_messages.clear(session, "Olga") == 0
    status_messages.enter(session, [said("bus_overcurrent", 2)])
    assert status_messages.restore(session, "Olga") == 2
    assert keys(session) == ["bus_overcurrent", "mail_failed", "logger_started"]
    assert status_messages.restore(session, "Olga") == 0
    told = [(one.who, one.what, one.after) for one in audit.newest(session, 9)]
    assert told == [
        ("Olga", "messages.restored", {"messages": 2}),
        ("Olga", "messages.cleared", {"messages": 2}),
    ]


def test_l4_what_was_deleted_a_day_ago_is_gone(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    status_messages.enter(session, [said("logger_started")])
    status_messages.clear(session, "Olga")
    monkeypatch.setattr(status_messages, "CLEARED_KEPT", timedelta(0))
    status_messages.enter(session, [said("mail_failed")])
    assert status_messages.restore(session, "Olga") == 0


def attempt(session: Session, minutes: int, state: str, error: str | None = None, **more) -> None:
    at = AT + timedelta(minutes=minutes)
    detail = f"{error} at {minutes}" if error else None
    meters.record_attempts(session, [Attempt(1, at, state, None, error, detail, **more)])  # type: ignore[arg-type]


def test_l4_a_dead_meter_is_told_once_until_it_was_well(session: Session) -> None:
    meters.add(session, "5")
    identity = Identity(secondary="0000000504057704", serial="00000005")
    attempt(session, 0, "error", "no_answer")
    attempt(session, 1, "error", "garbled_answer")
    attempt(session, 2, "ok", identity=identity)
    attempt(session, 3, "error", "no_answer")
    attempt(session, 1, "ok")  # delivered late: it is older than what is known
    attempt(session, 4, "error", "no_answer")
    told = [
        (one.number, one.meter_id, one.which, one.cause, one.detail, one.at)
        for one in status_messages.newest(session, 9)
    ]
    assert told == [
        (8, 1, "00000005", "no_answer", "no_answer at 3", AT + timedelta(minutes=3)),
        (8, 1, "5", "no_answer", "no_answer at 0", AT),
    ]


def test_l4_a_fault_on_a_meter_is_told_with_its_status(session: Session) -> None:
    meters.add(session, "5")
    for minutes, state in enumerate(("alarm", "alarm", "error", "alarm")):
        moment = AT + timedelta(minutes=minutes)
        status, error = (8, None) if state == "alarm" else (None, "no_answer")
        meters.record_attempts(session, [Attempt(1, moment, state, status, error)])  # type: ignore[arg-type]
    told = [(one.number, one.severity, one.detail) for one in status_messages.newest(session, 9)]
    assert told == [(10, "warning", "0x08"), (8, "error", ""), (10, "warning", "0x08")]


def test_l4_a_short_circuit_makes_no_message_of_each_meter(session: Session) -> None:
    meters.add(session, "5")
    for minutes, error in enumerate(("bus_short", "no_answer", "bus_short", "no_answer")):
        attempt(session, minutes, "error", error)
    assert keys(session) == ["meter_unreadable"]


def test_l4_a_message_outlives_its_meter(session: Session) -> None:
    meters.add(session, "5")
    attempt(session, 0, "error", "no_answer")
    status_messages.enter(session, [said("logger_started")])
    assert keys(session, Wanted(meters={2})) == ["logger_started"]
    assert len(keys(session, Wanted(meters={1}))) == 2
    meters.delete(session, "5", AT)
    meters.purge_deleted(session, AT + timedelta(days=2))
    session.expire_all()
    (first, second) = status_messages.newest(session, 9)
    assert {first.meter_id, second.meter_id} == {None}
    assert {first.which, second.which} == {"", "5"}
    assert keys(session, Wanted(meters={1})) == ["logger_started"]
