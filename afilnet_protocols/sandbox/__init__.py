"""The service's side: a server on loopback that speaks all five protocols over one state."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from afilnet_protocols.sandbox.faults.fault_book import Armed, FaultNotFiredError
    from afilnet_protocols.sandbox.sandbox import Sandbox
    from afilnet_protocols.sandbox.state.accounts import Account, Options
    from afilnet_protocols.sandbox.state.journal import Arrival

__all__ = ["Account", "Armed", "Arrival", "FaultNotFiredError", "Options", "Sandbox"]

_PLACES = {
    "Account": "state.accounts",
    "Armed": "faults.fault_book",
    "Arrival": "state.journal",
    "FaultNotFiredError": "faults.fault_book",
    "Options": "state.accounts",
    "Sandbox": "sandbox",
}

if not TYPE_CHECKING:  # to whoever checks types, a module with such a function has every name

    def __getattr__(name: str) -> object:
        # The server's libraries are loaded when it is asked for: the pytest plug-in lives here too and must be cheap.
        if name not in _PLACES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from afilnet_protocols.extras import absence, missing

        if missing("sandbox"):
            raise ImportError(absence("sandbox", "the sandbox"))
        found: object = getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
        return found
