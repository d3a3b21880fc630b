"""Where the collected real telegrams are, which are not part of the project: tests skip without."""

from pathlib import Path

TELEGRAMS = Path(__file__).resolve().parents[3] / "shared" / "telegrams" / "telegrams.jsonl"
