"""The status messages of the logger."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from sqlalchemy.orm import Session

from host.store import status_messages
from host.store.status_messages import Message as Kept
from host.store.status_messages import Wanted
from host.texts import words as names
from host.web.api.meters import next_page, view
from host.web.api.models import Asked, Moment, Told, Whole
from host.web.api.operations import Group
from host.web.asking import ask
from host.web.language import page_words
from host.web.sight import seen

group = Group("Status messages")

Severity = Literal["error", "warning", "info"]


class Message(Told):
    """A status message (0 to 10 by kind)."""

    id: int
    at: Moment
    number: int = Field(description="Its kind: 0 logger started … 10 fault on a meter.")
    type: Severity
    key: str = Field(description="What happened, for programs.")
    text: str = Field(description="The same in the language of `Accept-Language`.")
    meter: int | None = Field(description="Number of the meter that it is about.")
    which: str = Field(description="That meter's serial number or address; empty for none.")
    cause: str = Field(description="Key of the error behind it; may be empty.")
    detail: str = Field(description="For the expert, in English; may be empty.")


class Messages(Told):
    """Status messages, the newest first."""

    messages: list[Message]
    next: str | None = Field(description="Address of the next page; null: this is the last one.")


class MessagesWanted(Asked):
    number: Whole | None = Field(None, ge=0, le=10, description="Only messages of this kind.")
    type: Severity | None = Field(None, description="Only messages of this type.")
    skip: Whole = Field(0, ge=0, le=10_000, description="Without the newest so many.")
    limit: Whole = Field(100, ge=1, le=1000, description="At most so many.")


class Cleared(Told):
    cleared: int


class Restored(Told):
    restored: int


@group.get("/messages")
def many(query: MessagesWanted) -> Messages:
    """List the status messages: those about no meter, or about one that you may see."""
    wanted = Wanted(query.number, query.type, seen())

    def work(session: Session) -> list[Kept]:
        return list(status_messages.newest(session, query.limit + 1, wanted, query.skip))

    found = view().read(work)
    more = len(found) > query.limit
    return Messages(
        messages=[_told(one) for one in found[: query.limit]],
        next=next_page(skip=query.skip + query.limit) if more else None,
    )


@group.delete("/messages")
def clear() -> Cleared:
    """Delete all status messages.

    For a day they can be had back: `/api/v1/messages/restore`."""
    return Cleared(cleared=ask("status.clear")["cleared"])


@group.post("/messages/restore")
def restore() -> Restored:
    """Have back the status messages that were deleted last."""
    return Restored(restored=ask("status.restore")["restored"])


def _told(one: Kept) -> Message:
    text = page_words().gettext(names.STATUS_MESSAGES[one.key])
    return Message(
        id=one.id,
        at=one.at,
        number=one.number,
        type=one.severity,  # pyright: ignore[reportArgumentType] - one of these by its table
        key=one.key,
        text=text.replace("{meter}", one.which),
        meter=one.meter_id,
        which=one.which,
        cause=one.cause,
        detail=one.detail,
    )
