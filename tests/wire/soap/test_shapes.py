"""The soap backend behaves the same whatever shape of interface description it is given, each written by hand."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given, settings

from afilnet_protocols import ChatOperations, Settings, connect
from afilnet_protocols.comparison.steps import Step
from afilnet_protocols.conformance.generated import corpus, strategies
from afilnet_protocols.conformance.reference.rules import Rules
from afilnet_protocols.conformance.targets import stage
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.vocabulary import FileType
from tests.sizes import examples

WSDL = Path(__file__).parents[2] / "wsdl"
SHAPES = {"document": "/api/soap/", "rpc": "/api/soap/rpc/", "generic": "/api/soap/generic/"}
LINE = {"platform": "whatsapp", "platform_id": "100"}
CHAT = {**LINE, "destination": "0034600000000"}
EVERYTHING = [
    Step("get_chat_channels"),
    Step("get_chats", LINE),
    Step("get_messages", CHAT),
    Step("receive", {**CHAT, "message": " \r\n+ & % ]]> <b>\r\u2028\x85😀 שלום "}),
    Step("get_unread_messages", CHAT),
    Step("send_message", {**CHAT, "message": "\t\n"}),
    *(
        Step("send_file", {**CHAT, "file_type": str(kind), "file_url": corpus.GOOD_URLS[1], "message": caption})
        for kind, caption in zip(FileType, [None, "", " ", "x", "ñ", "0"], strict=True)
    ),
    Step("get_messages", CHAT),
    Step("get_chats", LINE),
]


def bound_to(shape: str) -> Callable[[Settings], ChatOperations]:
    """Return what makes a soap client of a hand-written description, led to the sandbox's endpoint of that shape."""

    def make(chosen: Settings) -> ChatOperations:
        endpoint = f"{chosen.base_url}{SHAPES[shape]}"
        return connect(dataclasses.replace(chosen, soap_wsdl=str(WSDL / f"{shape}.wsdl"), soap_endpoint=endpoint))

    return make


@pytest.mark.hypothesis  # so that it is among the proofs, at its full size
@pytest.mark.parametrize("shape", SHAPES)
def test_each_shape_passes_the_suite_of_the_built_in_one(sandbox: Sandbox, shape: str) -> None:
    candidates = [
        stage.Candidate("soap", "soap", plain=True),
        stage.Candidate(f"soap with {shape}.wsdl", "soap", make=bound_to(shape), plain=True),
    ]
    with stage.staged(sandbox, candidates) as pair:

        @settings(max_examples=examples(8, proof=100))
        @given(strategies.sequences(stage.CHANNELS))
        @example(EVERYTHING)
        def play(steps: list[Step]) -> None:
            pair.run(steps)

        play()
        assert pair.compared > 2 * len(EVERYTHING)


@pytest.mark.parametrize("shape", SHAPES)
def test_each_shape_over_tls_whatever_the_vendor_leaves_open(sandbox: Sandbox, shape: str) -> None:
    rules = Rules(reading_marks_read=True, empty_chats_is_error=True)
    with stage.staged(sandbox, [stage.Candidate(shape, "soap", make=bound_to(shape))], rules=rules) as pair:
        pair.run(EVERYTHING)
        assert pair.compared == len(EVERYTHING)


def test_the_hand_written_descriptions_are_not_the_rendered_one(sandbox: Sandbox) -> None:
    rendered = Path(sandbox.settings("soap").soap_wsdl or "").read_bytes()
    assert all((WSDL / f"{shape}.wsdl").read_bytes() != rendered for shape in SHAPES)
