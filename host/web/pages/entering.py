"""Meters entered without a scan (manual 6.4.2): by address, and the planned list."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from werkzeug.wrappers import Response

from host.readout import planned
from host.readout.planned import Fault, Faulty
from host.settings.meter import SEGMENTS
from host.settings.readout import BAUDS
from host.texts.catalogue import N_
from host.texts.words import PLAN_FAULTS
from host.web import address_entry
from host.web.asking import ask
from host.web.display import visible
from host.web.language import page_words
from host.web.pages.scan import added, done, scan_page
from host.web.scan_form import RANGE_ERROR
from host.web.wizard import own

page = Blueprint("entering", __name__)


@page.post("/scan/by-address")
def enter() -> Response | tuple[str, int]:
    """Add meters by their addresses, whether they are on the bus yet or not."""
    form, gettext = request.form, page_words().gettext
    baud, segment = form.get("baud", type=int), form.get("segment", type=int)
    name = form.get("name", "").strip()
    try:
        found = address_entry.parse(form.get("addresses", ""))
    except address_entry.Wrong as wrong:
        why = gettext(wrong.msgid).format(what=visible(wrong.what))
        if wrong.msgid == RANGE_ERROR:
            why += f": {visible(wrong.what)}"
        return scan_page(entry=form, wrong_address=why), 422

    def wanted() -> list[dict[str, Any]]:
        return [
            {
                "address": address,
                "baud": baud if baud in BAUDS else 2400,
                "segment": segment if segment in SEGMENTS else 1,
                "name": f"{name} {_short(address)}" if name and len(found) > 1 else name,
                "site": "",
                "cost_centre": "",
            }
            for address in found
        ]

    return added(wanted, "by-address", entry=form)


@page.post("/scan/plan")
def load_plan() -> Response | tuple[str, int]:
    """Take over the file of a planned list, whole or not at all."""
    file = request.files.get("file")
    try:
        plan = planned.read_csv(file.read() if file else b"")
    except Faulty as refused:
        return scan_page(plan_faults=[told_fault(fault) for fault in refused.faults]), 422
    rows = planned.as_rows(plan)
    return done(lambda: ask("plan.change", meters=rows), own("/scan#plan"))


@page.post("/scan/plan/delete")
def delete_plan() -> Response | tuple[str, int]:
    """Have no planned list any more."""
    return done(lambda: ask("plan.change", meters=[]), own("/scan#plan"))


def _short(address: str) -> str:
    return address.removesuffix("FFFFFFFF")


def told_fault(fault: Fault) -> str:
    """Return what is wrong in the words of the page, with its line."""
    gettext = page_words().gettext
    text = gettext(PLAN_FAULTS[fault.key]).format(what=visible(fault.what))
    if not fault.line:
        return text
    return gettext(N_("Line {line}: {text}")).format(line=fault.line, text=text)
