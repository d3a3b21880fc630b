import pytest

from host.settings import accounts
from host.settings.accounts import REASONS, AccountSettings, Refused, check_name, check_password
from host.texts import words
from shared.errors import BadSetting, from_key

THREE = AccountSettings(password_min=3)


@pytest.mark.parametrize("name", ["Ann", "Hausverwaltung Süd", "x" * 60, "李小龍"])
def test_a_name_has_3_to_60_visible_characters(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "name_short"),
        ("Al", "name_short"),
        ("x" * 61, "name_long"),
        (" Ann", "name_signs"),
        ("Ann\u202e", "name_signs"),
        ("A\nnn", "name_signs"),
        ("Command Line", "name_taken"),
    ],
)
def test_another_name_is_refused(name: str, reason: str) -> None:
    with pytest.raises(Refused, match=f"^{reason}: "):
        check_name(name)


def test_names_differ_by_more_than_case_and_form() -> None:
    assert accounts.name_key("ADMIN") == accounts.name_key("Admin")
    assert accounts.name_key("Straße") == accounts.name_key("STRASSE")
    assert accounts.name_key("e\u0301va") == accounts.name_key("Éva")
    assert accounts.name_key("Anna") != accounts.name_key("Hanna")


@pytest.mark.parametrize(
    ("password", "settings", "reason"),
    [
        ("12", THREE, "password_short"),
        ("12", AccountSettings(), "password_short"),
        ("1234567", AccountSettings(), "password_weak"),
        ("x" * 201, THREE, "password_long"),
    ],
)
def test_three_characters_are_the_lower_bound_and_eight_are_asked_for(
    password: str, settings: AccountSettings, reason: str
) -> None:
    with pytest.raises(Refused, match=f"^{reason}: "):
        check_password(password, settings)
    check_password("123", THREE)
    check_password("12345678", AccountSettings())


@pytest.mark.parametrize("number", [2, 65])
def test_how_many_are_asked_for_has_a_range(number: int) -> None:
    with pytest.raises(BadSetting, match="choose 3 to 64"):
        AccountSettings(password_min=number)


def test_a_reason_outlives_the_way_over_the_socket() -> None:
    error = Refused("last_administrator")
    assert accounts.reason_of(from_key(error.key, str(error))) == "last_administrator"
    assert accounts.reason_of(BadSetting("cycle: 5")) is None


def test_every_reason_has_its_words() -> None:
    assert set(words.USER_REFUSALS) == set(REASONS)
