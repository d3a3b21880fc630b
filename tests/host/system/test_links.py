"""L1: what the wired interfaces are now, where neither tool looks after them."""

from ipaddress import IPv4Address

import pytest

from host.system import arp, links
from tests.fakes import own_network

OWN, OTHER = bytes.fromhex("02aabbccdd01"), bytes.fromhex("02aabbccdd02")
WANTED = IPv4Address("192.0.2.9")


def test_l1_dns_servers_come_from_the_first_file_that_is_there(tmp_path) -> None:
    (tmp_path / "stub").write_text(
        "# nameserver 1.1.1.1\nnameserver 192.0.2.1\nsearch x\nnameserver\n"
    )
    assert links.resolvers([tmp_path / "none", tmp_path / "stub"]) == ["192.0.2.1"]
    assert links.resolvers([tmp_path / "none"]) == []


def answer(mac: bytes, sender: str, target: str = "0.0.0.0") -> bytes:
    head = bytes(6) + mac + bytes.fromhex("0806") + bytes.fromhex("0001080006040002")
    return head + mac + IPv4Address(sender).packed + OWN + IPv4Address(target).packed


@pytest.mark.parametrize(
    ("frame", "mac"),
    [
        (answer(OTHER, "192.0.2.9"), "02:aa:bb:cc:dd:02"),
        (answer(OTHER, "192.0.2.8"), None),
        (answer(OWN, "192.0.2.9"), None),
        (arp.probe(OTHER, WANTED), "02:aa:bb:cc:dd:02"),
        (arp.probe(OTHER, IPv4Address("192.0.2.8")), None),
        (answer(OTHER, "192.0.2.9")[:41], None),
        (b"", None),
    ],
)
def test_l1_an_address_is_taken_when_another_says_it_is_his(frame: bytes, mac: str | None) -> None:
    assert arp.answers(frame, OWN, WANTED) == mac


@pytest.mark.skipif(bool(own_network.why_not()), reason=own_network.why_not())
def test_l1_what_is_now_is_told_without_a_tool_and_who_has_an_address() -> None:
    done = own_network.inside("none", "tests.host.system.network_scenarios", "nothing")
    assert done.returncode == 0, done.stderr
