"""The network of the computer (manual 6.8.1): how it is, and a change on trial."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import ConfigDict, Field

from host.settings.network import NetworkSettings, reason_of
from host.store.tables import from_ms
from host.web.api.models import Moment, Told, asked_settings
from host.web.api.operations import Group
from host.web.api.problems import NETWORK, Refused
from host.web.api.state import core
from host.web.asking import ask, reached_at
from shared.errors import MbuslinkError

group = Group("Network")

_Asked: Any = asked_settings(NetworkSettings, "NetworkSettingsChange")


class Setup(Told):
    """How an interface is set."""

    dhcp: bool
    address: str
    mask: str
    gateway: str
    dns: list[str]


class Interface(Told):
    """A wired interface."""

    name: str
    mac: str
    link: bool = Field(description="Whether a cable is connected.")
    addresses: list[str] = Field(description="What it has now, with prefix.")
    gateway: str
    dns: list[str]
    setup: Setup | None = Field(description="Null: nobody has set it.")


class Trial(Told):
    """A change that is taken back unless it is kept."""

    interface: str
    address: str = Field(description="The new one; empty for one that DHCP gives.")
    left_s: float = Field(description="How long there is to keep it.")
    who: str

    @classmethod
    def of(cls, told: dict[str, Any] | None) -> Self | None:
        if told is None:
            return None
        facts = {name: told[name] for name in ("interface", "address", "who")}
        return cls(**facts, left_s=told["left_ms"] / 1000)


class Ended(Told):
    """How the last trial ended, since the core started."""

    outcome: Literal["kept", "taken_back", "not_confirmed", "failed"]
    at: Moment
    detail: str = Field(description="Why, in English; may be empty.")

    @classmethod
    def of(cls, told: dict[str, Any] | None) -> Self | None:
        if told is None:
            return None
        return cls(outcome=told["outcome"], at=from_ms(told["at_ms"]), detail=told["detail"])


class Network(Told):
    """The network of the computer."""

    tool: str = Field(description="What looks after it; empty: nothing that may be used.")
    why: str = Field(description="Why there is none: `no_tool`, `not_allowed`; empty: there is.")
    interfaces: list[Interface]
    trial: Trial | None
    last: Ended | None

    @classmethod
    def of(cls, told: dict[str, Any]) -> Self:
        facts = {name: told[name] for name in ("tool", "why", "interfaces")}
        return cls(**facts, trial=Trial.of(told["trial"]), last=Ended.of(told["last"]))


class NetworkWanted(_Asked):
    """Settings that are to be others; what is left out is as it is stored."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "interface": "eth0",
                    "dhcp": False,
                    "address": "192.168.1.30",
                    "mask": "/24",
                    "gateway": "192.168.1.1",
                }
            ]
        }
    )


class Begun(Told):
    left_s: float = Field(description="How long there is to keep the change.")


@group.get("/network")
def now() -> Network:
    """Tell how the network is, what is on trial, and how the last trial ended."""
    return Network.of(core().request("network.state"))


@group.post("/network/trial", status=202)
def try_out(body: NetworkWanted) -> Begun:
    """Change the network on trial, a second after this is answered.

    Unless it is kept within a minute, by a request to the new address, it is taken back by itself.
    """
    values = body.model_dump(mode="json", exclude_unset=True)
    return Begun(left_s=_ask("network.try", values=values or None)["left_ms"] / 1000)


@group.post("/network/keep")
def keep() -> None:
    """Keep the change on trial; only at the new address."""
    _ask("network.keep", at=reached_at())


@group.post("/network/undo")
def undo() -> None:
    """Take the change on trial back at once."""
    _ask("network.undo")


def _ask(method: str, **wanted: Any) -> dict[str, Any]:
    try:
        return ask(method, **wanted)
    except MbuslinkError as error:
        reason = reason_of(error)
        if reason is None:
            raise
        raise Refused(NETWORK + reason, str(error)) from error
