"""What cannot be meant is refused where it is given, by an error of this package; and the twins are alike."""

from __future__ import annotations

import asyncio
import functools
import inspect
import math
import re
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from afilnet_protocols import (
    AfilnetError,
    AsyncInbox,
    AsyncOutbox,
    ConfigurationError,
    Inbox,
    InvalidRequestError,
    Outbox,
    connect,
    connect_async,
)
from afilnet_protocols.inbox import Incoming, Polling
from afilnet_protocols.inbox import inbox as inbox_module
from afilnet_protocols.inbox.routes import check_ran
from afilnet_protocols.outbox.aio import forwarders
from afilnet_protocols.vocabulary import ListedPlatform, Platform
from tests import public_api
from tests.inbox.service import Service, opened
from tests.tables import table


def named(value):
    """Return the name of a row, which is the same in each process."""
    return repr(value).partition(" at 0x")[0]


NO_PLACES = (None, 5, b"app.db", [], "a\0b", object())
NO_COUNTS = (0, -1, 2.5, math.nan, "3", None, True, 10**30)
NO_TIMES = (0, -1, math.nan, math.inf, "3", None, True)


@pytest.fixture
def place(tmp_path):
    return tmp_path / "inbox.db", {}


@table("kind", [Inbox, Outbox])
@table("place", NO_PLACES, ids=named)
def test_what_names_no_place_is_refused(kind: type, place: object) -> None:
    with pytest.raises(ConfigurationError, match="a place is a path"):
        kind(place, user="u", password="p")


@pytest.mark.parametrize("kind", [Inbox, Outbox])
@pytest.mark.parametrize("given", [{"max_retries": 3}, {"make_client": None}], ids=named)
def test_what_no_run_could_use_is_refused_at_once(kind: type, given: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises((ConfigurationError, InvalidRequestError)):
        kind(tmp_path / "app.db", user="u", password="p", **given)


def settings_are_refused_where_they_are_given(place: Path, given: object) -> None:
    openers: tuple[Callable[[], object], ...] = (
        lambda: connect(given),  # type: ignore[arg-type]
        lambda: connect_async(given),  # type: ignore[arg-type]
        lambda: Outbox(place, given),  # type: ignore[arg-type]
        lambda: Inbox(place, given),  # type: ignore[arg-type]
    )
    for opener in openers:
        with pytest.raises(ConfigurationError, match=f"name of a profile or nothing, not {type(given).__name__}"):
            opener()
    assert not place.exists()


def test_what_can_be_no_settings_is_refused_where_it_is_given_and_not_at_the_first_send(tmp_path: Path) -> None:
    with connect(protocol="http-post", user="u", password="p") as chat:
        for given in (5, {"protocol": "soap"}, Path("afilnet.toml"), chat):
            settings_are_refused_where_they_are_given(tmp_path / "app.db", given)


def test_sabotage_settings_that_are_looked_at_late_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afilnet_protocols.outbox.outbox.check_given", lambda given: None)
    with pytest.raises(pytest.fail.Exception):
        settings_are_refused_where_they_are_given(tmp_path / "app.db", 5)


@table("name", ["attempts", "interruptions"])
@table("value", NO_COUNTS, ids=named)
def test_counts_that_are_none_are_refused(place, name: str, value: object) -> None:
    with pytest.raises(InvalidRequestError, match=name):
        opened(Inbox, place, Service(), **{name: value})


@pytest.mark.parametrize("given", [{"polling": 5}, {"read": None}, {"start": 5}, {"processing": []}], ids=named)
def test_so_is_the_rest(place, given: dict[str, object]) -> None:
    with pytest.raises(InvalidRequestError):
        opened(Inbox, place, Service(), **given)


@table("name", ["quickest", "talk", "usual", "slowest", "long"])
@table("value", NO_TIMES, ids=named)
def test_no_polling_has_a_time_that_is_none(name: str, value: object) -> None:
    with pytest.raises(InvalidRequestError, match=name):
        Polling(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("value", NO_COUNTS, ids=named)
def test_nor_a_budget(value: object) -> None:
    with pytest.raises(InvalidRequestError, match="budget"):
        Polling(budget=value)  # type: ignore[arg-type]


@pytest.mark.parametrize("audits", [(), 30, None, "30", (0.0,), (math.nan,), (30, 30), (600, 30)], ids=named)
def test_nor_audits(audits: object) -> None:
    with pytest.raises(InvalidRequestError, match="audits"):
        Polling(audits=audits)  # type: ignore[arg-type]


@table(
    "refused",
    [
        lambda outbox: outbox.run(limit="3"),
        lambda outbox: outbox.run(limit=math.nan),
        lambda outbox: outbox.run(rate="3"),
        lambda outbox: outbox.run(rate=math.nan),
        lambda outbox: outbox.run(on_progress=5),
        lambda outbox: outbox.run(until=5),
        lambda outbox: outbox.rates(over=math.inf),
        lambda outbox: outbox.rates(over="60"),
        lambda outbox: outbox.put(5),
        lambda outbox: outbox.put([5]),
        lambda outbox: outbox.put([("send_message", None, None)]),
        lambda outbox: outbox.put([("send_message", {5: "x"}, None)]),
        lambda outbox: outbox.put([(5, {}, None)]),
    ],
)
def test_an_outbox_refuses_what_cannot_be_meant(tmp_path: Path, refused: Callable[[Outbox], object]) -> None:
    with Outbox(tmp_path / "app.db", user="u", password="p") as outbox, pytest.raises(InvalidRequestError):
        refused(outbox)


@pytest.mark.parametrize("key", [5, None, "\ud800", "", "x" * 201], ids=named)
def test_a_key_that_is_none_is_refused(place, key: object) -> None:
    with opened(Inbox, place, Service()) as inbox, pytest.raises(InvalidRequestError):
        inbox.retry(key)


# Handlers


def plain(incoming: object) -> None:
    """Handle nothing."""


async def later(incoming: object) -> None:
    """Handle nothing in a task."""


def generated(incoming: object) -> Iterator[object]:
    yield incoming


async def generated_later(incoming: object) -> AsyncIterator[object]:
    yield incoming


class Later:
    async def __call__(self, incoming: object) -> None:
        """Handle nothing in a task."""


NO_HANDLERS = (None, 5, "whatsapp", lambda: None, lambda one, two: None, generated, generated_later)


@table("kind", [Inbox, AsyncInbox])
@table("handler", NO_HANDLERS, ids=named)
def test_what_is_no_handler_is_refused(place, kind: type, handler: object) -> None:
    inbox = opened(kind, place, Service())
    with pytest.raises(InvalidRequestError, match="handler"):
        inbox.handler()(handler)
    if handler is not None:
        with pytest.raises(InvalidRequestError, match="handler"):
            inbox.handler(handler)


@pytest.mark.parametrize("handler", [later, Later(), functools.partial(later)], ids=["function", "object", "partial"])
def test_a_coroutine_needs_an_inbox_for_tasks(place, handler: object) -> None:
    with opened(Inbox, place, Service()) as inbox, pytest.raises(InvalidRequestError, match="AsyncInbox"):
        inbox.handler(handler)


@table(
    "given",
    [
        {"platform": "typo"},
        {"platform": "WhatsApp"},
        {"platform": ""},
        {"platform": 5},
        {"platform": []},
        {"platform_id": ""},
        {"platform_id": " "},
        {"platform_id": 100},
        {"platform": "whatsapp", "platform_id": b"100"},
    ],
    ids=named,
)
@table("kind", [Inbox, AsyncInbox])
def test_a_channel_that_there_cannot_be_is_refused_where_it_is_given(place, kind: type, given) -> None:
    with pytest.raises(InvalidRequestError, match="platform"):
        opened(kind, place, Service()).handler(**given)


@pytest.mark.parametrize("kind", [Inbox, AsyncInbox])
@pytest.mark.parametrize("platform", [None, "whatsapp", Platform.TELEGRAM, ListedPlatform("signal")])
def test_with_and_without_parentheses(place, kind: type, platform: object) -> None:
    inbox = opened(kind, place, Service())
    assert inbox.handler(plain) is plain
    assert inbox.handler()(plain) is plain
    assert inbox.handler(platform=platform, platform_id="100")(plain) is plain


def a_coroutine_that_nobody_awaits(place) -> None:
    service = Service()
    service.write("341", "hola")
    with opened(Inbox, place, service, start="all", attempts=1) as inbox:
        inbox.handler(lambda incoming: later(incoming))
        inbox.run(wait=False)
        (dead,) = inbox.dead()
        assert "use an AsyncInbox" in (dead.reason or "")


def test_a_coroutine_that_nobody_awaits_is_no_message_handled(place) -> None:
    a_coroutine_that_nobody_awaits(place)


def test_a_generator_that_nobody_iterates_is_no_message_handled() -> None:
    async def several() -> AsyncIterator[int]:
        yield 1

    for returned in ((each for each in "ab"), several()):
        with pytest.raises(InvalidRequestError, match="of which nothing has run"):
            check_ran(returned)


@pytest.mark.filterwarnings("ignore:coroutine")
def test_sabotage_what_was_returned_and_not_looked_at_is_noticed(place, monkeypatch) -> None:
    monkeypatch.setattr(inbox_module, "check_ran", lambda returned: None)
    with pytest.raises(ValueError, match="unpack"):
        a_coroutine_that_nobody_awaits(place)


def test_an_inbox_for_tasks_takes_a_plain_function_too(place) -> None:
    service = Service()
    service.write("341", "hola")

    async def all_() -> None:
        async with opened(AsyncInbox, place, service, start="all") as inbox:
            inbox.handler(lambda incoming: incoming.reply("re"))
            assert (await inbox.run(wait=False)).done == 1
            assert [entry.arguments["message"] for entry in await inbox.outbox.entries()] == ["re"]

    asyncio.run(all_())
    assert service.outgoing("341") == ["re"]


# Twins


INSIDE = {"after_fork", "of", "engine", "routes", "conduct"}
"""What is no part of the interface."""


def offered(kind: type, *, made: object) -> set[str]:
    return {name for name in {*dir(kind), *vars(made)} if not name.startswith("_")} - INSIDE


@pytest.mark.parametrize(("kind", "twin"), [(Inbox, AsyncInbox), (Outbox, AsyncOutbox)])
def test_the_twins_offer_the_same_with_the_same_parameters(kind: type, twin: type, tmp_path: Path) -> None:
    one, other = (each(tmp_path / "app.db", user="u", password="p") for each in (kind, twin))
    assert offered(kind, made=one) == offered(twin, made=other)
    for name in offered(kind, made=one):
        if inspect.isfunction(getattr(kind, name, None)) and name != "handler":
            ours, theirs = (inspect.signature(getattr(each, name)) for each in (kind, twin))
            assert ours == theirs, name
            assert inspect.getdoc(getattr(twin, name)), name
    one.close()
    asyncio.run(other.close())


def test_sabotage_a_twin_that_lacks_something_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(AsyncInbox, "rejected")
    with pytest.raises(AssertionError):
        test_the_twins_offer_the_same_with_the_same_parameters(Inbox, AsyncInbox, tmp_path)


def test_a_twin_says_what_it_is(tmp_path: Path) -> None:
    place = tmp_path / "app.db"

    async def all_() -> None:
        async with AsyncOutbox(place, user="u", password="p") as outbox, AsyncInbox(place, user="u") as inbox:
            assert repr(outbox) == f"<AsyncOutbox {str(place)!r}>"
            assert repr(inbox) == f"<AsyncInbox on <Outbox {str(place)!r}>>"

    asyncio.run(all_())


def test_nothing_that_is_offered_may_be_anything() -> None:
    """``Any`` in a signature tells a type checker to look away."""
    assert [line for line in public_api.lines() if re.search(r"\bAny\b", line)] == []
    assert "Any" not in str(inspect.signature(Incoming.transaction))


def test_what_a_twin_raises_is_an_error_of_this_package(place) -> None:
    async def all_() -> None:
        async with opened(AsyncInbox, place, Service()) as inbox:
            for refused in (inbox.messages("lost"), inbox.purge(older_than=-1), inbox.outbox.rates(over=0)):
                with pytest.raises(AfilnetError):
                    await refused

    asyncio.run(all_())


def shown_by_frames(error: BaseException) -> str:
    """Return what a traceback that prints local variables shows, from the twin down."""
    trace, shown = error.__traceback__, []
    while trace is not None:
        if "afilnet_protocols" in trace.tb_frame.f_code.co_filename:
            shown += [repr(value) for value in trace.tb_frame.f_locals.values()]
        trace = trace.tb_next
    return " ".join(shown)


def shows_no_signature_of_an_address(place: Path) -> None:
    async def all_() -> str:
        async with AsyncOutbox(place, user="u", password="p") as outbox:
            with pytest.raises(InvalidRequestError) as refused:
                await outbox.enqueue_file(
                    platform="whatsapp",
                    platform_id="100",
                    destination="341",
                    file_type="picture",  # type: ignore[arg-type]
                    file_url="https://www.example.com/a.jpg?signature=S3CRET",
                )
            return shown_by_frames(refused.value)

    assert "S3CRET" not in asyncio.run(all_())


def test_the_frames_of_a_twin_show_no_signature_of_an_address(tmp_path: Path) -> None:
    shows_no_signature_of_an_address(tmp_path / "app.db")


def test_sabotage_a_twin_that_hands_addresses_on_as_they_came_is_noticed(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(forwarders, "ADDRESSES", ())
    with pytest.raises(AssertionError):
        shows_no_signature_of_an_address(tmp_path / "app.db")
