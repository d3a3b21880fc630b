"""The search on the plant's bus misses nobody and keeps its goals; `tools.bench scan` has all."""

import pytest

from shared.mbus.addresses import secondary_text
from shared.mbus.scan import PrimaryScan
from tools.bench import scan


@pytest.mark.parametrize("name", sorted(scan.DIFFICULT))
def test_nobody_is_missed_or_invented_where_it_is_difficult(name: str) -> None:
    """Also where telegrams, alike to the bit but for the number, overlay to one that is valid."""
    for seed in (0, 1, 2, 3, 4, 14, 17):
        wanted, others, bauds = scan.DIFFICULT[name](seed)
        it, _ = scan.scan([*wanted, *others], seed, bauds or (2400,))
        assert scan.missed(wanted, it.found) == []
        assert scan.invented([*wanted, *others], it.found) == []


def test_small_clusters_keep_their_goal() -> None:
    results = [scan.measure(("clustered", 20, seed)) for seed in range(20)]
    ours = [result["ours"] for result in results]
    assert sum(one[2] + one[3] for one in ours) == 0
    goal_probes, goal_s = scan.GOALS["clustered", 20]
    assert max(one[0] for one in ours) <= goal_probes
    assert max(one[1] for one in ours) <= goal_s


def test_a_large_population_costs_less_than_by_digit_order() -> None:
    told = scan.measure(("clustered", 100, 1))
    assert told["ours"][2] == told["peer"][2] == 0
    assert told["ours"][0] < told["peer"][0]


@pytest.mark.parametrize("name", ["clustered", "consecutive", "random"])
def test_the_time_left_is_told_from_the_first_quarter_on(name: str) -> None:
    for seed in range(3):
        left = scan.measure((name, 100, seed))["ours"][4]
        assert all(0.4 < factor < 3 for factor in left), left


def test_what_is_missing_or_invented_is_counted() -> None:
    meters = scan.plain("random", 3, 1)
    it, _ = scan.scan(meters[1:])
    assert scan.missed(meters, it.found) == [meters[0].secondary]
    assert scan.invented(meters, it.found) == []
    assert scan.invented(meters[:2], it.found) == [meters[2].secondary]


def primary_scan(meters, first, last):
    """Sweep the primary addresses; return (rows found, seconds)."""

    class Sweep(PrimaryScan):
        def __init__(self, bauds, found, _randrange):
            super().__init__(first, last, bauds, found)

    it, seconds = scan.scan(meters, kind=Sweep)
    return it.found.rows, seconds


def test_a_primary_sweep_takes_two_windows_for_an_empty_address() -> None:
    meters = [scan.meter("water", 62140000 + n, primary=10 * n + 5) for n in range(20)]
    rows, seconds = primary_scan(meters, 1, 250)
    assert [row[2] for row in rows] == [10 * n + 5 for n in range(20)]
    assert [secondary_text(row[1]) for row in rows] == [one.secondary for one in meters]
    assert seconds < 2 * 230 * 0.22 + 20 * 0.65


def test_a_primary_sweep_finds_who_ignores_the_first_request() -> None:
    meters = [scan.meter("water", 62140000 + n, primary=n) for n in (2, 3)]
    meters[0].fault = {"kind": "nth", "n": 2}
    rows, _ = primary_scan(meters, 1, 5)
    assert sorted(row[2] for row in rows) == [2, 3]


def test_a_primary_sweep_names_who_is_late_and_addresses_of_two() -> None:
    meters = [scan.meter("water", 62140000 + n, primary=n) for n in (3, 4, 9)]
    meters.append(scan.meter("heat", 1234, primary=4))
    meters[2].fault = {"kind": "slow", "ms": 250}
    rows, _ = primary_scan(meters, 1, 20)
    assert {row[2]: row[4] for row in rows} == {3: None, 4: "garbled_answer", 9: None}
