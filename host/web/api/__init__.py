"""The API: what the pages do, for programs, from the same services and readers.

A module here has a `group` of operations; the page that shows them is `host.web.pages.api`.
"""

from flask import Blueprint, Flask, Response, jsonify

from host.web.api import (
    converter,
    exporting,
    messages,
    meters,
    network,
    plan,
    registration,
    scanning,
    settings,
    state,
    templates,
    units,
    users,
    value_settings,
    values,
)
from host.web.api.document import document

MODULES = (
    state,
    meters,
    values,
    value_settings,
    registration,
    templates,
    plan,
    scanning,
    messages,
    exporting,
    units,
    users,
    settings,
    network,
    converter,
)
GROUPS = tuple(module.group for module in MODULES)


def register(app: Flask) -> None:
    """Add every operation, and their description, to `app`."""
    page = Blueprint("api", __name__)
    for group in GROUPS:
        group.register(page)

    @page.get("/api/openapi.json")
    def describe() -> Response:  # pyright: ignore[reportUnusedFunction]
        return jsonify(app.extensions["api"])

    app.extensions["api"] = document(GROUPS)
    app.register_blueprint(page)
