"""What templates and shells put a value in place of is refused where it has reached us as it is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from afilnet_protocols.settings import Settings, value_faults
from tests.settings.test_settings import GOOD, refused
from tests.tables import table

PLACEHOLDERS = [
    *("${AFILNET_SECRET}", "${AFILNET_SECRET:-}", "${}", "$(pass show afilnet)", "{{ vault_password }}"),
    "op://vault/afilnet/password",
]


@table("text", PLACEHOLDERS)
def test_a_placeholder_that_nothing_replaced_is_no_secret(text):
    said = refused(password=text)
    assert said.startswith("password is a placeholder")
    assert "env = " in said
    assert text not in said


@table("text", ["$AFILNET", "${a", "${a}b", "a${b}", "{{a}}b", "$(a)b", "op:/a", "op://a b", "{a}", "${a{b}}", "$((a)"])
def test_a_secret_may_hold_what_looks_like_a_part_of_one(text):
    assert Settings(**{**GOOD, "password": text})


@given(text=st.from_regex(value_faults._PLACEHOLDER.pattern, fullmatch=True))
def test_how_a_placeholder_begins_is_known_of_all_of_them(text):
    assert value_faults._is_placeholder(text)


def test_sabotage_a_beginning_that_is_forgotten_would_be_found_out(monkeypatch):
    monkeypatch.setattr(value_faults, "_PLACEHOLDERS_BEGIN", ("$", "{{"))
    assert not value_faults._is_placeholder("op://vault/afilnet/password")
