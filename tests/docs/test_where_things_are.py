"""The page that says where things are names files that are there, and what it says of them is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/where-things-are.md").read_text("utf-8")
ROWS = re.findall(r"^\| (.+\?) \| (.+) \| `(\S+)` \|$", PAGE, re.MULTILINE)

# A word that stands in the file which answers a question, and would not be there if the answer lay elsewhere.
ANSWERED_BY = {
    "catalogue.py": "ERROR_CODES",
    "calls/retry.py": "def ",
    "wire/whose_word.py": "_BY_STATUS",
    "settings/__init__.py": "class Settings",
    "security/log_filter.py": "class RedactingFilter",
    "oauth/provider.py": "class ",
    "outbox/worker.py": "class Worker",
    "inbox/identity.py": "def ",
    "sandbox/faults/fault_kinds.py": "FAULT",
    "conformance/cases/delivery.py": "DELIV-",
}


def test_there_are_ten_questions() -> None:
    assert len(ROWS) == len(ANSWERED_BY) == 10


@pytest.mark.parametrize(("question", "room", "file"), ROWS, ids=[row[2] for row in ROWS])
def test_each_is_answered_by_a_file_that_is_there(question: str, room: str, file: str) -> None:
    assert ANSWERED_BY[file].lower() in (ROOT / "afilnet_protocols" / file).read_text("utf-8").lower()
