"""L1 through systemd-networkd: the file that is written, what other files say, and the real one."""

import pytest

from host.system.network import Setup
from host.system.networkd import Networkd, parse, write
from host.system.tools import SystemFault
from tests.fakes import own_network
from tests.fakes.loop import in_loop

FIXED = Setup(False, "10.0.0.9", "255.255.0.0", "10.0.0.1", ("10.0.0.2", "10.0.0.3"))


@pytest.mark.parametrize(
    "setup",
    [FIXED, Setup(False, "10.0.0.9", "255.0.0.0"), Setup(True), Setup(True, dns=("9.9.9.9",))],
)
def test_l1_what_is_written_is_read_again(setup: Setup) -> None:
    assert parse(write("eth0", setup)) == setup


def test_l1_the_file_of_a_fixed_address() -> None:
    lines = write("eth0", FIXED).splitlines()
    assert lines[1:3] == ["[Match]", "Name=eth0"]
    assert "Address=10.0.0.9/16" in lines
    assert "DHCP=no" in lines


def test_l1_another_file_is_read_as_far_as_it_is_ipv4() -> None:
    text = (
        "[Match]\nName=en*\n[Network]\n# DHCP=no\nDHCP = yes\nGateway=_dhcp4\nGateway=fe80::1\n"
        "DNS=2001:db8::1 192.0.2.1 192.0.2.2 192.0.2.3\n[Address]\nAddress=2001:db8::2/64\n"
        "[Link]\nGateway=10.0.0.1\n"
    )
    assert parse(text) == Setup(True, dns=("192.0.2.1", "192.0.2.2"))


@in_loop
async def test_l1_a_folder_that_cannot_be_written_is_told(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    network = Networkd(folder=tmp_path / "file" / "network")
    with pytest.raises(SystemFault, match="05-mbuslink-eth0"):
        await network.use("eth0", FIXED)


@pytest.mark.skipif(bool(own_network.why_not()), reason=own_network.why_not())
def test_l1_a_real_networkd_changes_an_address_and_has_it_back() -> None:
    done = own_network.inside("networkd", "tests.host.system.network_scenarios", "networkd")
    assert done.returncode == 0, done.stderr
