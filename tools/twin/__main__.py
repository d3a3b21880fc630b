"""Run a board twin: `python -m tools.twin --dir DIR --bus tcp://HOST:PORT`. See README.md."""

import argparse
import asyncio
import fcntl
import json
import signal
import socket
import sys
from pathlib import Path
from typing import IO

from tools.twin.control import Control
from tools.twin.supervisor import ROM_KB, Twin, TwinError

# What the board serves in a LAN, for each option --NAME-port.
PORTS = {
    "web": "the board's own web page",
    "converter": "its level converter over TCP",
    "rfc2217": "its level converter over RFC 2217",
}


def main() -> int:
    args = _parse()
    try:
        args.dir.mkdir(parents=True, exist_ok=True)
        with _lock(args.dir):
            asyncio.run(_run(args))
    except (TwinError, OSError) as error:
        print(f"twin: {error}", file=sys.stderr)
        return 2
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.twin", description=__doc__)
    parser.add_argument("--dir", type=Path, required=True, help="where the board's things are kept")
    parser.add_argument(
        "--bus",
        required=True,
        action="append",
        metavar="URL",
        help="the M-Bus: tcp://HOST:PORT or rfc2217://HOST:PORT; again for each further segment",
    )
    parser.add_argument(
        "--io", default="", help="what else is wired to it: the plant's I/O port, tcp://HOST:PORT"
    )
    parser.add_argument(
        "--serial-door",
        default="",
        help="its second serial port: the plant's cable, tcp://HOST:PORT",
    )
    parser.add_argument(
        "--time-scale",
        type=int,
        default=1,
        metavar="N",
        help="the board's clock runs N times faster",
    )
    parser.add_argument(
        "--serial-tcp", type=int, metavar="PORT", help="serve the serial line at 127.0.0.1:PORT too"
    )
    parser.add_argument(
        "--rom-kb", type=int, default=ROM_KB, metavar="N", help="ROM partition; 0 for none"
    )
    for name, what in PORTS.items():
        parser.add_argument(
            f"--{name}-port", type=int, metavar="PORT", help=f"{what}, at 127.0.0.1 (0: any free)"
        )
    args = parser.parse_args()
    args.dir = args.dir.resolve()
    buses = " ".join(args.bus).split()
    args.bus = " ".join(buses)
    if not all(_is_address(bus, "tcp", "rfc2217") for bus in buses) or not 1 <= len(buses) <= 3:
        parser.error(f"--bus {args.bus}: expected tcp://HOST:PORT or rfc2217://HOST:PORT, 1 to 3")
    if args.io and not _is_address(args.io, "tcp"):
        parser.error(f"--io {args.io}: expected tcp://HOST:PORT")
    if args.serial_door and not _is_address(args.serial_door, "tcp"):
        parser.error(f"--serial-door {args.serial_door}: expected tcp://HOST:PORT")
    if not 0 <= args.rom_kb <= 2048 or args.rom_kb % 8:
        parser.error(f"--rom-kb {args.rom_kb}: expected a multiple of 8 up to 2048")
    if not 1 <= args.time_scale <= 1000:
        parser.error(f"--time-scale {args.time_scale}: expected 1 to 1000")
    return args


def _is_address(text: str, *schemes: str) -> bool:
    scheme, _, rest = text.partition("://")
    host, _, port = rest.rpartition(":")
    return scheme in schemes and bool(host) and port.isdigit()


def _lock(directory: Path) -> IO[str]:
    lock = open(directory / "lock", "a")  # noqa: SIM115 - the caller's `with` closes it
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise TwinError(
            f"{directory} is in use by another twin: stop that one, or take another --dir"
        ) from None
    return lock


def _free(port: int | None) -> int | None:
    """Return `port`, one that is free for 0."""
    if port != 0:
        return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def _run(args: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    ports = {name: _free(getattr(args, f"{name}_port")) for name in PORTS}
    twin = Twin(args.dir, args.bus, args.time_scale, args.io, ports, args.rom_kb, args.serial_door)
    try:
        control = args.dir / "control.sock"
        await Control(twin).serve(control)
        serial_tcp = None
        if args.serial_tcp is not None:
            serial_tcp = await twin.cable.serve_tcp("127.0.0.1", args.serial_tcp)
        twin.start()
        ready = {
            "ready": True,
            "port": str(args.dir / "tty"),
            "control": str(control),
            "serial_tcp": serial_tcp and f"tcp://127.0.0.1:{serial_tcp}",
            "bus": args.bus,
            "io": args.io or None,
            **{name: port and f"127.0.0.1:{port}" for name, port in ports.items()},
        }
        print(json.dumps(ready), flush=True)
        await stop.wait()
    finally:
        twin.stop()
        (args.dir / "control.sock").unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
