"""What changes something: asked of the core, in the name of who is signed in."""

from typing import Any
from urllib.parse import urlsplit

from flask import current_app, request

from host.web import access
from host.web.core_line import CoreLine


def ask(method: str, **wanted: Any) -> dict[str, Any]:
    """Return what the core answers. Raises as `CoreLine.request` does."""
    core: CoreLine = current_app.extensions["core"]
    return core.request(method, who=access.signed_in().name, **wanted)


def reached_at() -> list[str]:
    """Return the addresses by which somebody came here: of the line, and as it was typed."""
    typed = urlsplit(f"//{request.host}").hostname or ""
    return [str(request.environ.get("SERVER_NAME", ""))[:80], typed[:80]]
