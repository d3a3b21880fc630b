"""The process itself: on this machine only, one clear line when its port is taken, a clean end."""

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.request

from host.web import assets
from host.web.access import COOKIE
from host.web.app import create_app
from host.web.core_line import CoreLine
from host.web.settings import WebSettings
from tests.fakes.web import sign_in


def start(data, port):
    command = [sys.executable, "-m", "host.web", "--data", str(data), "--port", str(port)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_it_serves_on_loopback_only_and_ends_on_sigterm(data):
    token = sign_in(create_app(WebSettings(data), CoreLine(data)))
    process = start(data, 0)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
        assert found is not None, line
        with urllib.request.urlopen(found[0] + "health", timeout=20) as answer:
            assert answer.read() == b"ok\n"
        request = urllib.request.Request(found[0], headers={"Cookie": f"{COOKIE}={token}"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            assert b"Flat 1 heating" in answer.read(), "sessions outlive a restart"
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.2", int(found[1]))) != 0
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) in (0, -signal.SIGTERM)


def test_a_port_that_is_taken_is_named(data):
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        process = start(data, port)
        output, _ = process.communicate(timeout=20)
    assert process.returncode == 1
    assert f"port {port} on 127.0.0.1" in output
    assert "--port" in output
    assert "Traceback" not in output


def test_the_lock_names_no_registry_and_pins_every_package():
    lock = json.loads((assets.FOLDER / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    for name, entry in packages.items():
        assert "resolved" not in entry, name
        assert entry["integrity"].startswith("sha512-")


def test_assets_are_installed_once():
    assets.install()
    assert assets.install() is False
