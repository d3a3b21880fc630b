"""The page's file in flash, and what goes with it: its tag and the security policy.

The page is one file with its style and its script inside. The policy allows exactly these two, by
their hashes, and nothing from elsewhere: a text of a meter can never become a script.
"""

import hashlib
import os
from binascii import b2a_base64


class Page:
    """path: of the file. tag: changes with the file. headers: (name, value) of each answer."""

    def __init__(self, path):
        self._path = path
        self.tag = ""
        self.headers = ()

    def prepare(self):
        """Read the file once, line by line."""
        whole = hashlib.sha256()
        digest = None  # of the style or the script that we are in
        part = b""
        hashes = {}
        with open(self._path, "rb") as file:
            for line in file:
                whole.update(line)
                if digest and line.startswith(b"</" + part):
                    hashes[part] = b2a_base64(digest.digest()).decode().strip()
                    digest = None
                elif digest:
                    digest.update(line)
                elif line.strip() in (b"<style>", b"<script>"):
                    part = line.strip()[1:-1]
                    digest = hashlib.sha256(b"\n")  # the end of this line is the first of its text
        self.tag = '"' + b2a_base64(whole.digest())[:16].decode() + '"'
        policy = "default-src 'none'; style-src 'sha256-%s'; script-src 'sha256-%s'" % (
            hashes[b"style"],
            hashes[b"script"],
        )
        policy += "; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'"
        self.headers = (
            ("Content-Security-Policy", policy + "; frame-ancestors 'none'"),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
            ("Cache-Control", "no-cache"),
        )

    def response(self, kind):
        """Return the page as a microdot `Response`, which is `kind`: it is sent in pieces."""
        headers = {
            "Content-Type": "text/html; charset=UTF-8",
            "Content-Length": str(os.stat(self._path)[6]),
            "ETag": self.tag,
        }
        return kind(open(self._path, "rb"), 200, headers)  # microdot closes it
