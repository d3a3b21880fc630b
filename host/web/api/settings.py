"""The settings of the host by chapters, and who changed what."""

from __future__ import annotations

from typing import Any

from flask import current_app
from pydantic import ConfigDict, Field, create_model

from host.settings.chapters import CHAPTERS
from host.store import settings as kept
from host.web.api.meters import next_page, view
from host.web.api.models import (
    LARGEST,
    Asked,
    Moment,
    Sent,
    Told,
    Whole,
    asked_settings,
    told_settings,
    without_default,
)
from host.web.api.operations import Group
from host.web.asking import ask
from host.web.people import People

group = Group("Settings and changes")


def _name(chapter: str) -> str:
    return chapter.title().replace("_", "")


_TOLD = {name: told_settings(model, f"{_name(name)}Chapter") for name, model in CHAPTERS.items()}
_fields_told: Any = {
    name: (_TOLD[name], Field(description=model.HELP)) for name, model in CHAPTERS.items()
}
_fields_asked: dict[str, Any] = {
    name: (
        asked_settings(model, f"{_name(name)}Change"),
        Field(None, description=model.HELP, json_schema_extra=without_default),
    )
    for name, model in CHAPTERS.items()
}
_Told: Any = create_model("Settings", __base__=Told, **_fields_told)
_Asked: Any = create_model("SettingsChange", __base__=Sent, **_fields_asked)


class Settings(_Told):
    """All settings but secrets, by chapter."""


class SettingsChange(_Asked):
    """Settings that are to be others, by chapter; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"site": {"name": "Rosenweg 12"}}]})


class Change(Told):
    """Something that somebody changed."""

    id: int
    at: Moment
    who: str = Field(description="Name of the user, or `command line`, `first start`.")
    what: str = Field(description="Such as `meter.changed`.")
    which: str = Field(description="The meter, user or chapter; may be empty.")
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class Changes(Told):
    """Changes, the newest first."""

    changes: list[Change]
    next: str | None = Field(description="Address of the next page; null: this is the last one.")


class ChangesWanted(Asked):
    who: str | None = Field(
        None, max_length=60, pattern=r"^[^\x00]*$", description="Only changes of this user."
    )
    before: Whole | None = Field(
        None, ge=1, le=LARGEST, description="Only changes with a lower number."
    )
    limit: Whole = Field(50, ge=1, le=500, description="At most so many.")


@group.get("/settings")
def settings() -> Settings:
    """Tell all settings but secrets."""
    chapters = view().read(kept.load_all)
    return Settings(**{name: _TOLD[name](**chapters[name].model_dump()) for name in CHAPTERS})


@group.patch("/settings")
def change(body: SettingsChange) -> Settings:
    """Change settings of one or several chapters, all or none; what is left out stays."""
    chapters = body.model_dump(mode="json", exclude_unset=True)
    if chapters:
        ask("settings.change", chapters=chapters)
    return settings()


@group.get("/changes")
def changes(query: ChangesWanted) -> Changes:
    """List who changed what, with what was before and after."""
    people: People = current_app.extensions["people"]
    found = list(people.changes(query.limit + 1, who=query.who, below=query.before))
    page = found[: query.limit]
    return Changes(
        changes=[
            Change(
                id=one.id,
                at=one.at,
                who=one.who,
                what=one.what,
                which=one.which,
                before=None if one.before is None else dict(one.before),
                after=None if one.after is None else dict(one.after),
            )
            for one in page
        ],
        next=next_page(before=page[-1].id) if len(found) > len(page) else None,
    )
