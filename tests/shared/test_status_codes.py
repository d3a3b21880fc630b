"""The table of status messages is whole and the relays show what the manual says."""

from shared import status_codes


def test_every_code_of_the_manual_is_there():
    assert sorted({row[0] for row in status_codes.ROWS}) == list(range(11))
    assert len(status_codes.BY_KEY) == len(status_codes.ROWS), "a key stands for one row"
    assert {row[2] for row in status_codes.ROWS} == set(status_codes.SEVERITIES)


def test_the_relays_show_unreadable_meters_error_flags_and_short_circuits():
    shown = {row[1] for row in status_codes.ROWS if status_codes.drives_relays(row[1])}
    assert shown == {"meter_unreadable", "meter_fault", "bus_overcurrent"}
    assert not status_codes.drives_relays("nonsense")
