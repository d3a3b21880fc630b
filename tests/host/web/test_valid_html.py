"""Every page is valid HTML, in every language, by html-validate (https://html-validate.org)."""

import hashlib
import http.client
import shutil
import subprocess
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from host.store import accounts, database
from host.web.access import COOKIE, SIGN_IN
from tests.fakes import every_page
from tests.fakes.web import Site, sign_in

ROOT = Path(__file__).resolve().parents[3]
SOURCE = Path(__file__).parent / "html_validate"
INSTALLED = ROOT / "build" / "html_validate"


@pytest.fixture(scope="module")
def validator():
    """The program, installed by its lock file."""
    digest = hashlib.sha256((SOURCE / "package-lock.json").read_bytes()).hexdigest()
    stamp = INSTALLED / "lock.sha256"
    if not stamp.is_file() or stamp.read_text() != digest:
        shutil.rmtree(INSTALLED, ignore_errors=True)
        shutil.copytree(SOURCE, INSTALLED)
        subprocess.run(["npm", "ci", "--silent"], cwd=INSTALLED, check=True, timeout=100)
        stamp.write_text(digest)
    return INSTALLED / "node_modules" / ".bin" / "html-validate"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    data = tmp_path_factory.mktemp("data")
    every_page.install(data)
    with Site(data) as site:
        yield site


def get(site: Site, path: str, language: str, token: str) -> tuple[str, bytes]:
    """Return the status and type of what is answered, and what."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)
    headers = {"Accept-Language": language, "Cookie": f"{COOKIE}={token}"}
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    kind = f"{answer.status} {answer.headers.get_content_type()}"
    content = answer.read()
    connection.close()
    return kind, content


def faults(validator: Path, folder: Path) -> str:
    options = ["--config", str(INSTALLED / ".htmlvalidate.json"), "--formatter", "text"]
    command = ["node", str(validator), *options, "--ext", "html", str(folder)]
    done = subprocess.run(command, cwd=INSTALLED, capture_output=True, text=True, timeout=100)
    return done.stdout + done.stderr


@pytest.mark.parametrize("language", ["de", "en", "fr"])
def test_every_page_is_valid_html(validator, site, tmp_path, language):
    token = sign_in(site.server.app)
    signed_in = {path: get(site, path, language, token) for path in every_page.addresses()}
    assert {kind for kind, _ in signed_in.values()} == {"200 text/html"}, signed_in.keys()
    pages = [
        *signed_in.values(),
        get(site, SIGN_IN, language, ""),
        get(site, "/no", language, token),
    ]
    for number, (_, content) in enumerate(pages):
        (tmp_path / f"{number}.html").write_bytes(content)
    assert faults(validator, tmp_path) == ""


def test_forms_with_the_settings_for_experts_are_valid_too(validator, site, tmp_path):
    token = sign_in(site.server.app)
    engine = database.open_writer(database.database_path(site.data))
    with Session(engine) as session, session.begin():
        olga = accounts.by_name(session, "Olga")
        accounts.set_expert(session, "Olga", olga.id, True)
    engine.dispose()
    for name, path in (("meter", "/meters/1/settings"), ("scan", "/scan")):
        _, content = get(site, path, "de", token)
        assert b'name="with_experts"' in content
        (tmp_path / f"{name}.html").write_bytes(content)
    assert faults(validator, tmp_path) == ""


def test_what_is_wrong_is_found(validator, tmp_path):
    (tmp_path / "page.html").write_text("<!DOCTYPE html><html lang=en><p id=a><p id=a></html>")
    assert "no-dup-id" in faults(validator, tmp_path)
