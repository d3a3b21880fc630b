"""L1 in a real browser: a change cuts the page off, 60 s are over, and everything is back."""

import pytest

from tests.fakes.computer import FIRST

pytestmark = pytest.mark.browser


def test_l1_cut_off_60_s_over_and_back(site, visit):
    page = visit("/network")
    page.clock.install()
    page.get_by_label("IP address").fill("192.168.1.30")
    page.get_by_label("Gateway").fill("")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_selector("#trial")
    assert page.get_by_role("link", name="http://192.168.1.30").is_visible()
    assert page.get_by_role("button", name="Keep it").count() == 0
    network = site.core.computer.network
    site.do(site.core.computer.pass_s, 2)
    assert network.setups["eth0"].address == "192.168.1.30"
    site.stop_web()  # the old address answers no more
    page.clock.fast_forward(61_000)
    page.get_by_text("The time is over").wait_for()
    site.do(site.core.computer.pass_s, 58)
    assert network.setups["eth0"] == FIRST
    site.start_web()
    page.get_by_text("Nobody confirmed the change, so it was taken back.").wait_for()
    assert page.get_by_label("IP address").input_value() == "192.168.1.20"
    visit.errors.clear()  # what it could not reach meanwhile


def test_l1_what_is_reached_at_the_new_address_is_kept(site, visit):
    site.core.computer.lease = "127.0.0.1/8"  # what the browser reaches
    page = visit("/network", language="de", width=390)
    page.get_by_label("Automatisch (DHCP)").check()
    assert page.get_by_label("Subnetzmaske").is_hidden()
    page.get_by_role("button", name="Anwenden").click()
    page.wait_for_selector("#trial")
    site.do(site.core.computer.pass_s, 2)
    page.get_by_role("button", name="Behalten").click()
    page.get_by_role("status").filter(has_text="Netzwerkeinstellungen bleiben").wait_for()
    assert site.core.computer.network.setups["eth0"].dhcp
    assert page.get_by_label("Automatisch (DHCP)").is_checked()


def test_l1_it_is_taken_back_and_a_second_browser_sees_it(site, visit):
    page = visit("/network", language="fr")
    page.get_by_label("Serveur DNS 1").fill("9.9.9.9")
    page.get_by_role("button", name="Utiliser").click()
    page.wait_for_selector("#trial")
    site.do(site.core.computer.pass_s, 2)
    other = visit("/network")
    other.get_by_role("button", name="Take it back now").click()
    other.get_by_role("status").filter(has_text="taken back").wait_for()
    page.wait_for_selector("#trial", state="detached")
    assert page.get_by_label("Serveur DNS 1").input_value() == "192.168.1.1"
