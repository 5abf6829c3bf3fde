"""Which ways to prove oneself a 401 asks for, by their names alone. No I/O.

Several challenges may stand on one line, with commas between them and within each (RFC 9110 §11.6.1). Only names that
are known are told: a server may write anything there, also what it was sent.
"""

from __future__ import annotations

from afilnet_protocols.patterns import late
from afilnet_protocols.wire import Reply

_NAMES = {
    name.lower(): name
    for name in ("Basic", "Bearer", "Digest", "DPoP", "GNAP", "HOBA", "Mutual", "Negotiate", "NTLM", "OAuth")
}
"""Names of the registry (IANA, HTTP authentication schemes), and NTLM."""

_QUOTED = late(r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)')
"""Words in quotes, also where no more of the line is there or looked at."""

_SCHEME = late(r"(?:^|,)[ \t]*([A-Za-z]{1,16})(?=[ \t]*(?:,|$)|[ \t]+[^ \t=,])")


def schemes_asked_for(reply: Reply) -> tuple[str, ...]:
    """Return the names of the schemes, each once: ``Bearer``, ``DPoP``, ``Negotiate``."""
    challenges = _QUOTED.sub('""', reply.headers.get("www-authenticate", "")[:2000])
    found = dict.fromkeys(name.lower() for name in _SCHEME.findall(challenges))
    return tuple(_NAMES[name] for name in found if name in _NAMES)
