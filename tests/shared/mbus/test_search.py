"""The search finds everybody, behind a bus that answers by the rules and behind others."""

import random

import pytest

from shared.errors import GarbledAnswer
from shared.mbus.addresses import matches, secondary_text
from shared.mbus.search import COLLISION, MERGED, MUTE, SHARES, SILENCE, Search
from tools.bench.populations import POPULATIONS

WHOLE = b"\xff" * 8
KIND = bytes((0x77, 0x04, 0x0E, 0x16))


def header(number, kind=KIND):
    return bytes.fromhex(number)[::-1] + kind


def search(headers, seed=1, backward=False, mask=WHOLE, spoil=None):
    """Run a search on meters with these headers; `spoil(mask, outcome)` changes what is heard."""
    headers = list(headers)
    it = Search(mask, random.Random(seed).randrange, backward)
    masks = it.run()
    outcome = None
    try:
        while True:
            probe = masks.send(outcome)
            hit = [one for one in headers if matches(probe, one)]
            outcome = SILENCE if not hit else hit[0] if len(hit) == 1 else COLLISION
            if spoil:
                outcome = spoil(probe, outcome)
    except StopIteration:
        return it


@pytest.mark.parametrize("backward", [False, True], ids=["sampled", "backward"])
@pytest.mark.parametrize("count", [0, 1, 2, 20, 100, 250])
@pytest.mark.parametrize("name", sorted(POPULATIONS))
def test_nobody_is_missed(name, count, backward):
    for seed in range(3):
        headers = [header(number) for number in POPULATIONS[name](count, seed)]
        it = search(headers, seed, backward)
        assert sorted(it.found) == sorted(headers)
        assert it.unresolved == []
        assert it.done == SHARES


def test_backward_splits_on_the_last_digit_that_is_free():
    asked = []
    search([header("12345678"), header("12345688")], spoil=lambda m, o: asked.append(m) or o)
    asked.clear()
    search(
        [header("12345678"), header("12345688")],
        backward=True,
        spoil=lambda mask, outcome: asked.append(secondary_text(mask)[:8]) or outcome,
    )
    assert asked == (
        ["FFFFFFFF"] + [f"FFFFFFF{n}" for n in range(10)] + [f"FFFFFF{n}8" for n in range(10)]
    )


def test_silence_is_shared_by_the_crowds_of_one_delivery():
    """Ten last digits with two meters each, in two tens: the other eight tens cost one probe."""
    numbers = [f"123456{ten}{last}" for ten in (3, 7) for last in range(10)]
    asked = []

    def keep(mask, outcome):
        asked.append(secondary_text(mask)[:8])
        return outcome

    it = search([header(number) for number in numbers], spoil=keep)
    assert len(it.found) == 20
    for ten in "01245689":
        assert len([mask for mask in asked if mask[6] == ten]) <= 3
    assert it.probes < 60


def test_a_mask_bounds_the_search():
    headers = [header(number) for number in POPULATIONS["random"](100, 1)]
    mask = header("1FFFFFFF", b"\xff" * 4)
    it = search(headers, mask=mask)
    assert sorted(it.found) == sorted(one for one in headers if one[3] >> 4 == 1)


EQUALS = {
    "medium": [KIND, KIND[:3] + b"\x07"],
    "medium out of the table": [KIND, KIND[:3] + b"\xc8"],
    "version": [KIND, KIND[:2] + b"\xfe" + KIND[3:]],
    "manufacturer": [KIND, b"\x2d\x2c" + KIND[2:]],
    "three": [KIND, KIND[:3] + b"\x07", KIND[:2] + b"\x01\x07"],
}


@pytest.mark.parametrize("name", EQUALS)
def test_equal_numbers_are_parted(name):
    headers = [header("12345678", kind) for kind in EQUALS[name]]
    headers += [header(number) for number in POPULATIONS["random"](20, 1)]
    headers.append(header("00711342", b"\xff" * 4))  # an old meter tells its number only
    it = search(headers)
    assert sorted(it.found) == sorted(headers)
    assert it.unresolved == []


@pytest.mark.parametrize("maker", ["TEC", "BMT", "WEP", "NWM", "AXI", "REL"])
def test_equal_numbers_of_two_makers_are_parted_whoever_they_are(maker):
    code = 0
    for letter in maker:
        code = code << 5 | ord(letter) - 64
    headers = [header("12345678"), header("12345678", code.to_bytes(2, "little") + KIND[2:])]
    it = search(headers)
    assert sorted(it.found) == sorted(headers)
    assert it.unresolved == []


class Merging:
    """A bus whose acknowledges merge, and where two answers may once overlay to a valid one.

    pair: two meters who merge before all others, None for none
    """

    def __init__(self, seed, pair=None):
        self._rng = random.Random(seed)
        self._pair = pair
        self._heard = []

    def hear(self, it, mask, hit):
        if len(hit) < 2:
            return hit[0] if hit else SILENCE
        overlay = bytes(a & b for a, b in zip(*hit[:2], strict=True))
        if self._pair:
            if sorted(hit) != sorted(self._pair):
                return COLLISION
            self._pair = None
            return overlay
        again = mask in self._heard
        self._heard.append(mask)
        if again or len(hit) > 2 or not matches(mask, overlay) or self._rng.random() < 0.5:
            return MERGED
        return MERGED if it.merging and overlay not in hit else overlay


def search_merging(headers, bus, seed):
    it = Search(WHOLE, random.Random(seed).randrange)
    masks = it.run()
    outcome = None
    try:
        while True:
            mask = masks.send(outcome)
            outcome = bus.hear(it, mask, [one for one in headers if matches(mask, one)])
    except StopIteration:
        return it


def test_where_acknowledges_merge_nobody_hides_behind_another():
    for seed in range(20):
        headers = [header(number) for number in POPULATIONS["clustered"](50, seed)]
        it = search_merging(headers, Merging(seed), seed)
        assert sorted(it.found) == sorted(headers)
        assert it.unresolved == []


def test_an_overlay_that_was_taken_for_a_meter_is_dropped():
    pair = [header("12345629"), header("12345659")]
    headers = [header(f"123456{ten}{last}") for ten in (3, 7) for last in range(9)]
    seen = 0
    for seed in range(20):
        it = search_merging([*headers, *pair], Merging(seed, pair), seed)
        if it.merging:  # else nothing but this one pair ever merged
            seen += it.dropped == [header("12345609")]
            assert sorted(it.found) == sorted([*headers, *pair])
    assert seen > 5


@pytest.mark.parametrize("shy", [3, 6, 10, 17])
def test_a_collision_that_nobody_explains_is_gone_through_again(shy):
    """A wide probe hears a meter that misses the very selection which would have found it."""
    headers = [header(number) for number in POPULATIONS["clustered"](20, 4)]
    deaf = [headers[shy]]

    def once(_mask, outcome):
        if outcome in deaf:
            deaf.remove(outcome)
            return SILENCE
        return outcome

    assert sorted(search(headers, 4, spoil=once).found) == sorted(headers)
    assert not deaf


def test_twins_stay_unresolved_and_cost_nobody_else():
    twin = header("12345678")
    others = [header(number) for number in POPULATIONS["clustered"](20, 1)]
    it = search([twin, twin, *others])
    assert sorted(it.found) == sorted(others)
    assert it.unresolved == [(twin, COLLISION)]


def test_a_mute_meter_is_told_by_its_number():
    mute = header("12345678")
    others = [header(number) for number in POPULATIONS["random"](20, 1)]
    it = search([mute, *others], spoil=lambda _, outcome: MUTE if outcome == mute else outcome)
    assert sorted(it.found) == sorted(others)
    assert it.unresolved == [(header("12345678", b"\xff" * 4), MUTE)]


def test_a_meter_that_collides_with_itself_is_told():
    rubbish = header("12345678")
    others = [header(number) for number in POPULATIONS["clustered"](20, 1)]
    it = search([rubbish, *others], spoil=lambda _, out: COLLISION if out == rubbish else out)
    assert sorted(it.found) == sorted(others)
    assert it.unresolved == [(rubbish, COLLISION)]


def test_a_digit_that_is_a_letter_is_found_where_somebody_is_missing():
    headers = [header("1234567A"), header("12345671")]
    it = search(headers)
    assert sorted(it.found) == sorted(headers)


def test_a_missed_answer_is_asked_for_again():
    headers = [header("12345678"), header("12345679")]
    heard = []

    def deaf_once(mask, outcome):
        if isinstance(outcome, bytes) and outcome not in heard:
            heard.append(outcome)
            return SILENCE
        return outcome

    assert sorted(search(headers, spoil=deaf_once).found) == sorted(headers)


def test_noise_costs_probes_and_ends():
    for seed in range(5):
        rng = random.Random(seed)
        headers = [header(number) for number in POPULATIONS["clustered"](20, seed)]
        it = search(
            headers,
            spoil=lambda _, outcome, rng=rng: COLLISION if rng.random() < 0.15 else outcome,
        )
        assert sorted(it.found) == sorted(headers)
        assert it.probes < 2000


def test_a_line_that_always_collides_is_named():
    with pytest.raises(GarbledAnswer, match="disturbed"):
        search([], spoil=lambda _mask, _outcome: COLLISION)


def test_progress_never_runs_back():
    done = []
    it = Search(WHOLE, random.Random(1).randrange)
    headers = [header(number) for number in POPULATIONS["clustered"](100, 1)]
    masks = it.run()
    mask = next(masks)
    try:
        while True:
            done.append(it.done)
            hit = [one for one in headers if matches(mask, one)]
            mask = masks.send(SILENCE if not hit else hit[0] if len(hit) == 1 else COLLISION)
    except StopIteration:
        pass
    assert done == sorted(done)
    assert done[len(done) // 2] > 0
