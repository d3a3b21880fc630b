"""Driver templates: settings kept for meters of one kind (manual 6.7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Self

from flask import abort
from pydantic import ConfigDict, Field

from host.readout import own_values, telegrams
from host.readout import templates as at_work
from host.readout.telegrams import RecordLine
from host.readout.templates import MeterChange
from host.settings import template as files
from host.settings.meter import MeterSettings
from host.settings.template import LONGEST_NAME, METER_SETTINGS, MOST_TEMPLATES, Template
from host.settings.value import MOST_VALUES, ValueSettings
from host.store import templates
from host.store.templates import Kept
from host.web.api.meters import row_of, view
from host.web.api.models import Sent, Told, asked_settings, told_settings
from host.web.api.operations import Group
from host.web.api.problems import Refused
from host.web.api.value_settings import ChangeOfValue, changed
from host.web.asking import ask
from shared.errors import Busy

group = Group("Driver templates")

_Meter: Any = told_settings(MeterSettings, "TemplateMeterSettings", METER_SETTINGS)
_MeterChange: Any = asked_settings(MeterSettings, "TemplateMeterChange", METER_SETTINGS)
_Value: Any = told_settings(ValueSettings, "TemplateValueSettings")
_WITH_KEY = "DIF and VIF with their extensions, in hex."


class TemplateMeter(_Meter):
    """What a template sets of a meter itself."""


class TemplateMeterChange(_MeterChange):
    """Settings that are to be others; what is left out stays."""


class TemplateValue(_Value):
    """What a template sets of a value; what is empty or null is as the meter says."""

    head: str = Field(description=_WITH_KEY)
    nth: int = Field(description="Which of the values with the same `head`, from 0.")


class DriverTemplate(Told):
    """Settings of meters of one kind: manufacturer, version byte, number of data records."""

    id: int
    name: str
    manufacturer: str = Field(description="Three letters.")
    version: int
    records: int = Field(description="How many data records such a meter sends.")
    meter: TemplateMeter
    values: list[TemplateValue]

    @classmethod
    def of(cls, kept: Kept) -> Self:
        one = kept.template
        return cls(
            id=kept.id,
            name=one.name,
            **one.kind._asdict(),
            meter=TemplateMeter(**one.meter),
            values=[
                TemplateValue(**key._asdict(), **settings.model_dump())
                for key, settings in one.values.items()
            ],
        )


class DriverTemplates(Told):
    """All driver templates, by name."""

    templates: list[DriverTemplate]


class NewTemplate(Sent):
    name: str = Field(min_length=1, max_length=LONGEST_NAME, examples=["Heat meter of the flats"])


class TemplateChange(Sent):
    """What is to be another; all else stays. The kind of its meters cannot be changed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Heat meter"}]})

    name: str | None = Field(None, min_length=1, max_length=LONGEST_NAME)
    meter: TemplateMeterChange = Field(default_factory=TemplateMeterChange)
    values: list[ChangeOfValue] = Field(default_factory=list[ChangeOfValue], max_length=MOST_VALUES)


class SettingChange(Told):
    """A setting of a meter, before and after."""

    name: str
    before: Any
    after: Any


class ValueChange(Told):
    """A value of a meter as it is told, before and after."""

    name: str = Field(description="What it is called now.")
    before: str = Field(description="With its unit.", examples=["148213000 Wh"])
    new_name: str
    after: str = Field(examples=["148.213 MWh"])


class MeterWouldChange(Told):
    """What a template would change of a meter."""

    meter: int
    settings: list[SettingChange]
    values: list[ValueChange]
    gone: int = Field(description="Settings of values it no longer has, which would go.")

    @classmethod
    def of(cls, change: MeterChange) -> Self:
        return cls(
            meter=change.meter.id,
            settings=[
                SettingChange(name=name, before=before, after=after)
                for name, before, after in change.settings
            ],
            values=[_value_change(one.before, one.after) for one in change.values],
            gone=change.gone,
        )


class Preview(Told):
    """The meters that a template is for, also those where nothing would be another."""

    meters: list[MeterWouldChange]


class Applied(Told):
    changed: int = Field(description="How many meters are others now.")


class Made(Told):
    id: int


class FileOfTemplates(Told):
    """Driver templates as their file has them."""

    format: str
    version: int
    templates: list[dict[str, Any]]


class TemplateFile(Sent):
    """The file of driver templates, as `/api/v1/templates/file` gives it."""

    format: Literal["mbuslink driver templates"]
    version: Literal[1]
    templates: list[dict[str, Any]] = Field(
        min_length=1, max_length=MOST_TEMPLATES, description="Every word of them is checked."
    )
    replace: bool = Field(False, description="In place of those for the same kinds of meters.")


class Imported(Told):
    imported: int


@group.get("/templates")
def many() -> DriverTemplates:
    """List the driver templates."""
    return DriverTemplates(templates=[DriverTemplate.of(one) for one in view().read(templates.all)])


@group.post("/meters/<int:meter_id>/template", status=201)
def save(meter_id: int, body: NewTemplate) -> Made:
    """Keep the settings of a meter and its values as a template.

    The meter must have been read once; there is one template for a kind of meters."""
    return Made(**_alone("templates.save", address=row_of(meter_id).meter.address, name=body.name))


@group.get("/templates/file")
def file_of_all() -> FileOfTemplates:
    """Fetch the file of all driver templates."""
    return _file(view().read(templates.all))


@group.post("/templates/import")
def take_in(body: TemplateFile) -> Imported:
    """Take over the templates of a file, all or none; no meter is changed by that."""
    wanted = {"templates": body.templates, "replace": body.replace}
    return Imported(**_alone("templates.import", **wanted))


@group.get("/templates/<int:template_id>")
def one(template_id: int) -> DriverTemplate:
    """Tell of a driver template."""
    return DriverTemplate.of(_kept(template_id))


@group.patch("/templates/<int:template_id>")
def change(template_id: int, body: TemplateChange) -> DriverTemplate:
    """Change a driver template; its meters stay as they are until it is applied."""
    before = _kept(template_id).template
    wanted = Template(
        body.name or before.name,
        before.kind,
        {**before.meter, **body.meter.model_dump(mode="json", exclude_unset=True)},
        {**before.values, **changed(before.values, body.values)},
    )
    if wanted != before:
        ask("templates.change", id=template_id, template=wanted.entry())
    return one(template_id)


@group.get("/templates/<int:template_id>/file")
def file(template_id: int) -> FileOfTemplates:
    """Fetch the file of a driver template."""
    return _file([_kept(template_id)])


@group.get("/templates/<int:template_id>/preview")
def preview(template_id: int) -> Preview:
    """Tell what applying a driver template would change, meter by meter."""
    template = _kept(template_id).template
    found = view().read(lambda session: at_work.preview(session, template))
    return Preview(meters=[MeterWouldChange.of(one) for one in found])


@group.post("/templates/<int:template_id>/apply")
def apply(template_id: int) -> Applied:
    """Give a driver template to every meter that it is for."""
    return Applied(**ask("templates.apply", id=_kept(template_id).id))


@group.delete("/templates/<int:template_id>")
def delete(template_id: int) -> None:
    """Delete a driver template; meters keep what it gave them.

    For a day it can be had back: `/api/v1/templates/{template_id}/restore`."""
    ask("templates.delete", id=_kept(template_id).id)


@group.post("/templates/<int:template_id>/restore")
def restore(template_id: int) -> DriverTemplate:
    """Have a deleted driver template back."""
    _alone("templates.restore", id=template_id)
    return one(template_id)


def _alone(method: str, **wanted: Any) -> dict[str, Any]:
    """Ask for what cannot be beside another template of the kind."""
    try:
        return ask(method, **wanted)
    except Busy as error:
        raise Refused("kind_taken", str(error)) from error


def _kept(template_id: int) -> Kept:
    return view().read(lambda session: templates.get(session, template_id)) or abort(404)


def _file(chosen: Sequence[Kept]) -> FileOfTemplates:
    return FileOfTemplates.model_validate_json(files.write(kept.template for kept in chosen))


def _value_change(before: RecordLine, after: RecordLine) -> ValueChange:
    (name, old), (new_name, new) = (_written(line) for line in (before, after))
    return ValueChange(name=name, before=old, new_name=new_name, after=new)


def _written(line: RecordLine) -> tuple[str, str]:
    told = own_values.told(line)
    value = "" if told["value"] is None else str(told["value"])
    return told["name"], " ".join(filter(None, (value, telegrams.symbol(told["unit"] or ""))))
