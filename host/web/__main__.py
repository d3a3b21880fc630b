"""`python -m host.web --data DIR --port N`: the web process.

It listens on this machine alone unless `--host` says otherwise.
"""

import argparse
import sys
from pathlib import Path

import uvicorn
from structlog import get_logger

from host import log
from host.web.guard import own_names
from host.web.listening import THIS_MACHINE, check_address, listen, url
from host.web.server import Server
from host.web.settings import DEFAULT_PORT, WebSettings
from shared.errors import BadSetting

_log = get_logger("web")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m host.web", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the database")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="TCP port (0: a free one)")
    parser.add_argument("--host", default=THIS_MACHINE, help="address to listen on (this machine)")
    parser.add_argument("--name", action="append", default=[], help="one more name of this machine")
    parser.add_argument("--cycle", type=int, default=900, help="common readout cycle in seconds")
    options = parser.parse_args()
    log.configure("web", options.data)
    try:
        check_address(options.host)
        listener = listen(options.host, options.port)
    except BadSetting as error:
        sys.exit(str(error))
    except (OSError, OverflowError) as error:
        sys.exit(
            f"port {options.port} on {options.host} cannot be used ({error}):"
            " choose another with --port, or stop the program that holds it"
        )
    settings = WebSettings(
        data=options.data,
        port=listener.getsockname()[1],
        cycle_s=options.cycle,
        names=own_names() | {name.lower() for name in options.name},
    )
    _log.info("listening", address=url(options.host, settings.port))
    config = uvicorn.Config(
        Server(settings),
        ws="websockets-sansio",
        lifespan="on",
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=2,
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
