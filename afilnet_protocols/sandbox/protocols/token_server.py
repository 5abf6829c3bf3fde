"""`TokenServer`: how the sandbox's authorization server, and the guard of its JSON API, behave where real ones differ.

It is data; :mod:`.tokens` and the endpoint of ``json`` act on it. Each difference is one of servers that were run
(docs/peers.md), and what their clients have to cope with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Guard = Literal["invalid_token", "bearer", "realm", "dpop", "silent", "envelope", "page", "forbidden"]
"""What is said of a token that is not, or no longer, valid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenServer:
    """One way to run an authorization server.

    Attributes:
        lifetime: how ``expires_in`` is written: as a number, as a text, with a fraction, or not at all.
        guard: what the guard says of a token that is not valid: a challenge with ``invalid_token``, a bare one, one
            with a realm only, one beside DPoP's, nothing, the service's envelope alone, a web page, or HTTP 403.
        decodes: whether Basic credentials are decoded like a form; otherwise they are compared as they stand.
        says_why: whether a refused client is told so; otherwise it gets an empty 403.
        status: the HTTP status of a success.
        token_type: how the type of a token is written.
        padded: whether an answer has empty members, a list of scopes, and members that nobody knows.
    """

    lifetime: Literal["number", "text", "fraction", "unstated"] = "number"
    guard: Guard = "invalid_token"
    decodes: bool = True
    says_why: bool = True
    status: int = 200
    token_type: str = "Bearer"  # noqa: S105 - the name of a type
    padded: bool = False

    def written(self, document: Mapping[str, object]) -> dict[str, object]:
        """Return a success as this server writes it."""
        found = {**document, "token_type": self.token_type}
        seconds = found.pop("expires_in")
        if self.lifetime == "text":
            found["expires_in"] = str(seconds)
        elif self.lifetime == "fraction":
            found["expires_in"] = float(str(seconds)) + 0.5
        elif self.lifetime == "number":
            found["expires_in"] = seconds
        if self.padded:
            found |= {"refresh_token": "", "id_token": None, "ext_expires_in": 0, "scope": str(found["scope"]).split()}
        return found
