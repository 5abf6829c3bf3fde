"""Every error code of the vendor's tables is the same error on every protocol: class, code, delivery, operation."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest

from afilnet_protocols import AfilnetError, ChatOperations, ServiceError, Settings, connect
from afilnet_protocols.catalogue import ERROR_CODES, OPERATIONS, Operation
from afilnet_protocols.errors import AuthenticationError, NotFoundError, RejectedRequestError, UnknownServiceError
from afilnet_protocols.sandbox import Account, Options, Sandbox
from afilnet_protocols.vocabulary import Delivery
from tests.tables import table

WIRES = {"http-get": {}, "http-post": {}, "basic": {}, "basic over GET": {"http_verb": "GET"}, "soap": {}, "json": {}}
LINE = {"platform": "whatsapp", "platform_id": "100"}
CHAT = {**LINE, "destination": "34600000000"}
ARGUMENTS: dict[str, dict[str, str]] = {
    "get_chat_channels": {},
    "send_message": {**CHAT, "message": "hola"},
    "send_file": {**CHAT, "file_type": "image", "file_url": "https://www.example.com/image.jpg"},
    "get_chats": LINE,
    "get_messages": CHAT,
    "get_unread_messages": CHAT,
}
# The vendor's tables once more, as they stand on the page, so that a slip in the catalogue shows.
COMMON = {
    "MISSING_USER": RejectedRequestError,
    "MISSING_PASSWORD": RejectedRequestError,
    "MISSING_CLASS": RejectedRequestError,
    "MISSING_METHOD": RejectedRequestError,
    "MISSING_COMPULSORY_PARAM": RejectedRequestError,
    "INCORRECT_USER_PASSWORD": AuthenticationError,
    "INCORRECT_CLASS": RejectedRequestError,
    "INCORRECT_METHOD": RejectedRequestError,
}
CHANNEL = {"CHANNEL_NOT_FOUND": NotFoundError}
BOTH = {**CHANNEL, "CHAT_NOT_FOUND": NotFoundError}
FILE = {
    "INCORRECT_FILETYPE": RejectedRequestError,
    "INCORRECT_FILEURL": RejectedRequestError,
    "INCORRECT_THUMBURL": RejectedRequestError,
}
TABLES: dict[str, dict[str, type[ServiceError]]] = {
    "get_chat_channels": COMMON,
    "send_message": {**COMMON, **CHANNEL},
    "send_file": {**COMMON, **BOTH, **FILE},
    "get_chats": {**COMMON, **BOTH},
    "get_messages": {**COMMON, **BOTH},
    "get_unread_messages": {**COMMON, **BOTH},
}
CODES = [(operation, code) for operation, table in TABLES.items() for code in table]


def client_settings(sandbox: Sandbox, wire: str, account: Account, *, plain: bool = True) -> Settings:
    settings = sandbox.settings(wire.split()[0], account=account, plain=plain)
    return dataclasses.replace(settings, **WIRES[wire])


@pytest.fixture(scope="module", params=WIRES)
def wired(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[tuple[str, Account, ChatOperations]]:
    """One client per protocol, with an account that has a conversation."""
    account = sandbox.account()
    sandbox.receive(**CHAT, message="hola", account=account)
    with connect(client_settings(sandbox, request.param, account)) as chat:
        yield request.param, account, chat


def raised(chat: ChatOperations, operation: str, **arguments: Any) -> AfilnetError:
    with pytest.raises(AfilnetError) as caught:
        getattr(chat, operation)(**{**ARGUMENTS[operation], **arguments})
    assert caught.value.__context__ is None
    return caught.value


def told(error: AfilnetError, wire: str, operation: str) -> tuple[type[AfilnetError], str, Delivery]:
    assert isinstance(error, ServiceError)
    assert (error.operation, error.protocol) == (operation, wire.split()[0])
    return type(error), error.code, error.delivery


def test_the_catalogue_has_the_vendors_tables() -> None:
    def table(operation: Operation[object]) -> dict[str, type[ServiceError]]:
        return {error.code: error.error for error in operation.errors}

    assert {operation.name: table(operation) for operation in OPERATIONS} == TABLES
    assert len(ERROR_CODES) == 13


@table(("operation", "code"), CODES)
def test_each_documented_code_is_the_same_error(
    sandbox: Sandbox, wired: tuple[str, Account, ChatOperations], operation: str, code: str
) -> None:
    wire, account, chat = wired
    with sandbox.answer(code, operation=operation, account=account):
        error = raised(chat, operation)
    assert told(error, wire, operation) == (TABLES[operation][code], code, Delivery.REJECTED)


@table("operation", TABLES)
def test_a_code_that_no_table_has_is_unknown(
    sandbox: Sandbox, wired: tuple[str, Account, ChatOperations], operation: str
) -> None:
    wire, account, chat = wired
    with sandbox.answer("NO_CREDITS", operation=operation, account=account):
        error = raised(chat, operation)
    assert told(error, wire, operation) == (UnknownServiceError, "NO_CREDITS", Delivery.UNKNOWN)


@table("operation", [name for name, table in TABLES.items() if "CHANNEL_NOT_FOUND" in table])
def test_an_unknown_channel(wired: tuple[str, Account, ChatOperations], operation: str) -> None:
    wire, _, chat = wired
    error = raised(chat, operation, platform_id="999")
    assert told(error, wire, operation) == (NotFoundError, "CHANNEL_NOT_FOUND", Delivery.REJECTED)


def test_many_refusals_in_a_row_are_only_refusals(wired: tuple[str, Account, ChatOperations]) -> None:
    """A SOAP fault comes with HTTP 500 and is an answer all the same: no client takes it for a failing service."""
    wire, _, chat = wired
    for _ in range(15):
        error = raised(chat, "get_messages", destination="34699999999")
        assert told(error, wire, "get_messages") == (NotFoundError, "CHAT_NOT_FOUND", Delivery.REJECTED)


@table("operation", ["send_file", "get_messages", "get_unread_messages"])
def test_an_unknown_conversation(wired: tuple[str, Account, ChatOperations], operation: str) -> None:
    wire, _, chat = wired
    error = raised(chat, operation, destination="34699999999")
    assert told(error, wire, operation) == (NotFoundError, "CHAT_NOT_FOUND", Delivery.REJECTED)


@pytest.mark.parametrize("wire", WIRES)
def test_a_channel_without_conversations_where_the_account_calls_that_an_error(sandbox: Sandbox, wire: str) -> None:
    account = sandbox.account(options=Options(empty_chats="error"))
    with connect(client_settings(sandbox, wire, account)) as chat:
        error = raised(chat, "get_chats")
    assert told(error, wire, "get_chats") == (NotFoundError, "CHAT_NOT_FOUND", Delivery.REJECTED)


@table("plain", [True, False])
@table("operation", ["get_chat_channels", "send_message"])
@table("wire", WIRES)
def test_refused_credentials(sandbox: Sandbox, wire: str, operation: str, plain: bool) -> None:
    """A wrong password, and where there is none a wrong client secret."""
    account = sandbox.account()
    settings = client_settings(sandbox, wire, account, plain=plain)
    wrong = dataclasses.replace(settings, password="not-this-one", client_secret="nor-that-one")
    with connect(wrong) as chat:
        error = raised(chat, operation)
    assert told(error, wire, operation) == (AuthenticationError, "INCORRECT_USER_PASSWORD", Delivery.REJECTED)
    assert "not-this-one" not in repr(error) + str(error)
    assert "nor-that-one" not in repr(error) + str(error)
    assert not [arrival for arrival in sandbox.journal(account) if arrival.outcome == "SUCCESS"]


@pytest.mark.parametrize("wire", WIRES)
def test_an_unknown_user(sandbox: Sandbox, wire: str) -> None:
    settings = client_settings(sandbox, wire, sandbox.account())
    with connect(dataclasses.replace(settings, user="nobody", client_id="nobody")) as chat:
        error = raised(chat, "get_chat_channels")
    assert told(error, wire, "get_chat_channels") == (
        AuthenticationError,
        "INCORRECT_USER_PASSWORD",
        Delivery.REJECTED,
    )
