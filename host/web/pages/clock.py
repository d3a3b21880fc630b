"""Date and time: the computer's clock, the time servers that keep it, set by hand (manual 6.8.2).

A server is asked before it is stored; whoever wants stores one all the same that does not answer.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from flask import Blueprint, current_app, redirect, render_template, request
from werkzeug.wrappers import Response

from host.settings.chapter import WrongSettings
from host.settings.clock import TimeSettings, reason_of, split
from host.store import settings
from host.store.tables import from_ms, to_ms
from host.texts import words as names
from host.texts.errors import explain_error
from host.texts.locale import Words
from host.web import forms, undoing, wizard
from host.web.asking import ask
from host.web.core_line import CoreLine
from host.web.language import page_words
from host.web.refusal import key_of
from host.web.settings import WebSettings
from shared.errors import MbuslinkError

page = Blueprint("clock", __name__)

_DONE = {"saved": names.CLOCK_SAVED, "set": names.CLOCK_SET}
Shown = str | tuple[str, int]


class Tried(NamedTuple):
    """What a server said. text: in words; ok: it tells the time."""

    server: str
    ok: bool
    text: str


@page.get("/time")
def show() -> Shown:
    """Show the clock and how it is kept."""
    return _page()


@page.post("/time")
def change() -> Response | Shown:
    """Store by whom the clock is kept, once the servers have answered or "anyway" was said.

    Kept by nobody it can be set by hand now: the wizard goes on after that.
    """
    return _form(save=True)


@page.post("/time/test")
def test() -> Response | Shown:
    """Ask the servers of the form, and store nothing."""
    return _form(save=False)


@page.post("/time/clock")
def set_clock() -> Response | Shown:
    """Set the clock to a moment of the site's time."""
    told: WebSettings = current_app.extensions["settings"]
    try:
        at = datetime.fromisoformat(request.form.get("at", ""))
    except ValueError:
        return _page(not_a_moment=True)
    at = at.replace(tzinfo=told.zone) if at.tzinfo is None else at
    try:
        ask("time.set", at_ms=to_ms(at.astimezone(UTC)))
    except (MbuslinkError, TimeoutError) as error:
        return _page(error=error)
    return redirect(wizard.onward("/time?done=set"), 303)


def _form(*, save: bool) -> Response | Shown:
    sent = forms.meant(TimeSettings.rows(), request.form)
    try:
        wanted = _stored().changed(**sent)
    except WrongSettings as error:
        words = page_words()
        return _page(problems={one.name: forms.told(one, words) for one in error.problems})
    try:
        tried: Sequence[Tried] = ()
        if not save or (wanted.ntp and "anyway" not in request.form):
            tried = [_try(server) for server in split(wanted.servers)]
        if not save or not all(one.ok for one in tried):
            return _page(tried=tried, anyway=save)
        answer = ask("settings.change", chapters={"time": sent})
    except (MbuslinkError, TimeoutError) as error:
        return _page(error=error)
    saved = undoing.address(wizard.own("/time"), answer, done="saved")
    return redirect(wizard.onward(saved) if wanted.ntp else saved, 303)


def _try(server: str) -> Tried:
    """Ask a server once, through the core."""
    words = page_words()
    core: CoreLine = current_app.extensions["core"]
    said = core.request("time.test", server=server)
    answer = said["answer"]
    if answer is None:
        untold = names.TIME_UNTOLD[said["why"]]
        return Tried(server, False, words.gettext(untold))
    text = words.gettext(names.TIME_TOLD)
    delay = _ms(answer["delay_us"], words)
    return Tried(server, True, text.format(delay=delay, offset=_offset(answer["offset_us"], words)))


def _page(
    *,
    problems: Mapping[str, str] | None = None,
    tried: Sequence[Tried] = (),
    anyway: bool = False,
    error: Exception | None = None,
    not_a_moment: bool = False,
) -> Shown:
    """Return the page. tried: what the servers said. anyway: they may be stored all the same."""
    words = page_words()
    reason = reason_of(error) if error else None
    more: dict[str, Any] = {}
    if error and reason is None:
        remote = isinstance(error, MbuslinkError) and error.key == "remote_error"
        key = "system_fault" if remote else key_of(error)
        more = {"why": explain_error(key), "detail": str(error)}
    core: CoreLine = current_app.extensions["core"]
    try:
        state = core.request("time.state")
    except (MbuslinkError, TimeoutError) as away:
        shown = {"why": explain_error(key_of(away)), "detail": str(away)}
        return render_template("clock.html", state=None, **shown), 503
    stored = _stored()
    kept = {row.name: forms.shown(row, getattr(stored, row.name)) for row in stored.rows()}
    kept["ntp"] = "on" if state["ntp"] else ""  # as it is: somebody else may have switched it
    typed = request.form if "servers" in request.form else None
    text = render_template(
        "clock.html",
        state=state,
        moment=from_ms(state["now_ms"]),
        last=state["last_ms"] and from_ms(state["last_ms"]),
        offset=None if state["offset_us"] is None else _offset(state["offset_us"], words),
        rows=TimeSettings.rows(),
        fields=typed or kept,
        problems=problems or {},
        tried=tried,
        anyway=anyway,
        not_a_moment=not_a_moment,
        refusal=names.CLOCK_REFUSALS.get(reason or ""),
        reasons=names.CLOCK_REFUSALS,
        done=_DONE.get(request.args.get("done", "")),
        offer=undoing.offer(),
        **more,
    )
    wrong = problems or not_a_moment or reason or (anyway and tried)
    return (text, 422 if wrong else 503) if wrong or error else text


def _offset(us: int, words: Words) -> str:
    """Return in words how far this clock is off a server's that is `us` ahead of it."""
    text = names.CLOCK_SLOW if us > 0 else names.CLOCK_FAST
    return words.gettext(text).format(span=_ms(abs(us), words))


def _ms(us: int, words: Words) -> str:
    """Return a short time ("1.2 ms", "3.4 s")."""
    unit, size = ("s", 1_000_000) if us >= 1_000_000 else ("ms", 1000)
    return f"{words.number(str(round(Decimal(us) / size, 1)))} {unit}"


def _stored() -> TimeSettings:
    told: WebSettings = current_app.extensions["settings"]
    return told.reader.read(lambda session: settings.load(session, TimeSettings))
