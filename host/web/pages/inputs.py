"""The logger's own inputs: temperatures and S0 counters, switched on singly (manual 6.8.3, 6.8.4).

What is known comes out of the database, so the page tells it also while the board is away. What an
input shows now comes from the board, by way of the core's events.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from flask import Blueprint, Flask, abort, current_app, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from host.settings import decimals
from host.settings.chapter import Row, WrongSettings
from host.settings.inputs import ACTIVE, UNITS, model_of, prefix
from host.store import known_inputs, meters
from host.store.known_inputs import KnownInputs
from host.store.meters import Meter
from host.texts.catalogue import N_
from host.texts.errors import SENSOR_FAULTS, Explanation, explain_error
from host.texts.locale import Words
from host.web import forms
from host.web.asking import ask
from host.web.core_line import CoreLine
from host.web.language import page_words
from host.web.reader import Reader
from host.web.refusal import key_of
from host.web.settings import WebSettings
from shared.board_inputs import ADDRESSES, S0_INPUTS, SENSORS
from shared.errors import MbuslinkError

page = Blueprint("inputs", __name__)

INPUTS = "inputs"
"""What the page shows, as its live connection calls it."""

_TELL_READING = N_("With another unit, tell what the meter shows now.")
_DONE = {
    "on": N_("Switched on: it is read with the meters from now on."),
    "off": N_("Switched off. What was read stays."),
    "saved": N_("Saved."),
}


class Input(NamedTuple):
    """An input as the page shows it.

    title: what is on the terminals. name: its meter's, "" for none. meter: None before it was
    switched on for the first time. active: None while nobody knows. value: in the language of the
    page, "" for none. pulses: likewise, of an S0 input. pulsed: when its last pulse was seen.
    fault: what is wrong with a sensor.
    """

    address: str
    title: str
    name: str
    meter: Meter | None
    active: bool | None
    value: str
    unit: str
    pulses: str
    pulsed: datetime | None
    fault: Explanation | None


@page.get("/inputs")
def show() -> str:
    """Show all inputs; `?done=` and `?of=`: what was just done with one."""
    return _page()


@page.post("/inputs/<address>")
def change(address: str) -> Response | tuple[str, int]:
    """Set an input, and switch it on."""
    _known(address)
    model, words = model_of(address), page_words()
    wanted = forms.meant(model.rows(), request.form, words.mark)
    try:
        model(**wanted)
    except WrongSettings as error:
        problems = {problem.name: forms.told(problem, words) for problem in error.problems}
        return _page(address, problems), 422
    name = str(wanted.pop("name")).strip()
    kept = _reader().read(known_inputs.load).settings
    is_on = kept.get(prefix(address) + ACTIVE)
    if wanted.get("start_milli", 0) is None:
        del wanted["start_milli"]
        if wanted["unit"] != kept.get(prefix(address) + "unit", wanted["unit"]):
            return _page(address, {"start_milli": words.gettext(_TELL_READING)}), 422
    return _set(address, {**wanted, ACTIVE: True}, name, "saved" if is_on else "on")


@page.post("/inputs/<address>/off")
def switch_off(address: str) -> Response | tuple[str, int]:
    """Switch an input off; its meter stays with what was read."""
    _known(address)
    return _set(address, {ACTIVE: False}, None, "off")


def _set(
    address: str, values: Mapping[str, Any], name: str | None, done: str
) -> Response | tuple[str, int]:
    try:
        ask("board.set_input", address=address, values=values, name=name)
    except (MbuslinkError, TimeoutError) as error:
        return _page(address, why=explain_error(key_of(error)), detail=str(error)), 503
    return redirect(f"/inputs?done={done}&of={address}#{address}", 303)


def _page(wrong: str = "", problems: Mapping[str, str] | None = None, **more: Any) -> str:
    """Return the page. wrong: the input whose form was refused; it keeps what was typed."""
    words = page_words()
    facts = context(current_app, words)
    forms_of = {
        one.address: request.form if one.address == wrong else _fields(one, facts["known"], words)
        for one in facts["inputs"]
    }
    done = _DONE.get(request.args.get("done", ""), "")
    return render_template(
        "inputs.html",
        view=INPUTS,
        forms=forms_of,
        rows={address: model_of(address).rows() for address in ADDRESSES},
        models={False: model_of(SENSORS[0]), True: model_of(S0_INPUTS[0])},
        wrong=wrong,
        problems=problems or {},
        done=done and words.gettext(done),
        done_of=request.args.get("of", ""),
        **facts,
        **more,
    )


def context(app: Flask, words: Words) -> dict[str, Any]:
    """Return what the templates need: every input, and since when that is known."""
    settings: WebSettings = app.extensions["settings"]
    core: CoreLine = app.extensions["core"]

    def work(session: Session) -> tuple[KnownInputs, Mapping[str, Meter]]:
        ours = {one.address: one for one in meters.all(session) if one.address in ADDRESSES}
        return known_inputs.load(session), ours

    known, ours = settings.reader.read(work)
    told, at = known.inputs, datetime.fromtimestamp(known.at_ms / 1000, UTC)
    if core.inputs is not None and core.inputs.at > at:
        told, at = core.inputs.inputs, core.inputs.at
    found = {_address(row): row for row in (*told.get("s0", ()), *told.get("temperatures", ()))}
    fitted = [one for one in ADDRESSES if one in found] or ADDRESSES
    return {
        "known": known,
        "known_at": at if told else None,
        "inputs": [_input(one, known, found.get(one), ours.get(one), words) for one in fitted],
    }


def _input(
    address: str,
    known: KnownInputs,
    row: Mapping[str, Any] | None,
    meter: Meter | None,
    words: Words,
) -> Input:
    number = address.partition("-")[2]
    is_s0 = address in S0_INPUTS
    title = N_("S0 input {number}") if is_s0 else N_("Temperature {number}")
    active = row["active"] if row else known.settings.get(prefix(address) + ACTIVE)
    value = unit = pulses = ""
    pulsed, fault = None, None
    if row and is_s0:
        value = words.number(decimals.told(row["milli"]))
        unit = UNITS.get(row["unit"], str(row["unit"]))
        pulses = words.number(str(row["pulses"]))
        pulsed_ms = row.get("pulsed_ms")
        pulsed = pulsed_ms and datetime.fromtimestamp(pulsed_ms / 1000, UTC)
    elif row:
        if row["milli_celsius"] is not None:
            tenths = (Decimal(row["milli_celsius"]) / 1000).quantize(Decimal("0.1"))
            value, unit = words.number(str(abs(tenths) if tenths == 0 else tenths)), "°C"
        fault = SENSOR_FAULTS.get(row["state"])
    name = meter.name if meter and meter.name != address else ""
    title = words.gettext(title).format(number=number)
    return Input(address, title, name, meter, active, value, unit, pulses, pulsed, fault)


def _fields(one: Input, known: KnownInputs, words: Words) -> Mapping[str, str]:
    """Return what stands in the form of an input: what the board keeps, and the meter's name."""
    rows: Sequence[Row] = model_of(one.address).rows()
    kept = {
        row.name: known.settings.get(prefix(one.address) + row.name, row.default) for row in rows
    }
    kept |= {"name": one.name, "start_milli": None}
    return {row.name: forms.shown(row, kept[row.name], words.mark) for row in rows}


def _address(row: Mapping[str, Any]) -> str:
    return f"S0-{row['input']}" if "input" in row else f"T-{row['sensor']}"


def _known(address: str) -> None:
    if address not in ADDRESSES:
        abort(404)


def _reader() -> Reader:
    settings: WebSettings = current_app.extensions["settings"]
    return settings.reader
