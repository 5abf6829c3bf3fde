"""Where an answer redirects to, for the text of an error, or a token that is refused so: none is ever followed."""

from __future__ import annotations

import re

from afilnet_protocols.patterns import late
from afilnet_protocols.security.redaction import shown
from afilnet_protocols.wire import Reply

_LONGEST = 200
_LOGIN = late(
    r"login(?!fo)|signin(?!g)|signon|(?<![a-z])(?:log|sign)[-_](?:in|on)(?![a-z])"
    r"|\bo?auth2?\b|\bauth(?:n|z|entic|ori[sz](?!ed))|\bsso\b|\bsaml|\badfs\b|\bcas/"
)
_TO_A_LOGIN = " (a login)"


def whereto(reply: Reply) -> str:
    """Return where an answer redirects to, as the end of a sentence; empty if it does not say.

    Host and path only: the query may repeat the request, and with it a password.
    """
    try:
        from urllib.parse import urlsplit  # a service does not redirect

        parts = urlsplit(reply.headers.get("location", "").strip()[:_LONGEST])
        host = f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}" if parts.hostname else ""
    except (ValueError, ImportError, OSError):  # the text can do without
        return ""
    path = parts.path if not host or len(parts.path) > 1 else ""
    login = _TO_A_LOGIN if _LOGIN.search((host + path).lower()) else ""
    return f" to {shown(host + path)}{login}" if host or path else ""


def leads_to_a_login(reply: Reply) -> bool:
    """Return whether an answer redirects to where people log in, as far as its address shows it."""
    return whereto(reply).endswith(_TO_A_LOGIN)


def redirects_to_host(reply: Reply) -> str:
    """Return scheme and host that an answer redirects to; empty if it names none."""
    found = re.match(r" to (https?://[^/ ]+)", whereto(reply))
    return found[1] if found else ""
