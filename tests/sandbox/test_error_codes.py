"""Every documented code is reached, in every dialect, by the input that should cause it; and by arming it."""

from __future__ import annotations

import pytest

from afilnet_protocols.catalogue import ERROR_CODES, OPERATIONS
from tests.sandbox.speak import CONVERSATION, FILE, SPEAKERS, Refused, fields
from tests.tables import table

PARAMETERS = {
    "getchatchannels": {},
    "sendmessage": {**CONVERSATION, "message": "hola"},
    "sendfile": FILE,
    "getchats": {"platform": "whatsapp", "platformid": "100"},
    "getmessages": CONVERSATION,
    "getunreadmessages": CONVERSATION,
}
ABSENT = object()
COMMON = {
    "MISSING_USER": {"user": ABSENT},
    "MISSING_PASSWORD": {"password": ABSENT},
    "MISSING_CLASS": {"class": ABSENT},
    "MISSING_METHOD": {"method": ABSENT},
    "INCORRECT_USER_PASSWORD": {"password": "wrong"},
    "INCORRECT_CLASS": {"class": "sms"},
    "INCORRECT_METHOD": {"method": "sendpigeon"},
}
OWN = {
    "CHANNEL_NOT_FOUND": {"platformid": "999"},
    "CHAT_NOT_FOUND": {"destination": "34699999999"},
    "INCORRECT_FILETYPE": {"type": "hologram"},
    "INCORRECT_FILEURL": {"fileurl": "ftp://www.example.com/image.jpg"},
    "INCORRECT_THUMBURL": {"thumburl": "not an address"},
}
# getchats lists CHAT_NOT_FOUND too: an account's option, tested below.
CASES = [
    (operation.method, error.code)
    for operation in OPERATIONS
    for error in operation.errors
    if error.code in COMMON or (error.code in OWN and (operation.method, error.code) != ("getchats", "CHAT_NOT_FOUND"))
]


def changed(given, change):
    return {name: value for name, value in {**given, **change}.items() if value is not ABSENT}


@pytest.fixture(scope="module")
def begun(sandbox):
    """An account with a conversation, for reads only."""
    made = sandbox.account()
    sandbox.receive(platform="whatsapp", platform_id="100", destination="34600000000", message="x", account=made)
    yield made
    sandbox.drop(made)


def refusal(speaker, given):
    with pytest.raises(Refused) as caught:
        speaker.send(given)
    return caught.value.code


def test_the_cases_cover_the_catalogue():
    assert {*COMMON, *OWN, "MISSING_COMPULSORY_PARAM"} == set(ERROR_CODES)


@table(("method", "code"), CASES)
def test_each_code_by_its_input(speaker, begun, method, code):
    given = changed(fields(begun, method, PARAMETERS[method]), {**COMMON, **OWN}[code])
    assert refusal(speaker, given) == code


@table("empty", [ABSENT, ""])
@table(
    ("method", "name"),
    [(item.method, parameter.wire) for item in OPERATIONS for parameter in item.parameters if parameter.compulsory],
)
def test_each_compulsory_parameter(speaker, begun, method, name, empty):
    given = changed(fields(begun, method, PARAMETERS[method]), {name: empty})
    assert refusal(speaker, given) == "MISSING_COMPULSORY_PARAM"


@pytest.mark.parametrize("name", ["user", "password"])
def test_an_empty_credential_is_a_missing_one(speaker, begun, name):
    given = changed(fields(begun, "getchatchannels"), {name: ""})
    expected = f"MISSING_{name.upper()}"
    if isinstance(speaker, SPEAKERS["json"]) and name == "user":
        expected = "INCORRECT_USER_PASSWORD"  # a token has no user: "Bearer" with a text that is no token
    assert refusal(speaker, given) == expected


def test_an_unknown_platform_is_an_unknown_channel(speaker, begun):
    given = changed(fields(begun, "getchats", PARAMETERS["getchats"]), {"platform": "pigeon"})
    assert refusal(speaker, given) == "CHANNEL_NOT_FOUND"


def test_chats_of_a_channel_without_conversations(speaker, sandbox, account):
    from afilnet_protocols.sandbox import Options

    given = fields(account, "getchats", PARAMETERS["getchats"])
    assert speaker.send(given) == []
    strict = sandbox.account(options=Options(empty_chats="error"))
    assert refusal(speaker, fields(strict, "getchats", PARAMETERS["getchats"])) == "CHAT_NOT_FOUND"


@table("code", [*ERROR_CODES, "SOMETHING_NEW"])
def test_each_code_armed(speaker, sandbox, account, code):
    with sandbox.answer(code, operation="send_message", account=account) as armed:
        given = fields(account, "sendmessage", PARAMETERS["sendmessage"])
        assert refusal(speaker, given) == code
        assert (armed.met, armed.hits) == (1, 1)
        assert speaker.send(given) is None
    assert [arrival.outcome for arrival in sandbox.journal(account)][-2:] == [code, "SUCCESS"]


ORDER = [
    "MISSING_USER",
    "MISSING_PASSWORD",
    "MISSING_CLASS",
    "MISSING_METHOD",
    "INCORRECT_USER_PASSWORD",
    "INCORRECT_CLASS",
    "INCORRECT_METHOD",
]
COMPATIBLE = [
    (first, second)
    for position, first in enumerate(ORDER)
    for second in ORDER[position + 1 :]
    if not set(COMMON[first]) & set(COMMON[second])
]


@table(("first", "second"), COMPATIBLE)
@pytest.mark.parametrize("protocol", ["http-get", "http-post", "basic-post", "soap-generic"])
def test_of_two_errors_the_first_check_speaks(sandbox, begun, protocol, first, second):
    given = changed(fields(begun, "getchats", PARAMETERS["getchats"]), {**COMMON[first], **COMMON[second]})
    assert refusal(SPEAKERS[protocol](sandbox), given) == first
