"""The five built-in backends are asked everything that is asked of anybody's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from afilnet_protocols.conformance.case_player import EXAMPLES, CasePlayer
from afilnet_protocols.conformance.suite import BackendConformance
from afilnet_protocols.conformance.targets.target import Target
from tests.sizes import examples, is_short

SHORTENED = is_short()
"""Whether only one speaks TLS, since all have one transport; all do in `tests/conformance/test_equality.py`."""


@pytest.fixture(scope="class")
def afilnet_player(afilnet_target: Target, afilnet_seed: int) -> Iterator[CasePlayer]:
    """The sequences of the generated cases, for each backend; `tests/conformance/test_equality.py` plays more."""
    count = examples(1, proof=EXAMPLES["quick"], long=EXAMPLES["long"])
    player = CasePlayer([afilnet_target], seed=afilnet_seed, examples=count, draws_wire=False)
    yield player
    player.close()


class TestHttpGet(BackendConformance):
    protocol = "http-get"
    plain = SHORTENED


class TestHttpPost(BackendConformance):
    protocol = "http-post"


class TestBasic(BackendConformance):
    protocol = "basic"
    plain = SHORTENED


class TestSoap(BackendConformance):
    protocol = "soap"
    plain = SHORTENED


class TestJson(BackendConformance):
    protocol = "json"
    plain = SHORTENED
