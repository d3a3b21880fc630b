"""M9: the file of driver templates, which is taken whole or not at all."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.settings import template as files
from host.settings.template import MOST_TEMPLATES, Kind, Template
from host.settings.value import PLAIN, ValueKey, ValueSettings
from shared.errors import BadSetting

METER = {"meter_type": 4, "snd_nke": False, "application_reset": 16}
HEAT = Template(
    "AMT <heat>",
    Kind("AMT", 192, 14),
    METER,
    {
        ValueKey("0c06", 0): ValueSettings(designation="=1+1", factor="1000"),
        ValueKey("0c15", 0): PLAIN,
    },
)


def text(**changes: Any) -> bytes:
    told = json.loads(files.write([HEAT]))
    return json.dumps(told | changes).encode()


def entry(**changes: Any) -> bytes:
    return text(templates=[HEAT.entry() | changes])


def test_what_is_written_is_read_again() -> None:
    other = Template("other", Kind("HYD", 7, 4), METER, {})
    assert list(files.read(files.write([HEAT, other]).encode())) == [HEAT, other]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b"9" * 10_000,
        b"x" * 1_000_001,
        text(format="something else"),
        text(version=2),
        text(version="1"),
        text(more=1),
        text(templates=[]),
        text(templates={}),
        text(templates=[HEAT.entry()] * 2),
        text(templates=[HEAT.entry(), {}]),
        text(templates=[HEAT.entry()] * (MOST_TEMPLATES + 1)),
        entry(name=""),
        entry(name="a\nb"),
        entry(name="\N{RIGHT-TO-LEFT OVERRIDE}x"),
        entry(name=7),
        entry(manufacturer="amt"),
        entry(manufacturer="AM"),
        entry(manufacturer=None),
        entry(version=256),
        entry(version=True),
        entry(version=1.0),
        entry(records=-1),
        entry(meter={}),
        entry(meter=METER | {"snd_nke": 1}),
        entry(meter=METER | {"name": "x"}),
        entry(meter=METER | {"application_reset": 999}),
        entry(values=[{"head": "zz", "nth": 0}]),
        entry(values=[{"head": "0c06", "nth": 0, "factor": "3"}]),
        entry(more=1),
    ],
    ids=lambda data: data[:30].decode(errors="replace"),
)
def test_another_file_is_refused(data: bytes) -> None:
    with pytest.raises(BadSetting):
        files.read(data)


@given(st.data())
def test_half_a_file_is_refused(data: st.DataObject) -> None:
    whole = files.write([HEAT]).encode()
    cut = data.draw(st.integers(0, len(whole) - 3))
    with pytest.raises(BadSetting):
        files.read(whole[:cut])


def test_it_is_told_which_template_is_wrong() -> None:
    with pytest.raises(BadSetting, match="template 2: name"):
        files.read(text(templates=[HEAT.entry(), HEAT.entry() | {"version": 1, "name": ""}]))
