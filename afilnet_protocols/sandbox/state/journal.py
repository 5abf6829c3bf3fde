"""What arrived: a bounded record per account, with the secrets masked."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

MASK = "••••"

NOBODY = 0
"""The account number of calls that belong to no account, because they named none that exists."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One call that reached the service.

    Attributes:
        sequence: its place among all calls of the sandbox, from 1.
        at: when, by the sandbox's clock, as ``yyyy-mm-dd hh:mm:ss``.
        protocol: the protocol's name, such as ``http-get``.
        operation: the Python name of the operation; ``None`` if the call named none that exists.
        arguments: the parameters that arrived, by wire name, without ``class`` and ``method``; secrets are masked.
        outcome: ``SUCCESS``, or the error code that was answered.
        user: the account's user; ``None`` if it belongs to no account.
    """

    sequence: int
    at: str
    protocol: str
    operation: str | None
    arguments: Mapping[str, str]
    outcome: str
    user: str | None


def masked(arguments: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters of a call without its secrets, and without what names the operation."""
    return {
        name: MASK if name == "password" else value
        for name, value in arguments.items()
        if name not in ("class", "method")
    }


class Journal:
    """The arrivals of every account, the newest ``size`` of each.

    Attributes:
        latest: what was written down last.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._sequence = itertools.count(1)
        self._by_account: dict[int, deque[Arrival]] = {}
        self.latest: Arrival | None = None

    def note(
        self,
        account: int,
        *,
        at: str,
        protocol: str,
        operation: str | None,
        arguments: Mapping[str, str],
        outcome: str,
        user: str | None,
    ) -> None:
        """Write down a call."""
        shown = masked(arguments)
        entries = self._by_account.get(account)
        if entries is None:
            entries = self._by_account.setdefault(account, deque(maxlen=self._size))
        self.latest = Arrival(next(self._sequence), at, protocol, operation, shown, outcome, user)
        entries.append(self.latest)

    def of(self, account: int) -> list[Arrival]:
        """Return the arrivals of an account, oldest first."""
        return list(self._by_account.get(account, ()))

    def everything(self) -> list[Arrival]:
        """Return the arrivals of all accounts and of none, in the order in which they came."""
        return sorted(
            (arrival for entries in list(self._by_account.values()) for arrival in list(entries)),
            key=lambda arrival: arrival.sequence,
        )

    def is_full(self, account: int) -> bool:
        """Whether arrivals of an account may have been given up for newer ones."""
        return len(self._by_account.get(account, ())) >= self._size

    def clear(self, account: int) -> None:
        """Forget the arrivals of an account."""
        self._by_account.pop(account, None)
