"""The OAuth 2.0 side of ``json``: token and revocation endpoint (RFC 6749, RFC 7009) and their metadata (RFC 8414).

oauthlib's provider endpoints decide; here is what they ask: clients, users, scopes, tokens. All of it is assumed.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import logging
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

import msgspec
from oauthlib.oauth2 import (
    BearerToken,
    ClientCredentialsGrant,
    OAuth2Error,
    RefreshTokenGrant,
    RequestValidator,
    ResourceOwnerPasswordCredentialsGrant,
    RevocationEndpoint,
    TokenEndpoint,
)

from afilnet_protocols.sandbox.protocols.token_server import TokenServer
from afilnet_protocols.sandbox.server.exchange import JSON, HttpAnswer, HttpRequest, only
from afilnet_protocols.sandbox.state.accounts import Account
from afilnet_protocols.sandbox.state.clock import Clock
from afilnet_protocols.sandbox.state.store import Store
from afilnet_protocols.sandbox.state.token_rows import TokenRow

if TYPE_CHECKING:
    from oauthlib.common import Request

SCOPE = "chat"
"""The one scope there is."""

REFRESH_LIFETIME = 30 * 24 * 3600
"""How long a refresh token lives, in seconds."""

TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path, not a password
REVOCATION_PATH = "/oauth/revoke"
METADATA_PATH = "/.well-known/oauth-authorization-server"

_CHALLENGE = ("WWW-Authenticate", 'Basic realm="Afilnet"')


class _WithoutTokens(logging.Filter):
    """Drops oauthlib's debug lines about tokens it issued: they hold the tokens."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "token" not in str(record.msg).lower()


for _grant in ("client_credentials", "refresh_token", "resource_owner_password_credentials", "base"):
    logging.getLogger(f"oauthlib.oauth2.rfc6749.grant_types.{_grant}").addFilter(_WithoutTokens())


class _Client:
    """A client as oauthlib wants it: something with a ``client_id``, here with its account."""

    def __init__(self, account: Account) -> None:
        self.client_id = account.client_id
        self.account = account


class Validator(RequestValidator):
    """What oauthlib asks about clients, users and tokens, answered from the store."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def authenticate_client(self, request: Request, *args: object, **kwargs: object) -> bool:
        """Whether a client proved who it is, by Basic header or in the body, and not by both."""
        header = str(request.headers.get("Authorization") or "")
        body = (request.client_id, request.client_secret)
        if header and any(body[1:]):
            return False
        decodes = self._tokens.server.decodes
        client_id, secret = _client_of_header(header, decodes) if header else (body[0] or "", body[1] or "")
        account = self._tokens.store.account_of_client(client_id)
        expected = account.client_secret if account else ""
        if not hmac.compare_digest(expected.encode(), secret.encode()) or account is None:
            return False
        request.client = _Client(account)
        request.client_id = account.client_id
        return True

    def client_authentication_required(self, request: Request, *args: object, **kwargs: object) -> bool:
        """Whether a client must prove who it is: always."""
        return True

    def validate_grant_type(
        self, client_id: str, grant_type: str, client: object, request: Request, *args: object, **kwargs: object
    ) -> bool:
        """Whether the client may use a grant: any that there is."""
        return True

    def get_default_scopes(self, client_id: str, request: Request, *args: object, **kwargs: object) -> list[str]:
        """Return the scope of who asks for none."""
        return [SCOPE]

    def validate_scopes(
        self, client_id: str, scopes: list[str], client: object, request: Request, *args: object, **kwargs: object
    ) -> bool:
        """Whether the scopes exist."""
        return scopes == [SCOPE]

    def validate_user(
        self, username: str, password: str, client: object, request: Request, *args: object, **kwargs: object
    ) -> bool:
        """Whether these are the user and password of the client's own account."""
        account = _account(request)
        right_user = hmac.compare_digest(account.user.encode(), username.encode())
        return hmac.compare_digest(account.password.encode(), password.encode()) and right_user

    def validate_refresh_token(
        self, refresh_token: str, client: object, request: Request, *args: object, **kwargs: object
    ) -> bool:
        """Whether a refresh token is the client's, and has not expired."""
        row = self._tokens.alive(refresh_token, "refresh")
        return row is not None and row.account == _account(request).number

    def get_original_scopes(self, refresh_token: str, request: Request, *args: object, **kwargs: object) -> list[str]:
        """Return the scope that a refresh token was given for."""
        return [SCOPE]

    def save_bearer_token(self, token: Mapping[str, object], request: Request, *args: object, **kwargs: object) -> None:
        """Keep what was issued; a refresh token that was used is replaced."""
        used = request.refresh_token if request.grant_type == "refresh_token" else None
        self._tokens.keep(_account(request), token, replaces=used)

    def revoke_token(
        self, token: str, token_type_hint: str | None, request: Request, *args: object, **kwargs: object
    ) -> None:
        """Revoke a token of the client; another's stays."""
        row = self._tokens.store.token(token)
        if row is not None and row.account == _account(request).number:
            self._tokens.store.remove_token(token)


def _account(request: Request) -> Account:
    """Return the account of the client that was authenticated, which oauthlib does before it asks anything else."""
    assert isinstance(request.client, _Client)  # noqa: S101 - see above
    return request.client.account


def _client_of_header(header: str, decodes: bool) -> tuple[str, str]:
    """Return identifier and secret out of a Basic header; both should be form-encoded (RFC 6749 section 2.3.1)."""
    scheme, _, encoded = header.partition(" ")
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8") if scheme.lower() == "basic" else ""
    except (binascii.Error, ValueError):
        text = ""
    client_id, _, secret = text.partition(":")
    return (unquote_plus(client_id), unquote_plus(secret)) if decodes else (client_id, secret)


class Tokens:
    """Issues tokens and says whose they are. They expire by the sandbox's clock.

    Attributes:
        lifetime: how long the next token lives, in seconds.
        issued: how many access tokens each account was given, by its number.
        server: how it behaves where real servers differ.
    """

    def __init__(self, store: Store, clock: Clock, *, lifetime: float, server: TokenServer | None = None) -> None:
        self.store = store
        self.server = server or TokenServer()
        self.lifetime = lifetime
        self.issued: dict[int, int] = {}
        self._clock = clock
        validator = Validator(self)
        bearer = BearerToken(validator, _new_token, self._lifetime_of)
        grants = {
            "client_credentials": ClientCredentialsGrant(validator),
            "password": ResourceOwnerPasswordCredentialsGrant(validator),
            "refresh_token": RefreshTokenGrant(validator),
        }
        self._grants = tuple(grants)
        self._endpoint = TokenEndpoint("client_credentials", bearer, grants)  # type: ignore[arg-type]  # wrongly "str"
        self._revocation = RevocationEndpoint(validator)

    def _lifetime_of(self, request: Request) -> int:
        return int(self.lifetime)

    def keep(self, account: Account, token: Mapping[str, object], *, replaces: str | None) -> None:
        """Store what was issued."""
        now = self._clock.timestamp()
        if replaces is not None:
            self.store.remove_token(replaces)
        row = TokenRow(account.number, "access", SCOPE, now + self.lifetime)
        self.store.add_token(str(token["access_token"]), row, now=now)
        if "refresh_token" in token:
            row = TokenRow(account.number, "refresh", SCOPE, now + REFRESH_LIFETIME)
            self.store.add_token(str(token["refresh_token"]), row, now=now)
        self.issued[account.number] = self.issued.get(account.number, 0) + 1

    def alive(self, token: str, kind: str) -> TokenRow | None:
        """Return what is known of a token of this kind that has not expired, or ``None``."""
        row = self.store.token(token)
        if row is None or row.kind != kind or row.expires <= self._clock.timestamp():
            return None
        return row

    def account(self, token: str) -> Account | None:
        """Return the account of an access token that has not expired, or ``None``."""
        row = self.alive(token, "access")
        return None if row is None else self.store.account_of_token(row)

    # Endpoints

    def serve_token(self, request: HttpRequest) -> HttpAnswer:
        """Serve the token endpoint."""
        return self._serve(request, self._endpoint)

    def serve_revocation(self, request: HttpRequest) -> HttpAnswer:
        """Serve the revocation endpoint."""
        return self._serve(request, self._revocation)

    def _serve(self, request: HttpRequest, endpoint: TokenEndpoint | RevocationEndpoint) -> HttpAnswer:
        only(request, "POST")
        try:
            body: str | None = request.body.decode("ascii")
        except UnicodeDecodeError:
            body = None
        if "?" in request.target:
            # Credentials in an address end up in logs: they must not be there (RFC 6749 section 2.3.1).
            return HttpAnswer(400, b'{"error": "invalid_request", "error_description": "send all in the body"}', JSON)
        if body is None or request.media_type != "application/x-www-form-urlencoded":
            return HttpAnswer(400, b'{"error": "invalid_request", "error_description": "send an encoded form"}', JSON)
        # oauthlib refuses addresses that are not https. Whether plain HTTP is served is the sandbox's to say, and it
        # says so for loopback only; oauthlib's own switch for that is the whole process's, so it stays untouched.
        uri = "https://localhost" + request.target
        given = {"Content-Type": "application/x-www-form-urlencoded"}
        if "authorization" in request.headers:
            given["Authorization"] = request.headers["authorization"]
        try:
            if isinstance(endpoint, TokenEndpoint):
                _, text, status = endpoint.create_token_response(uri, "POST", body, given)
            else:
                _, text, status = endpoint.create_revocation_response(uri, "POST", body, given)
        except OAuth2Error as error:
            # oauthlib answers its own refusals, but for those of credentials in the address, which it raises.
            text, status = error.json, error.status_code
        if isinstance(endpoint, TokenEndpoint) and status == 200:
            text = json.dumps(self.server.written(json.loads(text or "{}")))
            status = self.server.status
        elif status == 401 and not self.server.says_why:
            return HttpAnswer(403, b"")
        headers: tuple[tuple[str, str], ...] = (("Pragma", "no-cache"),)
        if status == 401:
            headers = (*headers, _CHALLENGE)
        return HttpAnswer(status, (text or "").encode(), JSON, headers)

    def serve_metadata(self, request: HttpRequest) -> HttpAnswer:
        """Serve the description of the two endpoints."""
        only(request, "GET")
        methods = ["client_secret_basic", "client_secret_post"]
        document = {
            "issuer": request.origin,
            "token_endpoint": request.origin + TOKEN_PATH,
            "token_endpoint_auth_methods_supported": methods,
            "revocation_endpoint": request.origin + REVOCATION_PATH,
            "revocation_endpoint_auth_methods_supported": methods,
            "grant_types_supported": self._grants,
            "response_types_supported": [],
            "scopes_supported": [SCOPE],
        }
        return HttpAnswer(200, msgspec.json.encode(document), JSON)


def _new_token(request: Request, refresh_token: bool = False) -> str:
    return secrets.token_urlsafe(32)
