"""A 401 names the ways to prove oneself that it asks for, however its challenges are written."""

from __future__ import annotations

import re

import pytest

from afilnet_protocols.wire import Reply, challenge
from afilnet_protocols.wire.challenge import schemes_asked_for
from afilnet_protocols.wire.verdict import unintelligible
from tests.tables import table

CHALLENGES = {
    "": (),
    "Bearer": ("Bearer",),
    'Bearer realm="api"': ("Bearer",),
    'DPoP algs="ES256 RS256"': ("DPoP",),
    'DPoP error="use_dpop_nonce", algs="ES256"': ("DPoP",),
    'Basic realm="a, Digest b", charset="UTF-8", Bearer error="invalid_token"': ("Basic", "Bearer"),
    'Bearer realm="x\\", Digest y", scope = "a"': ("Bearer",),
    "Negotiate, NTLM": ("Negotiate", "NTLM"),
    "Negotiate YIIabc==, Basic realm=x, basic": ("Negotiate", "Basic"),
    'realm="no scheme", error=x': (),
    "secretpassword": (),
    "secretpassword, dpop": ("DPoP",),
    "\x1b[31mBearer": (),
    'Basic realm="a, Digest b': ("Basic",),
    'Basic realm="a, Digest b\\': ("Basic",),
    f'Basic realm="a, Digest {"b" * 2000}", Bearer': ("Basic",),
}


@table(("line", "schemes"), CHALLENGES.items())
def test_a_scheme_is_told_from_parameters_and_from_quoted_words(line: str, schemes: tuple[str, ...]) -> None:
    assert schemes_asked_for(Reply(401, {"www-authenticate": line}, b"")) == schemes


def test_words_in_quotes_that_are_read_as_schemes_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(challenge, "_QUOTED", re.compile(r"(?!)"))
    with pytest.raises((AssertionError, ExceptionGroup)):
        test_a_scheme_is_told_from_parameters_and_from_quoted_words()  # type: ignore[call-arg]  # a table


@table(
    ("line", "told"),
    [
        ('DPoP algs="ES256"', "(HTTP 401, which asks for DPoP)"),
        ("Negotiate, NTLM", "(HTTP 401, which asks for Negotiate or NTLM)"),
        ("", "(HTTP 401)"),
    ],
)
def test_a_refusal_says_what_it_asks_for(line: str, told: str) -> None:
    assert told in str(unintelligible(Reply(401, {"www-authenticate": line}, b""), why="not JSON"))
