"""The page of the network set-up. In memory while it is used, with the set-up itself."""

from firmware.panel.pages import LEFT, RIGHT
from firmware.panel.setup import NetworkSetup
from firmware.panel.text_width import WIDTH, big_width


def start(address, mask, gateway):
    """Return the `NetworkSetup` that starts from these texts."""
    return NetworkSetup(address, mask, gateway)


def setup_page(words, setup):
    """The network set-up: which part, its digits with the chosen one, a hint or the keys."""
    last = setup.part == 2 and setup.place == 11
    steps = [
        ("fill", 0, 0, WIDTH, 10),
        ("text", words["setup"], 2, 1, 0),
        ("right", "%d/3" % (setup.part + 1), 126, 1, 0),
        ("centred", words["setup_parts_%d" % setup.part], 13),
    ]
    digits = setup.digits()
    text = "".join([str(digit) + ("." if i in (2, 5, 8) else "") for i, digit in enumerate(digits)])
    place = setup.place + setup.place // 3  # among digits and dots
    before, behind = text[:place], text[place + 1 :]
    x = (WIDTH - big_width(text)) // 2 - 2  # the chosen digit has two dots of room on either side
    chosen_x = x + big_width(before) + 3
    steps += [("big", before, x, 27), ("chosen", text[place], chosen_x, 27)]
    steps.append(("big", behind, chosen_x + big_width(text[place]) + 3, 27))
    if setup.hint:
        steps += [("fill", 0, 45, WIDTH, 9), ("centred", words[setup.hint], 46, 0)]
    steps += [("text", "F +1", LEFT, 56)]
    return steps + [("right", words["apply" if last else "next"], RIGHT, 56)]
