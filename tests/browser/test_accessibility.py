"""No page has a violation that axe finds, wide or narrow, light or dark, or while it is cut off."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.fakes import every_page
from tests.fakes.web import Site

pytestmark = pytest.mark.browser


@pytest.fixture
def site(tmp_path):
    every_page.install(tmp_path)
    with Site(tmp_path) as site:
        yield site


def violations(page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {node['html'][:160]}" for v in found for node in v["nodes"]]


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "light")])
def test_axe_finds_nothing(site, visit, width, scheme):
    page = visit(width=width, scheme=scheme)
    states = ("done", "stopped", "failed", "running")
    for number, state in enumerate(states, 1):
        key = "disk_full" if state == "failed" else None
        site.do(lambda n=number, s=state, k=key: site.core.export(n, state=s, error_key=k, total=9))
    found = {}
    for path in [*every_page.addresses(), "/missing"]:
        page.goto(site.address + path)
        page.wait_for_selector('body[data-live="open"]')
        found[path] = violations(page)
    assert {path: said for path, said in found.items() if said} == {}
    visit.errors.clear()  # the 404 itself


def test_nor_while_the_core_is_away(site, visit):
    site.do(site.core.stop)
    page = visit()
    page.wait_for_selector("#core-notice .problem")
    assert violations(page) == []
    site.do(site.core.start)


def test_nor_while_a_readout_runs(site, visit):
    page = visit()
    site.do(site.core.progress, 3, 14)
    page.wait_for_selector("#job .chip")
    assert violations(page) == []
