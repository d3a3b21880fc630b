from sqlalchemy.orm import Session

from host.settings.readout import ReadoutSettings
from host.store import settings
from host.store.tables import SettingRow


def test_settings_are_kept_and_default_until_then(session: Session) -> None:
    assert settings.load(session, ReadoutSettings) == ReadoutSettings(cycle_s=900)
    settings.save(session, ReadoutSettings(cycle_s=60))
    settings.save(session, ReadoutSettings(cycle_s=120))
    assert settings.load(session, ReadoutSettings) == ReadoutSettings(cycle_s=120)


def test_a_field_of_a_newer_release_is_left_aside(session: Session) -> None:
    session.add(SettingRow(name="ReadoutSettings", value='{"cycle_s": 30, "later": 1}'))
    assert settings.load(session, ReadoutSettings) == ReadoutSettings(cycle_s=30)
