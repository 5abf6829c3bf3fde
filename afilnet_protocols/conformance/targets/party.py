"""The other party of a live run: a person at a phone who is told what to write, another account, or a sandbox."""

from __future__ import annotations

import json
import sys
import urllib.request
from collections.abc import Callable, Sequence
from typing import Protocol

from afilnet_protocols.conformance.targets.onlooker import number_of
from afilnet_protocols.conformance.targets.target import NotShownError
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.registry import connect, resolve_settings
from afilnet_protocols.security.endpoints import is_loopback
from afilnet_protocols.security.policy import check_settings

ASK = "ask"
_LONGEST_TYPED = 300
_CONTROL = "/_sandbox/"


class Party(Protocol):
    """Writes to the account that is held to the contract."""

    def write(self, *, platform: str, platform_id: str, destination: str, message: str) -> None:
        """Write a message, as the person ``destination`` of a channel.

        Raises:
            NotShownError: this party cannot.
        """

    def close(self) -> None:
        """Let go of what it holds."""


def party_of(word: str, *, to: str | None, recipients: Sequence[str]) -> Party:
    """Return the party that a command line names.

    Args:
        word: ``ask``, the control address of a sandbox, or a profile.
        to: under which address a profile's account reaches the account under test.
        recipients: who may be written to; a profile's account is the first of them.

    Raises:
        ConfigurationError: there is no such party, or something is missing that it needs.
    """
    check_party(word, to=to, recipients=recipients)
    if word == ASK:
        return Person()
    if "://" in word:
        return Control(word)
    return Account(connect(resolve_settings(word)), to or "", recipients[0])


def check_party(word: str, *, to: str | None, recipients: Sequence[str]) -> None:
    """Refuse a party that cannot be, without opening anything; the parameters are those of :func:`party_of`.

    Raises:
        ConfigurationError: there is no such party, or something is missing that it needs.
    """
    if word == ASK:
        return
    if "://" in word:
        Control(word)  # it checks, and opens nothing
        return
    if not to:
        raise ConfigurationError("--party PROFILE needs --party-to: the number under which it reaches this account")
    if not recipients:
        raise ConfigurationError("--party PROFILE needs --recipient: first of all the number of the party itself")
    check_settings(resolve_settings(word))


class Person:
    """Somebody at a phone, who is told what to write and says when it is done.

    Args:
        say: shows a text; on standard error by default.
        hear: waits for an answer; from standard input by default.
    """

    def __init__(self, say: Callable[[str], object] | None = None, hear: Callable[[], str] | None = None) -> None:
        self._say = say or (lambda text: sys.stderr.write(f"{text}\n"))
        self._hear = hear or sys.stdin.readline

    def write(self, *, platform: str, platform_id: str, destination: str, message: str) -> None:
        """Ask for a message to be written. What nobody can type is not asked for."""
        if len(message) > _LONGEST_TYPED or not message.isprintable() or message != message.strip():
            raise NotShownError("nobody can be asked to type this text exactly: --party PROFILE would show it")
        self._say(
            f"from {destination} to {platform} {platform_id}, write exactly:\n\n    {message}\n\n"
            "then press Enter here (s and Enter: skip this case)"
        )
        if self._hear().strip().lower() != "":
            raise NotShownError("it was skipped by whoever writes")

    def close(self) -> None:
        """Nothing is held."""


class Account:
    """Another account, whose messages arrive at the account under test.

    Args:
        chat: its client.
        to: under which address it reaches the account under test.
        own: its own address, as the account under test sees it.
    """

    def __init__(self, chat: ChatOperations, to: str, own: str) -> None:
        self._chat, self._to, self._own = chat, to, own

    def write(self, *, platform: str, platform_id: str, destination: str, message: str) -> None:
        """Send a message from the account's first channel of the platform."""
        if number_of(destination) != number_of(self._own):
            raise NotShownError("it needs several people who write, and the party is one")
        channel = next((each for each in self._chat.get_chat_channels() if each.platform == platform), None)
        if channel is None:
            raise NotShownError(f"the party has no channel of {platform}")
        self._chat.send_message(
            platform=channel.platform, platform_id=channel.platform_id, destination=self._to, message=message
        )

    def close(self) -> None:
        """Close its client."""
        self._chat.close()


class Control:
    """A sandbox that stands for the service, by its control address.

    Args:
        url: the address, ending in ``/_sandbox/``, on this machine; the account's user may stand in its query.
    """

    def __init__(self, url: str) -> None:
        from urllib.parse import parse_qs, urlsplit

        parts = urlsplit(url)
        if not is_loopback(parts.hostname or "") or _CONTROL.rstrip("/") not in parts.path:
            raise ConfigurationError("--party takes a control address of a sandbox on this machine, or a profile")
        self._url = f"{parts.scheme}://{parts.netloc}{_CONTROL}receive"
        self._user = parse_qs(parts.query).get("user", [None])[0]
        # Neither a proxy nor anything else of the environment is for a loopback address.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def write(self, *, platform: str, platform_id: str, destination: str, message: str) -> None:
        """Let the sandbox have the message arrive."""
        told = {"platform": platform, "platform_id": platform_id, "destination": destination, "message": message}
        if self._user:
            told["account"] = self._user
        request = urllib.request.Request(  # noqa: S310 - http on loopback, as checked above
            self._url, json.dumps(told).encode(), {"Content-Type": "application/json"}
        )
        with self._opener.open(request, timeout=10) as answer:
            answer.read()

    def close(self) -> None:
        """Nothing is held."""
