"""`Swaps`: calls in flight that met the same fault, two by two, each to be given the other's answer."""

from __future__ import annotations

import asyncio

from afilnet_protocols.sandbox.faults.fault_book import FaultBook, NamedFault
from afilnet_protocols.sandbox.server.exchange import HttpAnswer
from afilnet_protocols.sandbox.server.faulty_connection import FaultyConnection


class Swaps:
    """Where the first call of two waits for the second. For the server's thread only."""

    def __init__(self, faults: FaultBook) -> None:
        self._faults = faults
        self._waiting: dict[int, tuple[HttpAnswer, asyncio.Future[HttpAnswer]]] = {}

    async def swap(
        self, fault: NamedFault, mine: HttpAnswer, connection: FaultyConnection, seconds: float
    ) -> HttpAnswer:
        """Return the answer of the other call that met the fault, which gets this one.

        Args:
            fault: the fault that both met.
            mine: this call's answer.
            connection: this call's connection.
            seconds: how long to wait for another call. If none comes, this one keeps its answer, and the fault has
                not fired.
        """
        first = self._waiting.pop(id(fault), None)
        if first is not None:
            theirs, wanted = first
            wanted.set_result(mine)
            self._faults.fired(fault)
            return theirs
        wanted = asyncio.get_running_loop().create_future()
        self._waiting[id(fault)] = (mine, wanted)
        gone = asyncio.ensure_future(connection.gone.wait())
        try:
            await asyncio.wait((wanted, gone), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            if not wanted.done():
                del self._waiting[id(fault)]
                self._faults.missed(fault)
        return wanted.result() if wanted.done() else mine
