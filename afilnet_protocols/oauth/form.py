"""A token endpoint's refusal that is written as a form, as before RFC 6749. No I/O.

Only a refusal is read so: nothing says where a token in a form would end.
"""

from __future__ import annotations

from afilnet_protocols.patterns import late

LONGEST = 2048
"""The longest form that is read, in bytes."""

_FORM = late(rb"[A-Za-z_]+=[^\s<>{}\[\]\"]*")
"""A form, as far as it cannot be taken for another document."""


def refusal_in_a_form(body: bytes) -> dict[str, object]:
    """Return the error code and its description from a form; nothing if a body is none, or has no error code."""
    from urllib.parse import parse_qsl  # hardly a server writes one

    form = body if len(body) <= LONGEST and _FORM.fullmatch(body) else b""
    found = dict(parse_qsl(form.decode("latin-1")))
    return {name: found[name] for name in ("error", "error_description") if "error" in found and name in found}
