"""The set-up says what it does, and what is missing by name."""

import sys

import pytest

from tools import environment
from tools.environment import SetupError, Step


def test_a_step_of_over_a_second_tells_how_long_it_took(capsys, monkeypatch):
    moments = iter((10.0, 12.5, 20.0, 20.4))
    monkeypatch.setattr(environment.time, "monotonic", lambda: next(moments))
    with Step("Building"):
        pass
    with Step("Looking"):
        pass
    assert capsys.readouterr().out == "· Building …\n  Building: done in 2.5 s\n· Looking …\n"


def test_an_old_python_is_refused_with_the_next_step(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))
    with pytest.raises(SetupError, match=r"needs Python 3\.11 or newer.*python3\.11"):
        environment.check_python()


def test_a_failed_step_is_told_with_its_last_lines():
    with pytest.raises(SetupError, match=r"Trying failed(.|\n)*no such luck"):
        environment.run([sys.executable, "-c", "raise SystemExit('no such luck')"], "Trying")


def test_a_missing_debian_package_is_named_where_it_cannot_be_installed(monkeypatch):
    monkeypatch.setattr(environment.os, "geteuid", lambda: 1000)
    missing = environment.debian_packages({"no-such-program": "some-package", "sh": "dash"})
    assert missing == ["Debian package some-package is missing: apt-get install some-package"]


def test_packages_are_installed_once_per_lock(tmp_path, monkeypatch):
    lock = tmp_path / "some.lock"
    lock.write_text("a==1\n")
    commands = []
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "run", lambda command, what: commands.append(command))
    monkeypatch.setattr(environment, "VENV", tmp_path)
    environment.install(lock)
    environment.install(lock)
    assert len(commands) == 1
    assert "--require-hashes" in commands[0]
    lock.write_text("a==2\n")
    environment.install(lock)
    assert len(commands) == 2
