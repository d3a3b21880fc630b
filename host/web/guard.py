"""What keeps other people's pages out: Host, Origin and CSRF checks, and the security headers.

A page from elsewhere runs in the same browser as ours. It is refused in three ways: a foreign Host
header, a foreign Origin (WebSocket, POST), and a missing token (POST).

A Host is ours when it is an address in digits, a name of this machine or one that the owner
configured. DNS rebinding needs a name of the attacker's, and such a name is none of these.
"""

import ipaddress
import secrets
import socket
from collections.abc import Collection
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, g, request

from host.web import programs
from host.web.settings import WebSettings

_CSRF_COOKIE = "mbuslink_csrf"
CSRF_FIELD = "csrf"
CSRF_HEADER = "X-CSRF-Token"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none';"
        " object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def own_names() -> frozenset[str]:
    """Return the names of this machine, alone and as its network's name service calls it."""
    name = socket.gethostname().lower()
    short = name.partition(".")[0]
    return frozenset({"localhost", name, short, f"{short}.local"}) - {"", ".local"}


def host_allowed(host: str, names: Collection[str] = ("localhost",)) -> bool:
    """Tell whether the Host header `host` ("localhost:8080") is an address or one of `names`."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    if "@" in host:
        return False
    return name.removesuffix(".") in names or _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def origin_allowed(origin: str | None, host: str) -> bool:
    """Tell whether a request for `host` comes from one of our own pages.

    A browser always sends Origin with a WebSocket; None is a program, not a page.
    """
    return origin is None or origin in (f"http://{host}", f"https://{host}")


def csrf_token() -> str:
    """Return this browser's token for forms; `install` sets its cookie with the answer."""
    if "csrf" not in g:
        g.csrf = request.cookies.get(_CSRF_COOKIE) or secrets.token_urlsafe(32)
    return g.csrf


def install(app: Flask) -> None:
    """Put the checks before, and the headers after, every request of `app`."""
    app.before_request(_check)
    app.after_request(_harden)


def _check() -> None:
    """Stop a request that another site caused (400 or 403)."""
    settings: WebSettings = current_app.extensions["settings"]
    if not host_allowed(request.host, settings.names):
        abort(400)
    if not changes():
        return
    if not origin_allowed(request.headers.get("Origin"), request.host):
        abort(403)
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        abort(403)
    if not programs.are_asking():
        check_csrf_token()


def changes() -> bool:
    """Tell whether the request under way may change something."""
    return request.method not in _SAFE_METHODS


def check_csrf_token() -> None:
    """Stop a request without this browser's token (403): its cookies may be all it has.

    Of a program this is asked only where a session lets it in, by `host.web.access`.
    """
    sent = request.headers.get(CSRF_HEADER) or request.form.get(CSRF_FIELD) or ""
    known = request.cookies.get(_CSRF_COOKIE) or ""
    if not known or not secrets.compare_digest(sent.encode(), known.encode()):
        abort(403)


def _harden(response: Response) -> Response:
    """Add the security headers and, where a form was made, the token's cookie."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    token = g.get("csrf")
    if token and request.cookies.get(_CSRF_COOKIE) != token:
        response.set_cookie(_CSRF_COOKIE, token, httponly=True, samesite="Lax")
    return response
