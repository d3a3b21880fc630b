"""Which language a page speaks: the cookie's, else the browser's, else English."""

from flask import Request, request
from werkzeug.wrappers import Response

from host.texts.catalogue import DEFAULT_LANGUAGE, LANGUAGES
from host.texts.locale import Words, words

_COOKIE = "mbuslink_language"
_YEAR_S = 365 * 86400
LANGUAGE_NAMES = {"de": "Deutsch", "en": "English", "fr": "Français"}


def language_of(incoming: Request) -> str:
    """Return "de", "en" or "fr" for this request."""
    chosen = incoming.cookies.get(_COOKIE)
    if chosen in LANGUAGES:
        return chosen
    for tag, _ in incoming.accept_languages:  # best first; "de-CH" is German
        wanted = tag.partition("-")[0].lower()
        if wanted in LANGUAGES:
            return wanted
    return DEFAULT_LANGUAGE


def page_words() -> Words:
    """Return the words of the request under way."""
    return words(language_of(request))


def remember(response: Response, language: str) -> None:
    """Keep `language` in the browser for a year."""
    response.set_cookie(_COOKIE, language, max_age=_YEAR_S, httponly=True, samesite="Lax")
