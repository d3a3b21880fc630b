"""M5 on the command line: the settings of one value, where no core runs."""

import json

import pytest

from host.__main__ import main
from tests.fakes import installation


@pytest.fixture
def run(tmp_path, capsys):
    installation.install(tmp_path)

    def command(*words, status=0):
        assert main(["value", *map(str, words), "--data", str(tmp_path)]) == status
        told = capsys.readouterr()
        return told.out + told.err

    return command


def test_values_are_listed_with_their_numbers(run):
    first, *others = run("2").splitlines()
    assert first.split() == ["1", "Volume", "312.456", "m³"]
    assert len(others) == 3
    assert run("2", 1).splitlines() == [first]
    assert "no values yet" in run("2000001441485916")


def test_one_is_changed_and_the_rest_stays(run):
    told = run("2", 1, "designation=Cold water", "unit=l", "factor=0.001", "phase=2", "tariff=3")
    assert "Cold water / Tarif 3 / Phase 2 312456 l" in told
    assert "factor=0.001" in told
    run("2", 1, "phase=none", "tariff=none", "designation=")
    (one,) = json.loads(run("2", 1, "--json"))
    assert (one["head"], one["unit"], one["factor"]) == ("0c13", "l", "0.001")
    assert (one["phase"], one["tariff"], one["designation"]) == (None, None, "")
    assert "factor" not in run("2", 2)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("2", 9), "no value 9"),
        (("2", 1, "colour=red"), "one of designation, unit"),
        (("2", 1, "factor=3"), "without a rest"),
        (("2", 1, "phase=4"), "one of 1, 2, 3"),
        (("99",), "99"),
    ],
)
def test_what_cannot_be_is_named(run, words, text):
    assert text in run(*words, status=2)
