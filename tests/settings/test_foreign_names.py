"""An option of another SDK is refused, or told of, with what takes its place here."""

from __future__ import annotations

import re

import pytest

from afilnet_protocols import ConfigurationError, Settings, connect
from afilnet_protocols.settings import FIELDS
from afilnet_protocols.settings.foreign_names import _GUARDS, FOREIGN, foreign
from tests.tables import table

OURS = {field.name for field in FIELDS}
EXPECTED = {
    "max_retries": "delivery",
    "retries": "delivery",
    "retry_on_errors": "delivery",
    "host": "base_url",
    "server_url": "base_url",
    "wait_on_rate_limit": "timeout",
    "api_key": "client_secret",
    "maxRetries": "delivery",
    "serverUrl": "base_url",
    "API-KEY": "client_secret",
    "verify": "ca_file",
    "proxies": "proxy",
    "session": "transport",
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_keyword_is_answered_with_ours(name, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for make in (connect, Settings):
        with pytest.raises(ConfigurationError) as caught:
            make(**{name: "x"})
        assert EXPECTED[name] in str(caught.value)
        assert "did you mean" not in str(caught.value)


def test_a_key_of_a_profile_is_answered_with_ours(tmp_path, monkeypatch):
    file = tmp_path / "afilnet.toml"
    file.write_text('[profiles.x]\nmax_retries = 3\nhost = "www.example.com"\n')
    monkeypatch.setenv("AFILNET_CONFIG", str(file))
    with pytest.raises(ConfigurationError) as caught:
        connect("x")
    assert "delivery" in str(caught.value)
    assert "base_url" in str(caught.value)


def test_what_guards_something_elsewhere_is_called_as_nothing_of_ours_and_guards_what_there_is():
    assert set(_GUARDS) <= OURS
    assert not OURS & {name for names in _GUARDS.values() for name in names.split()}


@table("name", sorted(FOREIGN))
def test_no_setting_of_ours_is_taken_for_foreign_and_what_is_named_exists(name):
    assert name not in OURS
    hint = foreign(name)
    assert hint is not None
    named = set(re.findall(r"[a-z]+_[a-z_]+", hint)) - {
        "at_least_once",
        "send_message",
        "platform_id",
        "afilnet_protocols",
    }
    assert named <= OURS
