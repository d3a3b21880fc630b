"""A real Chromium on the real web server, with a fake core behind it."""

import shutil

import pytest
from playwright.sync_api import sync_playwright

from host.web import assets
from host.web.access import COOKIE
from tests.fakes import installation
from tests.fakes.web import Site

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TIMEOUT_MS = 15_000


@pytest.fixture(scope="module")  # while it is open, its event loop keeps asyncio.run from others
def chromium():
    assets.install()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def site(tmp_path):
    installation.install(tmp_path)
    with Site(tmp_path) as site:
        yield site


@pytest.fixture
def visit(chromium, site):
    """Open a page of the site and wait until it is live: visit(path, width=, language=, scheme=).

    Olga, an administrator, is signed in, or the `user` that is given; None: nobody is.

    Whatever the page writes to the console as an error, the security policy included, fails the
    test; a test that expects some empties `visit.errors`.
    """
    contexts = []
    errors = []

    def open_page(path="/", *, width=1280, language="en", scheme="light", user="Olga"):
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, locale=language, color_scheme=scheme
        )
        contexts.append(context)
        context.set_default_timeout(TIMEOUT_MS)
        if user:
            context.add_cookies(
                [{"name": COOKIE, "value": site.sign_in(user), "url": site.address}]
            )
        page = context.new_page()
        page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(site.address + path)
        if user:
            page.wait_for_selector('body[data-live="open"]')
        return page

    open_page.errors = errors
    yield open_page
    for context in contexts:
        context.close()
    assert errors == []
