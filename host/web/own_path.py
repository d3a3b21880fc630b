"""Where a page may lead back to: a path on this server and nowhere else."""

from urllib.parse import urlsplit


def own_path(address: str) -> str:
    """Return `address` when it is a path on this server, else "/": no open redirect.

    A backslash counts as a slash in browsers, so "/\\elsewhere" is not a path either.
    """
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or not address.startswith("/") or address[1:2] in ("/", "\\"):
        return "/"
    return address.removesuffix("?") if address.isprintable() else "/"
