"""What travelled, as text in which no secret is left."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

MASK = "••••"

_NAMES = r"password|client_secret|access_token|refresh_token|client_assertion|assertion|id_token|token"
_PAIR = re.compile(rf"(?i)((?:^|[?&;\s])(?:{_NAMES})=)[^&\s]*")
_MEMBER = re.compile(rf'(?i)("(?:{_NAMES})"\s*:\s*)("(?:[^"\\]|\\.)*"?|[^\s,}}\]]+)')
_ELEMENT = re.compile(rf"(?is)(<(?:[\w.-]+:)?(?:{_NAMES})(?:\s[^>]*)?>)[^<]*")
_CDATA = re.compile(rf"(?is)(<(?:[\w.-]+:)?(?:{_NAMES})(?:\s[^>]*)?>\s*<!\[CDATA\[).*?(?=\]\]>)")
_PART = re.compile(rf'(?is)(name="?(?:{_NAMES})"?[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n).*?(?=\r?\n--|\Z)')
_FIELD = re.compile(r"(?im)^((?:proxy-)?authorization|cookie|set-cookie):[^\r\n]*")
_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})
_LONG = 12


def masked(text: str, secrets: Iterable[str] = ()) -> str:
    """Return a text without secrets: by the names that they go by in any of the formats, and by themselves.

    Args:
        text: what travelled, whatever its format; it need not be well formed.
        secrets: secrets that are known. A short one is masked only where it is a whole value.
    """
    for pattern in (_CDATA, _ELEMENT, _PART):
        text = pattern.sub(rf"\g<1>{MASK}", text)
    text = _FIELD.sub(rf"\g<1>: {MASK}", text)
    text = _MEMBER.sub(rf'\g<1>"{MASK}"', text)
    text = _PAIR.sub(rf"\g<1>{MASK}", text)
    for secret in secrets:
        for written in _written(secret):
            if len(written) >= _LONG:
                text = text.replace(written, MASK)
            elif written:
                text = re.sub(rf'(?<=[>"=]){re.escape(written)}(?=[<"&]|$)', MASK, text)
    return text


def masked_headers(headers: Iterable[tuple[str, str]], secrets: Iterable[str] = ()) -> list[tuple[str, str]]:
    """Return header fields without secrets: of credentials, only the scheme is left."""
    known = list(secrets)
    shown = []
    for name, value in headers:
        if name.lower() in _HEADERS:
            scheme, _, rest = value.partition(" ")
            shown.append((name, f"{scheme} {MASK}" if rest else MASK))
        else:
            shown.append((name, masked(value, known)))
    return shown


def _written(secret: str) -> set[str]:
    """Return how a secret may be written."""
    encoded = base64.b64encode(secret.encode("utf-8", "surrogatepass")).decode()
    return {secret, quote(secret, safe=""), quote_plus(secret), escape(secret), encoded} if secret else set()
