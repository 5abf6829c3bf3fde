"""What may hold a secret by mistake works like any other value, and is not shown whole."""

from __future__ import annotations

import copy
import json
import os
import pickle

import pytest

from afilnet_protocols.security.safe_repr import Address, KeysOnly, NamesOnly, origin_only
from tests.tables import table

HIDDEN = "k9fZ-hidden"


@table(
    ("address", "shown"),
    [
        (f"https://www.example.com/a/{HIDDEN}", "https://www.example.com…"),
        (f"https://www.example.com:8443?sig={HIDDEN}", "https://www.example.com:8443…"),
        (f"https://[::1]#{HIDDEN}", "https://[::1]…"),
        (f"https://me:{HIDDEN}@www.example.com/", "…"),
        (f"https://me:pa/{HIDDEN}@www.example.com/", "…"),
        (f"https://{HIDDEN}%40www.example.com/", "…"),
        (f"me:{HIDDEN}@www.example.com", "…"),
        (HIDDEN, "…"),
        ("https://www.example.com", "https://www.example.com"),
        ("", ""),
    ],
)
def test_an_address_shows_its_origin_at_most(address: str, shown: str) -> None:
    assert repr(Address(address)) == repr(shown)
    assert HIDDEN not in f"{[Address(address)]!r}"


def test_an_address_is_its_text_in_every_other_way() -> None:
    address = origin_only(f"https://www.example.com/{HIDDEN}")
    assert address == str(address) == f"https://www.example.com/{HIDDEN}"
    assert type(str(address)) is str
    assert json.dumps(address) == json.dumps(str(address))
    assert copy.deepcopy(address) == pickle.loads(pickle.dumps(address)) == address
    assert origin_only(None) is None


def test_a_dictionary_may_show_keys_only() -> None:
    assert repr(KeysOnly({"password": HIDDEN, "user": "me"})) == "{password, user}"


def test_an_environment_shows_no_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFILNET_PASSWORD", HIDDEN)
    environ = NamesOnly(os.environ)
    assert environ["AFILNET_PASSWORD"] == HIDDEN
    assert dict(environ) == dict(os.environ)
    assert HIDDEN not in repr(environ)
