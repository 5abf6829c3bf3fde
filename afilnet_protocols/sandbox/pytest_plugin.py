"""The fixtures ``afilnet_sandbox`` and ``afilnet_account``, for anyone's tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from afilnet_protocols.sandbox import Account, Sandbox


@pytest.fixture(scope="session")
def afilnet_sandbox() -> Iterator[Sandbox]:
    """One running sandbox for all tests of the session. Keep apart what they do with ``afilnet_account``."""
    from afilnet_protocols.sandbox import Sandbox

    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def afilnet_account(afilnet_sandbox: Sandbox) -> Iterator[Account]:
    """A new account of the sandbox for one test: what it does, no other test sees.

    A fault that the test armed for this account and that never fired fails the test.
    """
    account = afilnet_sandbox.account()
    yield account
    armed = [each for each in afilnet_sandbox.faults() if each.fault.account == account.number]
    afilnet_sandbox.drop(account)
    for each in armed:
        each.check()
