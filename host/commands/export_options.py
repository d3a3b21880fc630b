"""The options of `export`; what they name stands in `host.export`, which is loaded when it runs."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from host.commands.exporting import Wanted

_EPILOG = """\
formats:
  standard   CSV, a row a readout, two columns a value
  full-db    CSV, a row a value with all that is known of it, 40 columns
  json       exact numbers, a line a readout
  xlsx       a spreadsheet

examples:
  python -m host export --out csv --from 2026-01-01 --to 2026-01-31
  python -m host export --out . --zip --format full-db --medium heat
  python -m host export --out billing --dates --format xlsx --language de
  python -m host export --out flat1 --unit "Flat 1"
"""


def add_arguments(options: argparse.ArgumentParser) -> None:
    """Give `export` its options."""
    options.formatter_class = argparse.RawDescriptionHelpFormatter
    options.epilog = _EPILOG
    add = options.add_argument
    where = options.add_mutually_exclusive_group(required=True)
    where.add_argument("--out", type=Path, metavar="DIR", help="folder for the files")
    text = "let the running host make DataExport.zip by itself (see: python -m host exports)"
    where.add_argument("--background", action="store_true", help=text)
    add("--zip", action="store_true", help="one DataExport.zip with all files")
    kinds = ("standard", "full-db", "json", "xlsx")
    add("--format", default="standard", choices=kinds, help="see below (default: standard)")
    add("--from", dest="since", metavar="DATE", help="first day or moment, UTC (2026-01-31T12:00)")
    add("--to", dest="until", metavar="DATE", help="last day, or moment that is no longer in it")
    add("--dates", action="store_true", help="only readings that were taken for a reading date")
    which = options.add_mutually_exclusive_group()
    which.add_argument("--meters", nargs="+", metavar="ADDRESS", help="these meters only")
    which.add_argument("--unit", metavar="NAME", help="meters of this consumer unit only")
    media = ("electricity", "gas", "heat", "water", "cooling", "other")
    add("--medium", choices=media, help="meters of this medium only")
    add("--separator", default=";", metavar="C", help="of CSV: ; or , or tab (default: ;)")
    add("--decimal", default=".", metavar="C", help="decimal mark of CSV: . or , (default: .)")
    add("--bom", action="store_true", help="mark CSV as UTF-8, for Excel")
    add(
        "--language",
        default="en",
        choices=("de", "en", "fr"),
        help="of the values' names (default: en)",
    )
    add("--progress-lines", action="store_true", help=argparse.SUPPRESS)


def wanted(options: argparse.Namespace, since: datetime | None, until: datetime | None) -> Wanted:
    """Return what the options ask for. Raises `BadSetting`."""
    from host.commands.exporting import Wanted, addresses_of
    from host.export.form import Format, Period

    addresses = options.meters
    if options.unit is not None:
        addresses = addresses_of(options.data, options.unit)
    return Wanted(
        period=Period(since, until, options.dates),
        form=Format(
            kind=options.format,
            separator="\t" if options.separator == "tab" else options.separator,
            mark=options.decimal,
            language=options.language,
            bom=options.bom,
        ),
        addresses=addresses,
        medium=options.medium,
    )
