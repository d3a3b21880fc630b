"""Files of ours among those of the system's tools."""

from __future__ import annotations

from pathlib import Path

from host.system.tools import SystemFault


def write(file: Path, text: str, wanted: bool) -> bool:
    """Have `file` hold `text`, or not be there unless it is `wanted`; tell whether that is new.

    Everybody may read it: tools run as users of their own. Raises `SystemFault`.
    """
    try:
        before = file.read_text() if file.exists() else None
        if before == (text if wanted else None):
            return False
        if not wanted:
            file.unlink()
            return True
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_suffix(".new")
        new.write_text(text)
        new.chmod(0o644)
        new.replace(file)
    except OSError as error:
        raise SystemFault(f"{file}: {error.strerror}") from error
    return True
