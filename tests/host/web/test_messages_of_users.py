"""W5: what is said against a sign-in and a change of users, by forms, in each language.

Which message of the manual each test proves stands in `host/texts/messages.md`.
"""

import pytest

from host.texts.catalogue import LANGUAGES, gettext
from host.texts.words import USER_REFUSALS
from host.web.attempts import Attempts
from tests.fakes import installation
from tests.fakes.installation import PASSWORD
from tests.fakes.read_pages import plain
from tests.fakes.web import Site
from tests.host.web.conftest import client_of
from tests.host.web.test_access import token

NEW = "four words in a row"
GOOD = {"name": "Paula", "role": "standard", "new": NEW, "repeat": NEW}
SIGN_IN = {"name": "Olga", "password": "wrong"}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Users of the real core's services; what is refused here changes nothing."""
    folder = tmp_path_factory.mktemp("users")
    installation.install(folder)
    with Site(folder) as site:
        site.do(site.connected)
        yield site


@pytest.fixture(autouse=True)
def first_try(site):
    """Nobody has guessed before."""
    site.server.app.extensions["attempts"] = Attempts()


def send(client, path, language, fields):
    answer = client.post(
        path, data=fields | {"csrf": token(client)}, headers={"Accept-Language": language}
    )
    return answer.status_code, plain(answer.text)


CHAPTER_8 = {
    "login": (
        "/sign-in",
        SIGN_IN,
        "Benutzername oder Passwort falsch!",
        "Incorrect user name or password!",
        "Nom d'utilisateur ou mot de passe incorrect !",
    ),
    "new user, another repeat": (
        "/users",
        GOOD | {"repeat": "another"},
        "Das wiederholte Passwort ist ein anderes. Geben Sie zweimal dasselbe ein.",
        "The repeated password is another one. Type the same twice.",
        "Le mot de passe répété ne correspond pas. Saisissez deux fois le même.",
    ),
    "new user, short password": (
        "/users",
        GOOD | {"new": "12", "repeat": "12"},
        "Passwort zu kurz! Es braucht mindestens 3 Zeichen.",
        "Password too short! It needs 3 characters or more.",
        "Mot de passe trop court ! Il faut au moins 3 caractères.",
    ),
    "new user, no role": (
        "/users",
        GOOD | {"role": ""},
        "Keine Rolle ausgewählt! Wählen Sie eine.",
        "No role was selected! Choose one.",
        "Aucun rôle sélectionné ! Choisissez-en un.",
    ),
    "password, another repeat": (
        "/password",
        {"current": PASSWORD, "new": NEW, "repeat": "another"},
        "Das wiederholte Passwort ist ein anderes. Geben Sie zweimal dasselbe ein.",
        "The repeated password is another one. Type the same twice.",
        "Le mot de passe répété ne correspond pas. Saisissez deux fois le même.",
    ),
    "password, too short": (
        "/password",
        {"current": PASSWORD, "new": "12", "repeat": "12"},
        "Passwort zu kurz! Es braucht mindestens 3 Zeichen.",
        "Password too short! It needs 3 characters or more.",
        "Mot de passe trop court ! Il faut au moins 3 caractères.",
    ),
}


@pytest.mark.parametrize("case", CHAPTER_8)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_message_of_chapter_8(site, case, language):
    path, fields, *texts = CHAPTER_8[case]
    app = site.server.app
    client = app.test_client() if path == "/sign-in" else client_of(app, "Olga")
    status, page = send(client, path, language, fields)
    assert status == (401 if path == "/sign-in" else 422)
    assert texts[LANGUAGES.index(language)] in page.replace("’", "'")


REFUSED = {
    "name_short": ("/users", GOOD | {"name": "Al"}),
    "name_long": ("/users", GOOD | {"name": "A" * 61}),
    "name_signs": ("/users", GOOD | {"name": "A\u202eNNA"}),
    "name_taken": ("/users", GOOD | {"name": "olga"}),
    "password_short": ("/users", GOOD | {"new": "12", "repeat": "12"}),
    "password_weak": ("/users", GOOD | {"new": "1234567", "repeat": "1234567"}),
    "password_long": ("/users", GOOD | {"new": "x" * 201, "repeat": "x" * 201}),
    "role_unknown": ("/users", GOOD | {"role": "king"}),
    "password_same": ("/password", {"current": PASSWORD, "new": PASSWORD, "repeat": PASSWORD}),
    "password_wrong": ("/password", {"current": "guess", "new": NEW, "repeat": NEW}),
}
QUICKER = ("last_administrator", "user_unknown")
"""What is said only when somebody else was quicker."""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", REFUSED)
def test_what_is_refused_among_users(site, key, language):
    path, fields = REFUSED[key]
    status, page = send(client_of(site.server.app, "Olga"), path, language, fields)
    assert status == 422
    assert plain(gettext(language, USER_REFUSALS[key])).replace("{count}", "8") in page


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", QUICKER)
def test_what_is_refused_since_somebody_else_was_quicker(tmp_path, monkeypatch, key, language):
    """The one who is deleted is gone, or the one who deletes is no administrator any more."""
    installation.install(tmp_path)
    with Site(tmp_path) as site:
        site.do(site.connected)
        core = site.server.core
        core.request("users.change_role", who="x", id=2, role="administrator")
        client, request = client_of(site.server.app, "Olga"), core.request

        def late(method, **wanted):
            if key == "user_unknown":
                request("users.delete", who="x", id=2)
            else:
                request("users.change_role", who="x", id=1, role="standard")
            return request(method, **wanted)

        monkeypatch.setattr(core, "request", late)
        status, page = send(client, "/users/2/delete", language, {})
    assert status == 422
    assert plain(gettext(language, USER_REFUSALS[key])) in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_after_a_few_guesses_the_wait_is_told(app, language):
    client = app.test_client()
    pages = [send(client, "/sign-in", language, SIGN_IN)[1] for _ in range(6)]
    waits = {"de": "Sekunde", "en": "second", "fr": "seconde"}
    assert waits[language] in pages[-1]


def test_every_refusal_has_its_case():
    assert {*REFUSED, *QUICKER} == set(USER_REFUSALS)
