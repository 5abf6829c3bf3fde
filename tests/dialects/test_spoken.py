"""Whatever dialect a service speaks, the five backends give the model's records, or an error that names the field."""

from __future__ import annotations

from itertools import islice

import pytest

from afilnet_protocols import AfilnetError, connect
from afilnet_protocols.conformance.reference.differential import Disagreement
from afilnet_protocols.conformance.reference.rules import Rules
from afilnet_protocols.dialects import DIMENSIONS, NAMED, Dialect, Value
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.sandbox.protocols import speech
from afilnet_protocols.vocabulary import Protocol
from afilnet_protocols.wire import envelope
from afilnet_protocols.wire.document import record
from tests.dialects.generated import made
from tests.dialects.interplay import meeting
from tests.dialects.pairwise import cover, everything, tried_by
from tests.dialects.spoken import EACH, FIRST, play
from tests.tables import table

IN_CI = 12
"""How many dialects of the cover are played by default."""


@table("name", NAMED)
def test_each_built_in_dialect_is_read_as_the_model_says(name: str) -> None:
    assert play(NAMED[name]) == 5 * EACH


@pytest.mark.proof(short="test_each_built_in_dialect_is_read_as_the_model_says")
def test_the_cover_speaks_every_two_values_together_that_can_meet() -> None:
    found = list(cover())
    assert everything() == set().union(*map(tried_by, found))
    assert 40 <= len(found) <= 80
    # Sabotage: each of them is needed.
    assert everything() != set().union(*map(tried_by, found[:-1]))


@pytest.mark.proof(short="test_each_built_in_dialect_is_read_as_the_model_says")
def test_dialects_of_the_pairwise_cover_are_read_as_the_model_says(request: pytest.FixtureRequest) -> None:
    chosen = cover() if request.config.getoption("--long") else islice(cover(), IN_CI)
    for dialect, beside in chosen:
        assert play(dialect, beside) == (5 + len(beside)) * EACH, dialect


@table(
    ("one", "other", "meet"),
    [
        (("lists.empty", "null"), ("lists.form", "gaps"), False),  # no list is both empty and not
        (("lists.empty", "null"), ("sends.result", "true"), False),
        (("json.layout", "pretty"), ("soap.style", "nusoap"), False),
        (("json.layout", "pretty"), ("soap.style", "generic"), True),  # which answers JSON
        (("records.flags", "digits"), ("soap.style", "nusoap"), True),
        (("lists.empty", "null"), ("json.content_type", "text/html"), True),
        (("json.error_http", 401), ("basic.refusal", "page"), True),
        (("soap.style", "nusoap"), ("soap.version", "1.2"), False),
    ],
)
def test_two_values_meet_if_they_shape_one_answer(
    one: tuple[str, object], other: tuple[str, object], meet: bool
) -> None:
    assert (meeting(one, other) is not None) == (meeting(other, one) is not None) == meet


REFUSED = [
    (dimension.name, value) for dimension in DIMENSIONS for value in dimension.values if value.refused
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), REFUSED, ids=lambda it: str(it.value) if isinstance(it, Value) else it)
def test_a_value_that_is_refused_ends_in_an_error_that_names_the_field(name: str, value: Value) -> None:
    dialect = made({name: value.value})
    assert dialect is not None
    with Sandbox(like=dialect) as sandbox:
        sandbox.receive(**FIRST, message="hola")  # type: ignore[arg-type]  # a step's arguments
        for protocol in Protocol:
            told = _told(sandbox, protocol, value.refused.partition(".")[0])
            assert told, protocol
            assert value.refused.rpartition(".")[2] in told, protocol


def _told(sandbox: Sandbox, protocol: Protocol, met_in: str) -> str:
    """Return what the error says that a read ends with which meets the value."""
    with connect(sandbox.settings(protocol, plain=True)) as chat:
        try:
            if met_in == "result":
                chat.get_chats(platform="telegram", platform_id="200")
            elif met_in == "error":
                chat.get_chats(platform="telegram", platform_id="nosuch")
            else:
                chat.get_messages(**FIRST)  # type: ignore[arg-type]  # a step's arguments
        except AfilnetError as error:
            return str(error)
    return ""


# ---- What cannot fail proves nothing --------------------------------------------------------------------------------


def test_sabotage_a_sandbox_that_ignores_a_dialect_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = speech.row
    monkeypatch.setattr(speech, "row", lambda item, dialect, **given: whole(item, Dialect(), **given))
    with pytest.raises(Disagreement):
        play(Dialect(records_times="utc"))


def test_sabotage_a_model_that_ignores_a_dialect_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Rules, "of", classmethod(lambda cls, dialect: cls()))
    with pytest.raises(Disagreement):
        play(Dialect(lists_messages="newest_first"))


def test_sabotage_a_client_that_takes_an_empty_flag_for_false_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(record._FLAGS, "", False)
    with pytest.raises(AssertionError):
        test_a_value_that_is_refused_ends_in_an_error_that_names_the_field(*REFUSED[2])


def test_sabotage_a_client_that_does_not_know_a_code_in_lower_case_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(envelope, "as_code", lambda value: value if isinstance(value, str) else "")
    with pytest.raises(Disagreement):
        play(Dialect(errors_code="lower"))
