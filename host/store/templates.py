"""Driver templates as other rooms see them (manual 6.7): kept, changed, deleted and had back.

There is one for each kind of meter. A deleted one can be had back for a day, as long as there is no
other for its kind. Each change is written down for `who` made it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy import delete as delete_rows
from sqlalchemy.orm import Session

from host.settings.template import Kind, Template, from_entry
from host.store import audit
from host.store.tables import TemplateRow
from shared.errors import BadSetting, Busy

KEPT_DELETED = timedelta(days=1)
_IS_THERE = TemplateRow.deleted_at.is_(None)


@dataclass(frozen=True, slots=True)
class Kept:
    """A template and its number."""

    id: int
    template: Template


def all(session: Session) -> Sequence[Kept]:
    """Return every template, by name."""
    rows = session.scalars(select(TemplateRow).where(_IS_THERE))
    return [_kept(row) for row in sorted(rows, key=lambda row: (row.name.casefold(), row.id))]


def get(session: Session, template_id: int) -> Kept | None:
    """Return the template with this number, or None."""
    row = session.scalar(select(TemplateRow).where(TemplateRow.id == template_id, _IS_THERE))
    return None if row is None else _kept(row)


def of_kind(session: Session, kind: Kind) -> Kept | None:
    """Return the template for meters of a kind, or None."""
    row = session.scalar(select(TemplateRow).where(*_is(kind), _IS_THERE))
    return None if row is None else _kept(row)


def is_any(session: Session) -> bool:
    """Tell whether there is a template at all."""
    return session.scalar(select(TemplateRow.id).where(_IS_THERE).limit(1)) is not None


def add(session: Session, who: str, template: Template, *, replace: bool = False) -> int:
    """Keep a new template; return its number.

    replace: in place of the one for its kind. Raises `Busy` when there is one otherwise.
    """
    known = of_kind(session, template.kind)
    if known is not None:
        if not replace:
            name = known.template.name
            raise Busy(f"{template.kind}: there is a template for these meters already: {name}")
        change(session, who, known.id, template)
        return known.id
    session.execute(delete_rows(TemplateRow).where(*_is(template.kind)))
    row = TemplateRow(**template.kind._asdict())
    _fill(row, template)
    session.add(row)
    session.flush()
    audit.record(session, who, "template.added", template.name, after=_facts(template))
    return row.id


def change(session: Session, who: str, template_id: int, template: Template) -> None:
    """Have a template say this. Raises `BadSetting` for none, or one for other meters."""
    row = _row(session, template_id)
    before = _kept(row).template
    if before.kind != template.kind:
        raise BadSetting(f"{before.name}: a template cannot be moved to another kind of meter")
    _fill(row, template)
    session.flush()
    facts = (_facts(before), _facts(template))
    audit.record(session, who, "template.changed", before.name, before=facts[0], after=facts[1])


def delete(session: Session, who: str, template_id: int, at: datetime) -> None:
    """Delete a template; meters keep what it gave them. Raises `BadSetting` for none."""
    row = _row(session, template_id)
    row.deleted_at = at
    old = TemplateRow.deleted_at < at - KEPT_DELETED
    session.flush()
    session.execute(delete_rows(TemplateRow).where(old))
    audit.record(session, who, "template.deleted", row.name)


def restore(session: Session, who: str, template_id: int) -> None:
    """Have a deleted template back.

    Raises `BadSetting` when none of this number was deleted, `Busy` when there is another one for
    its kind by now.
    """
    row = session.scalar(select(TemplateRow).where(TemplateRow.id == template_id, ~_IS_THERE))
    if row is None:
        raise BadSetting(f"template {template_id}: none of this number was deleted")
    if of_kind(session, Kind(row.manufacturer, row.version, row.records)) is not None:
        raise Busy(f"{row.name}: there is another template for these meters by now")
    row.deleted_at = None
    session.flush()
    audit.record(session, who, "template.restored", row.name)


def _is(kind: Kind) -> tuple[ColumnElement[bool], ...]:
    return tuple(getattr(TemplateRow, name) == value for name, value in kind._asdict().items())


def _row(session: Session, template_id: int) -> TemplateRow:
    row = session.scalar(select(TemplateRow).where(TemplateRow.id == template_id, _IS_THERE))
    if row is None:
        raise BadSetting(f"template {template_id}: there is none of this number")
    return row


def _fill(row: TemplateRow, template: Template) -> None:
    row.name = template.name
    row.content = json.dumps(template.entry(), ensure_ascii=False)


def _kept(row: TemplateRow) -> Kept:
    return Kept(row.id, from_entry(json.loads(row.content)))


def _facts(template: Template) -> dict[str, object]:
    values = {f"{key.head.upper()} #{key.nth + 1}": one.facts() for key, one in template.own.items}
    return {"name": template.name, **template.meter, **values}
