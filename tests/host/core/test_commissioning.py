"""Meters taken over as a scan found them, and the list of those that are expected."""

from pathlib import Path
from typing import Any

import pytest

from host.core.events import LinkChanged, MeterChanged, PlanChanged
from host.readout import planned
from host.readout.planned import Planned
from host.store import audit, database
from shared.errors import BadAddress, BadSetting, Busy
from tests.fakes.loop import in_loop
from tests.host.core.test_core import House, house

HEAT, OTHER = "04800181B405C004", "62140003B405C004"


def wanted(address: str, **settings: Any) -> dict[str, Any]:
    plain = {"baud": 2400, "segment": 1, "name": "", "site": "", "cost_centre": ""}
    return {"address": address, **plain, **settings}


def found(address: str, **otherwise: Any) -> dict[str, Any]:
    return {"address": address, "baud": None, "primary": None, "secondary": None, **otherwise}


def audited(h: House) -> list[tuple[str, str, str]]:
    with database.reading(database.database_path(h.data)) as session:
        return [(one.who, one.what, one.which) for one in reversed(audit.newest(session, 99))]


@in_loop
async def test_each_is_added_with_its_own_settings_or_none_is(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.until(lambda: LinkChanged("connected", "") in h.heard)
        with pytest.raises(BadAddress):
            await h.call("meters.add_each", meters=[wanted("5"), wanted("999")])
        with pytest.raises(BadSetting):
            await h.call("meters.add_each", meters=[wanted("5", name="\x1b[31m")])
        assert h.meters() == []
        flat = wanted("5", name="Flat 1", site="Cellar", cost_centre="4711", baud=300)
        told = await h.call("meters.add_each", meters=[flat, wanted(HEAT)], who="Olga")
        assert [one["address"] for one in told["added"]] == ["5", HEAT]
        again = await h.call("meters.add_each", meters=[wanted("5", name="X"), wanted("6")])
        assert (again["known"], [one["address"] for one in again["added"]]) == (["5"], ["6"])
        five, heat, _ = h.meters()
        assert (five.name, five.site, five.cost_centre, five.baud) == (
            "Flat 1", "Cellar", "4711", 300
        )  # fmt: skip
        assert heat.secondary == HEAT
        await h.until(lambda: MeterChanged(heat.id, "unread") in h.heard)
        assert ("Olga", "meter.added", HEAT) in audited(h)


@in_loop
async def test_what_a_scan_found_otherwise_is_taken_over(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.call("meters.add_each", meters=[wanted("5"), wanted(HEAT), wanted("7")])
        with pytest.raises(Busy, match="7"):  # two would have one address
            await h.call("meters.take_over", meters=[found("5", primary=7)])
        with pytest.raises(BadAddress):
            await h.call("meters.take_over", meters=[found("5", baud=300), found("99")])
        assert h.meters()[0].baud == 2400
        moved = found("5", primary=6, secondary=OTHER, baud=9600)
        told = await h.call(
            "meters.take_over", meters=[moved, found(HEAT, primary=9, baud=300)], who="Olga"
        )
        assert told["changed"] == 2
        five, heat, _ = h.meters()
        assert (five.address, five.primary, five.secondary) == ("6", 6, OTHER)
        assert (five.manufacturer, five.serial, five.medium) == ("AMT", "62140003", 4)
        assert (five.baud, five.changed_from) == (9600, None)
        assert (heat.address, heat.primary, heat.baud) == (HEAT, 9, 300)
        assert ("Olga", "meter.changed", "5") in audited(h)


@in_loop
async def test_another_meter_at_a_place_is_confirmed(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.call("meters.add_each", meters=[wanted("5")])
        await h.call("meters.take_over", meters=[found("5", secondary=HEAT)])
        await h.call("meters.take_over", meters=[found("5", secondary="62140003FFFFFFFF")])
        (five,) = h.meters()
        assert (five.serial, five.manufacturer, five.medium) == ("62140003", None, None)
        assert (five.address, five.primary) == ("5", 5), "its place is the same"


@in_loop
async def test_the_planned_list_is_kept_told_and_written_down(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        plan = [Planned("5", "Flat 1", "Cellar", "4711"), Planned(HEAT)]
        await h.call("plan.change", meters=planned.as_rows(plan), who="Olga")
        await h.until(lambda: PlanChanged(2) in h.heard)
        with pytest.raises(BadSetting):
            await h.call("plan.change", meters=[{"address": "5"}])
        with database.reading(database.database_path(tmp_path)) as session:
            assert planned.load(session) == plan
        await h.call("plan.change", meters=[])
        assert audited(h)[0] == ("Olga", "plan.changed", "")
