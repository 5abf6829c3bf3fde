"""The fixtures ``afilnet_sandbox``, ``afilnet_account`` and ``afilnet_fault``, for anyone's tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from afilnet_protocols.sandbox import Account, Armed, Sandbox


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


@pytest.fixture
def afilnet_fault(afilnet_sandbox: Sandbox, afilnet_account: Account) -> Iterator[Callable[..., Armed]]:
    """Arm faults as :meth:`Sandbox.fault` does, for the test's account where the kind of fault can name one.

    Each is disarmed after the test, and fails it if it never fired.
    """
    armed: list[Armed] = []

    def fault(kind: str, /, **given: object) -> Armed:
        from afilnet_protocols.sandbox.fault_kinds import meets_accounts

        if meets_accounts(kind, given.get("operation")):
            given.setdefault("account", afilnet_account)
        arm: Callable[..., Armed] = afilnet_sandbox.fault
        armed.append(arm(kind, **given))
        return armed[-1]

    yield fault
    for each in armed:
        each.disarm()
    for each in armed:
        each.check()
