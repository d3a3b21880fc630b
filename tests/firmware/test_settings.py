"""Settings are kept in flash; a change is taken whole or not at all."""

from pathlib import Path
from typing import Any

import pytest

from tests.fakes.small_python import run_on_micropython

CODE = """
import asyncio
from firmware import kept_values
from firmware.settings import Settings
from shared.errors import BadSetting
kept_values.FOLDER = {folder!r}

async def change(settings, **values):
    try:
        await settings.change({{name.replace("__", "."): values[name] for name in values}})
    except BadSetting as error:
        return str(error)
"""


def told(folder: Path, code: str) -> Any:
    return run_on_micropython(CODE.format(folder=str(folder)) + code)


def test_a_change_outlives_a_restart_and_is_told(tmp_path: Path):
    code = """
settings = Settings()
heard = []
settings.watch(lambda names: heard.append(sorted(names)))
asyncio.run(change(settings, language="de", network__dhcp=False, name="mbuslink"))
asyncio.run(change(settings, language="de"))
again = Settings()
tell([again.get("language"), again.get("network.dhcp"), again.get("name"), heard])
"""
    assert told(tmp_path, code) == ["de", False, "mbuslink", [["language", "network.dhcp"]]]


def test_a_secret_is_kept_and_used_but_not_told(tmp_path: Path):
    code = """
settings = Settings()
handlers = settings.handlers()
values = {"network.ssid": "plant room", "network.key": "a good key"}
said = asyncio.run(handlers["settings.set"]({"values": values}))
again = asyncio.run(handlers["settings.get"]({}))
tell([said["values"]["network.key"], again["values"]["network.key"], Settings().get("network.key")])
"""
    assert told(tmp_path, code) == [True, True, "a good key"]


def test_one_wrong_value_and_nothing_changes(tmp_path: Path):
    code = """
settings = Settings()
error = asyncio.run(change(settings, language="fr", network__mask="255.255"))
tell([error, settings.get("language"), Settings().get("language"), kept_values.load("settings")])
"""
    error, now, kept, text = told(tmp_path, code)
    assert "network.mask" in error
    assert (now, kept, text) == ("en", "en", None)


@pytest.mark.parametrize("text", ["", "{", "[1]", "null", '{"gone": 1, "language": "xx"}'])
def test_what_is_kept_and_not_allowed_gives_way_to_the_default(tmp_path: Path, text: str):
    code = f"kept_values.save('settings', {text!r})\ntell(Settings().get('language'))"
    assert told(tmp_path, code) == "en"


def test_one_wrong_kept_value_costs_no_other(tmp_path: Path):
    code = """
kept_values.save("settings", '{"language": "it", "name": "cellar"}')
tell([Settings().get("language"), Settings().get("name")])
"""
    assert told(tmp_path, code) == ["en", "cellar"]


def test_flash_is_written_only_while_the_bus_is_quiet(tmp_path: Path):
    code = """
seen = []
class Quiet:
    async def __aenter__(self):
        seen.append(["in", kept_values.load("settings")])
    async def __aexit__(self, *error):
        seen.append(["out", kept_values.load("settings")])
asyncio.run(change(Settings(Quiet), language="de"))
tell(seen)
"""
    assert told(tmp_path, code) == [["in", None], ["out", '{"language": "de"}']]
