"""How an error shows what somebody gave."""

from __future__ import annotations

import difflib
from datetime import timedelta
from pathlib import Path

import pytest

from afilnet_protocols.suggestion import misspelt, quoted, without_password
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


@table(
    ("text", "shown"),
    [
        ("a@b.example", "a@b.example"),
        ("see https://u:hunter2@a.example/x", "see https://u:…@a.example/x"),
        ("https:/u:hun:ter@2@a.example and https://:hunter2@b", "https:/u:…@a.example and https://:…@b"),
        ("https://a.example/u:x@y me@a.example://b:c", "https://a.example/u:x@y me@a.example://b:c"),
        ("https%3A%2F%2Fu%3Ahunter2%40a.example", "https://u:…@a.example"),
        ("https://u%3ahunter2@a.example", "https://u:…@a.example"),
        ("https://a.example?of=me%40b.example", "https://a.example?of=me%40b.example"),
        ("@" + "://a:" * 200_000, "@" + "://a:" * 200_000),
        ("AFILNET_PASSWORD=hunter2 of me", "AFILNET_PASSWORD=…"),
        ("host=db password = 'hun ter2'", "host=db password = …"),
        ("https://u:hunter2@a.example?client_secret=hunter2", "https://u:…@a.example?client_secret=…"),
        ("pwd=1\nhunter2", "pwd=…"),
        ("token_lifetime=900 token_auth=basic password=", "token_lifetime=900 token_auth=basic password="),
        ("password " * 200_000, "password " * 200_000),
    ],
    ids=lambda text: ascii(text[:40]),
)
def test_the_password_of_an_address_and_what_a_secret_is_set_to_are_left_out_in_one_pass(text: str, shown: str) -> None:
    assert without_password(text) == shown


def test_a_word_that_is_far_too_long_for_a_name_is_compared_with_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """To compare takes quadratic time: 200,000 characters beside 20 names took a third of a minute."""
    monkeypatch.setattr(difflib.SequenceMatcher, "ratio", lambda self: pytest.fail(f"compared: {len(self.b)}"))
    assert misspelt("http-post" * 20_000, ["http-post"] * 20) is None
