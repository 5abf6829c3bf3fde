"""`CanaryChat`: a stable share, an automatic return, and never a second send."""

from __future__ import annotations

import threading

import pytest

from afilnet_protocols import (
    AuthenticationError,
    CanaryChat,
    ConfigurationError,
    MessageTooLongError,
    NotFoundError,
    NotSentError,
    OutcomeUnknownError,
    RejectedRequestError,
    connect,
    deadline,
)
from afilnet_protocols.migration.advice import Word
from tests.migration.fakes import Changing, Raising
from tests.migration.planted import HERE
from tests.time_limit import HANGS
from tests.work import longer

pytestmark = pytest.mark.smoke


class Fine(Changing):
    """Answers everything with nothing, for it is only counted."""

    def __init__(self):
        super().__init__(None)
        self.to = []

    def _call(self, operation, arguments):
        self.calls.append(operation.name)
        self.to.append(arguments.get("destination"))
        return None if operation.record is None else []

    def close(self):
        pass


def send(chat, destination="7"):
    chat.send_message(platform="whatsapp", platform_id="100", destination=destination, message="hola")


def test_the_share_is_kept_and_stable_by_conversation():
    primary, candidate = Fine(), Fine()
    with CanaryChat(primary, candidate, share=0.2) as chat:
        for _ in range(2):
            for number in range(2000):
                send(chat, str(number))
                chat.get_messages(platform="whatsapp", platform_id="100", destination=str(number))
    assert 300 < len(set(candidate.to)) < 500
    assert not set(candidate.to) & set(primary.to)
    other = Fine()
    with CanaryChat(Fine(), other, share=0.2, salt="another") as chat:
        for number in range(2000):
            send(chat, str(number))
    assert set(other.to) != set(candidate.to)


def test_growing_the_share_takes_no_conversation_back():
    got = []
    for share in (0.1, 0.3, 0.9):
        candidate = Fine()
        with CanaryChat(Fine(), candidate, share=share) as chat:
            for number in range(300):
                send(chat, str(number))
        got.append(set(candidate.to))
    assert got[0] < got[1] < got[2]


@pytest.mark.parametrize(("share", "expected"), [(0.0, 0), (1.0, 100)])
def test_nothing_and_everything(share, expected):
    candidate = Fine()
    with CanaryChat(Fine(), candidate, share=share) as chat:
        for _ in range(100):
            chat.get_chat_channels()
    assert len(candidate.calls) == expected


SAFE = [NotSentError("no"), ConfigurationError("no"), MessageTooLongError("no", limit=1, actual=2)]
UNSAFE = [OutcomeUnknownError("lost"), AuthenticationError("INCORRECT_USER_PASSWORD"), RejectedRequestError("X")]


@pytest.mark.parametrize("error", SAFE, ids=lambda error: type(error).__name__)
def test_a_send_that_did_not_reach_the_service_goes_to_the_primary(error):
    primary = Fine()
    chat = CanaryChat(primary, Raising(lambda: error), share=1.0)
    send(chat)
    assert primary.calls == ["send_message"]
    assert chat.counts.numbers == {"sampled": 1, "fallbacks": 1, "candidate": 1, "failed": 1}
    chat.close()


@pytest.mark.parametrize("error", UNSAFE, ids=lambda error: type(error).__name__)
def test_a_send_that_may_have_happened_or_was_refused_is_not_repeated(error):
    primary = Fine()
    chat = CanaryChat(primary, Raising(lambda: error), share=1.0)
    with pytest.raises(type(error)):
        send(chat)
    assert primary.calls == []


def test_unread_messages_are_not_read_twice():
    primary = Fine()
    chat = CanaryChat(primary, Raising(lambda: OutcomeUnknownError("lost")), share=1.0)
    with pytest.raises(OutcomeUnknownError):
        chat.get_unread_messages(**HERE)
    assert primary.calls == []


@pytest.mark.parametrize("error", [*SAFE, *UNSAFE, RuntimeError("not ours")], ids=lambda error: type(error).__name__)
def test_a_read_that_fails_is_answered_by_the_primary(error):
    chat = CanaryChat(Fine(), Raising(lambda: error), share=1.0)
    assert chat.get_messages(**HERE) == []
    assert chat.counts.number("failed") == 1


def test_a_foreign_error_of_a_send_is_told_as_unknown():
    chat = CanaryChat(Fine(), Raising(lambda: RuntimeError("password=1234")), share=1.0)
    with pytest.raises(OutcomeUnknownError) as caught:
        send(chat)
    assert "1234" not in str(caught.value)
    assert caught.value.__context__ is None
    assert caught.value.operation == "send_message"


def test_what_both_sides_refuse_is_no_failure_of_the_candidate():
    refused = Raising(lambda: NotFoundError("CHAT_NOT_FOUND"))
    chat = CanaryChat(refused, Raising(lambda: NotFoundError("CHAT_NOT_FOUND")), share=1.0)
    with pytest.raises(NotFoundError):
        chat.get_messages(**HERE)
    assert chat.counts.numbers == {"sampled": 1, "fallbacks": 1, "candidate": 1, "answered": 1, "refused": 1}


def test_too_many_failures_bring_everything_back_and_a_rest_tries_again():
    now = [0.0]
    primary, candidate = Fine(), Raising(lambda: NotSentError("no"))
    chat = CanaryChat(primary, candidate, share=1.0, window=10, threshold=0.2, rest=60, clock=lambda: now[0])
    for _ in range(20):
        send(chat)
    assert len(candidate.calls) == 3
    assert primary.calls == ["send_message"] * 20
    assert not chat.active
    assert chat.report(enough=1).word is Word.NO_GO
    assert "3 of the candidate's last 10 calls failed, the last with NotSentError" in str(chat.report())
    now[0] = 60
    for _ in range(20):
        send(chat)
    assert len(candidate.calls) == 6
    assert len(chat.counts.returns) == 2


def test_without_rest_it_stays():
    chat = CanaryChat(Fine(), Raising(lambda: NotSentError("no")), share=1.0, window=1, threshold=0, clock=lambda: 1e12)
    send(chat)
    send(chat)
    assert chat.counts.number("candidate") == 1


@pytest.mark.parametrize(
    "error",
    [
        ConfigurationError("client_secret is needed"),
        NotSentError("no connection"),
        OutcomeUnknownError("the description got lost"),
        AuthenticationError("HTTP_401", "no"),
        OSError("a file is missing"),
        ImportError("a library is missing"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_candidate_that_cannot_be_made_is_a_failure_and_loses_no_message(error):
    def make():
        raise error

    primary = Fine()
    chat = CanaryChat(primary, make, share=1.0)
    send(chat)
    assert primary.calls == ["send_message"]
    assert chat.counts.number("failed") == 1


def sent_while_made(seconds):
    """Send while the candidate is made, and twice when it is there; return what each did, and what was made."""
    ready, primary, candidate, made = threading.Event(), Fine(), Fine(), []

    def make():
        ready.wait(HANGS)
        made.append(candidate)
        return candidate

    with CanaryChat(primary, make, share=1.0, timeout=seconds) as chat:
        send(chat)
        assert (primary.calls, candidate.calls) == (["send_message"], [])
        ready.set()
        with deadline(HANGS):
            send(chat)
            send(chat)
    return primary.calls, candidate.calls, made == [candidate]


def test_a_candidate_is_made_once_and_what_it_cannot_wait_for_is_the_primarys():
    for seconds in longer(1.0, times=3):  # until half of it is enough for a busy machine to ask the primary
        try:
            found = sent_while_made(seconds)
            break
        except NotSentError as error:
            found = (str(error),)
    assert found == (["send_message"], ["send_message"] * 2, True)


def test_one_service_two_protocols(sandbox):
    account = sandbox.account()
    both = [connect(sandbox.settings(protocol, account=account, plain=True)) for protocol in ("http-post", "json")]
    with CanaryChat(*both, share=0.5) as chat:
        for number in range(40):
            send(chat, str(number))
        assert len(chat.get_chats(platform="whatsapp", platform_id="100")) == 40
        assert chat.report(enough=1).word is Word.GO
        assert chat.protocol == "http-post"
    sent = [arrived for arrived in sandbox.journal(account) if arrived.operation == "send_message"]
    assert len(sent) == 40
    assert {arrived.protocol for arrived in sent} == {"http-post", "json"}


@pytest.mark.parametrize("wrong", [{"share": 2}, {"share": 0.1, "window": 0}, {"share": 0.1, "salt": "x" * 65}])
def test_numbers_out_of_range_are_refused(wrong):
    with pytest.raises(ConfigurationError):
        CanaryChat(Fine(), Fine(), **wrong)


def test_sabotage_a_candidate_whose_making_lends_its_verdict_is_noticed(monkeypatch):
    monkeypatch.setattr("afilnet_protocols.migration.canary._not_made", lambda error: error)
    with pytest.raises(OutcomeUnknownError):
        test_a_candidate_that_cannot_be_made_is_a_failure_and_loses_no_message(OutcomeUnknownError("lost"))
