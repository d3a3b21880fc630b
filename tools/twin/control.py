"""The twin's control socket: JSON lines, one request and one answer each (see README.md)."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tools.twin.supervisor import Twin, TwinError


class Control:
    """Lets a test do to the twin what a hand does to a board."""

    def __init__(self, twin: Twin):
        self._twin = twin
        self._actions: dict[str, Callable[[], None]] = {
            "unplug": twin.cable.unplug,
            "replug": twin.cable.plug,
            "reset": twin.reset,
            "kill": twin.reset,
            "state": lambda: None,
        }

    async def serve(self, path: Path) -> None:
        """Listen at `path`. TwinError when the path is too long for a socket."""
        path.unlink(missing_ok=True)  # noqa: ASYNC240 - before anything else runs
        try:
            await asyncio.start_unix_server(self._serve, path)
        except OSError as error:
            raise TwinError(
                f"no control socket at {path} ({error}): take a --dir with a shorter path"
            ) from error

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(json.dumps(self._answer(line)).encode() + b"\n")
                await writer.drain()
        except (OSError, ValueError):  # the asker is gone, or sent a line without end
            pass
        finally:
            writer.close()

    def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            request = json.loads(line)
            action = self._actions[request["do"]]
        except (ValueError, KeyError, TypeError):
            return {"ok": False, "error": f'expected {{"do": one of {sorted(self._actions)}}}'}
        action()
        return {
            "ok": True,
            "plugged": self._twin.cable.plugged,
            "pid": self._twin.pid,
            "starts": self._twin.starts,
        }
