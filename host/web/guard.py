"""What keeps other people's pages out: Host, Origin and CSRF checks, and the security headers.

Until there is a login, whoever reaches the port may use it, so the server listens on 127.0.0.1
only. A page from elsewhere still runs in the same browser. It is refused in three ways: a foreign
Host header (DNS rebinding), a foreign Origin (WebSocket, POST), and a missing token (POST).
"""

import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, abort, g, request

_CSRF_COOKIE = "mbuslink_csrf"
CSRF_FIELD = "csrf"
CSRF_HEADER = "X-CSRF-Token"
_LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
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


def host_allowed(host: str) -> bool:
    """Tell whether the Host header `host` ("localhost:8080") names this machine itself."""
    try:
        return urlsplit(f"//{host}").hostname in _LOCAL_NAMES
    except ValueError:
        return False


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
    if not host_allowed(request.host):
        abort(400)
    if request.method in _SAFE_METHODS:
        return
    if not origin_allowed(request.headers.get("Origin"), request.host):
        abort(403)
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        abort(403)
    sent = request.form.get(CSRF_FIELD) or request.headers.get(CSRF_HEADER) or ""
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
