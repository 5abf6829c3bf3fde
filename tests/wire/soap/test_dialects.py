"""The soap backend behaves the same whatever dialect a service speaks: the whole suite, and every kind of answer."""

from __future__ import annotations

import dataclasses
import urllib.request
from collections.abc import Callable, Iterator

import pytest

from afilnet_protocols import AfilnetError, ChatOperations, Settings, connect
from afilnet_protocols.conformance.cases import CASES, Case
from afilnet_protocols.conformance.reference.rules import Rules
from afilnet_protocols.conformance.results.outcome import Outcome
from afilnet_protocols.conformance.runner import run
from afilnet_protocols.conformance.targets import stage
from afilnet_protocols.conformance.targets.stage import Candidate, Stage
from afilnet_protocols.dialects.soap import SOAP_STYLES
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.wire.soap import strict_xml, xml_encoding
from afilnet_protocols.wire.soap import typed_text as soap_text
from afilnet_protocols.wire.soap.answers import answer as soap_answer
from afilnet_protocols.wire.soap.answers import reader as soap_reader
from afilnet_protocols.wire.soap.description.wsdl_bundle import Source, bundle
from tests.wire.soap.test_shapes import CHAT, EVERYTHING

FINE = (Outcome.PASS, Outcome.NOT_DECLARED)


@pytest.fixture(scope="module")
def theatre() -> Iterator[Stage]:
    with Stage() as running:
        yield running


@pytest.fixture(scope="module")
def descriptions(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The description of every dialect, as a file in one document."""
    folder = tmp_path_factory.mktemp("descriptions")
    found = {}
    for name in SOAP_STYLES:
        made = bundle(f"{sandbox.plain_url}/api/soap/{name}/?wsdl", _fetched)
        assert len(made.sources) == (2 if SOAP_STYLES[name].schema_apart else 1)
        path = folder / f"{name}.wsdl"
        path.write_bytes(made.document)
        found[name] = str(path)
    return found


def _fetched(url: str) -> Source:
    with urllib.request.urlopen(url) as answer:
        return Source(answer.read(), answer.headers.get_content_charset())


def speaking(name: str, descriptions: dict[str, str]) -> Callable[[Settings], ChatOperations]:
    """Return what makes a soap client that is pointed at the sandbox's endpoint of a dialect."""

    def make(chosen: Settings) -> ChatOperations:
        return connect(
            dataclasses.replace(
                chosen, soap_wsdl=descriptions[name], soap_endpoint=f"{chosen.base_url}/api/soap/{name}/"
            )
        )

    return make


AREAS = ("SEND", "MSGS", "ERR")
"""What a dialect says in another way: calls, records, and refusals; each operation is called over TLS as well."""

FOREMOST = ("SEND-01", "MSGS-01", "MSGS-02", "ERR-01", "ERR-03")
"""What every dialect plays: a case of each of these areas at least."""

HANDS = 4
"""The other cases are dealt out in turn to so many dialects, each of which has them from there on again."""


def dealt(name: str) -> list[Case]:
    """Return what a dialect is asked here: the foremost cases, and its share of the others."""
    known = [case for case in CASES if case.area in AREAS and not case.generated]
    others = [case for case in known if case.id not in FOREMOST]
    share = others[list(SOAP_STYLES).index(name) % HANDS :: HANDS]
    return [case for case in known if case.id in FOREMOST or case in share]


@pytest.mark.parametrize("name", SOAP_STYLES)
def test_each_dialect_passes_what_the_suite_asks_of_answers(
    theatre: Stage, descriptions: dict[str, str], name: str
) -> None:
    chosen = dealt(name)
    assert passed(theatre, descriptions, name, chosen) == len(chosen)


def test_every_case_about_answers_is_dealt_to_a_dialect() -> None:
    known = {case.id for case in CASES if case.area in AREAS and not case.generated}
    assert set(FOREMOST) < known == {case.id for name in SOAP_STYLES for case in dealt(name)}


@pytest.mark.proof(short="test_each_dialect_passes_what_the_suite_asks_of_answers")
@pytest.mark.parametrize("name", SOAP_STYLES)
def test_each_dialect_passes_the_conformance_suite(
    theatre: Stage, descriptions: dict[str, str], name: str, request: pytest.FixtureRequest
) -> None:
    chosen = [case for case in CASES if not case.generated or request.config.getoption("--long")]
    assert passed(theatre, descriptions, name, chosen) > 60


def passed(theatre: Stage, descriptions: dict[str, str], name: str, chosen: list[Case]) -> int:
    """Return how many cases a client of a dialect passes, if it fails in none."""
    target = theatre.target(Candidate(name, "soap", make=speaking(name, descriptions), plain=True))
    report = run([target], cases=chosen, seed=1)
    wrong = {result.case: result.reason for result in report.results if result.outcome not in FINE}
    assert wrong == {}
    return sum(result.outcome is Outcome.PASS for result in report.results)


@pytest.mark.parametrize("name", SOAP_STYLES)
def test_each_dialect_over_tls_whatever_the_vendor_leaves_open(
    sandbox: Sandbox, descriptions: dict[str, str], name: str
) -> None:
    rules = Rules(reading_marks_read=True, empty_chats_is_error=True)
    candidate = Candidate(name, "soap", make=speaking(name, descriptions))
    with stage.staged(sandbox, [candidate], rules=rules) as pair:
        pair.run(EVERYTHING)
        assert pair.compared == len(EVERYTHING)


@pytest.mark.parametrize(
    ("name", "module", "guard", "replacement"),
    [
        ("nusoap", strict_xml, "as_utf8", lambda octets, _: octets.decode("latin-1").encode()),
        ("latin1", xml_encoding, "_SINGLE_BYTE", {}),
        ("php", soap_answer, "follow", lambda *_: None),
        ("php-rpc", soap_answer, "follow", lambda *_: None),
        ("axis", soap_answer, "follow", lambda *_: None),
        ("qualified", soap_reader, "_is_foreign", lambda *_: True),
        ("binary", soap_text, "_decoded", lambda text, _: text.encode()),
    ],
)
def test_a_client_that_does_not_know_the_dialect_is_noticed(
    sandbox: Sandbox, descriptions: dict[str, str], name, module, guard, replacement, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert is_spoken(sandbox, speaking(name, descriptions))
    monkeypatch.setattr(module, guard, replacement)
    assert not is_spoken(sandbox, speaking(name, descriptions))


def is_spoken(sandbox: Sandbox, make: Callable[[Settings], ChatOperations]) -> bool:
    """Whether a client sends a text twice and reads it back."""
    chosen = sandbox.settings("soap", account=sandbox.account(), plain=True)
    with make(chosen) as chat:
        chat.wait = lambda *_: ()  # type: ignore[attr-defined] # pauses between attempts
        try:
            for _ in range(2):
                chat.send_message(**CHAT, message="Señal")
            return [each.message for each in chat.get_messages(**CHAT)] == ["Señal", "Señal"]
        except AfilnetError:
            return False
