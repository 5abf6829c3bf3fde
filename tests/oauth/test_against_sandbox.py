"""The token provider against a server that verifies: discovery, authentication, grants, expiry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from afilnet_protocols import AuthenticationError, connect
from tests.tables import table

if TYPE_CHECKING:
    from afilnet_protocols.sandbox import Sandbox


@table(
    "changes",
    [
        {},
        {"token_auth": "body"},
        {"scope": "chat"},
        {"token_url": None, "issuer": "the sandbox"},
        {"token_url": None, "issuer": "the sandbox", "token_auth": "body"},
        {"grant": "password", "allow_legacy_grant": True, "user": "user", "password": "password"},
    ],
)
@table("plain", [False, True])
def test_every_way_to_a_token_ends_in_channels(sandbox: Sandbox, changes: dict[str, object], plain: bool) -> None:
    if changes.get("issuer"):
        changes = {**changes, "issuer": sandbox.plain_url if plain else sandbox.base_url}
    if changes.get("grant"):
        changes = {**changes, "user": sandbox.user, "password": sandbox.password}
    with connect(sandbox.settings("json", plain=plain), **changes) as chat:  # type: ignore[arg-type] - settings by name
        assert chat.get_chat_channels()


@pytest.mark.parametrize("auth", ["basic", "body"])
def test_a_wrong_client_secret_is_an_authentication_error(sandbox: Sandbox, auth: str) -> None:
    settings = sandbox.settings("json", client_secret="wrong", token_auth=auth)
    with connect(settings) as chat, pytest.raises(AuthenticationError) as caught:
        chat.get_chat_channels()
    assert caught.value.code == "INCORRECT_USER_PASSWORD"


def test_a_token_that_expired_on_the_service_is_replaced_within_the_call(sandbox: Sandbox) -> None:
    with connect(sandbox.settings("json", account=sandbox.account())) as chat:
        first = chat.get_chat_channels()
        sandbox.clock.advance(3601)
        assert chat.get_chat_channels() == first
