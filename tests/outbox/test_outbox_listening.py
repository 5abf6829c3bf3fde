"""An outbox in PostgreSQL that is closed while one of its workers waits leaves no connection behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

psycopg = pytest.importorskip("psycopg")

from afilnet_protocols.outbox.postgresql.listening import Listening  # noqa: E402 -- psycopg is there


class Connection:
    """A connection on which nobody is heard, and while which something happens."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        self.meanwhile, self.closed = meanwhile, False

    def execute(self, _: object) -> None:
        if self.closed:
            raise psycopg.OperationalError("the connection is closed")

    def fileno(self) -> int:
        return 0

    def notifies(self, **_: object) -> Iterator[None]:
        self.meanwhile()
        self.execute("")
        return iter(())

    def close(self) -> None:
        self.closed = True


def left_open(monkeypatch: pytest.MonkeyPatch, *, times: int, closes: str) -> list[Connection]:
    """Close what listens while it connects, right behind that, or while it waits; return what is still open."""
    listening, made = Listening({}), list[Connection]()

    def connected(**_: object) -> Connection:
        if closes == "before":
            listening.close()
        made.append(Connection(listening.close))
        return made[-1]

    monkeypatch.setattr(psycopg, "connect", connected)
    if closes == "behind":
        monkeypatch.setattr(Connection, "execute", lambda *_: listening.close())
    for number in range(times):
        assert listening.hear("channel", 1.0) is (number == 0)
    return [each for each in made if not each.closed]


@pytest.mark.parametrize(("closes", "times"), [("before", 1), ("behind", 1), ("waiting", 2)])
def test_what_is_closed_while_it_listens_leaves_no_connection(monkeypatch, closes, times) -> None:
    assert left_open(monkeypatch, times=times, closes=closes) == []


def test_what_is_not_closed_is_listened_on(monkeypatch) -> None:
    assert len(left_open(monkeypatch, times=1, closes="never")) == 1
