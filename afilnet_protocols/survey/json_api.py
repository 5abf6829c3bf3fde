"""What the JSON API and its token endpoint do, if the profile says where they are."""

from __future__ import annotations

import json

from afilnet_protocols.catalogue import CLASS, GET_CHATS
from afilnet_protocols.errors import AfilnetError
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings import Settings
from afilnet_protocols.survey import purposes
from afilnet_protocols.survey.heard import Heard
from afilnet_protocols.survey.http_api import FORM, HttpApi
from afilnet_protocols.survey.reading import code_of
from afilnet_protocols.wire import Request

_SHARED_SECRETS = ("basic", "basic-raw", "body")
"""The ways of ``token_auth`` in which a secret stands that can be wrong."""


def ask_json(api: HttpApi) -> None:
    """Ask for a token, and with it for the conversations of a channel that there is not."""
    token = _token(api)
    url = api.settings.json_url
    if not token or not url:
        return
    call = {"class": CLASS, "method": GET_CHATS.method, "platform": "whatsapp", "platformid": "nosuch"}
    headers = (("Content-Type", "application/json"), ("Authorization", f"Bearer {token}"))
    heard = api.asker.ask(purposes.JSON_NO_CHANNEL, Request("POST", url, headers, json.dumps(call).encode()))
    if heard is None or heard.envelope is None:
        return
    notes = api.notes
    same = {"status", "error"} <= set(heard.envelope)
    notes.note([("json_api.envelope", "same" if same else "other")])
    if not same:
        return
    notes.note([("json_api.error_http", heard.status)])
    if code := code_of(heard):
        read = code not in ("MISSING_CLASS", "MISSING_METHOD", "INCORRECT_CLASS", "INCORRECT_METHOD")
        notes.note([("json_api.request", "flat" if read else "other")])


def _token(api: HttpApi) -> str:
    """Return a token, or an empty text; what the endpoint answered is noted."""
    request = _token_request(api.settings)
    heard = None if request is None else api.asker.ask(purposes.TOKEN, request)
    answer = {} if heard is None or heard.envelope is None else heard.envelope
    token = answer.get("access_token")
    if heard is None or not answer:
        return ""
    api.notes.note([("token.accepted", isinstance(token, str))])
    if not isinstance(token, str):
        return ""
    bearer = str(answer.get("token_type", "")).casefold() == "bearer"
    api.notes.note([("token.binding", "bearer" if bearer else "other")])
    for name, member in (("token.lifetime", "expires_in"), ("token.scope", "scope")):
        api.notes.note([(name, "said" if answer.get(member) else "silent")])
    return token


def ask_with_wrong_secret(api: HttpApi) -> None:
    """Ask for a token with a wrong client secret."""
    request = _wrong_request(api.settings)
    heard = None if request is None else api.asker.ask(purposes.WRONG_TOKEN, request)
    if heard is not None:
        api.notes.note([("logins.token", _refusal(heard))])


def calls_of(settings: Settings) -> set[str]:
    """Return the calls that these settings let a survey make, by what each is for."""
    found = {purposes.TOKEN} if _token_request(settings) is not None else set()
    if found and settings.json_url:
        found.add(purposes.JSON_NO_CHANNEL)
    return found | ({purposes.WRONG_TOKEN} if _wrong_request(settings) is not None else set())


def _wrong_request(settings: Settings) -> Request | None:
    if settings.token_auth not in _SHARED_SECRETS:
        return None
    return _token_request(settings.but(client_secret=Secret("survey-wrong-secret")))


def _refusal(heard: Heard) -> str:
    error = str((heard.envelope or {}).get("error"))
    if error == "invalid_client":
        return {401: "invalid_client", 400: "bad_request"}.get(heard.status, "other")
    return "invalid_grant" if error == "invalid_grant" else "other"


def _token_request(settings: Settings) -> Request | None:
    """Return the request for a token as the profile says; ``None`` if it names no endpoint or its key cannot sign."""
    if not settings.token_url:
        return None
    from afilnet_protocols.oauth.credentials import Grant, signed

    grant = Grant(settings, None)
    body = grant.prepare_request_body(scope=grant.scope).encode("ascii")
    headers = (*FORM, ("Accept", "application/json"))
    try:
        return signed(Request("POST", settings.token_url, headers, body), settings)
    except AfilnetError:
        return None
