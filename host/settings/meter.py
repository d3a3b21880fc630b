"""What can be set of one meter (manual 6.4.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, cast

from pydantic import AfterValidator

from host.settings import checks, durations
from host.settings.chapter import Chapter, setting
from host.settings.readout import BAUDS, CYCLE_S_MAX, CYCLES, CycleSeconds
from host.texts.catalogue import N_
from shared.errors import BadSetting
from shared.mbus import media

_Line = Annotated[str, AfterValidator(checks.one_line)]
PRIMARY, SECONDARY = "primary", "secondary"
SEGMENTS = (1, 2, 3)
TYPES = (
    *(0x02, 0x03, 0x04, 0x0C, 0x0D, 0x0A, 0x0B, 0x06, 0x15, 0x16, 0x07, 0x08),
    *(0x01, 0x05, 0x09, 0x17, 0x18, 0x1B, 0x28, 0x00),
)
"""The device types that somebody may mean (EN 13757-7:2018 Table 13)."""


def _kind(read_by: str) -> str:
    if read_by not in (PRIMARY, SECONDARY):
        raise checks.wrong(N_("choose one of {choices}"))
    return read_by


class MeterSettings(Chapter):
    """The settings of a meter; their names are those of `host.store.meters.Meter`.

    What is None is as with most meters: cycle_s the common cycle, per_day no limit, meter_type what
    the meter says, application_reset none (-1: one without a sub-code).
    """

    TITLE: ClassVar[str] = N_("Meter")
    HELP: ClassVar[str] = N_("What it is called, what it measures, and how it is read.")
    MANUAL: ClassVar[str] = "6.4.5"

    name: _Line = setting(
        "", N_("Name"), N_("What people call it; without one its number stands here."),
        kind="text", high=200,
    )  # fmt: skip
    site: _Line = setting(
        "", N_("Site"), N_("Where it is: house, floor, flat."), kind="text", high=200
    )
    cost_centre: _Line = setting(
        "", N_("Cost centre"), N_("For accounting; it stands in the export FULL-DB."),
        kind="text", high=200,
    )  # fmt: skip
    comment: _Line = setting(
        "", N_("Comment"), N_("A note for whoever comes next."), kind="text", high=500
    )
    meter_type: Annotated[int, checks.one_of(TYPES)] | None = setting(
        None,
        N_("Meter type"),
        N_("What it measures, where the meter itself says something else."),
        kind="choice",
        choices=[(code, cast(Any, media).medium(code)) for code in TYPES],
    )
    read_by: Annotated[str, AfterValidator(_kind)] = setting(
        PRIMARY,
        N_("Read by"),
        N_("The secondary address finds the meter by its number; it must have been read once."),
        kind="choice",
        choices=[(PRIMARY, N_("Primary address")), (SECONDARY, N_("Secondary address"))],
    )
    cycle_s: CycleSeconds | None = setting(
        None,
        N_("Own readout cycle"),
        N_("Empty: as all meters. 10 s to 48 h; 0: without pause."),
        kind="duration",
        low=0,
        high=CYCLE_S_MAX,
        choices=[(seconds, durations.told(seconds)) for seconds in CYCLES],
    )
    per_day: int | None = setting(
        None,
        N_("Battery: readings a day at most"),
        N_("For a meter with a battery; empty: as often as its cycle wants."),
        kind="number",
        low=1,
        high=8640,
    )
    baud: Annotated[int, checks.one_of(BAUDS)] = setting(
        2400,
        N_("Baud rate"),
        N_("As on the meter; most speak at 2400."),
        kind="choice",
        choices=[(baud, str(baud)) for baud in BAUDS],
    )
    segment: Annotated[int, checks.one_of(SEGMENTS)] = setting(
        1,
        N_("Output"),
        N_("Which M-Bus output of the logger it hangs on."),
        kind="choice",
        choices=[(number, str(number)) for number in SEGMENTS],
        expert=True,
    )
    snd_nke: bool = setting(
        True,
        N_("SND_NKE before each readout"),
        N_("Sets the meter's link back; switch it off where a meter stumbles over it."),
        kind="flag",
        expert=True,
    )
    application_reset: int | None = setting(
        None,
        N_("Application reset: sub-code"),
        N_("Sent before each readout, 0 to 255; -1: without a sub-code; empty: none is sent."),
        kind="number",
        low=-1,
        high=255,
        expert=True,
    )
    settle_ms: int = setting(
        0,
        N_("Pause after the resets"),
        N_("For meters that need a moment before they answer."),
        kind="number",
        unit="ms",
        low=0,
        high=60_000,
        expert=True,
    )
    retries: int = setting(
        2,
        N_("Repeats"),
        N_("How often a request without an answer is sent again."),
        kind="number",
        low=0,
        high=10,
        expert=True,
    )


CONFIRMED = "changed_from"
"""Only None: somebody has seen that another meter stands in this place."""


def check_changes(changes: Mapping[str, Any]) -> None:
    """Raise `BadSetting`, naming the setting and its range, unless all `changes` can be."""
    if not changes:
        raise BadSetting("nothing to change was given")
    if changes.get(CONFIRMED) is not None:
        raise BadSetting(f"{CONFIRMED}: it can only be taken away")
    MeterSettings().changed(**{name: changes[name] for name in changes if name != CONFIRMED})
