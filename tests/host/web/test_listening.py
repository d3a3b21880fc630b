"""Who reaches the pages, and by which names: this machine, the network, no foreign name."""

import socket

import pytest

from host.web import guard, listening
from host.web.app import create_app
from host.web.core_line import CoreLine
from host.web.settings import WebSettings
from shared.errors import BadSetting


def reached(listener, family, address) -> bool:
    with socket.socket(family) as probe:
        probe.settimeout(2)
        return probe.connect_ex((address, listener.getsockname()[1])) == 0


def test_this_machine_alone():
    with listening.listen("127.0.0.1", 0) as listener:
        assert reached(listener, socket.AF_INET, "127.0.0.1")
        assert not reached(listener, socket.AF_INET, "127.0.0.2")


def test_the_whole_network():
    with listening.listen("0.0.0.0", 0) as listener:
        assert reached(listener, socket.AF_INET, "127.0.0.2")
    assert listening.url("0.0.0.0", 80) == "http://127.0.0.1/"


def test_the_last_piece_of_a_page_waits_for_no_acknowledgement():
    with listening.listen("127.0.0.1", 0) as listener, socket.socket() as browser:
        browser.connect(listener.getsockname())
        connection, _ = listener.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="no IPv6 here")
def test_both_kinds_of_addresses():
    with listening.listen("::", 0) as listener:
        assert reached(listener, socket.AF_INET, "127.0.0.1")
    assert listening.url("::", 8080) == "http://[::1]:8080/"


@pytest.mark.parametrize("address", ["", "everybody", "192.168.1", "localhost"])
def test_what_is_no_address_is_named(address):
    with pytest.raises(BadSetting, match=r"0\.0\.0\.0"):
        listening.check_address(address)


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:8080", "127.0.0.1", "192.168.1.7:8080", "[fe80::1]:80", "[::1]"],
)
def test_addresses_and_localhost_are_ours(host):
    assert guard.host_allowed(host)


@pytest.mark.parametrize(
    "host", ["", "evil.example", "127.0.0.1.evil.example", "logger", "1", "0x7f.1", "a@127.0.0.1:x"]
)
def test_a_name_that_is_not_ours_is_refused(host):
    assert not guard.host_allowed(host)


def test_the_machines_own_names_are_its_names(monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "Logger.example.org")
    names = guard.own_names()
    assert names == {"localhost", "logger.example.org", "logger", "logger.local"}
    assert guard.host_allowed("logger.local:8080", names)
    assert guard.host_allowed("logger.example.org.", names)
    assert not guard.host_allowed("example.org", names)


def test_a_page_and_only_our_page_may_be_asked_for_by_a_configured_name(data):
    settings = WebSettings(data, names=frozenset({"localhost", "meters.house"}))
    client = create_app(settings, CoreLine(data)).test_client()
    assert client.get("/health", headers={"Host": "meters.house"}).status_code == 200
    assert client.get("/health", headers={"Host": "192.168.1.7:8080"}).status_code == 200
    assert client.get("/health", headers={"Host": "evil.example"}).status_code == 400
