"""Identification numbers as they come on a bus, the same for a seed everywhere.

clustered: a few deliveries, the numbers of each close together (what a house has)
consecutive: one delivery without a gap
random: meters that have nothing to do with each other
"""

from random import Random

_GAPS = (1, 1, 1, 2)  # between one meter of a delivery and the next
_ALL = 10**8


def clustered(count: int, seed: int) -> list[str]:
    """Return `count` numbers of two to four deliveries."""
    rng = Random(f"clustered/{count}/{seed}")
    deliveries = 2 if count < 50 else 4
    numbers: set[int] = set()
    for delivery in range(deliveries):
        number = rng.randrange(_ALL - 10**4)
        left = count * (delivery + 1) // deliveries - len(numbers)
        while left:
            left -= number not in numbers
            numbers.add(number)
            number += rng.choice(_GAPS)
    return [f"{number:08}" for number in sorted(numbers)]


def consecutive(count: int, seed: int) -> list[str]:
    """Return `count` numbers in a row."""
    first = Random(f"consecutive/{count}/{seed}").randrange(_ALL - 10**4)
    return [f"{first + n:08}" for n in range(count)]


def scattered(count: int, seed: int) -> list[str]:
    """Return `count` numbers, each by chance."""
    rng = Random(f"random/{count}/{seed}")
    return [f"{number:08}" for number in rng.sample(range(_ALL), count)]


POPULATIONS = {"clustered": clustered, "consecutive": consecutive, "random": scattered}
