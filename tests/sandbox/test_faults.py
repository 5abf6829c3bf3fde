"""Faults are refused when they cannot be, fire where they should, and are missed when they do not."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest

from afilnet_protocols import OutcomeUnknownError, connect
from afilnet_protocols.errors import AuthenticationError, ConfigurationError, NotSentError
from afilnet_protocols.sandbox import FaultNotFiredError, Sandbox
from afilnet_protocols.sandbox.faults.fault_kind import Processed, Stage
from afilnet_protocols.sandbox.faults.fault_kinds import KINDS

PERSON = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000"}
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "faults.md"


@pytest.fixture
def sandbox():
    with Sandbox() as running:
        yield running


def test_there_are_faults_of_every_stage_and_most_meet_all_protocols():
    assert {kind.stage for kind in KINDS.values()} == set(Stage)
    assert sum(len(kind.protocols) == 5 for kind in KINDS.values()) >= 72
    assert all(kind.verdicts and kind.about for kind in KINDS.values())


def test_what_is_said_to_be_carried_out_or_not_goes_with_the_verdict():
    for kind in KINDS.values():
        if kind.processed in (Processed.ALWAYS, Processed.LATE):
            assert not kind.verdicts & {"not_sent", "rejected"}, kind.name
        if kind.processed is Processed.NEVER:
            assert "done" not in kind.verdicts, kind.name


def test_the_page_names_every_kind():
    page = PAGE.read_text("utf-8")
    assert all(f"`{name}`" in page for name in KINDS)


@pytest.mark.parametrize(
    ("kind", "given", "says"),
    [
        ("silense", {}, "did you mean 'silence'"),
        ("timeout", {}, "did you mean 'silence', 'late_answer' or 'gateway_timeout'"),
        ("silence", {"operation": "send"}, "no operation 'send': there are .*send_message, send_file"),
        ("silence", {"operation": "sendMessage"}, "did you mean 'send_message'"),
        ("silence", {"operation": "send_massage"}, "no operation 'send_massage': did you mean 'send_message'"),
        ("silence", {"second": 1}, "no detail 'second'"),
        (
            "silence",
            {"count": 2},
            "it has: processed; which calls it meets is said by operation, protocol, account, after",
        ),
        ("late_answer", {"seconds": "soon"}, "of type float"),
        ("reset_on_accept", {"operation": "send_message"}, "before it is known"),
        ("token_page", {"operation": "send_message"}, "token endpoint"),
        ("silence", {"account": "nobody"}, "no account"),
    ],
)
def test_what_cannot_be_is_refused_when_it_is_armed(sandbox, kind, given, says):
    with pytest.raises(ConfigurationError, match=says):
        sandbox.fault(kind, **given)
    assert sandbox.faults() == []


def test_a_fault_that_nothing_met_fails_who_armed_it(sandbox):
    with (
        pytest.raises(FaultNotFiredError),
        connect(sandbox.settings()) as chat,
        sandbox.fault("silence", operation="send_file"),
    ):
        chat.get_chat_channels()


def test_one_fault_meets_one_operation_of_one_account_after_so_many_calls(sandbox):
    mine, yours = sandbox.account(), sandbox.account()
    with connect(sandbox.settings(account=mine)) as chat, connect(sandbox.settings(account=yours)) as other:
        with sandbox.fault("reset_before_answer", operation="send_message", account=mine, after=1) as armed:
            other.send_message(**PERSON, message="another's")
            chat.get_chat_channels()
            chat.send_message(**PERSON, message="first")
            with pytest.raises(OutcomeUnknownError):
                chat.send_message(**PERSON, message="second")
            chat.send_message(**PERSON, message="third")
        assert (armed.met, armed.hits) == (2, 1)
    assert [each.arguments["message"] for each in sandbox.journal(mine) if each.operation == "send_message"] == [
        "first",
        "second",
        "third",
    ]


def test_a_fault_may_come_before_or_after_the_call_is_carried_out(sandbox):
    with connect(sandbox.settings("json")) as chat:
        for processed in (True, False):
            cut = sandbox.fault("cut_before_answer", operation="send_message", processed=processed)
            with cut, pytest.raises(OutcomeUnknownError):
                chat.send_message(**PERSON, message=str(processed))
    assert [each.arguments["message"] for each in sandbox.journal() if each.operation == "send_message"] == ["True"]


def test_arming_a_fault_of_connections_ends_idle_ones(sandbox):
    with connect(sandbox.settings()) as chat:
        chat.get_chat_channels()
        with sandbox.fault("reset_on_accept", times=None), pytest.raises(NotSentError):
            chat.get_chat_channels()


def test_any_fault_of_calls_can_meet_the_token_endpoint(sandbox):
    with connect(sandbox.settings("json")) as chat:
        with sandbox.fault("server_error", operation="token", times=None), pytest.raises(NotSentError):
            chat.send_message(**PERSON, message="hola")
        with sandbox.fault("token_refused"), pytest.raises(AuthenticationError):
            chat.send_message(**PERSON, message="hola")
        chat.send_message(**PERSON, message="hola")


def control(sandbox, path, given=None):
    body = None if given is None else json.dumps(given).encode()
    request = urllib.request.Request(
        sandbox.control_url + path, data=body, headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def test_the_control_endpoint_arms_counts_and_disarms(sandbox):
    armed = control(sandbox, "faults", {"kind": "unavailable", "details": {"processed": True}})
    assert (armed["kind"], armed["hits"], armed["details"]) == ("unavailable", 0, {"processed": True})
    with connect(sandbox.settings()) as chat, pytest.raises(OutcomeUnknownError):
        chat.send_message(**PERSON, message="hola")
    assert control(sandbox, "faults")[0]["hits"] == 1
    control(sandbox, "disarm", {"number": armed["number"]})
    assert control(sandbox, "faults") == []
    with pytest.raises(urllib.error.HTTPError) as refused:
        control(sandbox, "faults", {"kind": "no_such_thing"})
    with refused.value as answer:
        assert answer.code == 400


def test_arming_a_fault_of_connections_by_the_control_endpoint_answers(sandbox):
    assert control(sandbox, "faults", {"kind": "reset_on_accept", "after": 5})["where"] == "connection"


def test_the_fixture_arms_for_the_account_of_the_test(afilnet_sandbox, afilnet_account, afilnet_fault):
    armed = afilnet_fault("service_code", code="CHAT_NOT_FOUND", operation="get_chats")
    assert armed.fault.account == afilnet_account.number
    with connect(afilnet_sandbox.settings(account=afilnet_account)) as chat, pytest.raises(Exception, match="CHAT_NOT"):
        chat.get_chats(platform="whatsapp", platform_id="100")
