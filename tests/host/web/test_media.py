"""The picture of a medium."""

from pathlib import Path

import host.web.media as module
from host.web.media import icon_of

ICONS = (Path(module.__file__).parent / "static" / "icons.svg").read_text("utf-8")


def test_every_medium_has_a_picture():
    for code in (None, *range(256)):
        assert f'id="{icon_of(code)}"' in ICONS
