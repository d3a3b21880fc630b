"""Who comes to the wizard by itself: where nothing is set up, on a file as on a server."""

import json

from sqlalchemy.orm import Session

from host.settings.network import NetworkSettings
from host.settings.site import SiteSettings
from host.settings.wizard import ENDED, LATER, OPEN, Wizard
from host.store import meters, settings, wizard


def test_where_nothing_is_set_up_it_is_open(session: Session) -> None:
    assert wizard.load(session) == Wizard()


def test_one_meter_or_setting_and_nobody_is_led_there(session: Session) -> None:
    meters.add(session, "1")
    assert wizard.load(session).state == ENDED


def test_also_a_setting_that_says_what_was_so_before(session: Session) -> None:
    settings.save(session, SiteSettings())
    assert wizard.load(session).state == ENDED
    settings.save(session, NetworkSettings())
    assert wizard.load(session).state == ENDED


def test_begun_it_goes_on_whatever_is_set_up_meanwhile(session: Session) -> None:
    wizard.keep(session, Wizard(OPEN, "network", ("site",)))
    settings.save(session, SiteSettings(name="North"))
    meters.add(session, "1")
    assert wizard.load(session) == Wizard(OPEN, "network", ("site",))
    wizard.keep(session, Wizard(LATER, "network"))
    assert wizard.load(session) == Wizard(LATER, "network")


def test_a_field_of_a_newer_release_is_left_aside(session: Session) -> None:
    told = {"state": OPEN, "at": "time", "done": ["site"], "newer": 1}
    settings.keep_text(session, "Wizard", json.dumps(told))
    assert wizard.load(session) == Wizard(OPEN, "time", ("site",))


def test_l6_it_is_in_no_file_of_a_configuration(session: Session) -> None:
    wizard.keep(session, Wizard(OPEN, "time"))
    assert "izard" not in str(settings.load_all(session))
