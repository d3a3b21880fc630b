"""The settings of a meter's values: what each is called, its unit, its factor (manual 6.4.5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from pydantic import ConfigDict, Field

from host.readout import own_values
from host.readout.own_values import settings_of
from host.settings.value import LONGEST_HEAD, MOST_VALUES, PLAIN, ValueKey, ValueSettings, entries
from host.web.api.meters import row_of, view
from host.web.api.models import Sent, Told, asked_settings, told_settings
from host.web.api.operations import Group
from host.web.api.problems import wrong
from host.web.asking import ask

group = Group("Settings of values")

_HEAD = "DIF and VIF with their extensions, in hex."
_NTH = "Which of the values with the same `head` in a readout, from 0."

_Told: Any = told_settings(ValueSettings, "ValueSettings")
_Asked: Any = asked_settings(ValueSettings, "ValueSettingsChange")


class SetValue(_Told):
    """The settings of a value; what is empty or null is as the meter says."""

    number: int = Field(description="Its place among the values of the meter, from 1.")
    head: str = Field(description=_HEAD, examples=["0406"])
    nth: int = Field(description=_NTH)
    quantity: str = Field(description="What it is by the meter, in English.", examples=["Energy"])


class SetValues(Told):
    """The values of a meter's newest readout with their settings."""

    values: list[SetValue]


class ChangeOfValue(_Asked):
    """Settings of a value that are to be others; what is left out stays."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"head": "0406", "nth": 0, "factor": "1000"}]}
    )

    head: str = Field(
        max_length=LONGEST_HEAD, pattern=r"^([0-9a-f]{2})+$", description=_HEAD, examples=["0406"]
    )
    nth: int = Field(0, ge=0, lt=MOST_VALUES, description=_NTH)


class ChangesOfValues(Sent):
    values: list[ChangeOfValue] = Field(min_length=1, max_length=MOST_VALUES)


class KeyedChange(Protocol):
    """A change of the settings of the value `head`, `nth`."""

    head: str
    nth: int

    def model_dump(self, **how: Any) -> dict[str, Any]: ...


@group.get("/meters/<int:meter_id>/values/settings")
def settings(meter_id: int) -> SetValues:
    """Tell the settings of a meter's values."""
    row = row_of(meter_id)
    for reading in view().readings(meter_id, 1):
        lines = view().values(row.meter, reading)
        found = zip(lines, own_values.keys(lines), strict=True)
        return SetValues(
            values=[
                SetValue(
                    number=number,
                    **key._asdict(),
                    quantity=line["quantity"],
                    **(settings_of(line) or PLAIN).model_dump(),
                )
                for number, (line, key) in enumerate(found, 1)
            ]
        )
    return SetValues(values=[])


@group.patch("/meters/<int:meter_id>/values/settings")
def change(meter_id: int, body: ChangesOfValues) -> SetValues:
    """Change settings of values, all or none; other values and settings stay.

    Readings stay as the meter sent them; the settings count for all that is told of them."""
    known = {
        ValueKey(one.head, one.nth): PLAIN.changed(
            **{row.name: getattr(one, row.name) for row in ValueSettings.rows()}
        )
        for one in settings(meter_id).values
    }
    wanted = changed(known, body.values)
    ask("meters.change_values", address=row_of(meter_id).meter.address, values=entries(wanted))
    return settings(meter_id)


def changed(
    known: Mapping[ValueKey, ValueSettings], changes: Sequence[KeyedChange]
) -> dict[ValueKey, ValueSettings]:
    """Return the settings of the values that are named; `Wrong` for one not among `known`."""
    found: dict[ValueKey, ValueSettings] = {}
    for place, one in enumerate(changes):
        key = ValueKey(one.head, one.nth)
        if key not in known:
            raise wrong(f"body.values.{place}", "unknown", f"{one.head} #{one.nth}: no such value")
        told = one.model_dump(mode="json", exclude_unset=True, exclude={"head", "nth"})
        found[key] = found.get(key, known[key]).changed(**told)
    return found
