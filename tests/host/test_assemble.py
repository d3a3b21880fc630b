"""What the host says before it starts."""

from pathlib import Path

import pytest

from host.__main__ import main
from host.supervisor import Supervisor


def test_run_warns_of_a_cycle_that_the_bus_cannot_meet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run(self: Supervisor) -> int:
        return 0

    monkeypatch.setattr(Supervisor, "run", run)
    where = ["--data", str(tmp_path)]
    assert main(["add", *map(str, range(1, 61)), "--baud", "300", *where]) == 0
    for cycle, warned in (("60", True), ("3600", False)):
        capsys.readouterr()
        main(["run", "--port", "tcp://127.0.0.1:1", "--web-port", "0", "--cycle", cycle, *where])
        said = capsys.readouterr().err
        assert ("the bus is too slow for this" in said) is warned, said
        assert ("segment 1" in said) is warned
