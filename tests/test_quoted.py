"""How an error shows what somebody gave."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from afilnet_protocols.suggestion import quoted
from afilnet_protocols.vocabulary import Platform
from tests.tables import table


@table(
    ("given", "shown"),
    [
        ("100", "'100'"),
        (Platform.WHATSAPP, "'whatsapp'"),
        (Path("app.db"), "'app.db'"),
        (timedelta(minutes=1), "'0:01:00'"),
        (100, "100"),
        (0.5, "0.5"),
        (True, "True"),
        (None, "None"),
        (10**400, f"1{'0' * 62}…"),
    ],
)
def test_only_what_is_no_number_flag_or_none_is_shown_as_a_text(given: object, shown: str) -> None:
    assert quoted(given, 64) == shown


def test_a_number_that_is_too_long_to_be_written_is_named_by_its_type() -> None:
    assert quoted(10**5000) == "a int"
