"""Meters deleted, one or several at once, and had back (manual 6.4.6)."""

import re
from urllib.parse import urlencode

from flask import Blueprint, abort, current_app, redirect, request
from werkzeug.wrappers import Response

from host.web.asking import ask
from host.web.meters_view import MetersView
from host.web.refusal import refused
from shared.errors import MbuslinkError

page = Blueprint("deleting", __name__)

_ADDRESS = re.compile(r"\d{1,3}|[0-9A-F]{16}", re.ASCII)


@page.post("/meters/delete")
def delete() -> Response:
    """Delete the meters `meter` (numbers); the overview then offers to have them back."""
    meters: MetersView = current_app.extensions["meters"]
    by_number = {row.meter.id: row.meter.address for row in meters.rows()}
    wanted = request.form.getlist("meter", type=int)
    addresses = [by_number[number] for number in dict.fromkeys(wanted) if number in by_number]
    if not addresses:
        abort(404)
    try:
        ask("meters.delete", addresses=addresses)
    except (MbuslinkError, TimeoutError) as error:
        return refused(error)
    return redirect(f"/?{urlencode({'deleted': addresses}, doseq=True)}", 303)


@page.post("/meters/restore")
def restore() -> Response:
    """Have the deleted meters `address` back."""
    addresses = known_addresses(request.form.getlist("address"))
    if not addresses:
        abort(400)
    try:
        ask("meters.restore", addresses=addresses)
    except (MbuslinkError, TimeoutError) as error:
        return refused(error)
    return redirect("/", 303)


def known_addresses(given: list[str]) -> list[str]:
    """Return those that can be addresses of meters."""
    return [text for text in given if _ADDRESS.fullmatch(text)][:250]
