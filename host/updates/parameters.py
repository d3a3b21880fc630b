"""Short names for the parameters that no call names: a board keeps the name of every parameter.

All functions share the same few. What any module passes by keyword, or has as a text that may
become a keyword, keeps its name everywhere.
"""

from collections.abc import Mapping

from host.updates.edits import Edit, applied
from host.updates.names_in_scope import uses

_KEPT = ("self", "cls")


def shorten(texts: Mapping[str, str]) -> dict[str, str]:
    """Return the sources `texts`, by their names, with short parameters."""
    found = {name: uses(text) for name, text in texts.items()}
    kept = {*_KEPT}.union(*(each.keywords for each in found.values()))
    return {
        name: applied(
            texts[name],
            [
                Edit((line, byte), (line, byte + len(p.name.encode())), f"p{p.others}")
                for p in each.parameters
                if p.name not in kept
                for line, byte in p.places
            ],
        )
        for name, each in found.items()
    }
