"""The status messages of the logger: filtered, live, deleted and had back (manual 6.8.6-6.8.8)."""

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import urlencode

from flask import Blueprint, Flask, current_app, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from host.readout import telegrams
from host.store import meters, status_messages
from host.store.meters import Meter
from host.store.status_messages import Message, Wanted
from host.texts import words as names
from host.texts.catalogue import N_
from host.texts.errors import Explanation, explain_error
from host.texts.locale import Words
from host.web.asking import ask
from host.web.display import visible
from host.web.language import page_words
from host.web.meters_view import MetersView
from host.web.pages.asked_number import asked_number
from host.web.refusal import refused
from host.web.sight import seen
from shared.errors import MbuslinkError

page = Blueprint("messages", __name__)

AT_ONCE = 100
MESSAGES = "messages"
"""What the page shows, as its live connection calls it; number and type of the filter follow."""

_CAUSES = {
    "bus_overcurrent": "bus_short",
    "bus_load_high": "bus_load_high",
    "bus_voltage_wrong": "bus_voltage_wrong",
    "meter_fault": "alarm",
}
"""What explains a message that names no cause itself."""
_SUPPLY = re.compile(r"segment (\d+): (-?\d+) mV, (-?\d+) mA")
_STATUS = re.compile(r"0x[0-9a-f]{2}")


class Row(NamedTuple):
    """A message as the page shows it.

    before, after: what it says, around the meter if it is about one; name: the meter's. link: the
    number of a meter that is still there. why: more, in words. help: cause and next step.
    """

    message: Message
    before: str
    after: str
    name: str
    link: int | None
    why: str
    help: Explanation | None


@page.get("/messages")
def show() -> str:
    """Show messages, `?number=` and `?type=` of one kind alone; `?skip=`: older ones."""
    number, severity = _number(request.args.get("number")), _severity(request.args.get("type"))
    skip = asked_number("skip") or 0
    facts = context(current_app, Wanted(number, severity), page_words(), skip)
    live = f"{MESSAGES}-{'' if number is None else number}-{severity or ''}"
    kinds = {key: f"{key} – {page_words().gettext(names.STATUS_NUMBERS[key])}" for key in range(11)}
    return render_template(
        "messages.html",
        view="page" if skip else live,
        kinds=kinds,
        severities=names.SEVERITIES,
        address=_address,
        cleared="cleared" in request.args,
        **facts,
    )


@page.post("/messages/clear")
def clear() -> Response:
    """Delete all messages; the page then offers to have them back."""
    return _change("status.clear", "/messages?cleared")


@page.post("/messages/restore")
def restore() -> Response:
    """Have back the messages that were deleted last."""
    return _change("status.restore", "/messages")


def _change(method: str, then: str) -> Response:
    try:
        ask(method)
    except (MbuslinkError, TimeoutError) as error:
        return refused(error)
    return redirect(then, 303)


def wanted_by(view: str) -> Wanted | None:
    """Return the filter of a page that its live connection calls `view`, None for another page."""
    kind, *filters = view.split("-")
    if kind != MESSAGES or len(filters) != 2:
        return None
    return Wanted(_number(filters[0]), _severity(filters[1]))


def context(app: Flask, wanted: Wanted, words: Words, skip: int = 0) -> dict[str, Any]:
    """Return what the templates need: messages about meters that may be seen, and their count."""
    view: MetersView = app.extensions["meters"]

    def work(session: Session) -> tuple[list[Row], int]:
        shown = replace(wanted, meters=seen())
        known = {meter.id: meter for meter in meters.all(session)}
        found = status_messages.newest(session, AT_ONCE, shown, skip)
        rows = [_row(message, known, words) for message in found]
        return rows, status_messages.count(session, shown)

    rows, count = view.read(work)
    return {
        "messages": rows,
        "count": count,
        "skip": skip,
        "at_once": AT_ONCE,
        "number": wanted.number,
        "severity": wanted.severity,
        "severity_names": names.SEVERITIES,
    }


def _row(message: Message, known: dict[int, Meter], words: Words) -> Row:
    text = words.gettext(names.STATUS_MESSAGES[message.key])
    before, _, after = text.partition("{meter}")
    meter = known.get(message.meter_id or 0)
    cause = _CAUSES.get(message.key, message.cause)
    return Row(
        message,
        before,
        after,
        meter.name if meter else "",
        meter.id if meter else None,
        _why(message, words),
        explain_error(cause) if cause else None,
    )


def _why(message: Message, words: Words) -> str:
    """Return what a message says beside its text, "" for nothing."""
    if message.cause:
        return words.gettext(explain_error(message.cause).what)
    measured = _SUPPLY.fullmatch(message.detail)
    if measured:
        volts = format((Decimal(measured[2]) / 1000).quantize(Decimal("0.1")), "f")
        text = words.gettext(N_("Segment {segment}: {voltage} V, {current} mA"))
        return text.format(
            segment=measured[1], voltage=words.number(volts), current=words.number(measured[3])
        )
    if message.key != "meter_fault":
        return visible(message.detail)
    status = int(message.detail, 16) if _STATUS.fullmatch(message.detail) else 0
    flags = [words.gettext(names.STATUS[flag]) for flag in telegrams.status_flags(status)]
    return ", ".join(flags) or words.gettext(N_("Its error flags are set."))


def _address(number: int | None, severity: str | None, skip: int = 0) -> str:
    """Return the address of the page with this filter."""
    fields: dict[str, Any] = {} if number is None else {"number": number}
    fields |= {"type": severity} if severity else {}
    fields |= {"skip": skip} if skip > 0 else {}
    return "/messages" + (f"?{urlencode(fields)}" if fields else "")


def _number(text: str | None) -> int | None:
    known = {str(number): number for number in names.STATUS_NUMBERS}
    return known.get(text or "")


def _severity(text: str | None) -> str | None:
    return text if text in names.SEVERITIES else None
