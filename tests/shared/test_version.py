"""One version: what the programs say is what the project file says."""

import tomllib
from pathlib import Path

from shared.version import VERSION

ROOT = Path(__file__).resolve().parents[2]


def test_the_programs_say_the_version_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["version"] == VERSION
