"""A network of its own for a test, with the system's real daemons on it; root alone may make one.

eth0 and peer0 are the ends of one cable; peer0 has 192.0.2.1. /run and the daemons' folders are
empty ones in memory, seen by nobody else, and all ends with the command that was run in it.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 60

_BEGIN = """
set -e
settings=/etc/NetworkManager/system-connections
for folder in /run /etc/systemd/network $settings /var/lib/NetworkManager
do mkdir -p $folder; mount -t tmpfs tmpfs $folder; done
mount -t sysfs -o ro sysfs /sys  # read-only: nobody waits for udev
mkdir -p /run/dbus
ip link set lo up
ip link add eth0 type veth peer name peer0
ip link set peer0 up
ip address add 192.0.2.1/24 dev peer0
dbus-daemon --system --fork --nopidfile
"""
_DAEMONS = {
    "networkd": """
mkdir -p /run/systemd/netif/links /run/systemd/netif/leases /run/systemd/netif/lldp
chown -R systemd-network:systemd-network /run/systemd/netif
/lib/systemd/systemd-networkd &
""",
    "NetworkManager": """
cat > /run/manager.conf <<END
[main]
plugins=keyfile
no-auto-default=*
auth-polkit=false
dns=none
[keyfile]
unmanaged-devices=interface-name:peer0
END
NetworkManager --no-daemon --config /run/manager.conf &
""",
    "none": "",
}
_NEEDED = ("unshare", "ip", "dbus-daemon", "networkctl", "nmcli", "chronyd")


def why_not() -> str:
    """Return why there can be no network of its own here, "" when there can."""
    missing = [name for name in _NEEDED if not shutil.which(name)]
    if missing:
        return f"{', '.join(missing)}: not installed (tools/test installs them)"
    if os.geteuid():
        return "root alone may make a network of its own"
    probe = ["unshare", "--net", "--mount", "--pid", "--fork", "true"]
    done = subprocess.run(probe, capture_output=True, text=True)
    return done.stderr.strip() and f"this kernel gives no network of its own: {done.stderr.strip()}"


def inside(daemon: str, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m module arguments` where `daemon` ("none" for none) looks after eth0."""
    run: Sequence[str] = (sys.executable, "-m", module, *arguments)
    script = f'{_BEGIN}{_DAEMONS[daemon]}exec "$@"'
    spaces = ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]
    return subprocess.run(
        [*spaces, "--propagation", "private", "bash", "-c", script, "bash", *run],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )
