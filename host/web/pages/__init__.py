"""The pages, one module each: `overview`, `meter`, `export`, `background` (exports that the core
makes), `preferences`, `problems`, `readout`, `settings`."""

from flask import Flask

from host.web.pages import (
    background,
    export,
    meter,
    overview,
    preferences,
    problems,
    readout,
    settings,
)

PAGES = (overview, meter, export, background, preferences, readout, settings)


def register(app: Flask) -> None:
    """Add every page to `app`."""
    for module in PAGES:
        app.register_blueprint(module.page)
    problems.register(app)
