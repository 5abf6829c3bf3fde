"""The service's side: a server on loopback that speaks all five protocols over one state."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from afilnet_protocols.sandbox.sandbox import Sandbox
    from afilnet_protocols.sandbox.store import Account

__all__ = ["Account", "Sandbox"]


def __getattr__(name: str) -> object:
    # The server's libraries are loaded when it is asked for: the pytest plug-in lives in this package and must be cheap.
    if name == "Sandbox":
        from afilnet_protocols.sandbox.sandbox import Sandbox

        return Sandbox
    if name == "Account":
        from afilnet_protocols.sandbox.store import Account

        return Account
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
