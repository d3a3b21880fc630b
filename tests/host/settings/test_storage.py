import pytest

from host.settings.storage import KEEP_DAYS_MAX, StorageSettings
from shared.errors import BadSetting


def test_readings_are_kept_for_ever_until_it_is_said_otherwise() -> None:
    assert StorageSettings().keep_days == 0
    assert StorageSettings(keep_days=1).keep_days == 1


@pytest.mark.parametrize("days", [-1, KEEP_DAYS_MAX + 1])
def test_what_cannot_be_is_refused(days: int) -> None:
    with pytest.raises(BadSetting, match="days"):
        StorageSettings(keep_days=days)
