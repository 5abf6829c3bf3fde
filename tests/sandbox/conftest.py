"""One account for each test, and the ten ways to speak to the sandbox."""

from __future__ import annotations

import pytest

from tests.sandbox.speak import SPEAKERS


@pytest.fixture
def account(sandbox):
    made = sandbox.account()
    yield made
    sandbox.drop(made)


@pytest.fixture(params=list(SPEAKERS))
def speaker(request, sandbox):
    return SPEAKERS[request.param](sandbox)
