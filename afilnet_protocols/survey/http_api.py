"""Calls of `/api/http/` and `/api/basic/` as a survey makes them: of one profile, each noted as it comes."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass

from afilnet_protocols.catalogue import CLASS
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings import Settings
from afilnet_protocols.survey.asking import Asker, form
from afilnet_protocols.survey.heard import Heard
from afilnet_protocols.survey.notes import Notes
from afilnet_protocols.wire import Request

FORM = (("Content-Type", "application/x-www-form-urlencoded"),)

LISTING = {"class": CLASS, "method": "getchatchannels"}
"""The plainest call."""


@dataclass(frozen=True)
class HttpApi:
    """The HTTP APIs of a profile."""

    settings: Settings
    asker: Asker
    notes: Notes

    def url(self, api: str) -> str:
        """Return the address of ``http`` or ``basic``."""
        return f"{self.settings.base_url.rstrip('/')}/api/{api}/"

    @property
    def credentials(self) -> dict[str, str]:
        """User and password, as pairs of a form.

        Raises:
            ConfigurationError: the settings name none.
        """
        return credentials(self.settings)

    def authorization(self, password: str | None = None) -> tuple[str, str]:
        """Return the header of Basic, with another password if one is given."""
        given = self.credentials
        pair = f"{given['user']}:{given['password'] if password is None else password}"
        return "Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}"

    def post(self, purpose: str, pairs: Mapping[str, str | None]) -> Heard | None:
        """Make a call of ``/api/http/``.

        Args:
            purpose: what for.
            pairs: its pairs, besides the credentials; one that is ``None`` is left out, whichever it is.
        """
        whole = {"class": CLASS, **self.credentials, **pairs}
        body = form({name: value for name, value in whole.items() if value is not None})
        heard = self.asker.ask(purpose, Request("POST", self.url("http"), FORM, body.encode()))
        if heard is not None:
            self.notes.hear(heard)
        return heard


def credentials(settings: Settings) -> dict[str, str]:
    """Return user and password, as pairs of a form.

    Raises:
        ConfigurationError: the settings name none.
    """
    if not settings.user or not isinstance(settings.password, Secret):
        raise ConfigurationError("a survey needs the settings user and password")
    return {"user": settings.user, "password": settings.password.reveal()}
