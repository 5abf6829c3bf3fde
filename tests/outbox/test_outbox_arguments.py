"""What cannot be meant is refused where it is given: before anything is written, and without showing a secret."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from afilnet_protocols import AsyncInbox, AsyncOutbox, ConfigurationError, Inbox, InvalidRequestError, Outbox, deadline
from afilnet_protocols.cli.app import run
from afilnet_protocols.outbox import migrate, places
from afilnet_protocols.outbox.worker import Worker
from afilnet_protocols.seconds import LONGEST, check_seconds
from tests.outbox.service import Service
from tests.tables import table

NO_LENGTHS = (math.nan, math.inf, -math.inf, -1, 1e300, LONGEST + 1, "60", 10**400)
TOKENS = {"json_url": "https://localhost:1/", "token_url": "https://localhost:1/token"}
OTHERS = ("postgresql+psycopg", "mysql", "sqlite", "redis", "postgres+asyncpg")


@pytest.mark.parametrize("seconds", NO_LENGTHS, ids=repr)
def test_what_is_no_length_of_time_is_refused(tmp_path: Path, seconds: float) -> None:
    with pytest.raises(InvalidRequestError, match="number of seconds"):
        check_seconds("after", seconds)
    with Outbox(tmp_path / "box.db", user="u", password="p") as outbox, pytest.raises(InvalidRequestError):
        outbox.purge(older_than=seconds)
    with Inbox(tmp_path / "box.db", user="u", password="p") as inbox, pytest.raises(InvalidRequestError):
        inbox.purge(older_than=seconds)


@table("seconds", [*NO_LENGTHS, 0, None, [1], True, 10**5000], ids=lambda given: str(type(given)))
def test_no_deadline_is_one_of_no_length(seconds: float) -> None:
    with pytest.raises(InvalidRequestError, match="number of seconds"), deadline(seconds):
        pass


@pytest.mark.parametrize("seconds", ["nan", "inf", "-inf"])
def test_no_option_takes_a_number_that_no_comparison_holds_for(
    tmp_path: Path, seconds: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Outbox(tmp_path / "box.db", user="u", password="p").close()
    for command, option in ((["outbox", "purge"], "--older-than"), (["outbox", "health"], "--oldest")):
        assert run([*command, str(tmp_path / "box.db"), f"{option}={seconds}"]) == 2
        assert f"{seconds} is not " in capsys.readouterr().err


def shows_nothing_of_other_places(capsys: pytest.CaptureFixture[str], place: str) -> None:
    for opened in (Outbox, Inbox):
        with pytest.raises(ConfigurationError) as refused:
            opened(place, user="u", password="p").close()
        assert "S3CRET" not in str(refused.value)
    for command in (["outbox", "status"], ["inbox", "status"], ["outbox", "migrate"]):
        assert run([*command, place]) != 0
        told = capsys.readouterr()
        assert "S3CRET" not in told.out + told.err
        assert "postgresql://" in told.err


@pytest.mark.parametrize(
    "place",
    [
        *(f"{scheme}://u:S3CRET-word@h/x" for scheme in OTHERS),
        "host=h password=S3CRET-word dbname=x",
        " dbname = x sslpassword=S3CRET-word",
        "application_name=a password=S3CRET-word",
        "passfile=S3CRET-word connect_timeout=3",
        "Host=h;Username=u;Password=S3CRET-word",
        "Driver={PostgreSQL Unicode};Server=h;Pwd=S3CRET-word",
        "pgsql:host=h;password=S3CRET-word",
        "jdbc:postgresql://h/x?password=S3CRET-word",
    ],
)
def test_what_leads_to_a_database_in_another_way_is_refused_and_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    monkeypatch.chdir(tmp_path)
    shows_nothing_of_other_places(capsys, place)
    assert list(tmp_path.iterdir()) == []


def test_sabotage_an_address_that_is_taken_for_a_path_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(places, "refuse_other_schemes", lambda place: None)
    with pytest.raises(AssertionError):
        shows_nothing_of_other_places(capsys, "mysql://u:S3CRET-word@h/x")


def no_number_is_looked_for(outbox: Outbox, number: object) -> None:
    for ask in (outbox.entry, outbox.send, lambda given: outbox.retry(given, state="pending")):
        with pytest.raises(InvalidRequestError, match="the number of an entry"):
            ask(number)


def test_what_is_no_number_of_an_entry_is_refused(tmp_path: Path) -> None:
    with Outbox(tmp_path / "box.db", user="u", password="p") as outbox:
        for number in (b"x", "5", None, 1.0, True, 0, -1, 2**63, [1], Path("x")):
            no_number_is_looked_for(outbox, number)
        assert outbox.entry(2**63 - 1) is None


def test_sabotage_a_number_that_is_not_looked_at_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afilnet_protocols.outbox.ledger._check_numbers", lambda *_: None)
    with (
        Outbox(tmp_path / "box.db", user="u", password="p") as outbox,
        pytest.raises((pytest.fail.Exception, TypeError)),
    ):
        no_number_is_looked_for(outbox, b"x")


@table("place", ["\ud800", "a\0b", b"box.db", None, 5, Path("\ud83d")], ids=ascii)
def test_what_no_path_can_be_is_no_place(place: str) -> None:
    for opened in (Outbox, Inbox):
        with pytest.raises(ConfigurationError, match="a place is a path"):
            opened(place, user="u", password="p").close()


@pytest.mark.parametrize(
    ("given", "account"),
    [
        ({"user": "u", "password": "p"}, "u"),
        ({"protocol": "json", **TOKENS, "client_id": "c", "client_secret": "s"}, "c"),
    ],
)
def test_a_rate_is_that_of_the_user_or_of_the_client(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], account: str
) -> None:
    accounts = []

    class Watched(Worker):
        def __init__(self, *args: object, account: str, **more: object) -> None:
            accounts.append(account)
            super().__init__(*args, account=account, **more)  # type: ignore[arg-type] # as it was given

    monkeypatch.setattr("afilnet_protocols.outbox.outbox.Worker", Watched)
    with Outbox(tmp_path / "box.db", make_client=lambda _: Service(), **given) as outbox:  # type: ignore[arg-type]
        outbox.run()
    assert accounts == [account]


def opened_with_a_schema(place: Path, schema: object) -> Iterator[Callable[[], object]]:
    given = {"schema": schema, "user": "u", "password": "p"}
    for kind in (Outbox, AsyncOutbox, Inbox, AsyncInbox):
        yield lambda kind=kind: asyncio.run(entered(kind(place, **given)))
    yield lambda: migrate(place, schema=schema)  # type: ignore[arg-type] # that is the point


async def entered(made: object) -> None:
    if isinstance(made, AsyncOutbox | AsyncInbox):
        async with made:
            pass


def a_schema_of_a_file_is_refused(place: Path, schema: object) -> None:
    for opening in opened_with_a_schema(place, schema):
        with pytest.raises(ConfigurationError, match="schema is for a place in PostgreSQL"):
            opening()
    assert not place.exists()


@table("schema", ["another", "", None, 5, "AFILNET"], ids=repr)
def test_a_schema_that_is_named_for_a_file_is_refused_before_there_is_one(tmp_path: Path, schema: object) -> None:
    a_schema_of_a_file_is_refused(tmp_path / "box.db", schema)


def test_sabotage_a_schema_that_is_passed_over_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "_refuse_schema_of_file", lambda schema: None)
    with pytest.raises(pytest.fail.Exception):
        a_schema_of_a_file_is_refused(tmp_path / "box.db", "another")


def test_a_client_that_nothing_makes_is_refused_before_a_file_is_there(tmp_path: Path) -> None:
    for nothing in ("connect", None, 5):
        with pytest.raises(InvalidRequestError, match="make_client"):
            Outbox(tmp_path / "box.db", make_client=nothing)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


@table(
    "place",
    [
        "a=1.db",
        "./host=h",
        "outbox of user=me.db",
        "/srv/pwd=x/a.db",
        "hostile=1.db",
        "postgresql://h/x?user=u&password=w",
    ],
)
def test_a_path_or_an_address_with_an_equals_sign_is_a_place(place: str) -> None:
    places.refuse_other_schemes(place)
