"""The pages, one module each: `overview`, `meter`, `chart`, `export`, `background` (exports that
the core makes), `preferences`, `problems`, `readout`, `settings`."""

from flask import Flask

from host.web.pages import (
    background,
    chart,
    export,
    meter,
    overview,
    preferences,
    problems,
    readout,
    settings,
)

PAGES = (overview, meter, chart, export, background, preferences, readout, settings)


def register(app: Flask) -> None:
    """Add every page to `app`."""
    for module in PAGES:
        app.register_blueprint(module.page)
    problems.register(app)
