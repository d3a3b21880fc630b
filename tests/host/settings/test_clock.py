"""L2: which time servers can be set (manual 6.8.2)."""

import pytest

from host.settings.chapter import WrongSettings
from host.settings.clock import TimeSettings, split


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" metasntp11.admin.ch ", "metasntp11.admin.ch"),
        ("a.example; 192.0.2.1,2001:db8::1", "a.example 192.0.2.1 2001:db8::1"),
        ("router", "router"),
        ("", ""),
    ],
)
def test_l2_servers_are_names_and_addresses_however_separated(typed: str, kept: str) -> None:
    servers = TimeSettings(servers=typed).servers
    assert servers == kept
    assert list(split(servers)) == kept.split()


@pytest.mark.parametrize(
    "typed",
    ["-x", "a..b", "http://ntp.example", "ntp_1.example", "192.0.2.300", "fe80::1%eth0", "a\x00b"],
)
def test_l2_anything_else_never_reaches_a_tool(typed: str) -> None:
    with pytest.raises(WrongSettings, match="is no server"):
        TimeSettings(servers=typed)


def test_l2_there_are_at_most_four() -> None:
    with pytest.raises(WrongSettings, match="at most 4"):
        TimeSettings(servers="a b c d e")
