"""The pages, one module each; who may see which stands in `host.web.access`.

`overview`, `meter`, `meter_settings`, `deleting` (meters deleted and had back), `chart`, `readout`,
`export`, `background` (exports that the core makes),
`scan` (meters searched and added), `entering` (by address, and the planned list),
`signing` (in and out), `password` (one's own), `users`, `changes` (the audit), `settings`,
`network`,
`preferences`, `problems`.
"""

from flask import Flask

from host.web.pages import (
    background,
    changes,
    chart,
    deleting,
    entering,
    export,
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
    units,
    users,
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
    changes,
    settings,
    network,
    messages,
)


def register(app: Flask) -> None:
    """Add every page to `app`."""
    for module in PAGES:
        app.register_blueprint(module.page)
    problems.register(app)
