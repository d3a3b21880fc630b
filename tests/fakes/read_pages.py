"""The pages as a person reads them: plain text in each language, and what an error is to say."""

import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from html import unescape

from host.texts.catalogue import LANGUAGES, gettext
from host.texts.errors import Explanation, explain_error
from tests.fakes.browser import first_sign_in

PATIENCE_S = 30
_BOUNDARY = "of-the-tests"
Read = Callable[[str], str]
"""Gives the text of a page in a language."""


def plain(page: str) -> str:
    """Return the text that stands on a page, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def explained(read: Read, why: str | Explanation) -> None:
    """Expect all of an explanation, or of that of the error `why`, in each language."""
    for language in LANGUAGES:
        page = read(language)
        for part in _parts(why):
            wanted = plain(gettext(language, part))
            assert wanted in page, f"{language}: {wanted!r} is not in {page}"


def soon(condition: Callable[[], object]) -> None:
    """Wait until `condition()` holds, which another thread brings about."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def _parts(why: str | Explanation) -> Explanation:
    return explain_error(why) if isinstance(why, str) else why


class Pages:
    """A new installation at `address`; Admin is signed in."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._browser = first_sign_in(address + "/")
        found = re.search(r'name="csrf" value="([^"]+)"', self._ask("/", "en"))
        assert found is not None
        self._token = found[1]

    def read(self, path: str, language: str = "en") -> str:
        """Return the text of a page."""
        return plain(self._ask(path, language))

    def send(self, path: str, language: str = "en", file: str = "", **fields: object) -> str:
        """Send a form; return the text of the page that comes, whatever its status."""
        sent = fields | {"csrf": self._token}
        if not file:
            return plain(self._ask(path, language, urllib.parse.urlencode(sent, True).encode()))
        parts = [f'name="{name}"\r\n\r\n{value}' for name, value in sent.items()]
        parts.append(f'name="file"; filename="a.csv"\r\n\r\n{file}')
        body = "".join(
            f"--{_BOUNDARY}\r\nContent-Disposition: form-data; {part}\r\n" for part in parts
        )
        kind = f"multipart/form-data; boundary={_BOUNDARY}"
        return plain(self._ask(path, language, f"{body}--{_BOUNDARY}--\r\n".encode(), kind))

    def until(self, path: str, *texts: str) -> str:
        """Return the text of the English page at `path` once all of `texts` stand on it."""
        wanted = [plain(gettext("en", text)) for text in texts]
        end = time.monotonic() + PATIENCE_S
        while not all(text in (page := self.read(path)) for text in wanted):
            assert time.monotonic() < end, f"{wanted} are not on {path}: {page}"
            time.sleep(0.05)  # without a live connection a page is read again
        return page

    def connected(self) -> None:
        """Wait until the pages say that the board is there."""
        self.until("/", "Connected DE")

    def explains(self, path: str, why: str | Explanation) -> None:
        """Wait until the page at `path` explains `why`, and see that it does in each language."""
        self.until(path, *_parts(why))
        explained(lambda language: self.read(path, language), why)

    def _ask(self, path: str, language: str, data: bytes | None = None, kind: str = "") -> str:
        headers = {"Accept-Language": language, "Origin": self._address}
        headers |= {"Content-Type": kind} if kind else {}
        asked = urllib.request.Request(self._address + path, data, headers)
        try:
            answer = self._browser.open(asked)
        except urllib.error.HTTPError as refused:
            answer = refused
        with answer:
            return answer.read().decode()
