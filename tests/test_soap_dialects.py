"""The soap backend behaves the same whatever dialect a service speaks: the whole suite, and every kind of answer."""

from __future__ import annotations

import dataclasses
import urllib.request
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings

from afilnet_protocols import ChatOperations, Settings, connect
from afilnet_protocols.conformance import stage, strategies
from afilnet_protocols.conformance.model import Rules
from afilnet_protocols.conformance.steps import Step
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.sandbox.fronts.soap_dialect import DIALECTS
from afilnet_protocols.wire.wsdl_bundle import Source, bundle
from tests.test_wsdl_shapes import EVERYTHING


@pytest.fixture(scope="module")
def descriptions(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The description of every dialect, as a file in one document."""
    folder = tmp_path_factory.mktemp("descriptions")
    found = {}
    for name in DIALECTS:
        made = bundle(f"{sandbox.plain_url}/api/soap/{name}/?wsdl", _fetched)
        assert len(made.sources) == (2 if DIALECTS[name].schema_apart else 1)
        path = folder / f"{name}.wsdl"
        path.write_bytes(made.document)
        found[name] = str(path)
    return found


def _fetched(url: str) -> Source:
    with urllib.request.urlopen(url) as answer:
        return Source(answer.read(), answer.headers.get_content_charset())


def speaking(name: str, descriptions: dict[str, str]) -> Callable[[Settings], ChatOperations]:
    """Return what makes a soap client that is pointed at the sandbox's front of a dialect."""

    def make(chosen: Settings) -> ChatOperations:
        return connect(
            dataclasses.replace(
                chosen, soap_wsdl=descriptions[name], soap_endpoint=f"{chosen.base_url}/api/soap/{name}/"
            )
        )

    return make


@pytest.mark.parametrize("name", DIALECTS)
def test_each_dialect_passes_the_suite_of_the_built_in_front(
    sandbox: Sandbox, descriptions: dict[str, str], name: str
) -> None:
    candidates = [
        stage.Candidate("soap", "soap", plain=True),
        stage.Candidate(f"soap, {name}", "soap", make=speaking(name, descriptions), plain=True),
    ]
    with stage.staged(sandbox, candidates) as pair:

        @settings(max_examples=max(5, settings.default.max_examples // 4))
        @given(strategies.sequences(stage.CHANNELS))
        @example(EVERYTHING)
        def play(steps: list[Step]) -> None:
            pair.run(steps)

        play()
        assert pair.compared > 50


@pytest.mark.parametrize("name", DIALECTS)
def test_each_dialect_over_tls_whatever_the_vendor_leaves_open(
    sandbox: Sandbox, descriptions: dict[str, str], name: str
) -> None:
    rules = Rules(reading_marks_read=True, empty_chats_is_error=True)
    candidate = stage.Candidate(name, "soap", make=speaking(name, descriptions))
    with stage.staged(sandbox, [candidate], rules=rules) as pair:
        pair.run(EVERYTHING)
        assert pair.compared == len(EVERYTHING)
