"""Every page of the host that is read, in an installation where each has something to show."""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from host.readout import templates as kinds
from host.store import accounts, database, meters, status_messages, templates, tokens, units
from host.store.status_messages import Said
from host.web.routes import ACCESS
from shared.status_codes import BY_KEY
from tests.fakes import installation

SENT = (
    "/static/<path:filename>",
    "/health",
    "/sign-in",  # leads whoever is signed in away
    "/meters/<int:meter_id>/chart.json",
    "/meters/<int:meter_id>/chart.csv",
    "/export/data",
    "/export/background/<int:number>/DataExport.zip",
    "/scan/estimate",  # a piece of a page
    "/settings/configuration",
    "/network/trial",
    "/settings/<name>",  # leads to its place on /settings
    "/wizard",  # leads to a step
    "/wizard/scan/estimate",
    "/wizard/network/trial",
    "/templates.json",
    "/templates/<int:template_id>.json",
    "/api/openapi.json",
)
"""What is read and is no page."""

_NAMED = {
    "<int:user_id>": "2",  # nobody has a page of their own account
    "<name>": "site",
}
_MORE = (
    "/meters/2",  # of few values
    "/meters/6",  # of two telegrams
    "/meters/7",  # with an alarm
    "/meters/12",  # that cannot be read
    "/meters/13",  # with hostile texts
    "/meters/14",  # not read yet
    "/meters/1/chart?period=year",
    "/meters/6/chart?period=month&with=year",
    "/messages?number=4",
    "/scan?by=secondary",
    "/wizard/settings/readout",
    "/?deleted=99&deleted=20000099",  # may be had back
    "/messages?cleared",
    "/templates?deleted=1",
    "/settings?saved=site",
    "/templates/1?applied=3",
    "/audit?who=Olga",
)


def install(data: Path) -> None:
    """Fill an empty folder as `installation.install` does, and with one of everything else."""
    installation.install(data)
    engine = database.open_writer(database.database_path(data))
    with Session(engine) as session, session.begin():
        now = datetime.now(UTC)
        olga, peter = (accounts.by_name(session, name) for name in ("Olga", "Peter"))
        assert olga
        assert peter
        unit = units.add(session, "Olga", "Flat 1 <b>", "Ground floor left")
        units.set_meters(session, "Olga", unit.id, [1, 2, 13])
        units.set_users(session, "Olga", unit.id, [peter.id])
        water = meters.by_address(session, "2")
        assert water
        templates.add(session, "Olga", kinds.of_meter(session, water, "Water <b>"))
        tokens.add(session, "Olga", olga.id, "Heating <b>", read_only=True, days=30)
        said = [Said(key, now, 7 if "meter" in key else None, "10000007") for key in BY_KEY]
        status_messages.enter(session, said)
    engine.dispose()


def addresses() -> list[str]:
    """Return the address of every page, some of them in several states."""
    read = [route.removeprefix("GET ") for route in ACCESS if route.startswith("GET ")]
    pages = [path for path in read if path not in SENT and not path.startswith("/api/v1/")]
    return [*map(_numbered, pages), *_MORE]


def _numbered(path: str) -> str:
    parts = (_NAMED.get(part, "1") if part.startswith("<") else part for part in path.split("/"))
    return "/".join(parts)
