"""Why a change of settings is not put back."""

from __future__ import annotations

from shared.errors import BadSetting

REASONS = {
    "changed_since": "it was changed again since",
    "not_known": "it is not known how it was before",
    "is_gone": "what was changed is not there any more",
}
"""The keys are those of `host.texts.words.UNDO_REFUSALS`."""


class NotUndone(BadSetting):
    """A change that is not put back. reason: a key of `REASONS`, kept in the text."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"{reason}: {REASONS[reason]}")


def reason_of(error: Exception) -> str | None:
    """Return the key of `REASONS` that `error` has, also one that came from the core's socket."""
    reason = str(error).partition(":")[0]
    return reason if reason in REASONS else None
