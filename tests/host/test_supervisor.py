"""The supervisor with children of one line of Python each."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from host import supervisor
from host.supervisor import EXIT_HOPELESS, Child, Supervisor
from tests.fakes.loop import in_loop


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "_PAUSES_S", (0.01,))
    monkeypatch.setattr(supervisor, "_STOP_S", 0.5)


def child(name: str, code: str, mark: Path, ready: bool = True) -> Child:
    async def is_ready() -> bool:
        return ready and os.path.exists(mark)  # noqa: ASYNC240

    return Child(name, ["-c", f"from pathlib import Path; {code}"], is_ready, Path(f"{name}.log"))


def touching(mark: Path) -> str:
    return f"p = Path({str(mark)!r}); p.open('a').write('x')"


SLEEP = "import time; time.sleep(60)"


@in_loop
async def test_all_are_stopped_by_sigterm_even_one_that_does_not_listen(tmp_path: Path) -> None:
    mark = tmp_path / "started"
    deaf = f"import signal; signal.signal(15, signal.SIG_IGN); {touching(mark)}; {SLEEP}"
    told: list[str] = []

    def ready() -> None:
        told.append("ready")
        os.kill(os.getpid(), signal.SIGTERM)

    keeping = Supervisor([child("deaf", deaf, mark), child("good", SLEEP, mark)], ready)
    async with asyncio.timeout(20):
        assert await keeping.run() == 0
    assert told == ["ready"]


@in_loop
async def test_a_child_without_hope_ends_the_host_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mark = tmp_path / "started"
    hopeless = f"{touching(mark)}; raise SystemExit({EXIT_HOPELESS})"
    children = [child("core", hopeless, mark, ready=False), child("web", SLEEP, mark, ready=False)]
    async with asyncio.timeout(20):
        assert await Supervisor(children, lambda: None).run() == 1
    assert mark.read_text() == "x"
    assert "the core cannot run; its message stands above" in capsys.readouterr().err


@in_loop
async def test_false_starts_are_counted_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mark = tmp_path / "started"
    failing = child("web", f"{touching(mark)}; raise SystemExit(3)", mark, ready=False)
    async with asyncio.timeout(30):
        assert await Supervisor([failing], lambda: None).run() == 1
    assert mark.read_text() == "xxxxx"
    message = (
        "the web ended 5 times right after its start (exit status 3); the reason is in web.log"
    )
    assert message in capsys.readouterr().err


@in_loop
async def test_a_child_that_was_ready_is_started_again_without_end(tmp_path: Path) -> None:
    mark = tmp_path / "started"
    # Ready at the first sight of the mark; the eighth start tells its supervisor to stop.
    code = (
        f"import os, time; {touching(mark)}; time.sleep(0.15); "
        f"len(p.read_text()) >= 8 and (os.kill(os.getppid(), 15), time.sleep(60))"
    )
    async with asyncio.timeout(60):
        assert await Supervisor([child("core", code, mark)], lambda: None).run() == 0
    assert len(mark.read_text()) == 8
