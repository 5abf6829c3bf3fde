"""Mistakes in what a client is given beside its calls: credentials that are tidied."""

from __future__ import annotations

import dataclasses
import unicodedata

from afilnet_protocols.conformance.mutants.mutant import Shelf
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.registry import connect
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings import Settings

SHELF = Shelf()

_BCRYPT = 72
"""How many bytes of a password the oldest of the usual functions looks at."""


def _text(secret: Secret | str | None) -> str:
    return secret.reveal() if isinstance(secret, Secret) else secret or ""


@SHELF.make("M90", "http-post", ["AUTH-07"])
def user_is_stripped(settings: Settings) -> ChatOperations:
    """Blanks at the edges of a user name are stripped."""
    return connect(dataclasses.replace(settings, user=(settings.user or "").strip()))


@SHELF.make("M91", "basic", ["AUTH-07"])
def password_is_cut(settings: Settings) -> ChatOperations:
    """A password is cut at 72 bytes, as some hashes do."""
    return connect(settings.but(password=_text(settings.password).encode()[:_BCRYPT].decode("utf-8", "ignore")))


@SHELF.make("M92", "soap", ["AUTH-07"])
def password_is_normalized(settings: Settings) -> ChatOperations:
    """A password is written in the compatible form of its letters."""
    return connect(settings.but(password=unicodedata.normalize("NFKC", _text(settings.password))))


@SHELF.make("M93", "json", ["AUTH-07"])
def client_in_small_letters(settings: Settings) -> ChatOperations:
    """A client identifier is written in small letters."""
    return connect(settings.but(client_id=(settings.client_id or "").lower()))
