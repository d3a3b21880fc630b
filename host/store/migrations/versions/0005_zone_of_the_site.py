"""The time zone is the site's (`SiteSettings`), no longer that of the reading dates alone."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_SETTINGS = sa.table("settings", sa.column("logger_id"), sa.column("name"), sa.column("value"))


def upgrade() -> None:
    connection = op.get_bind()
    readouts = sa.select(_SETTINGS).where(_SETTINGS.c.name == "ReadoutSettings")
    for row in connection.execute(readouts).all():
        zone = json.loads(row.value).get("zone")
        if zone:
            site = {"name": "SiteSettings", "value": json.dumps({"zone": zone})}
            connection.execute(sa.insert(_SETTINGS).values(logger_id=row.logger_id, **site))
