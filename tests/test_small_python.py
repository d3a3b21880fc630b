"""Every module of shared, firmware and boards compiles with mpy-cross and imports on MicroPython.

Real MicroPython (the Unix port) with the heap of a board: 240 KB.
"""

import shutil
import subprocess
from pathlib import Path

import microdot
import pytest

MICRODOT = ("__init__.py", "microdot.py")  # what the firmware has of it
ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted(
    path.relative_to(ROOT)
    for room in ("shared", "firmware", "boards")
    for path in (ROOT / room).rglob("*.py")
)
# Start when they are imported, or need hardware that the Unix port does not have: compiled only.
# (Those of a microcontroller are imported and run in tests/firmware/hal/driver_scenarios.py.)
COMPILE_ONLY = {
    "firmware/main.py",
    "firmware/hal/nic.py",
    "firmware/hal/on_circuitpython.py",
    *(f"firmware/hal/drivers/network_{kind}.py" for kind in ("lan_esp32", "wifi", "wiznet")),
    *(f"firmware/hal/drivers/{name}.py" for name in ("pio_uart", "pulse_pio")),
}
IMPORT_ALL = """
import sys
sys.path.insert(0, "")
for name in {names}:
    try:
        __import__(name)
    except Exception as error:
        print("IMPORT", name, repr(error))
    for loaded in list(sys.modules):
        del sys.modules[loaded]
    import gc
    gc.collect()
print("END")
"""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every module as .mpy; the test fails on the first that does not compile."""
    target = tmp_path_factory.mktemp("mpy")
    packages = Path(microdot.__file__).parents[1]
    sources = {module: ROOT / module for module in MODULES}
    sources |= {Path("microdot", f): packages / "microdot" / f for f in MICRODOT}
    for module, source in sources.items():
        output = (target / module).with_suffix(".mpy")
        output.parent.mkdir(parents=True, exist_ok=True)
        command = ["mpy-cross", "-s", str(module), "-o", str(output), str(source)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    return target


def micropython(folder: Path, code: str) -> str:
    program = shutil.which("micropython")
    assert program, "micropython is not on PATH: run tools/test"
    done = subprocess.run(
        [program, "-X", "heapsize=240k", "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout + done.stderr


def test_every_module_imports_within_240_kb(compiled: Path):
    names = [
        str(module.with_suffix("")).replace("/", ".").removesuffix(".__init__")
        for module in MODULES
        if str(module) not in COMPILE_ONLY
    ]
    assert len(names) > 5
    assert micropython(compiled, IMPORT_ALL.format(names=names)).strip() == "END"


def test_a_module_that_does_not_import_is_named(compiled: Path):
    (compiled / "broken.py").write_text("import typing")
    answer = micropython(compiled, IMPORT_ALL.format(names=["broken"]))
    assert answer.startswith("IMPORT broken ImportError")
