"""Clients that are broken on purpose, before a sound service: the comparison with the ledger finds each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from afilnet_protocols import ChatOperations, connect
from afilnet_protocols.errors import AfilnetError, OutcomeUnknownError, RejectedRequestError
from afilnet_protocols.wire import verdict
from tests.peers import drive
from tests.peers.drive import Tally, play
from tests.peers.scene import Scene, clients
from tests.peers.stage import Stage

EVENTS = ("plain", "deny", "lost", "cut", "drop", "e403", "e404", "e502", "e503")


@pytest.fixture(scope="module")
def service() -> Iterator[tuple[Stage, int]]:
    with Stage() as stage:
        yield stage, stage.service()


class Broken:
    """A client around the real one, whose sends go through ``how``."""

    def __init__(self, client: ChatOperations, how: Callable[[Callable[[], None]], None]) -> None:
        self._client, self._how = client, how

    def send_message(self, **given: Any) -> None:
        self._how(lambda: self._client.send_message(**given))

    def send_file(self, **given: Any) -> None:
        self._how(lambda: self._client.send_file(**given))

    def close(self) -> None:
        self._client.close()


def calls_a_bad_gateway_a_refusal(send: Callable[[], None]) -> None:
    try:
        send()
    except OutcomeUnknownError as error:
        if "HTTP 502" in str(error):
            raise RejectedRequestError("HTTP_502", "the service refused the request") from None
        raise


def calls_a_lost_answer_unsent(send: Callable[[], None]) -> None:
    try:
        send()
    except OutcomeUnknownError as error:
        raise RejectedRequestError("LOST", str(error)) from None


def takes_silence_for_success(send: Callable[[], None]) -> None:
    try:
        send()
    except OutcomeUnknownError:
        return


def sends_again_what_may_have_arrived(send: Callable[[], None]) -> None:
    try:
        send()
    except OutcomeUnknownError:
        send()


def lets_a_foreign_exception_out(send: Callable[[], None]) -> None:
    try:
        send()
    except AfilnetError as error:
        raise ConnectionError(str(error)) from None


def knows_nothing(send: Callable[[], None]) -> None:
    send()
    raise OutcomeUnknownError("who knows")


def played(service: tuple[Stage, int], monkeypatch: pytest.MonkeyPatch, how: Any = None, **more: Any) -> Tally:
    stage, port = service
    if how is not None:
        monkeypatch.setattr(drive, "connect", lambda **given: Broken(connect(**given), how))
    ways = clients(f"http://127.0.0.1:{port}", ("http-post", "basic", "json"))
    return play(Scene("direct", stage.ledger, ways, EVENTS, (), (), **more))


def test_the_client_as_it_is_passes(service: tuple[Stage, int], monkeypatch: pytest.MonkeyPatch) -> None:
    tally = played(service, monkeypatch)

    assert tally.wrong == []
    assert tally.good
    assert tally.sends == len(EVENTS) * 3


@pytest.mark.parametrize(
    ("how", "found"),
    [
        (calls_a_bad_gateway_a_refusal, "rejected, and carried out"),
        (calls_a_lost_answer_unsent, "rejected, and carried out"),
        (takes_silence_for_success, "done, and never carried out"),
        (sends_again_what_may_have_arrived, "carried out 2 times"),
        (lets_a_foreign_exception_out, "an exception that is none of ours"),
        (knows_nothing, "unknown instead of done"),
    ],
)
def test_a_broken_client_is_found(
    how: Callable[[Callable[[], None]], None],
    found: str,
    service: tuple[Stage, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tally = played(service, monkeypatch, how)

    assert not tally.good
    assert any(found in text for text in tally.wrong)


@pytest.mark.parametrize(
    ("verdict", "said", "wrong"),
    [
        ("unknown", "HTTP 504 came without the service's document (what came is a web page (HTML), not JSON)", False),
        ("unknown", "HTTP 404 came without the service's document (what came is a web page (HTML), not JSON)", True),
        ("done", "", True),
    ],
)
def test_only_an_intermediary_that_has_no_answer_excuses_what_is_not_sure(
    verdict: str, said: str, wrong: bool, service: tuple[Stage, int]
) -> None:
    tally = Tally()
    drive.judge([drive.Send("direct by basic", "deny-1", verdict, said)], Scene("direct", service[0].ledger, {}), tally)
    assert bool(tally.wrong) is wrong


@pytest.mark.parametrize(("status", "event"), [(404, "e404"), (502, "e502")])
def test_a_build_that_takes_a_page_of_an_intermediary_for_a_refusal_is_found(
    status: int, event: str, service: tuple[Stage, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    row_of = verdict.row_of
    monkeypatch.setattr(verdict, "row_of", lambda given: row_of(413 if given == status else given))

    tally = played(service, monkeypatch)

    assert len(tally.wrong) == 3
    assert all(f": {event}-" in text and "rejected, and carried out" in text for text in tally.wrong)


def test_an_intermediary_that_repeats_is_told_apart_from_a_client_that_does(
    service: tuple[Stage, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    tally = played(
        service, monkeypatch, sends_again_what_may_have_arrived, repeats=frozenset({"http-post", "basic", "json"})
    )

    assert tally.doubled == 0
    assert tally.repeated_by_intermediary > 0
