from datetime import UTC, datetime

import pytest

from host.commands.syntax import moment
from shared.errors import BadSetting


def test_a_day_as_an_end_means_its_end() -> None:
    assert moment("2026-01-31") == datetime(2026, 1, 31, tzinfo=UTC)
    assert moment("2026-01-31", end=True) == datetime(2026, 2, 1, tzinfo=UTC)
    assert moment("2026-01-31T12:00", end=True) == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert moment("2026-01-31T12:00+01:00") == datetime(2026, 1, 31, 11, tzinfo=UTC)
    with pytest.raises(BadSetting, match="yesterday: no date"):
        moment("yesterday")
