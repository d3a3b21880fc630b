from typing import Any

import pytest

from host.settings.meter import check_changes
from shared.errors import BadSetting


def test_what_can_be_changed() -> None:
    check_changes({"cycle_s": None, "per_day": 4, "snd_nke": False, "application_reset": None})
    check_changes({"cycle_s": 0, "baud": 300, "segment": 3, "name": "Attic", "changed_from": None})


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"cycle_s": 9},
        {"per_day": 0},
        {"snd_nke": 1},
        {"application_reset": 256},
        {"baud": 1000},
        {"segment": True},
        {"retries": None},
        {"changed_from": "1"},
        {"address": "5"},
    ],
    ids=str,
)
def test_what_cannot_is_named(changes: dict[str, Any]) -> None:
    with pytest.raises(BadSetting):
        check_changes(changes)
