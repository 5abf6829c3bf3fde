"""What a database cannot hold as it is, or keeps out, neither ends a run nor hides what became of an entry."""

from __future__ import annotations

import contextlib
import itertools
import sqlite3

import psycopg
import pytest
from psycopg import sql

from afilnet_protocols import ConfigurationError, Inbox, NotSentError, Outbox, OutcomeUnknownError, Settings
from afilnet_protocols.outbox import State
from afilnet_protocols.outbox.postgresql import address
from tests.inbox.service import Service as Chats
from tests.inbox.service import opened
from tests.outbox.conftest import ON_POSTGRESQL
from tests.outbox.service import PLACE, Service
from tests.tables import table

SETTINGS = Settings(protocol="http-post", user="u", password="p")

_numbers = itertools.count()


class Telling(Service):
    """Ends each send with an error of these words."""

    def __init__(self, kind, words):
        super().__init__()
        self.error = kind(words)

    def send_message(self, **_):
        raise self.error


def noted(place, how, kind, words):
    service = Telling(kind, words)
    with Outbox(place, SETTINGS, make_client=lambda _: service, conduct=service.conduct(), **how) as outbox:
        outbox.enqueue(**PLACE, destination="341", message="a")
        outbox.run(limit=1, rest=False)
        (entry,) = outbox.entries()
        return entry.state, entry.reason


WORDS = [("a\0b", "a?b"), ("half \ud83d", "half ?"), ("…", "…"), ("👋" * 2000, "👋" * 1000)]


@pytest.mark.parametrize(("kind", "state"), [(NotSentError, State.PENDING), (OutcomeUnknownError, State.UNKNOWN)])
def test_what_became_of_an_entry_is_noted_whatever_the_words_of_its_error(new_place, kind, state):
    for words, kept in WORDS:
        place, how = new_place()
        assert noted(place, how, kind, words) == (state, kept)


def test_words_as_they_come_would_be_found(new_place, monkeypatch):
    for store in ("sqlite", "postgresql"):
        monkeypatch.setattr(f"afilnet_protocols.outbox.{store}.store.storable", lambda text, *_: text)
    place, how = new_place()
    with pytest.raises((UnicodeEncodeError, ConfigurationError)):
        noted(place, how, OutcomeUnknownError, WORDS[1][0])


@pytest.fixture
def in_latin1(postgresql_server):
    """Return the address of a database that keeps texts in another encoding than UTF-8."""
    name = f"latin1_{next(_numbers)}"
    with psycopg.connect(postgresql_server.url, autocommit=True) as db:
        db.execute(sql.SQL("CREATE DATABASE {} ENCODING 'LATIN1' TEMPLATE template0").format(sql.Identifier(name)))
    return f"{postgresql_server.url.rpartition('/')[0]}/{name}"


def test_a_database_of_few_characters_notes_all_words(in_latin1):
    assert noted(in_latin1, {}, OutcomeUnknownError, "lost … ñ") == (State.UNKNOWN, "lost ? ?")


def test_a_text_that_a_database_cannot_keep_is_refused_when_it_is_put_in(in_latin1):
    with Outbox(in_latin1, SETTINGS) as outbox:
        with pytest.raises(ConfigurationError, match="LATIN1"):
            outbox.enqueue(**PLACE, destination="341", message="👋")
        assert outbox.enqueue(**PLACE, destination="341", message="ñ")


def test_an_inbox_needs_a_database_that_keeps_every_message(in_latin1):
    with pytest.raises(ConfigurationError, match="keeps texts in LATIN1: use one in UTF8"):
        Inbox(in_latin1, SETTINGS)


@table("encoding", ["LATIN1", "SQL_ASCII", "utf8"])
def test_no_address_says_in_which_encoding_its_connection_is(postgresql_server, encoding):
    place = f"{postgresql_server.url}?client_encoding={encoding}"
    with Outbox(place, SETTINGS, schema=f"odd_{next(_numbers)}") as outbox:
        outbox.enqueue(**PLACE, destination="341", message="ñ 👋", key="ñ")
        assert [(entry.key, entry.arguments["message"]) for entry in outbox.entries()] == [("ñ", "ñ 👋")]


def test_an_address_that_says_so_would_be_found(postgresql_server, monkeypatch):
    monkeypatch.setattr(address, "ALWAYS", {})
    with (
        Outbox(f"{postgresql_server.url}?client_encoding=LATIN1", SETTINGS, schema=f"odd_{next(_numbers)}") as outbox,
        pytest.raises(UnicodeEncodeError),
    ):
        outbox.enqueue(**PLACE, destination="341", message="👋")


def kept_out(place, how, table="outbox"):
    """Let the database of an outbox take rows of a table and keep none."""
    if not how:
        with sqlite3.connect(place) as db:
            db.execute(f"CREATE TRIGGER mine BEFORE INSERT ON afilnet_{table} BEGIN SELECT RAISE(IGNORE); END")
        db.close()
        return
    trigger = """
        CREATE FUNCTION {0}.mine() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
        CREATE TRIGGER mine BEFORE INSERT ON {0}.{1} FOR EACH ROW EXECUTE FUNCTION {0}.mine()
    """
    with psycopg.connect(place, autocommit=True) as db:
        db.execute(sql.SQL(trigger).format(sql.Identifier(how["schema"]), sql.Identifier(table)))


def test_an_entry_that_the_database_keeps_out_is_told(new_place):
    place, how = new_place()
    with Outbox(place, SETTINGS, **how) as outbox:
        kept_out(place, how)
        with pytest.raises(ConfigurationError, match="a trigger or rule of the database kept the entry out"):
            outbox.enqueue(**PLACE, destination="341", message="a")
        with pytest.raises(ConfigurationError, match="kept the entry out"):
            outbox.put([("send_message", {**PLACE, "destination": "341", "message": "a"}, None)])


def changed(place, how, statement):
    with contextlib.closing(psycopg.connect(place) if how else sqlite3.connect(place)) as db:
        db.execute(statement)
        db.commit()


def undo(place, how, when, table="outbox", *, returns="NULL"):
    """Let the database undo changes of a table without a word: those that ``when`` says of ``NEW``.

    A function of PostgreSQL may return ``NULL`` for it, or ``OLD``, as one that is for what is deleted does.
    """
    if not how:
        with sqlite3.connect(place) as db:
            db.execute(
                f"CREATE TRIGGER undo BEFORE UPDATE ON afilnet_{table} WHEN {when} BEGIN SELECT RAISE(IGNORE); END"
            )
        db.close()
        return
    schema, name = sql.Identifier(how["schema"]), sql.Identifier(table)
    trigger = """
        CREATE FUNCTION {0}.undo() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN {3}; END';
        CREATE TRIGGER undo BEFORE UPDATE ON {0}.{1} FOR EACH ROW WHEN ({2}) EXECUTE FUNCTION {0}.undo()
    """
    with psycopg.connect(place, autocommit=True) as db:
        db.execute(sql.SQL(trigger).format(schema, name, sql.SQL(when), sql.SQL(returns)))


def nothing_is_sent(new_place, delivery, when, returns="NULL"):
    (place, how), service, settings = new_place(), Service(), SETTINGS.but(delivery=delivery)
    with Outbox(place, settings, make_client=lambda _: service, conduct=service.conduct(), **how) as outbox:
        outbox.enqueue(**PLACE, destination="341", message="a")
        undo(place, how, when, returns=returns)
        with pytest.raises(ConfigurationError, match="trigger or rule of the database undoes") as raised:
            outbox.run(rest=False)
        assert raised.value.delivery == "not_sent"
        assert [entry.state for entry in outbox.entries()] == [State.PENDING]
    assert not service.messages


@pytest.mark.parametrize("when", ["true", "NEW.state = 'sending'"])
@pytest.mark.parametrize("delivery", ["at_most_once", "reconcile"])
def test_nothing_is_sent_and_nothing_waited_for_that_the_database_lets_nobody_note(new_place, delivery, when):
    nothing_is_sent(new_place, delivery, when)


@ON_POSTGRESQL
@pytest.mark.parametrize("when", ["true", "OLD.head IS NULL", "NEW.owner IS NOT NULL", "NEW.state = 'sending'"])
@pytest.mark.parametrize("delivery", ["at_most_once", "reconcile"])
def test_nothing_is_sent_whose_row_the_database_gives_back_as_it_was(new_place, delivery, when):
    nothing_is_sent(new_place, delivery, when, "OLD")


@ON_POSTGRESQL
def test_nothing_is_sent_or_waited_for_where_a_part_of_what_is_new_cannot_be_sorted_in(new_place):
    (place, how), service = new_place(), Service()
    with Outbox(place, SETTINGS, make_client=lambda _: service, conduct=service.conduct(), **how) as outbox:
        for destination in ("341", "342"):
            outbox.enqueue(**PLACE, destination=destination, message="a")
        undo(place, how, "OLD.head IS NULL AND NEW.destination = '342'")
        with pytest.raises(ConfigurationError, match="undoes"):
            outbox.run(rest=False)
    assert not service.messages


@ON_POSTGRESQL
def test_a_trigger_that_notes_something_of_its_own_is_no_hindrance(new_place):
    (place, how), service = new_place(), Service()
    with Outbox(place, SETTINGS, make_client=lambda _: service, conduct=service.conduct(), **how) as outbox:
        outbox.enqueue(**PLACE, destination="341", message="a")
        undo(place, how, "true", returns="NEW")
        assert outbox.run().sent == 1


@pytest.mark.parametrize("tell", [None, lambda _: None], ids=["with the next claim", "by itself"])
def test_what_was_sent_and_is_noted_nowhere_is_told(new_place, tell):
    (place, how), service = new_place(), Service()
    with Outbox(place, SETTINGS, make_client=lambda _: service, conduct=service.conduct(), **how) as outbox:
        outbox.enqueue(**PLACE, destination="341", message="a")
        undo(place, how, "NEW.state = 'sent'")
        with pytest.raises(ConfigurationError, match=r"is sent now, but .* undoes") as raised:
            outbox.run(on_progress=tell)
        assert raised.value.delivery == "unknown"


def nothing_is_handed_over(new_place, table, returns="NULL"):
    place, how = new_place()
    chats, given = Chats(), []
    chats.write("341", "a")
    with opened(Inbox, (place, how), chats, start="all") as inbox:
        inbox.handler(lambda incoming: given.append(incoming.text))
        when = "NEW.owner IS NOT NULL" if table == "inbox_conversations" else "NEW.state = 'handling'"
        undo(place, how, when, table, returns=returns)
        with pytest.raises(ConfigurationError, match="undoes"):
            inbox.run(wait=False)
    assert not given


TABLES = pytest.mark.parametrize("table", ["inbox_conversations", "inbox_messages"])


@TABLES
def test_no_message_is_handed_over_again_and_again_that_the_database_lets_nobody_take(new_place, table):
    nothing_is_handed_over(new_place, table)


@ON_POSTGRESQL
@TABLES
def test_no_message_is_handed_over_whose_row_the_database_gives_back_as_it_was(new_place, table):
    nothing_is_handed_over(new_place, table, "OLD")


@TABLES
def test_a_message_that_the_database_keeps_out_is_told_and_comes_when_it_does_no_more(new_place, table):
    place, how = new_place()
    chats, given = Chats(), []
    chats.write("341", "a")
    with opened(Inbox, (place, how), chats, start="all") as inbox:
        inbox.handler(lambda incoming: given.append(incoming.text))
        kept_out(place, how, table)
        with pytest.raises(ConfigurationError, match="undoes"):
            inbox.run(wait=False)
    assert not given
    changed(place, how, "DROP TRIGGER mine" if not how else f'DROP TRIGGER mine ON "{how["schema"]}".{table}')
    with opened(Inbox, (place, how), chats, start="all") as inbox:
        inbox.handler(lambda incoming: given.append(incoming.text))
        inbox.run(wait=False)
    assert given == ["a"]


def test_a_message_that_was_handled_and_is_noted_nowhere_is_told(new_place):
    place, how = new_place()
    chats, given = Chats(), []
    chats.write("341", "a")
    with opened(Inbox, (place, how), chats, start="all") as inbox:

        @inbox.handler
        def handle(incoming):
            given.append(incoming.text)
            if len(given) > 1:  # it would come for ever
                inbox.stop()

        undo(place, how, "NEW.state = 'done'", "inbox_messages")
        with pytest.raises(ConfigurationError, match="undoes"):
            inbox.run(wait=False)
    assert given == ["a"]


@ON_POSTGRESQL
def test_sequences_that_a_logical_copy_left_behind_are_told(new_place):
    place, how = new_place()
    with Outbox(place, SETTINGS, **how) as outbox:
        outbox.enqueue(**PLACE, destination="341", message="a")
        with psycopg.connect(place, autocommit=True) as db:
            db.execute(sql.SQL("ALTER TABLE {}.outbox ALTER id RESTART WITH 1").format(sql.Identifier(how["schema"])))
        with pytest.raises(ConfigurationError, match=r"behind its entries.*setval.*id.*claims"):
            outbox.enqueue(**PLACE, destination="341", message="b")


# Messages


def handled(place, how, texts, handler, rounds=2):
    """Return what a handler is given in some rounds, each of an inbox opened anew, and the reasons in the end."""
    chats, given = Chats(), []
    for text in texts:
        chats.write("341", text)
    for _ in range(rounds):
        with opened(Inbox, (place, how), chats, start="all") as inbox:

            @inbox.handler
            def handle(incoming):
                given.append(incoming.text)
                handler(incoming)

            inbox.run(wait=False)
            chats.wait(10_000)
            told = inbox.rejected()
    return given, [each.reason for each in told]


@pytest.mark.parametrize(
    ("handler", "reasons"),
    [(lambda incoming: None, []), (lambda incoming: incoming.reject("a\0 \ud83d"), ["a? ?"] * 2)],
    ids=["done", "rejected"],
)
def test_a_message_is_handed_over_as_it_is_and_once_whatever_it_holds(new_place, handler, reasons):
    place, how = new_place()
    assert handled(place, how, ["a\0b", "\ufffe\x01"], handler) == (["a\0b", "\ufffe\x01"], reasons)


@ON_POSTGRESQL
def test_a_schema_may_have_a_name_of_signs_that_stand_for_something_in_statements(new_place):
    place, _ = new_place()
    how = {"schema": f"odd ?:x afilnet_inbox INDEXED BY {next(_numbers)}"}
    assert handled(place, how, ["hola"], lambda incoming: None) == (["hola"], [])
