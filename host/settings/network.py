"""The network of the computer that the host runs on (manual 6.8.1): IPv4, one wired interface.

What is stored is what was confirmed last, or what the file of a configuration brought. It is put to
use on the page Network alone, where a change that cuts off is taken back by itself.
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError
from typing import Annotated, ClassVar

from pydantic import AfterValidator, ValidationInfo

from host.settings import checks
from host.settings.chapter import Chapter, setting
from host.texts.catalogue import N_
from shared.errors import BadSetting

LONGEST_NAME = 15
"""Of an interface, as the kernel has it."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_LONGEST_PREFIX = 30
"""Below it nobody else is left beside network and broadcast address."""

REASONS = {
    "no_tool": "neither NetworkManager nor systemd-networkd looks after this computer's network",
    "not_allowed": "this needs root, or the right to change system connections",
    "interface_unknown": "there is no such wired interface",
    "address_taken": "another device has this address already",
    "trial_running": "another change waits for its confirmation",
    "no_trial": "no change waits for a confirmation",
    "not_from_there": "confirm it at an address of the changed interface",
    "nothing_set": "nothing is stored that could be used",
}
"""Why the network is not changed; the keys are those of `host.texts.words.NETWORK_REFUSALS`."""


class NetworkRefused(BadSetting):
    """A change of the network that cannot be. reason: a key of `REASONS`, kept in the text."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {REASONS[reason]}{f' ({detail})' if detail else ''}")


def reason_of(error: Exception) -> str | None:
    """Return the key of `REASONS` that `error` has, also one that came from the core's socket."""
    reason = str(error).partition(":")[0]
    return reason if reason in REASONS else None


def _interface(name: str) -> str:
    if name and not _NAME.fullmatch(name):
        raise checks.wrong(N_("{name} is no name of an interface"), name=name)
    return name


def _parsed(text: str) -> IPv4Address:
    try:
        address = IPv4Address(text)
    except AddressValueError:
        raise checks.wrong(
            N_("{text} is no IPv4 address; write four numbers from 0 to 255, such as 192.168.1.20"),
            text=text,
        ) from None
    if address.is_multicast or address.is_reserved or address.is_loopback or text.startswith("0."):
        raise checks.wrong(N_("{text} is no address that a device can have"), text=text)
    return address


def _some_address(text: str) -> str:
    if text:
        _parsed(text)
    return text


def _address(text: str, info: ValidationInfo) -> str:
    if not text and not info.data.get("dhcp", True):
        raise checks.wrong(N_("without DHCP an address is needed"))
    return _some_address(text)


def _mask(text: str, info: ValidationInfo) -> str:
    """Let a mask through, also one written as a prefix ("/24"), as four numbers."""
    try:
        network = IPv4Network(f"0.0.0.0/{text.removeprefix('/')}")
        prefix = network.prefixlen
    except (NetmaskValueError, ValueError):
        prefix = -1
    # A mask with its bits turned round ("0.0.0.255") is one to ipaddress as well.
    if not 1 <= prefix <= _LONGEST_PREFIX or text.startswith("0."):
        raise checks.wrong(
            N_("{text} is no mask; write one such as 255.255.255.0 or /24, at most /30"), text=text
        )
    mask = str(IPv4Network(f"0.0.0.0/{prefix}").netmask)
    address = info.data.get("address")
    if address and not info.data.get("dhcp", True):
        whole = IPv4Network(f"{address}/{mask}", strict=False)
        if IPv4Address(address) in (whole.network_address, whole.broadcast_address):
            raise checks.wrong(
                N_(
                    "with this mask {address} is the address of the network itself or of all its"
                    " devices; choose {first} to {last}"
                ),
                address=address,
                first=str(whole[1]),
                last=str(whole[-2]),
            )
    return mask


def _gateway(text: str, info: ValidationInfo) -> str:
    if not text:
        return text
    gateway = _parsed(text)
    address, mask = info.data.get("address"), info.data.get("mask")
    if not address or not mask or info.data.get("dhcp", True):
        return text
    if text == address:
        raise checks.wrong(N_("the gateway is another device: it cannot have this address, too"))
    whole = IPv4Network(f"{address}/{mask}", strict=False)
    if gateway not in whole:
        raise checks.wrong(
            N_("{text} is outside the network {network}, so it cannot be reached"),
            text=text,
            network=str(whole),
        )
    if gateway in (whole.network_address, whole.broadcast_address):
        raise checks.wrong(N_("{text} is no address that a device can have"), text=text)
    return text


_Server = Annotated[str, AfterValidator(_some_address)]


class NetworkSettings(Chapter):
    """interface: which one, "" for nothing set here. dhcp: the rest comes from a DHCP server.

    address, mask, gateway, dns1, dns2: four numbers; "" for none. They are kept while dhcp is on.
    """

    TITLE: ClassVar[str] = N_("Network")
    HELP: ClassVar[str] = N_("The wired network of the computer that mbuslink runs on.")
    MANUAL: ClassVar[str] = "6.8.1"

    interface: Annotated[str, AfterValidator(_interface)] = setting(
        "",
        N_("Interface"),
        N_("The wired interface that these settings are for."),
        kind="text",
        high=LONGEST_NAME,
    )
    dhcp: bool = setting(
        True,
        N_("Automatic (DHCP)"),
        N_("The router gives address, mask, gateway and DNS. Switch it off for a fixed address."),
        kind="flag",
    )
    address: Annotated[str, AfterValidator(_address)] = setting(
        "",
        N_("IP address"),
        N_("Such as 192.168.1.20. No other device in the network may have it."),
        kind="text",
        high=15,
    )
    mask: Annotated[str, AfterValidator(_mask)] = setting(
        "255.255.255.0",
        N_("Subnet mask"),
        N_("Such as 255.255.255.0, which is the same as /24."),
        kind="text",
        high=15,
    )
    gateway: Annotated[str, AfterValidator(_gateway)] = setting(
        "",
        N_("Gateway"),
        N_("The router's address. Empty: only this network is reached."),
        kind="text",
        high=15,
    )
    dns1: _Server = setting(
        "",
        N_("DNS server 1"),
        N_("It finds names such as that of a mail server. Empty with DHCP: the router's."),
        kind="text",
        high=15,
    )
    dns2: _Server = setting(
        "",
        N_("DNS server 2"),
        N_("It is asked when the first does not answer."),
        kind="text",
        high=15,
    )
