"""Where the wizard stands, kept by the core; that it was put off and ended is written down."""

import pytest

from host.core.services import SERVICES
from host.core.wizard import WizardServices
from host.settings.wizard import ENDED, LATER, OPEN, WAYS, Wizard
from host.store import audit, database, wizard
from host.store.place import Place
from host.store.writer import Writer
from shared.errors import MbuslinkError
from tests.fakes.loop import in_loop


@in_loop
async def test_it_is_kept_over_a_restart_and_its_ends_are_written_down(place: Place) -> None:
    for to, done, expected in (
        ("network", "site", Wizard(OPEN, "network", ("site",))),
        (LATER, None, Wizard(LATER, "network", ("site",))),
        ("time", None, Wizard(OPEN, "time", ("site",))),
        (ENDED, None, Wizard(ENDED, "site", ("site",))),
        (LATER, None, Wizard(ENDED, "site", ("site",))),
    ):
        writer = Writer(place)
        await WizardServices(writer).handlers()["wizard.go"](to=to, done=done, who="Olga")
        await writer.close()
        with database.reading(place) as session:
            assert wizard.load(session) == expected
    with database.reading(place) as session:
        told = [(one.who, one.what) for one in audit.newest(session, 9)]
    assert told == [("Olga", "wizard.ended"), ("Olga", "wizard.later")]


def test_nobody_goes_where_there_is_no_step() -> None:
    for way in WAYS:
        SERVICES.check_params("wizard.go", {"to": way, "done": None, "who": "Olga"})
    with pytest.raises(MbuslinkError):
        SERVICES.check_params("wizard.go", {"to": "elsewhere", "done": None, "who": "Olga"})
