"""The computer's network: how it is, how it is set, and a change on trial (manual 6.8.1).

A change that nobody confirms from the new address is taken back by the core. The page counts down,
and where it was cut off it waits until it is reached again.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from flask import Blueprint, current_app, redirect, render_template, request
from werkzeug.wrappers import Response

from host.settings.chapter import WrongSettings
from host.settings.network import NetworkSettings, reason_of
from host.store import settings
from host.store.tables import from_ms
from host.texts import words as names
from host.texts.errors import explain_error
from host.web import forms, wizard
from host.web.asking import ask, reached_at
from host.web.core_line import CoreLine
from host.web.language import page_words
from host.web.refusal import key_of
from host.web.settings import WebSettings
from shared.errors import MbuslinkError

page = Blueprint("network", __name__)

TELL_LAST = timedelta(minutes=10)
"""How long the page tells how the last change ended."""
_FIXED = ("address", "mask", "gateway")
"""The settings that DHCP gives otherwise."""

Facts = Mapping[str, Any]


class Form(NamedTuple):
    """The form as it is to be filled in. waiting: this is stored, and not in use."""

    interface: str
    values: Mapping[str, str]
    waiting: bool


@page.get("/network")
def show() -> Response | str | tuple[str, int]:
    """Show the network and the form, of the interface `?interface=` where it is named."""
    return _page()


@page.get("/network/trial")
def trial() -> Facts:
    """Return for how long the change under way has time; null: there is none."""
    under_way = _state()["trial"]
    return {"left_ms": under_way["left_ms"] if under_way else None}


@page.post("/network")
def change() -> Response | str | tuple[str, int]:
    """Try what the form says."""
    sent = forms.meant(NetworkSettings.rows(), request.form)
    try:
        _stored().changed(**sent)
    except WrongSettings as error:
        words = page_words()
        return _page({one.name: forms.told(one, words) for one in error.problems})
    return _done("network.try", values=sent)


@page.post("/network/keep")
def keep() -> Response | str | tuple[str, int]:
    """Confirm the change: who asks has reached us at the new address, or has not."""
    return _done("network.keep", at=reached_at(), then=wizard.onward)


@page.post("/network/undo")
def undo() -> Response | str | tuple[str, int]:
    """Take the change back at once."""
    return _done("network.undo")


def _done(
    method: str, *, then: Callable[[str], str] = wizard.own, **wanted: Any
) -> Response | str | tuple[str, int]:
    """Ask the core; show the page anew, or with why not. then: another way to go on from it."""
    try:
        ask(method, **wanted)
    except (MbuslinkError, TimeoutError) as error:
        return _page(error=error)
    return redirect(then("/network"), 303)


def _page(
    problems: Mapping[str, str] | None = None, error: Exception | None = None
) -> Response | str | tuple[str, int]:
    """Return the page; problems: what is wrong with the form. error: why something was not done."""
    more: dict[str, Any] = {}
    reason = reason_of(error) if error else None
    if error:
        more = {"detail": str(error)}
        if reason is None:
            more["why"] = explain_error("system_fault" if _is_remote(error) else key_of(error))
    try:
        state = _state()
    except (MbuslinkError, TimeoutError) as away:
        shown = {"why": explain_error(key_of(away)), "detail": str(away)}
        return render_template("network.html", state=None, **shown), 503
    under_way = state["trial"]
    reached = reached_at()
    text = render_template(
        "network.html",
        state=state,
        form=_form(state["interfaces"], refused=bool(problems or error)),
        rows=NetworkSettings.rows(),
        fixed=_FIXED,
        problems=problems or {},
        refusal=names.NETWORK_REFUSALS.get(reason or ""),
        reasons=names.NETWORK_REFUSALS,
        is_here=under_way and under_way["address"] in ("", *reached),
        new_address=under_way and under_way["address"] and _address_of(under_way["address"]),
        last=_last(state["last"]),
        **more,
    )
    return (text, 422 if problems or reason else 503) if problems or error else text


def _form(interfaces: Sequence[Facts], *, refused: bool) -> Form | None:
    """Return what stands in the form: what was typed, what is stored, or how it is set now."""
    if not interfaces:
        return None
    stored = _stored()
    by_name = {one["name"]: one for one in interfaces}
    wanted = request.values.get("interface") or stored.interface
    chosen = by_name.get(wanted) or next((one for one in interfaces if one["setup"]), interfaces[0])
    name = str(chosen["name"])
    if (refused and "dhcp" in request.form) or "address" in request.form:
        return Form(name, request.form, waiting=False)
    now = _as_set(name, chosen)
    waiting = stored.interface == name and _in_use(stored) != _in_use(now)
    values = stored if waiting else now
    shown = {row.name: forms.shown(row, getattr(values, row.name)) for row in values.rows()}
    return Form(name, shown, waiting)


def _as_set(name: str, interface: Facts) -> NetworkSettings:
    """Return how an interface is set, in the words of its settings."""
    setup = interface["setup"]
    if setup is None:
        return NetworkSettings(interface=name)
    dns = [*setup["dns"], "", ""]
    given = {key: setup[key] for key in ("address", "mask", "gateway") if setup[key]}
    values: dict[str, Any] = {"interface": name, "dns1": dns[0], "dns2": dns[1], **given}
    try:
        return NetworkSettings(**values, dhcp=setup["dhcp"] or "address" not in given)
    except WrongSettings:  # another program set what we would not
        return NetworkSettings(interface=name)


def _in_use(values: NetworkSettings) -> Facts:
    """Return what counts of the settings: with DHCP nothing of the fixed address."""
    return values.model_dump(exclude=set(_FIXED) if values.dhcp else None)


def _last(last: Facts | None) -> Facts | None:
    """Return how the last change ended, in words, as long as that is news."""
    if last is None or datetime.now(UTC) - from_ms(last["at_ms"]) > TELL_LAST:
        return None
    return {**last, "text": names.NETWORK_OUTCOMES[last["outcome"]]}


def _address_of(address: str) -> str:
    """Return where these pages will be at the new address."""
    port = urlsplit(f"//{request.host}").port
    return f"{request.scheme}://{address}{f':{port}' if port else ''}"


def _is_remote(error: Exception) -> bool:
    return isinstance(error, MbuslinkError) and error.key == "remote_error"


def _state() -> dict[str, Any]:
    core: CoreLine = current_app.extensions["core"]
    return core.request("network.state")


def _stored() -> NetworkSettings:
    told: WebSettings = current_app.extensions["settings"]
    return told.reader.read(lambda session: settings.load(session, NetworkSettings))
