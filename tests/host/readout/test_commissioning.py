"""What a found meter is to the registered ones."""

import pytest

from host.device.facts import FoundMeter
from host.readout.commissioning import best_baud, identity_of, standing
from host.store.meters import Identity, Meter

HEAT, OTHER = "04800181B405C004", "04800182B405C004"


def meter(address: str, *, primary=None, secondary=None, baud=2400) -> Meter:
    return Meter(
        **{
            **dict.fromkeys(Meter.__dataclass_fields__),
            "id": 7,
            "address": address,
            "primary": primary,
            "secondary": secondary,
            "baud": baud,
        }
    )


def found(secondary: str | None, primary: int | None = 5, *, bauds=(2400,)) -> FoundMeter:
    address = secondary or str(primary)
    return FoundMeter(1, address, secondary, primary, bauds, None)


CASES = [
    ("nobody registered", found(HEAT), [], "new", []),
    ("somebody else", found(HEAT), [meter(OTHER, secondary=OTHER)], "new", []),
    ("by its number", found(HEAT), [meter(HEAT, secondary=HEAT)], "known", []),
    ("unread, by its number", found(HEAT), [meter(HEAT)], "known", []),
    ("by its place", found(None), [meter("5", primary=5)], "known", []),
    ("unread, by its place", found(HEAT), [meter("5", primary=5)], "known", []),
    ("exchanged", found(HEAT), [meter("5", primary=5, secondary=OTHER)], "changed", ["meter"]),
    ("moved", found(HEAT), [meter("6", primary=6, secondary=HEAT)], "changed", ["primary"]),
    ("other rate", found(HEAT, bauds=(300,)), [meter(HEAT, secondary=HEAT)], "changed", ["baud"]),
    ("two rates", found(HEAT, bauds=(300, 2400)), [meter(HEAT, secondary=HEAT)], "known", []),
    ("old", found("04800181FFFFFFFF"), [meter("04800181FFFFFFFF")], "known", []),
]


@pytest.mark.parametrize(
    ("one", "known", "word", "differences"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_standing(one: FoundMeter, known: list[Meter], word: str, differences: list[str]) -> None:
    told = standing(one, known)
    assert (told.word, list(told.differences)) == (word, differences)
    assert told.meter is (None if word == "new" else known[0])


def test_what_an_address_tells_of_its_meter() -> None:
    amt = Identity(5, HEAT, "AMT", "04800181", 0xC0, 4)
    assert identity_of("04800181B405C004", 5) == amt
    assert identity_of("04800181FFFFFFFF", 253).serial == "04800181"
    assert identity_of("04800181FFFFFFFF", 253).primary is None
    assert identity_of(None, 5) == Identity(5)


def test_a_meter_is_read_at_2400_baud_where_it_can_be() -> None:
    assert best_baud((300, 2400, 9600)) == 2400
    assert best_baud((300, 600)) == 600
