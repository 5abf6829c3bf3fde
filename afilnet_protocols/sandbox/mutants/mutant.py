"""`ServerMutant`: a server with one defect."""

from __future__ import annotations

from dataclasses import dataclass

from afilnet_protocols.sandbox.components import Components


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerMutant:
    """A broken server.

    Attributes:
        id: its stable id, such as ``S07``.
        about: what is broken in it.
        components: what it is put together from.
        expected: the ids of the conformance cases that are to catch it.
        protocol: the protocol over which the defect shows best.
    """

    id: str
    about: str
    components: Components
    expected: tuple[str, ...]
    protocol: str = "http-post"
