"""L1: what the network may be set to (manual 6.8.1)."""

from typing import Any

import pytest

from host.settings.chapter import WrongSettings
from host.settings.network import NetworkSettings

FIXED: dict[str, Any] = {
    "interface": "eth0",
    "dhcp": False,
    "address": "192.168.1.20",
    "mask": "255.255.255.0",
    "gateway": "192.168.1.1",
    "dns1": "192.168.1.1",
    "dns2": "9.9.9.9",
}


def test_l1_a_fixed_address_with_all_that_belongs_to_it() -> None:
    assert NetworkSettings(**FIXED).model_dump() == FIXED
    assert NetworkSettings().changed(**FIXED) == NetworkSettings(**FIXED)


@pytest.mark.parametrize(
    ("written", "mask"),
    [("/24", "255.255.255.0"), ("16", "255.255.0.0"), ("255.255.255.248", "255.255.255.248")],
)
def test_l1_a_mask_is_written_in_three_ways(written: str, mask: str) -> None:
    assert NetworkSettings(**FIXED | {"mask": written, "gateway": ""}).mask == mask


@pytest.mark.parametrize(
    ("changes", "where", "told"),
    [
        ({"address": "192.168.1"}, "address", "no IPv4 address"),
        ({"address": "192.168.1.300"}, "address", "no IPv4 address"),
        ({"address": "192.168.001.20"}, "address", "no IPv4 address"),
        ({"address": "fe80::1"}, "address", "no IPv4 address"),
        ({"address": "192.168.1.20/24"}, "address", "no IPv4 address"),
        ({"address": "1.1.1.1;reboot"}, "address", "no IPv4 address"),
        ({"address": ""}, "address", "without DHCP an address is needed"),
        ({"address": "127.0.0.1"}, "address", "no address that a device can have"),
        ({"address": "224.0.0.1"}, "address", "no address that a device can have"),
        ({"address": "255.255.255.255"}, "address", "no address that a device can have"),
        ({"address": "0.0.0.0"}, "address", "no address that a device can have"),
        ({"address": "192.168.1.0"}, "mask", "choose 192.168.1.1 to 192.168.1.254"),
        ({"address": "192.168.1.255"}, "mask", "choose 192.168.1.1 to 192.168.1.254"),
        ({"mask": "255.255.0.255"}, "mask", "is no mask"),
        ({"mask": "0.0.0.255"}, "mask", "is no mask"),
        ({"mask": "0.0.0.0"}, "mask", "is no mask"),
        ({"mask": "255.255.255.255"}, "mask", "is no mask"),
        ({"mask": "/31"}, "mask", "is no mask"),
        ({"mask": ""}, "mask", "is no mask"),
        ({"gateway": "192.168.2.1"}, "gateway", "outside the network 192.168.1.0/24"),
        ({"gateway": "192.168.1.20"}, "gateway", "another device"),
        ({"gateway": "192.168.1.255"}, "gateway", "no address that a device can have"),
        ({"dns1": "dns.example"}, "dns1", "no IPv4 address"),
        ({"dns2": "::1"}, "dns2", "no IPv4 address"),
        ({"interface": "eth0;x"}, "interface", "no name of an interface"),
        ({"interface": "*"}, "interface", "no name of an interface"),
        ({"interface": "-a"}, "interface", "no name of an interface"),
    ],
    ids=str,
)
def test_l1_what_cannot_be_is_refused_where_it_stands(
    changes: dict[str, Any], where: str, told: str
) -> None:
    with pytest.raises(WrongSettings, match=told) as caught:
        NetworkSettings(**FIXED | changes)
    assert [problem.name for problem in caught.value.problems] == [where]


def test_l1_with_dhcp_the_fixed_address_is_kept_but_not_held_to_anything() -> None:
    kept = NetworkSettings(**FIXED | {"dhcp": True, "gateway": "10.0.0.1", "address": ""})
    assert kept.gateway == "10.0.0.1"
