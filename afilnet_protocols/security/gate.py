"""`PolicyGate`: the last word of the policy, after every handshake and on the bytes about to be written.

Its counterpart is ``afilnet_protocols.transport.gate``, which says when it is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from afilnet_protocols.catalogue import OPERATIONS
from afilnet_protocols.errors import SecurityPolicyError
from afilnet_protocols.patterns import late
from afilnet_protocols.security.encodings import encodings
from afilnet_protocols.security.endpoints import SECRET_NAMES
from afilnet_protocols.security.levels import Level
from afilnet_protocols.security.policy import Evidence, assess, check_assessment, needs_tls13
from afilnet_protocols.security.policy_settings import PolicySettings, long_lived

if TYPE_CHECKING:
    from afilnet_protocols.security.report import Handshake

SHORTEST_SCANNED = 8
"""Secrets shorter than this are parts of ordinary words and addresses; only the names beside them give them away."""

MOST_REMEMBERED = 64
"""How many request lines, without the caller's words, are remembered as harmless."""

_ARGUMENTS = frozenset(parameter.wire.encode() for operation in OPERATIONS for parameter in operation.parameters)
"""Query parameters whose values are the caller's own words: they may spell a secret by chance, as no other part may."""

_ESCAPE = late(rb"%([0-9A-Fa-f]{2})")

_CREDENTIAL_NAMES = frozenset(name.encode() for name in SECRET_NAMES) | {b"user"}


class PolicyGate:
    """Judges the connections and requests of one client. What it demands is fixed when it is made."""

    def __init__(self, settings: PolicySettings, *, declared: Level | None = None) -> None:
        """Take over the policy of settings that have been checked.

        Args:
            settings: the settings of the client.
            declared: the level that an installed backend says that it reaches.
        """
        self._settings = settings
        self._declared = declared
        self._promised = assess(settings, declared=declared)
        self._harmless: set[bytes] = set()
        self._passed: set[bytes] = set()
        self._accepted: set[tuple[str, bool, str | None, bool]] = set()

    def after_handshake(self, evidence: Handshake) -> None:
        """Judge a new connection, before the first byte of a request is written to it.

        Raises:
            SecurityPolicyError: it is below what the settings demand.
        """
        # What is demanded never changes, so the same evidence is judged once.
        proof = (evidence.scheme, evidence.loopback, evidence.tls_version, evidence.verified)
        if proof not in self._accepted:
            self._judge(evidence)
            self._accepted.add(proof)

    def _judge(self, evidence: Handshake) -> None:
        if evidence.scheme != "https":
            self._check_plain(evidence)
            return
        seen = Evidence(tls_version=evidence.tls_version or "none", verified=evidence.verified)
        check_assessment(self._settings, assess(self._settings, seen, declared=self._declared))
        if needs_tls13(self._settings) and evidence.tls_version != "TLSv1.3":
            raise SecurityPolicyError(
                f"the settings require TLS 1.3, but the server negotiated {evidence.tls_version}; nothing was sent",
                required="tls13",
                effective=self._promised.level.word,
                missing=("tls13",),
                fix="have the server offer TLS 1.3, or take tls13 out of require",
            )

    def before_send(self, request_line: bytes) -> None:
        """Judge the request line that is about to be written: above the level ``low`` it may not hold a secret.

        Args:
            request_line: method, target and version; anything after the first line end is not looked at.

        Raises:
            SecurityPolicyError: the line holds a secret, or names one.
        """
        if request_line in self._passed or self._promised.ceiling <= Level.LOW:
            return
        line = request_line.partition(b"\r\n")[0]
        if self._names_secret(line) or self._spells_secret(line):
            raise SecurityPolicyError(
                "the request line was about to carry a secret, which only http-get does; nothing was sent",
                required=self._settings.minimum_security,
                effective=Level.LOW.word,
                missing=("G5",),
                fix="report this as a defect of this library, or of the installed backend that wrote the request",
            )
        if b"?" not in line and len(self._passed) < MOST_REMEMBERED:
            self._passed.add(line)

    def _check_plain(self, evidence: Handshake) -> None:
        """Refuse a connection without TLS, unless it is to the sandbox and the settings say so."""
        if evidence.loopback and Level.of(self._settings.minimum_security) == Level.NONE:
            return
        raise SecurityPolicyError(
            "the connection is not encrypted; nothing was sent",
            required=self._settings.minimum_security if evidence.loopback else Level.LOW.word,
            effective=Level.NONE.word,
            missing=("G1",),
            fix="use an https address; plain http is for a loopback host with minimum_security = none",
        )

    def _names_secret(self, line: bytes) -> bool:
        names = (pair.partition(b"=")[0] for pair in _query(line))
        return any((_unescaped(name) if b"%" in name else name).lower() in _CREDENTIAL_NAMES for name in names)

    def _spells_secret(self, line: bytes) -> bool:
        pairs = [pair for pair in _query(line) if pair.partition(b"=")[0] not in _ARGUMENTS]
        suspect = b"?".join([line.partition(b"?")[0], *pairs])
        # Without the caller's words a client writes a dozen different lines in all, and none of these is a secret.
        if suspect in self._harmless:
            return False
        spelled = any(
            needle in suspect
            for text in (secret.reveal() for secret in long_lived(self._settings))
            if len(text) >= SHORTEST_SCANNED
            for needle in encodings(text)
        )
        if not spelled and len(self._harmless) < MOST_REMEMBERED:
            self._harmless.add(suspect)
        return spelled


def _query(line: bytes) -> list[bytes]:
    """Return the parameters in the target of a request line."""
    target = line.split(b" ")[1] if line.count(b" ") >= 1 else line
    return [pair for pair in target.partition(b"?")[2].split(b"&") if pair]


def _unescaped(name: bytes) -> bytes:
    """Return what a name in a query means (RFC 3986 §2.1)."""
    return _ESCAPE.sub(lambda match: bytes.fromhex(match[1].decode()), name)
