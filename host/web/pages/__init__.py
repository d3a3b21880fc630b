"""The pages, one module each; who may see which stands in `host.web.access`.

`overview`, `meter`, `meter_settings`, `deleting` (meters deleted and had back), `chart`, `readout`,
`export`, `background` (exports that the core makes),
`scan` (meters searched and added), `entering` (by address, and the planned list),
`signing` (in and out), `password` (one's own), `wizard` (the first run), `users`, `changes` (the
audit), `settings`, `inputs` (temperatures and S0), `device` (LCD and keys), `templates` (of
drivers), `network`, `clock`, `preferences`, `tokens` (one's own, of the API), `api` (what it can
do), `problems`.
"""

from flask import Flask

from host.web.pages import (
    api,
    background,
    changes,
    chart,
    clock,
    deleting,
    device,
    entering,
    export,
    inputs,
    messages,
    meter,
    meter_settings,
    network,
    overview,
    password,
    preferences,
    problems,
    readout,
    scan,
    settings,
    signing,
    templates,
    tokens,
    units,
    users,
    wizard,
)

PAGES = (
    overview,
    scan,
    entering,
    meter,
    meter_settings,
    deleting,
    chart,
    export,
    background,
    preferences,
    readout,
    signing,
    password,
    users,
    units,
    templates,
    changes,
    settings,
    wizard,
    device,
    inputs,
    network,
    clock,
    messages,
    tokens,
    api,
)


def register(app: Flask) -> None:
    """Add every page to `app`."""
    for module in PAGES:
        app.register_blueprint(module.page)
    app.register_blueprint(settings.chapter)
    problems.register(app)
