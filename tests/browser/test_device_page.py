"""D7, D8: the LCD is seen and its keys are pressed in the browser, by pointer and keyboard."""

import pytest

pytestmark = pytest.mark.browser


def pressed(site):
    return [gesture for method, gesture in site.core.asked if method == "panel.press"]


def test_d7_the_lcd_is_drawn_live(site, visit):
    page = visit("/device")
    page.get_by_role("img", name="Display of the logger: OK").wait_for()
    site.do(lambda: site.core.draw(bands=("ff" * 128,) + ("00" * 128,) * 7, text="another page"))
    page.get_by_role("img", name="Display of the logger: another page").wait_for()
    assert page.locator(".lcd-dots").get_attribute("d").startswith("M0 0h128v1h-128z")
    site.do(site.core.link, "not_connected")
    page.get_by_text("this is what was seen last").wait_for()


def test_d8_keys_are_pressed_short_and_held(site, visit):
    page = visit("/device")
    page.get_by_role("button", name="Function F").click()
    page.get_by_role("img", name="pressed, function").wait_for()
    page.keyboard.press("e")
    page.get_by_role("img", name="pressed, enter").wait_for()
    page.keyboard.press("Space")
    page.get_by_role("img", name="pressed, function").wait_for()
    box = page.get_by_role("button", name="Function F").bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.get_by_role("img", name="pressed, function_held").wait_for()
    page.mouse.up()
    page.get_by_text("Hold a key …").click()
    page.get_by_role("button", name="Both keys, held").click()
    page.get_by_role("img", name="pressed, both_held").wait_for()
    assert pressed(site) == ["function", "enter", "function", "function_held", "both_held"]


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_d7_nothing_is_wider_than_the_page(visit, width):
    page = visit("/device", width=width, language="fr")
    page.get_by_text("Maintenir une touche").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
