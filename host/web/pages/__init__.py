"""The pages, one module each: `overview`, `meter`, `export`, `preferences`, `problems`,
`readout`."""

from flask import Flask

from host.web.pages import export, meter, overview, preferences, problems, readout


def register(app: Flask) -> None:
    """Add every page to `app`."""
    for page in (overview.page, meter.page, export.page, preferences.page, readout.page):
        app.register_blueprint(page)
    problems.register(app)
