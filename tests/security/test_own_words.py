"""Who has "password" for a password reads its name in errors; what a service repeats of it is masked all the same."""

from __future__ import annotations

import pytest

from afilnet_protocols import AfilnetError, AuthenticationError, Secret, SecurityPolicyError, connect
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.security import outward as module
from afilnet_protocols.security.outward import NAMES, outward
from afilnet_protocols.security.redaction import mask, shown
from afilnet_protocols.security.secret import MASK
from afilnet_protocols.settings import FIELDS


def _refused(sandbox: Sandbox, protocol: str) -> str:
    with pytest.raises(AuthenticationError) as refused:  # noqa: SIM117 -- the client is made by what is within
        with connect(sandbox.settings(protocol, user="nobody", password="password")) as chat:
            chat.get_chat_channels()
    return str(refused.value)


@pytest.mark.parametrize("protocol", ["http-post", "basic", "soap"])
def test_a_refusal_names_the_setting_password_whatever_it_is_set_to(sandbox: Sandbox, protocol: str) -> None:
    assert _refused(sandbox, protocol) == "INCORRECT_USER_PASSWORD: Incorrect user or password"


def test_so_does_what_is_wrong_with_the_settings() -> None:
    with pytest.raises(SecurityPolicyError, match="http-get puts the password into the URL"):
        connect(protocol="http-get", user="user", password="password")


def test_the_words_that_stay_are_the_names_of_the_secret_settings() -> None:
    assert {setting.name for setting in FIELDS if setting.secret} == NAMES


def test_what_a_service_says_is_masked_before_it_is_part_of_an_error() -> None:
    secret = Secret("password")
    error: AfilnetError = outward(ConfigurationError(f"the service says: {shown('your password is password')}"))
    assert str(error) == f"the service says: your {MASK} is {MASK}"
    assert mask("password") == MASK, "in a log line it is masked"
    del secret


@pytest.mark.parametrize("other", ["password1", "my password", "passwordpassword", "Password-2026"])
def test_another_secret_is_masked_wherever_it_stands(other: str) -> None:
    secret = Secret(other)
    assert other not in str(outward(ConfigurationError(f"the password {other} is none")))
    del secret


def test_sabotage_an_error_in_which_every_word_is_masked_is_noticed(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "NAMES", frozenset())
    assert _refused(sandbox, "http-post") != "INCORRECT_USER_PASSWORD: Incorrect user or password"
