"""`python -m host scan` on the real thing: firmware on MicroPython, the plant, the shell."""

import asyncio
import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.loop import in_loop
from tests.fakes.plant import RunningPlant, running_plant
from tests.fakes.twin import TwinProcess, running_twin
from tests.whole.test_host_run import Said, host, running, start, until

pytestmark = pytest.mark.twin
SCALE = 20

METERS: list[dict[str, Any]] = [
    {"profile": "water", "serial": 62140000 + n, "primary": 1 + n % 5, "jitter_bits": 20}
    for n in range(8)
] + [
    {"profile": "heat", "serial": 62140003, "primary": 20},  # a number that a water meter has too
    {"profile": "water", "serial": 11111111, "primary": 9, "baud": 300},
    {"profile": "water", "serial": 22222222, "primary": 30, "baud": [300, 2400]},
    {"profile": "fixed", "serial": 711342, "primary": 10},
]


class Site:
    """A plant, a twin on it, and a data folder for the command."""

    def __init__(self, plant: RunningPlant, twin: TwinProcess, data: Path) -> None:
        self.plant, self.twin, self.data = plant, twin, data

    async def scan(self, *options: object) -> Said:
        return await host("scan", "--data", self.data, "--port", self.twin.port, *options)

    def secondaries(self) -> list[str]:
        return sorted(meter["secondary"] for meter in self.plant.meters)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with (
        running_plant(METERS, time_scale=SCALE) as plant,
        running_twin(bus=plant.rfc2217, time_scale=SCALE) as twin,
    ):
        yield Site(plant, twin, tmp_path_factory.mktemp("h"))


def plain(address: str) -> str:
    """Return the address as the plant knows it: old meters do not tell more than their number."""
    return "0071134224230107" if address == "00711342FFFFFFFF" else address


def test_everybody_is_found_by_secondary_address(site: Site) -> None:
    @in_loop
    async def run() -> None:
        said = await site.scan("--secondary", "--baud", "2400,300", "--json")
        assert said.status == 0, said.err
        told = json.loads(said.out)
        assert told["end"] == "done"
        assert sorted(plain(row["address"]) for row in told["found"]) == site.secondaries()
        assert {row["trouble"] for row in told["found"]} == {None}
        bauds = {row["secondary"][:8]: row["bauds"] for row in told["found"]}
        assert bauds["11111111"] == [300]
        assert said.err == ""  # nothing moves where nobody looks

    run()


def test_a_mask_and_the_backward_order(site: Site) -> None:
    @in_loop
    async def run() -> None:
        said = await site.scan("--secondary", "6214FFFF", "--backward")
        assert said.status == 0, said.err
        found = sorted(line.split()[0] for line in said.out.splitlines())
        assert found == [one for one in site.secondaries() if one.startswith("6214")]
        assert "9 meters found" in said.err

    run()


def test_a_primary_address_of_two_meters_is_told(site: Site) -> None:
    @in_loop
    async def run() -> None:
        said = await site.scan("--primary", "1-12")
        assert said.status == 0, said.err
        lines = {line.split()[0]: line for line in said.out.splitlines()}
        assert set(lines) == {"1", "2", "3", "4", "5", "10"}
        for shared in ("1", "2", "3"):
            assert "two meters answer here" in lines[shared]
        assert "6214000369151600"[:8] in lines["4"]

    run()


def test_a_wrong_range_is_named(site: Site) -> None:
    @in_loop
    async def run() -> None:
        for options, words in (
            (("--primary", "9-3"), "range error: 9-3"),
            (("--primary", "1-251"), "range error: 1-251"),
            (("--primary", "x"), "range error: x"),
            (("--secondary", "17"), "hex digits"),
            (("--baud", "2400,1000"), "1000 is not one of"),
            (("--segment", "3"), "segment 3"),
        ):
            said = await site.scan(*options)
            assert (said.status, said.out) == (2, ""), said
            assert words in said.err

    run()


def test_ctrl_c_stops_and_keeps_what_was_found(site: Site) -> None:
    @in_loop
    async def run() -> None:
        command = ("scan", "--data", site.data, "--port", site.twin.port, "--primary", "1-250")
        process = await start(*command)
        assert process.stdout is not None
        async with asyncio.timeout(30):
            first = await process.stdout.readline()  # somebody was found
            process.send_signal(signal.SIGINT)
            out, err = await process.communicate()
        assert process.returncode == 130
        assert first.split()[0] == b"1"
        assert b"(stopped)" in err
        assert len(out.splitlines()) < 12
        said = await site.scan("--primary", "20-20")  # the board is free again
        assert said.status == 0, said.err

    run()


def test_a_meter_found_at_two_rates_has_both(site: Site) -> None:
    @in_loop
    async def run() -> None:
        said = await site.scan("--secondary", "2222FFFF", "--baud", "300,2400", "--json")
        assert [row["bauds"] for row in json.loads(said.out)["found"]] == [[300, 2400]]

    run()


def test_a_scan_whose_shell_is_gone_can_be_followed_and_stopped(site: Site) -> None:
    @in_loop
    async def run() -> None:
        command = ("scan", "--data", site.data, "--port", site.twin.port, "--primary", "1-250")
        process = await start(*command)
        assert process.stdout is not None
        async with asyncio.timeout(30):
            await process.stdout.readline()
            process.kill()
            await process.wait()
        said = await site.scan()
        assert said.status == 1
        assert "scan --stop" in said.err
        process = await start(*command[:5], "--follow")
        assert process.stdout is not None
        async with asyncio.timeout(30):
            assert (await process.stdout.readline()).split()[0] == b"1"
            process.send_signal(signal.SIGTERM)
            await process.communicate()
        assert process.returncode == 130
        said = await site.scan("--stop")
        assert (said.status, said.out.split()[0]) == (130, "1")

    run()


def test_a_cut_link_only_delays_the_news(site: Site) -> None:
    @in_loop
    async def run() -> None:
        command = ("scan", "--data", site.data, "--port", site.twin.port, "--secondary", "--json")
        process = await start(*command)
        before = site.plant.control("statistics")["frames_down"]
        await until(lambda: site.plant.control("statistics")["frames_down"] > before + 5)
        await asyncio.to_thread(site.twin.control, "unplug")
        await asyncio.sleep(0.5)
        await asyncio.to_thread(site.twin.control, "replug")
        async with asyncio.timeout(60):
            out, _ = await process.communicate()
        assert process.returncode == 0
        told = json.loads(out)
        found = sorted(plain(row["address"]) for row in told["found"])
        assert found == [one for one in site.secondaries() if not one.startswith("1111")]

    run()


def test_through_a_core_found_meters_are_compared_and_added(site: Site) -> None:
    @in_loop
    async def run() -> None:
        heat = next(one for one in site.secondaries() if one.endswith("B405C004"))
        await host("add", "--data", site.data, heat, "--baud", "300")
        async with running(site.data, site.twin.port):
            async with asyncio.timeout(20):
                while "connected at" not in (await host("state", "--data", site.data)).out:
                    pass
            said = await host("scan", "--data", site.data, "--secondary", "62140003")
            assert said.status == 0, said.err
            lines = {line.split()[0]: line for line in said.out.splitlines()}
            assert "changed (baud)" in lines[heat]
            assert sum("new" in line for line in lines.values()) == 1
            state = await host("state", "--data", site.data, "--json")
            assert len(json.loads(state.out)["meters"]) == 1  # nothing registers itself
            said = await host("scan", "--data", site.data, "--secondary", "62140003", "--add")
            assert said.out.count(": registered") == 1
            said = await host("scan", "--data", site.data, "--secondary", "62140003")
            assert "new" not in said.out

    run()
