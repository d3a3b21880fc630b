from datetime import UTC, datetime

from sqlalchemy.orm import Session

from host.store import audit

AT = datetime(2026, 11, 27, 12, tzinfo=UTC)


def test_what_changed_is_told_newest_first_by_user_and_page(session: Session) -> None:
    for number in range(5):
        who = "Olga" if number % 2 else "Bert"
        audit.record(session, who, "meter.changed", str(number), after={"baud": 300}, at=AT)
    entries = audit.newest(session, 3)
    assert [entry.which for entry in entries] == ["4", "3", "2"]
    assert (entries[0].at, entries[0].before, entries[0].after) == (AT, None, {"baud": 300})
    older = audit.newest(session, 3, below=entries[-1].id)
    assert [entry.which for entry in older] == ["1", "0"]
    assert [entry.which for entry in audit.newest(session, 9, who="Olga")] == ["3", "1"]
    assert audit.names(session) == ["Bert", "Olga"]


def test_only_what_is_another_is_told(session: Session) -> None:
    for after in ({"cycle_s": 60, "name": "x"}, {"cycle_s": 900, "name": "x"}):
        before = {"cycle_s": 900, "name": "x"}
        audit.record(session, "Olga", "settings.changed", before=before, after=after)
    (entry,) = audit.newest(session, 9)
    assert (entry.before, entry.after) == ({"cycle_s": 900}, {"cycle_s": 60})


def test_texts_of_any_language_and_length_are_kept(session: Session) -> None:
    audit.record(session, "Zoë", "meter.changed", "x" * 300, before={"name": "Büro \u202e"})
    (entry,) = audit.newest(session, 9)
    assert entry.before == {"name": "Büro \u202e"}
    assert len(entry.which) == 200
