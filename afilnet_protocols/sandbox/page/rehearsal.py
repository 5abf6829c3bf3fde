"""A service with nothing in it, on which calls are done again to see how they end there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from afilnet_protocols.catalogue import CLASS, Operation
from afilnet_protocols.sandbox.faults.fault_book import FaultBook
from afilnet_protocols.sandbox.state.accounts import CHANNELS, Account, Options
from afilnet_protocols.sandbox.state.call import Call
from afilnet_protocols.sandbox.state.clock import Clock
from afilnet_protocols.sandbox.state.journal import Journal
from afilnet_protocols.sandbox.state.service import Service
from afilnet_protocols.sandbox.state.store import Store
from afilnet_protocols.vocabulary import Protocol


def empty_service() -> tuple[Service, Account]:
    """Return a service of its own, in memory, and its only account."""
    service = Service(Store(), Clock(), Journal(1), FaultBook())
    account = service.store.add_account(
        user="rehearsal",
        password="none",  # noqa: S106 - nobody logs in here
        client_id="rehearsal",
        client_secret="none",  # noqa: S106 - as above
        channels=CHANNELS,
        options=Options(),
    )
    return service, account


def rehearsed(operation: Operation[object], given: Mapping[str, str], before: Iterable[Mapping[str, str]]) -> str:
    """Return how a call ends in an account as it is by default: ``SUCCESS``, or an error code.

    Args:
        operation: the operation.
        given: its parameters, by wire name.
        before: what the other party has written before: keyword arguments of ``receive``, in channels that there are.
    """
    service, account = empty_service()
    try:
        for each in before:
            if account.has_channel(each["platform"], each["platform_id"]):
                service.receive(account, each["platform"], each["platform_id"], each["destination"], each["message"])
        fields = {**given, "class": CLASS, "method": operation.method}
        return service.call(Call(protocol=Protocol.HTTP_POST, fields=fields, account=account)).error or "SUCCESS"
    finally:
        service.store.close()
