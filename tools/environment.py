"""Makes the environment that every other tool runs in, with nothing but Python's own library.

`.venv` holds the packages of a lock file and a stamp with the lock's hash, so that a second start
costs nothing and a changed lock is noticed. This file refuses to need anything installed.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
PRODUCT_LOCK = ROOT / "requirements.lock"
TEST_LOCK = ROOT / "requirements-test.lock"
OLDEST_PYTHON = (3, 11)


class SetupError(Exception):
    """A step of the set-up failed; the text names the thing and the next step."""


class Step:
    """Prints `title` when a step begins and how long it took when it ends (if over a second)."""

    def __init__(self, title: str) -> None:
        self.title = title

    def __enter__(self) -> "Step":
        print(f"· {self.title} …", flush=True)
        self.started = time.monotonic()
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        took = time.monotonic() - self.started
        if kind is None and took >= 1:
            print(f"  {self.title}: done in {took:.1f} s", flush=True)


def check_python() -> None:
    """Raise SetupError when this Python is too old."""
    if sys.version_info < OLDEST_PYTHON:
        wanted = ".".join(map(str, OLDEST_PYTHON))
        raise SetupError(
            f"mbuslink needs Python {wanted} or newer, this is {sys.version.split()[0]}: "
            f"start it with a newer one, such as python{wanted} {sys.argv[0]}"
        )


def run(command: list[str], what: str) -> None:
    """Run `command` at the root; raise SetupError with its last lines when it fails."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise SetupError(f"{what} failed ({' '.join(command[:4])} …):\n{tail}")


def install(lock: Path, target: Path | None = None) -> None:
    """Install the packages of `lock` into .venv, or into the folder `target`, once.

    A stamp beside the packages keeps the lock's hash. The test lock contains the product's, so an
    environment made for the tests also serves the product.
    """
    place = target or VENV
    stamp = place / f"{lock.stem}.sha256"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == digest:
        return
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--require-hashes", "--requirement", str(lock)]
    if target:
        shutil.rmtree(target, ignore_errors=True)
        command += ["--no-deps", "--target", str(target)]
    with Step(f"Installing the packages of {lock.relative_to(ROOT)}"):
        run(command, "Installing the Python packages")
    stamp.write_text(digest)


def make_venv() -> None:
    """Create .venv with this Python unless a working one stands there."""
    if PYTHON.exists():
        return
    with Step("Creating the Python environment .venv"):
        try:
            run([sys.executable, "-m", "venv", str(VENV)], "Creating .venv")
        except SetupError as error:
            shutil.rmtree(VENV, ignore_errors=True)
            raise SetupError(
                f"{error}\nOn Debian it needs one more package: apt-get install python3-venv"
            ) from None


def enter(tests: bool = False) -> None:
    """Make .venv complete and go on inside it: the calling script starts again under its Python.

    Raises SetupError when a step fails.
    """
    check_python()
    make_venv()
    both_done = TEST_LOCK if tests or (VENV / f"{TEST_LOCK.stem}.sha256").is_file() else None
    install(both_done or PRODUCT_LOCK)
    if Path(sys.prefix).resolve() != VENV.resolve():
        os.execv(PYTHON, [str(PYTHON), *sys.argv])
    os.environ["PATH"] = f"{VENV / 'bin'}{os.pathsep}{os.environ['PATH']}"
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))


def debian_packages(programs: dict[str, str]) -> list[str]:
    """Install what is missing of `programs` (program -> Debian package) when we may.

    Returns a line for each package that is missing still: what to install by hand.
    """
    missing = sorted({package for name, package in programs.items() if not shutil.which(name)})
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        with Step(f"Installing the Debian packages {' '.join(missing)}"):
            for command in (["update"], ["install", "-y", "--no-install-recommends", *missing]):
                subprocess.run(
                    ["apt-get", "-qq", "-o=Dpkg::Use-Pty=0", *command],
                    env=environment,
                    stdout=subprocess.DEVNULL,
                )
        missing = sorted({package for name, package in programs.items() if not shutil.which(name)})
    return [f"Debian package {name} is missing: apt-get install {name}" for name in missing]
