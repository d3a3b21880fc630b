"""A browser without a screen: cookies, forms with their token, redirects."""

import re
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from urllib.request import OpenerDirector

PASSWORD = "a password of the tests"


def first_sign_in(address: str) -> OpenerDirector:
    """Sign in as Admin with 123 at a new installation, and choose a password as one has to.

    address: of the pages ("http://127.0.0.1:8080/"). Returns the browser that is signed in.
    """
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    page = send(browser, address + "sign-in", name="Admin", password="123")
    assert "/password" in page.url, page.url
    page = send(browser, address + "password", current="123", new=PASSWORD, repeat=PASSWORD)
    assert page.url in (address, address + "wizard/settings/site"), page.url
    return browser


def send(browser: OpenerDirector, address: str, **fields: str):
    """Send the form of the page at `address`; return the page it leads to."""
    form = browser.open(address).read().decode()
    token = re.search(r'name="csrf" value="([^"]+)"', form)
    assert token is not None, "no form"
    sent = urllib.parse.urlencode(fields | {"csrf": token[1]}).encode()
    origin = "{0.scheme}://{0.netloc}".format(urllib.parse.urlsplit(address))
    return browser.open(urllib.request.Request(address, sent, {"Origin": origin}))
