"""Fixtures for anyone's tests: a sandbox, an account for each test, a client, an environment, faults, no waits."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from afilnet_protocols.dialects import Dialect
    from afilnet_protocols.operations import ChatOperations
    from afilnet_protocols.sandbox import Account, Armed, Sandbox
    from afilnet_protocols.vocabulary import AnyProtocol


@pytest.fixture(scope="session")
def afilnet_like() -> str | Path | Dialect | None:
    """How ``afilnet_sandbox`` speaks: as the vendor's samples do.

    To be overridden, or parametrized: ``@pytest.fixture(scope="session", params=["tidy", "bare-php"])``.
    """
    return None


@pytest.fixture(scope="session")
def afilnet_sandbox(afilnet_like: str | Path | Dialect | None) -> Iterator[Sandbox]:
    """One running sandbox for all tests of the session. Keep apart what they do with ``afilnet_account``."""
    from afilnet_protocols.sandbox import Sandbox

    with Sandbox(like=afilnet_like) as sandbox:
        yield sandbox


@pytest.fixture
def afilnet_account(afilnet_sandbox: Sandbox) -> Iterator[Account]:
    """A new account of the sandbox for one test: what it does, no other test sees.

    It has ``receive``, ``journal`` and ``settings`` of its own. A fault that the test armed for this account and that
    never fired fails the test.
    """
    account = afilnet_sandbox.account()
    yield account
    armed = [each for each in afilnet_sandbox.faults() if each.fault.account == account.number]
    afilnet_sandbox.drop(account)
    for each in armed:
        each.check()


@pytest.fixture
def afilnet_protocol() -> AnyProtocol:
    """The protocol of ``afilnet_chat`` and ``afilnet_environment``; ``http-post``.

    To be overridden, or parametrized: ``@pytest.mark.parametrize("afilnet_protocol", ["soap", "json"])``.
    """
    return "http-post"


@pytest.fixture
def afilnet_chat(afilnet_account: Account, afilnet_protocol: AnyProtocol) -> Iterator[ChatOperations]:
    """A connected client of the test's account."""
    from afilnet_protocols.registry import connect

    with connect(afilnet_account.settings(afilnet_protocol)) as chat:
        yield chat


@pytest.fixture
def afilnet_environment(
    afilnet_account: Account, afilnet_protocol: AnyProtocol, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Account:
    """Make an application's bare ``connect()`` meet the test's account, by environment variables; return the account.

    Every other ``AFILNET_*`` variable is taken away, and so is every file of settings.
    """
    from afilnet_protocols.settings import FIELDS
    from afilnet_protocols.settings.environment import given_by

    for name in [name for name in os.environ if name.startswith("AFILNET_")]:
        monkeypatch.delenv(name)
    nothing = tmp_path / "afilnet-no-profiles.toml"
    nothing.touch(0o600)
    monkeypatch.setenv("AFILNET_CONFIG", str(nothing))
    for name, value in given_by(afilnet_account.settings(afilnet_protocol), FIELDS).items():
        monkeypatch.setenv(name, value)
    return afilnet_account


@pytest.fixture
def afilnet_no_waits() -> Iterator[None]:
    """Leave out pauses between attempts, as :func:`afilnet_protocols.testing.no_waits` does."""
    from afilnet_protocols.calls import pauses

    pauses.turn(off=True)
    yield
    pauses.turn(off=False)


@pytest.fixture
def afilnet_patience() -> float:
    """How long a call of the test takes at most once a fault is armed that keeps calls waiting, in seconds; 2.

    To be overridden. Such a call would else wait for its whole timeout. It holds for the test's own thread or task.
    """
    return 2.0


@pytest.fixture
def afilnet_fault(
    afilnet_sandbox: Sandbox, afilnet_account: Account, afilnet_patience: float
) -> Iterator[Callable[..., Armed]]:
    """Arm faults as :meth:`Sandbox.fault` does, for the test's account where the kind of fault can name one.

    Each is disarmed after the test, and fails it if it never fired.
    """
    from contextlib import ExitStack, suppress

    from afilnet_protocols.deadline import limited
    from afilnet_protocols.sandbox.faults.fault_kinds import keeps_waiting, meets_accounts

    armed: list[Armed] = []

    shortened = ExitStack()

    def fault(kind: str, /, **given: object) -> Armed:
        if meets_accounts(kind, given.get("operation")):
            given.setdefault("account", afilnet_account)
        arm: Callable[..., Armed] = afilnet_sandbox.fault
        armed.append(arm(kind, **given))
        if keeps_waiting(kind):
            shortened.enter_context(limited(afilnet_patience, "raise afilnet_patience"))
        return armed[-1]

    yield fault
    with suppress(ValueError):  # it was armed in a task of its own, whose context has ended with it
        shortened.close()
    for each in armed:
        each.disarm()
    for each in armed:
        each.check()
