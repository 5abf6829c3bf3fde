"""What a case needs of the world around its target, and what would show it where that is missing."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Need(StrEnum):
    """Something that a world may offer."""

    PARTY = "party"
    CLOCK = "clock"
    JOURNAL = "journal"
    WIRE = "wire"
    TOKENS = "tokens"
    CLIENTS = "clients"
    SECRETS = "secrets"
    FRESH = "fresh"
    WRONG_LOGIN = "wrong-login"
    LAB = "lab"
    PLENTY = "plenty"


EVERYTHING = frozenset(Need)
"""What a sandbox offers."""

ABOUT: dict[Need, str] = {
    Need.PARTY: "another party that writes",
    Need.CLOCK: "a clock that can be set",
    Need.JOURNAL: "a look at what arrives",
    Need.WIRE: "answers that are lost, and codes that are answered at will",
    Need.TOKENS: "tokens that die at will",
    Need.CLIENTS: "more clients of the same account",
    Need.SECRETS: "secrets that stand in nothing else: of 8 characters and more, and no common words",
    Need.FRESH: "a channel or a person without conversations",
    Need.WRONG_LOGIN: "logins with wrong credentials, which may lock an account",
    Need.LAB: "an account in which anything may be sent, read and lost",
    Need.PLENTY: "hundreds of calls, messages and clients, and a service that is slow at will",
}
"""What each means, as part of a sentence."""

SHOWN_BY: dict[Need, str] = {
    Need.PARTY: "--party PROFILE, or --party ask and somebody at a phone, would show it",
    Need.CLOCK: "only a sandbox has one",
    Need.JOURNAL: "a profile has one, through a relay on this machine",
    Need.WIRE: "a profile has that, through a relay on this machine",
    Need.TOKENS: "a profile with token_url has that, through a relay on this machine",
    Need.CLIENTS: "a profile has that",
    Need.SECRETS: "a longer password or client_secret would show it",
    Need.FRESH: "an account or a recipient without conversations would show it",
    Need.WRONG_LOGIN: "--wrong-password would show it",
    Need.LAB: "--lab would show it",
    Need.PLENTY: "only a sandbox is asked so much",
}
"""What would show a case that needs what is missing."""


def missing(needs: Iterable[Need]) -> str:
    """Say what is missing and what would show the case.

    Args:
        needs: what is not offered; at least one.
    """
    wanted = sorted(needs, key=list(Need).index)
    # What nothing but a sandbox has decides: the rest would not help.
    first = next((need for need in wanted if need in (Need.CLOCK, Need.PLENTY)), wanted[0])
    others = [f"{need}" for need in wanted if need is not first]
    more = f" (and {', '.join(others)})" if others else ""
    return f"it needs {ABOUT[first]}{more}: {SHOWN_BY[first]}"
