import re

from host.store import passwords


def test_a_hash_is_argon2id_salted_and_fits_its_password_alone() -> None:
    one, other = passwords.make("correct horse"), passwords.make("correct horse")
    assert one.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert one != other
    assert "correct" not in one
    assert passwords.fits(one, "correct horse")
    assert not passwords.fits(one, "Correct horse")
    assert len(one) <= 200


def test_the_keyboard_it_was_typed_on_does_not_matter() -> None:
    assert passwords.fits(passwords.make("caf\u00e9"), "cafe\u0301")


def test_what_is_no_hash_fits_nothing_and_nobody_costs_the_same() -> None:
    assert not passwords.fits("", "")
    assert not passwords.fits("123", "123")
    assert not passwords.fits(passwords.NOBODY, "")
    costs = passwords.NOBODY.rpartition("$")[0].rpartition("$")[0]
    assert passwords.make("x").startswith(costs)


def test_an_invented_password_is_new_each_time_and_easy_to_read_out() -> None:
    found = {passwords.invent() for _ in range(50)}
    assert len(found) == 50
    assert all(re.fullmatch(r"([a-km-np-z2-9]{4}-){3}[a-km-np-z2-9]{4}", one) for one in found)
