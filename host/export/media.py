"""The groups of media: what a user chooses an export by, and MediumGroup of FULL-DB (manual 11.3).

Only the heat group's number stands in the manual (its CALEC ST has 3); the others are ours.
"""

from __future__ import annotations

from host.texts.catalogue import N_

# key: number in FULL-DB, what it is called, medium codes (EN 13757-3:2018 Table 13)
GROUPS: dict[str, tuple[int, str, frozenset[int]]] = {
    "electricity": (1, N_("Electricity"), frozenset({0x02})),
    "gas": (2, N_("Gas"), frozenset({0x03})),
    "heat": (3, N_("Heat"), frozenset({0x04, 0x08, 0x0C, 0x0D})),
    "water": (4, N_("Water"), frozenset({0x06, 0x07, 0x15, 0x16, 0x17})),
    "cooling": (5, N_("Cooling"), frozenset({0x0A, 0x0B})),
    "other": (0, N_("Other media"), frozenset()),
}


def group_of(code: int | None) -> str:
    """Return the key of the group of a medium code; None and unlisted ones are "other"."""
    for key, (_, _, codes) in GROUPS.items():
        if code in codes:
            return key
    return "other"


def number_of(code: int | None) -> int:
    """Return the number of the group of a medium code."""
    return GROUPS[group_of(code)][0]
