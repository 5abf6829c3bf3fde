"""`Terms`: on which terms a service that people use is asked."""

from __future__ import annotations

from dataclasses import dataclass

from afilnet_protocols.conformance.reference.rules import Rules
from afilnet_protocols.conformance.targets.party import Party
from afilnet_protocols.dialects import Dialect


def rules_of(dialect: Dialect) -> Rules:
    """Return what a service of a dialect decides, as far as it is compared here.

    Names of channels, times and words for a status are taken from the service itself, whatever they are.
    """
    usual = Rules()
    return Rules.of(dialect)._replace(nameless=usual.nameless, statuses=usual.statuses, offset=usual.offset)


@dataclass(frozen=True, kw_only=True)
class Terms:
    """On which terms a service that people use is asked.

    Attributes:
        party: who writes to the account; ``None`` if nobody does.
        wrong_password: whether wrong credentials may be shown to it, which may lock the account.
        lab: whether anything may be sent, read and lost in the account.
        rules: what the vendor leaves open, as this service decides it.
        channels: channels that the account has, by platform and identifier, whether the service lists them or not.
        patience: how long a message may take to arrive, in seconds.
    """

    party: Party | None = None
    wrong_password: bool = False
    lab: bool = False
    rules: Rules | None = None
    channels: tuple[tuple[str, str], ...] = ()
    patience: float = 30.0
