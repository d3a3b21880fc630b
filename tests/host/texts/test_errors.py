"""Every error of the tree tells a person what happened, why, and what to do, in each language."""

import pytest

from host.texts.catalogue import LANGUAGES, gettext
from host.texts.errors import EXPLANATIONS, explain_error
from shared import errors


def keys() -> list[str]:
    """The keys of the errors that can stand at a meter or in an answer."""
    found = [errors.MbuslinkError]
    for parent in found:
        found += parent.__subclasses__()
    return sorted({kind.key for kind in found if kind.__module__ == "shared.errors"})


GROUPS = {"error", "line_fault", "peer_fault", "misuse"}


@pytest.mark.parametrize("key", [key for key in keys() if key not in GROUPS])
def test_every_error_has_its_explanation(key):
    assert key in EXPLANATIONS


@pytest.mark.parametrize("key", [*EXPLANATIONS, "something new"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_explanation_has_three_parts(key, language):
    parts = [gettext(language, text) for text in explain_error(key)]
    assert len(parts) == 3
    assert all(len(part) > 10 for part in parts)
