"""The README's table of protocols says what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from afilnet_protocols.catalogue import GET_LIMIT
from afilnet_protocols.security.levels import CEILINGS
from afilnet_protocols.settings import FIELDS
from afilnet_protocols.vocabulary import Protocol
from tests.docs.blocks import command

pytestmark = pytest.mark.smoke

README = Path(__file__).parents[2] / "README.md"
LINES = re.findall(r"^\| `.*$", README.read_text("utf-8"), re.MULTILINE)
ROWS = [[cell.strip() for cell in line.split("|")[1:-1]] for line in LINES]


def test_the_two_commands_are_one_line_each() -> None:
    for name in ("demo", "test"):
        assert len(command(README, name).splitlines()) == 1


def test_every_protocol_has_its_row() -> None:
    assert [row[0] for row in ROWS] == [f"`{protocol}`" for protocol in Protocol]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].strip("`"))
def test_a_row_says_what_the_code_says(row: list[str]) -> None:
    protocol = Protocol(row[0].strip("`"))
    ceiling = CEILINGS[protocol]

    assert row[2] == f"`{ceiling.level}`"
    assert row[3] == f'"{ceiling.vendor}"'
    assert (row[4] == f"{GET_LIMIT:,} characters") == (protocol is Protocol.HTTP_GET)
    needed = {field.name for field in FIELDS if protocol in field.needed_by}
    assert set(re.findall(r"`(\w+)`", row[5])) == needed
