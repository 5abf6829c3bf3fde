"""How faults are armed: from what is to go wrong, in the words of whoever arms it, to a fault in the book."""

from __future__ import annotations

import abc
from collections.abc import Mapping

from afilnet_protocols import catalogue
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.sandbox.argument_checks import check_text
from afilnet_protocols.sandbox.faults.dead_endpoint import DeadEndpoint
from afilnet_protocols.sandbox.faults.fault_book import TOKEN, AnswerCode, Armed, FaultBook, NamedFault, Where
from afilnet_protocols.sandbox.faults.fault_kind import Stage
from afilnet_protocols.sandbox.faults.fault_kinds import find
from afilnet_protocols.sandbox.server.server import Server
from afilnet_protocols.sandbox.state.accounts import Account
from afilnet_protocols.seconds import is_count
from afilnet_protocols.suggestion import did_you_mean, misspelt, quoted
from afilnet_protocols.vocabulary import AnyProtocol, Protocol


class Arming(abc.ABC):
    """What arms faults in a sandbox."""

    _faults: FaultBook
    _server: Server | None

    def answer(
        self,
        code: str,
        *,
        operation: str | None = None,
        protocol: AnyProtocol | None = None,
        account: Account | str | None = None,
        after: int = 0,
        times: int | None = 1,
    ) -> Armed:
        """Make coming calls answer an error code, each in its protocol's dialect, and do nothing.

        The calls must have valid credentials and name an operation; others end before they meet the fault.

        Args:
            code: the code, documented or not.
            operation: the Python name of the operation; any by default.
            protocol: the protocol; any by default.
            account: an account or its user; any by default.
            after: how many matching calls pass before.
            times: in how many calls; ``None`` for every one.

        Returns:
            The fault, to count its hits; as a context manager it fails on leaving if it never fired.

        Raises:
            ConfigurationError: there is no such operation, protocol or account, a number of calls is none, or
                the sandbox was closed.
            InvalidRequestError: the code is no text.
        """
        who = None if account is None else self._find(account).number
        return self._faults.arm(_of_code(code, operation, protocol, who, after=after, times=times))

    def fault(
        self,
        kind: str,
        /,
        *,
        operation: str | None = None,
        protocol: AnyProtocol | None = None,
        account: Account | str | None = None,
        after: int = 0,
        times: int | None = 1,
        **details: object,
    ) -> Armed:
        """Make something go wrong in coming calls: on the wire, or in what the service means.

        The kinds are listed in the documentation (Reference, Faults). Those of the stages ``connect`` and ``request``
        meet connections, whoever's they are; arming one ends the connections that are idle, so that the next call has
        to make one. Three of them fail before there is a connection, and so have an address of their own, which
        ``settings(meeting=…)`` gives to a client. All others meet calls with valid credentials.

        Args:
            kind: the name of the fault.
            operation: the Python name of the operation, or ``token`` for requests to the token endpoint; any
                operation by default.
            protocol: the protocol; any by default.
            account: an account or its user; any by default.
            after: how many matching calls (or connections) pass before.
            times: in how many it fires, or in how many pairs of calls, if it takes two; ``None`` for every one.
            **details: what is particular about it, such as ``seconds`` or ``processed``.

        Returns:
            The fault, to count its hits; as a context manager it fails on leaving if it never fired.

        Raises:
            ConfigurationError: there is no such kind, detail, operation, protocol or account, a number of calls is
                none, the kind acts before it is known whose call it is, or the sandbox was closed.
        """
        who = None if account is None else self._find(account).number
        arm = self._faults.arm  # where there is none, no address may be opened that nobody would close
        fault, endpoint = _of_kind(kind, details, operation, protocol, who, after=after, times=times)
        armed = arm(fault, endpoint)
        if fault.where not in (Where.ADDRESS, Where.CALL) and self._server is not None:
            self._server.drop_idle()
        return armed

    def faults(self) -> list[Armed]:
        """Return the faults that are in the book, spent ones too."""
        return self._faults.armed()

    @abc.abstractmethod
    def _find(self, account: Account | str | None) -> Account:
        """Return an account by itself or its user; the seeded one by default."""


def _of_code(
    code: str,
    operation: str | None,
    protocol: AnyProtocol | None,
    account: int | None,
    *,
    after: int,
    times: int | None,
) -> AnswerCode:
    """Return the fault of :meth:`Arming.answer`.

    Raises:
        ConfigurationError: there is no such operation or protocol, or a number of calls is none.
    """
    check_text("code", code)
    _check_when(after, times)
    if operation is not None:
        _check_operation(operation)
    return AnswerCode(
        code=code,
        operation=operation,
        protocol=_known(protocol),
        account=account,
        after=after,
        times=times,
    )


def _of_kind(
    kind: str,
    details: Mapping[str, object],
    operation: str | None,
    protocol: AnyProtocol | None,
    account: int | None,
    *,
    after: int,
    times: int | None,
) -> tuple[NamedFault, DeadEndpoint | None]:
    """Return the fault of :meth:`Arming.fault`, and the address of its own if it has one."""
    chosen, told = find(kind, details)
    _check_when(after, times)
    if chosen.where is Where.ADDRESS:
        _check_of_address(kind, operation, protocol, account, after=after, times=times)
    elif chosen.where is not Where.CALL and any(given is not None for given in (operation, protocol, account)):
        raise ConfigurationError(f"the fault {kind} acts before it is known whose call of which operation it meets")
    if chosen.stage is Stage.TOKEN and operation not in (None, TOKEN):
        raise ConfigurationError(f"the fault {kind} is for requests to the token endpoint only")
    operation = TOKEN if chosen.stage is Stage.TOKEN else operation
    if operation == TOKEN and (account is not None or protocol not in (None, Protocol.JSON)):
        raise ConfigurationError("a fault of the token endpoint can name no account, and no protocol but json")
    if operation not in (None, TOKEN):
        _check_operation(operation)
    fault = NamedFault(
        kind=kind,
        details=told,
        operation=operation,
        protocol=_known(protocol),
        account=account,
        after=after,
        times=None if chosen.where is Where.ADDRESS else times,
        where=chosen.where,
        calls=chosen.calls,
    )
    return fault, chosen.endpoint and chosen.endpoint()


def _check_when(after: object, times: object) -> None:
    if not (is_count(after, 0) and (times is None or is_count(times, 1))):
        raise ConfigurationError("after is a whole number of at least 0; times is one of at least 1, or None")


def _known(protocol: AnyProtocol | None) -> Protocol | None:
    if protocol is None:
        return None
    known = next((each for each in Protocol if each == protocol), None)
    if known is None:
        raise ConfigurationError(f"there is no protocol {quoted(protocol)}: {did_you_mean(str(protocol), Protocol)}")
    return known


def _check_operation(operation: object) -> None:
    if not isinstance(operation, str) or catalogue.by_name(operation) is None:
        known = [each.name for each in catalogue.OPERATIONS]
        near = misspelt(str(operation)[:40], known)
        hint = f"did you mean {near!r}?" if near else f"there are {', '.join(known)}"
        raise ConfigurationError(f"there is no operation {quoted(operation)}: {hint}")


def _check_of_address(kind: str, operation: str | None, *named: object, after: int, times: int | None) -> None:
    """Refuse what cannot be of a fault that has an address of its own."""
    if operation not in (None, TOKEN) or named != (None, None) or after or times not in (None, 1):
        raise ConfigurationError(
            f"the fault {kind} is an address, and meets whoever tries it for as long as it is armed: it can name no "
            "protocol, account, or operation but token, and it knows neither after nor times"
        )
