"""A token endpoint's refusal that is no JSON: a form, as before RFC 6749, or a few words. No I/O.

Only a refusal is read so: nothing says where a token in a form would end.
"""

from __future__ import annotations

from afilnet_protocols.patterns import late

LONGEST = 2048
"""The longest form that is read, in bytes."""

_FORM = late(rb"[A-Za-z_]+=[^\s<>{}\[\]\"]*")
"""A form, as far as it cannot be taken for another document."""

LONGEST_WORDS = 300
"""The longest plain text that is read, in bytes."""

_CODE = late(r"[a-z]+(?:_[a-z]+)+")


def refusal_without_json(body: bytes) -> dict[str, object]:
    """Return what the body of a failed request says, as members of a document; nothing if it is none of these."""
    return refusal_in_a_form(body) or _in_words(body)


def refusal_in_a_form(body: bytes) -> dict[str, object]:
    """Return the error code and its description from a form; nothing if a body is none, or has no error code."""
    from urllib.parse import parse_qsl  # hardly a server writes one

    form = body if len(body) <= LONGEST and _FORM.fullmatch(body) else b""
    found = dict(parse_qsl(form.decode("latin-1")))
    return {name: found[name] for name in ("error", "error_description") if "error" in found and name in found}


def _in_words(body: bytes) -> dict[str, object]:
    """Return a code or a sentence that stands alone, as ``http.Error`` of Go's library writes it."""
    text = body.decode("utf-8", "replace").strip().strip('"') if len(body) <= LONGEST_WORDS else ""
    if not text or text.startswith(("<", "[", "{")):
        return {}
    return {"error" if _CODE.fullmatch(text) else "error_description": text}
