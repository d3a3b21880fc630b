"""The pages, one module each.

`background`: exports that the core makes; `deleting`: meters deleted and had back; `preferences`:
the language; `problems`: what cannot be shown; `refusal`: what the core says against a wish.
"""

from flask import Flask

from host.web.pages import (
    background,
    chart,
    deleting,
    export,
    meter,
    meter_settings,
    overview,
    preferences,
    problems,
    readout,
    settings,
)

PAGES = (
    overview,
    meter,
    meter_settings,
    deleting,
    chart,
    export,
    background,
    preferences,
    readout,
    settings,
)


def register(app: Flask) -> None:
    """Add every page to `app`."""
    for module in PAGES:
        app.register_blueprint(module.page)
    problems.register(app)
