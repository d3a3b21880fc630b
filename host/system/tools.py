"""Runs the system's own tools: an argument list in, text out, never a shell."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable

from shared.errors import MbuslinkError

TIMEOUT_S = 20.0
FOLDERS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where tools are: a service's PATH often has no sbin."""

Run = Callable[..., Awaitable[str]]
"""run(*argv) -> what the tool wrote. Raises `SystemFault`."""


class SystemFault(MbuslinkError):
    """A tool of the system is not there, refused, or did not end in time."""

    key = "system_fault"


async def run(*argv: str) -> str:
    """Return what the tool `argv` writes, in English. Raises `SystemFault`."""
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=os.environ | {"LC_ALL": "C", "PATH": f"{os.environ.get('PATH', '')}:{FOLDERS}"},
        )
    except OSError as error:
        raise SystemFault(f"{argv[0]}: {error.strerror}") from error
    try:
        async with asyncio.timeout(TIMEOUT_S):
            out, said = await process.communicate()
    except TimeoutError:
        raise SystemFault(f"{argv[0]}: no end after {TIMEOUT_S:g} s") from None
    finally:
        if process.returncode is None:
            process.kill()
    text = out.decode(errors="replace")
    if process.returncode:
        why = (said.decode(errors="replace").strip() or text.strip()).splitlines()
        raise SystemFault(f"{argv[0]}: {why[-1] if why else f'exit status {process.returncode}'}")
    return text
