"""L2 through chrony and systemd-timesyncd: what is written, what is run, what they tell."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from host.system import chrony, timesyncd
from host.system.chrony import Chrony
from host.system.clock import ClockState
from host.system.timesyncd import Timesyncd
from host.system.tools import SystemFault
from tests.fakes.loop import in_loop

SHOW = "timedatectl show --property=NTP --value"


class Said:
    """Runs nothing: notes what is run, and answers `ntp` or what is told."""

    def __init__(self, ntp: str = "yes", **told: str) -> None:
        self.ntp = ntp
        self.told = told
        self.ran: list[str] = []

    async def __call__(self, *argv: str) -> str:
        line = " ".join(argv)
        if line == SHOW:
            return f"{self.ntp}\n"
        self.ran.append(line)
        if argv[-1] == "timesync-status" and not self.told:
            raise SystemFault("timedatectl: not there yet")
        return self.told.get(argv[-1], "")


@in_loop
async def test_l2_chrony_prefers_our_servers_and_is_told_once(tmp_path: Path) -> None:
    said, file = Said(), tmp_path / "mbuslink.sources"
    clock = Chrony(said, file)
    await clock.use(["ntp.example", "192.0.2.1"], ntp=True)
    assert file.read_text().splitlines()[1:] == [
        "server ntp.example iburst prefer",
        "server 192.0.2.1 iburst prefer",
    ]
    assert said.ran == ["chronyc reload sources"]
    await clock.use(["ntp.example", "192.0.2.1"], ntp=True)
    assert said.ran == ["chronyc reload sources"]
    await clock.use([], ntp=False)
    assert not file.exists()
    assert said.ran[1:] == ["timedatectl set-ntp false"]


@in_loop
async def test_l2_timesyncd_has_our_servers_and_starts_anew(tmp_path: Path) -> None:
    said, file = Said("no"), tmp_path / "conf.d" / "mbuslink.conf"
    clock = Timesyncd(said, file)
    assert clock.may()
    await clock.use(["a.example", "b.example"], ntp=True)
    assert file.read_text().splitlines()[1:] == ["[Time]", "NTP=a.example b.example"]
    assert said.ran == [
        "timedatectl set-ntp true",
        "systemctl try-restart systemd-timesyncd.service",
    ]


@in_loop
async def test_l2_the_clock_is_set_to_the_second_in_utc() -> None:
    for clock in (Chrony(said := Said("no")), Timesyncd(said)):
        await clock.set(datetime(2026, 3, 29, 1, 30, tzinfo=UTC))
    assert said.ran == ["timedatectl set-time @1774747800"] * 2


@pytest.mark.parametrize(
    ("told", "state"),
    [
        (
            "7F000001,127.0.0.1,4,1795840744.534379556,-0.000003753,0.000003583,0.000003583,"
            "0.289,0.017,12.264,0.000018651,0.000018977,4.1,Normal\n",
            ClockState(
                True,
                True,
                "127.0.0.1",
                -4,
                datetime(2026, 11, 28, 4, 39, 4, tzinfo=UTC),
            ),
        ),
        (
            "00000000,,0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,1.0,1.0,0.0,Not synchronised\n",
            ClockState(True, False),
        ),
    ],
)
def test_l2_what_chrony_tells(told: str, state: ClockState) -> None:
    assert chrony.parse(told) == state


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        (
            "       Server: 192.0.2.1 (ntp.example)\n       Offset: +1.237ms\n",
            ("ntp.example", 1237),
        ),
        ("       Server: 192.0.2.1\n       Offset: -35us\n", ("192.0.2.1", -35)),
        ("       Server: n/a\nPoll interval: 0\n       Offset: -1min 2.5s\n", ("n/a", -62_500_000)),
        ("", ("", None)),
    ],
    ids=str,
)
def test_l2_what_timesyncd_tells(told: str, meant: tuple[str, int | None]) -> None:
    assert timesyncd.parse(told) == meant


@in_loop
async def test_l2_a_clock_that_nobody_keeps_or_that_was_just_begun(tmp_path: Path) -> None:
    off = ClockState(ntp=False, synchronised=False)
    assert await Chrony(Said("no")).state() == off
    assert await Timesyncd(Said("no")).state() == off
    begun = Timesyncd(Said(), touched=tmp_path / "synchronized")
    assert await begun.state() == ClockState(ntp=True, synchronised=False)
    (tmp_path / "synchronized").touch()
    assert (await begun.state()).synchronised
