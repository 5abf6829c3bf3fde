"""The one table of all faults by name; the table in ``docs/reference/faults.md`` is made of it."""

from __future__ import annotations

from collections.abc import Mapping

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.sandbox.faults import (
    answer_faults,
    body_faults,
    connection_faults,
    listing_faults,
    meaning_faults,
    token_faults,
)
from afilnet_protocols.sandbox.faults.fault_book import TOKEN, Where
from afilnet_protocols.sandbox.faults.fault_kind import Kind, Stage
from afilnet_protocols.suggestion import nearest, quoted

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for module in (connection_faults, answer_faults, body_faults, meaning_faults, listing_faults, token_faults)
    for kind in module.kinds()
}
"""Every kind, in the order in which a call can meet it."""


def find(name: str, details: Mapping[str, object]) -> tuple[Kind, Mapping[str, object]]:
    """Return a kind and its details, with the defaults for those that are not given.

    Raises:
        ConfigurationError: there is no such kind, or it has no such detail, or the detail is of another type.
    """
    kind = KINDS.get(str(name))
    if kind is None:
        raise ConfigurationError(f"there is no fault {quoted(name)}{_hint(str(name))}")
    for given, value in details.items():
        if given not in kind.details:
            known = ", ".join(kind.details) or "none"
            raise ConfigurationError(
                f"the fault {name} has no detail {quoted(given)}; it has: {known}; which calls it meets is said by "
                "operation, protocol, account, after and times"
            )
        wanted = type(kind.details[given])
        if not (type(value) is wanted or (wanted is float and type(value) is int)):
            raise ConfigurationError(f"the detail {given} of the fault {name} is of type {wanted.__name__}")
    return kind, {**kind.details, **details}


def _hint(name: str) -> str:
    if "timeout" in name.replace("_", "").casefold():
        # What its caller sees; the faults are named after what the service does.
        return ": did you mean 'silence', 'late_answer' or 'gateway_timeout'?"
    near = nearest(name, KINDS)
    return f": did you mean {near!r}?" if near else "; docs/reference/faults.md lists all"


def meets_accounts(name: str, operation: object) -> bool:
    """Whether a fault of a kind, for an operation, can be for one account only."""
    kind = KINDS.get(name)
    return kind is not None and kind.where is Where.CALL and kind.stage is not Stage.TOKEN and operation != TOKEN


def keeps_waiting(name: str) -> bool:
    """Whether a call that meets a fault of a kind only ends when its time is up."""
    kind = KINDS.get(name)
    return kind is not None and kind.holds
