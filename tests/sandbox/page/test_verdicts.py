"""What a client reports to have told its caller, beside what the service did; nobody but a program can report."""

from __future__ import annotations

import urllib.error
import urllib.request

import pytest

from afilnet_protocols import AfilnetError, ChatOperations, ConfigurationError, connect
from afilnet_protocols.observation import CallInfo
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.sandbox.page.call_page import travelled
from afilnet_protocols.sandbox.page.verdicts import contradiction
from afilnet_protocols.sandbox.server import wire_log
from afilnet_protocols.sandbox.server.wire_log import Reported
from afilnet_protocols.sandbox.state.accounts import Account
from afilnet_protocols.testing import VerdictReporter, no_waits
from afilnet_protocols.vocabulary import Protocol
from tests.sandbox.page.conftest import PERSON
from tests.time_limit import HANGS
from tests.work import longer


def told(sandbox: Sandbox, account: Account, chat: ChatOperations, fault: str | None) -> str:
    """Send a message that meets a fault, if there is one; return what its sender is told."""
    armed = sandbox.fault(fault, account=account) if fault else None
    try:
        chat.send_message(**PERSON, message="hello")
    except AfilnetError as error:
        return str(error.delivery)
    finally:
        if armed:
            armed.disarm()
    return "done"


@pytest.mark.parametrize("protocol", list(Protocol))
def test_every_end_of_a_call_is_reported_beside_what_the_service_did(sandbox: Sandbox, protocol: str) -> None:
    account = sandbox.account()
    for fault, wanted in (
        (None, Reported("done", "", False)),
        ("silence", Reported("unknown", "OutcomeUnknownError", False)),
        ("service_code", Reported("rejected", "NotFoundError", False)),
    ):
        # Who waits for what never comes gives up, but not before a busy machine has asked.
        for seconds in longer(1.0) if fault == "silence" else [HANGS]:
            settings = account.settings(protocol, timeout=seconds)
            with connect(settings, hooks=[VerdictReporter(sandbox.page_url)]) as chat:
                verdict = told(sandbox, account, chat, fault)
            if verdict == wanted.verdict:
                break
        else:
            raise AssertionError(verdict)
        wire = sandbox._wires.all()[-1]
        assert wire.request.headers["x-afilnet-call"] == wire.call_id
        shown = travelled(wire, sandbox, sandbox._wires)
        assert shown.reported == wanted
        assert wanted.verdict in shown.told
        assert shown.contradiction == ""
    sandbox.drop(account)


def test_a_send_that_was_read_back_is_no_contradiction(sandbox: Sandbox) -> None:
    account = sandbox.account()
    settings = account.settings("http-post", delivery="reconcile")
    reporting = connect(settings, hooks=[VerdictReporter(sandbox.page_url)])
    with no_waits(), reporting as chat, sandbox.fault("reset_before_answer", operation="send_message", account=account):
        chat.send_message(**PERSON, message="hello")
    wire = next(each for each in reversed(sandbox._wires.all()) if each.fault)
    assert sandbox._wires.reported(wire) == Reported("done", "", reconciled=True)
    assert contradiction(sandbox._wires, wire) == ""
    sandbox.drop(account)


class Liar(VerdictReporter):
    """Reports another verdict than the caller was told."""

    def __init__(self, page_url: str, verdict: str) -> None:
        super().__init__(page_url)
        self._says = verdict

    def after(self, call: CallInfo) -> None:
        call.verdict = self._says
        super().after(call)


@pytest.mark.parametrize(
    ("says", "fault", "wanted"),
    [
        ("not_sent", None, "the service did it"),
        ("rejected", None, "the service did it"),
        ("unknown", None, ""),
        ("done", None, ""),
        ("done", "service_code", "the service did not do it"),
        ("done", "unavailable", "the service did not do it"),
        ("rejected", "service_code", ""),
        ("not_sent", "reset_before_answer", "the service did it"),
    ],
)
def test_a_client_that_lies_is_found(sandbox: Sandbox, says: str, fault: str | None, wanted: str) -> None:
    account = sandbox.account()
    if fault:
        sandbox.fault(fault, account=account)
    with connect(account.settings("basic"), hooks=[Liar(sandbox.page_url, says)]) as chat:
        try:
            chat.send_message(**PERSON, message="hello")
        except AfilnetError:
            assert fault
    wire = sandbox._wires.all()[-1]
    assert contradiction(sandbox._wires, wire) == wanted
    page = urllib.request.urlopen(f"{sandbox.page_url}call/{wire.number}").read().decode()
    assert ("That is not true" in page) is bool(wanted)
    sandbox.drop(account)


def test_a_client_that_does_not_report_says_nothing_of_itself(sandbox: Sandbox) -> None:
    account = sandbox.account()
    with connect(account.settings("json")) as chat:
        chat.send_message(**PERSON, message="hello")
    wire = sandbox._wires.all()[-1]
    assert "x-afilnet-call" not in wire.request.headers
    assert travelled(wire, sandbox, sandbox._wires).reported is None
    sandbox.drop(account)


def report(sandbox: Sandbox, told: str, **headers: str) -> int:
    given = {"x-afilnet-verdict": told, **{name.replace("_", "-"): value for name, value in headers.items()}}
    request = urllib.request.Request(f"{sandbox.page_url}verdict", b"", given)
    try:
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_only_programs_can_report_and_only_verdicts(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    good = "0123456789ab done - -"
    assert report(sandbox, good) == 200
    own = sandbox.page_url.rstrip("/")
    for headers in ({"origin": own}, {"origin": "null"}, {"sec_fetch_site": "same-origin"}, {"host": "example.com"}):
        assert report(sandbox, good, **headers) == 403, headers
    for told in ("", "x", "0123456789ab done", "0123456789ab sent - -", "0123456789ab done <b> -", good + " x"):
        assert report(sandbox, told) == 400, told


def test_only_so_many_reports_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire_log, "MOST", 3)
    with Sandbox() as sandbox:
        for number in range(9):
            assert report(sandbox, f"{number:012x} unknown TimeoutError -") == 200
        assert len(sandbox._wires._reported) == 3


def test_a_sandbox_that_is_gone_changes_no_call(sandbox: Sandbox) -> None:
    account = sandbox.account()
    with connect(account.settings("basic"), hooks=[VerdictReporter("http://127.0.0.1:1/")]) as chat:
        chat.send_message(**PERSON, message="hello")
    sandbox.drop(account)


@pytest.mark.parametrize("address", ["http://example.com/", "https://127.0.0.1:1/", "127.0.0.1", "", "http://[::1]:1/"])
def test_verdicts_stay_on_this_machine(address: str) -> None:
    with pytest.raises(ConfigurationError):
        VerdictReporter(address)
