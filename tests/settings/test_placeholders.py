"""What templates and shells put a value in place of is refused where it has reached us as it is."""

from __future__ import annotations

from afilnet_protocols.settings import Settings
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
