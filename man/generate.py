"""Writes the manual pages that come from the classes, and the options in fdscope.1: ``python man/generate.py``."""

from __future__ import annotations

import sys
from pathlib import Path

from fdscope.options import OPTIONS
from fdscope.report.manual import json_page, kinds_page, options_section, prose
from fdscope.statuses import MEANINGS

HERE = Path(__file__).parent
BEGIN, END = '.\\" options: made by man/generate.py\n', '.\\" end of options\n'
BEGIN_STATUS, END_STATUS = '.\\" statuses: made by man/generate.py\n', '.\\" end of statuses\n'


def pages() -> dict[str, str]:
    """File name to the text that it must have."""
    options = options_section((one.names, one.value, one.choices, one.help) for one in OPTIONS)
    statuses = "".join(f".It {status}\n{''.join(prose(meaning))}" for status, meaning in MEANINGS.items())
    frame = (HERE / "fdscope.1").read_text()
    frame = _between(frame, BEGIN, END, options)
    frame = _between(frame, BEGIN_STATUS, END_STATUS, f".Bl -tag -width 130\n{statuses}.El\n")
    return {"fdscope.1": frame, "fdscope-kinds.7": kinds_page(), "fdscope-json.5": json_page()}


def _between(text: str, begin: str, end: str, inner: str) -> str:
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}{inner}{end}{after}"


if __name__ == "__main__":
    for name, text in pages().items():
        (HERE / name).write_text(text)
    sys.exit(0)
