"""A real core changes a real networkd's address and is killed: run in a network of its own."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

from host.core.network_file import FILE_NAME
from host.system import links
from host.system.tools import run

DATA = Path("/run/data")
OTHER = "[Match]\nName=eth0\n[Network]\nAddress=192.0.2.7/24\n"
BEFORE, AFTER = "192.0.2.7/24", "192.0.2.30/24"


def host(*words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "host", *words, "--data", str(DATA)])


def core() -> subprocess.Popen[bytes]:
    return host("core", "--port", "tcp://127.0.0.1:9")


async def until_address(wanted: str) -> None:
    async with asyncio.timeout(30):
        while True:
            (eth0,) = [one for one in await links.wired() if one.name == "eth0"]
            if eth0.addresses == (wanted,):
                return
            await asyncio.sleep(0.05)


async def tried(address: str) -> int:
    """Try `address` as soon as the core answers; return the exit status."""
    async with asyncio.timeout(30):
        while not (DATA / "core.sock").exists():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    words = ("network", "try", "interface=eth0", "dhcp=off", f"address={address}")
    return await asyncio.to_thread(host(*words).wait)


def past() -> None:
    """Make the time of the change under way be over, as if the core had been away for long."""
    file = DATA / FILE_NAME
    file.write_text(json.dumps(json.loads(file.read_text()) | {"until_ms": 1}))


async def main() -> None:
    await asyncio.to_thread(Path("/etc/systemd/network/20-other.network").write_text, OTHER)
    await run("networkctl", "reload")
    await until_address(BEFORE)
    first = core()
    assert await tried("192.0.2.1") == 2, "peer0 has it"
    assert await tried("192.0.2.30") == 0
    await until_address(AFTER)
    first.kill()
    first.wait()
    await asyncio.to_thread(past)
    second = core()
    await until_address(BEFORE)
    async with asyncio.timeout(30):
        while (DATA / FILE_NAME).exists():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    second.terminate()
    second.wait()


if __name__ == "__main__":
    asyncio.run(main())
