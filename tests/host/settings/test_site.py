from zoneinfo import available_timezones

import pytest

from host.settings.site import system_zone


def test_the_zone_of_this_machine_is_one_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Paris")
    assert system_zone() == "Europe/Paris"
    monkeypatch.setenv("TZ", "Mars/Olympus")
    assert system_zone() in {"", *available_timezones()}
