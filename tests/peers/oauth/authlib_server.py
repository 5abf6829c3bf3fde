"""An authorization server and a guard by Authlib, with the service behind it: PORT."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from authlib.integrations.flask_oauth2 import AuthorizationServer, ResourceProtector
from authlib.oauth2.rfc6749 import ClientMixin, TokenMixin, grants
from authlib.oauth2.rfc6750 import BearerTokenValidator
from flask import Flask, Response, jsonify, request

sys.path.insert(0, str(Path(__file__).parents[1] / "service"))
import app as service
import meaning


class Client(ClientMixin):
    """The one client."""

    def get_client_id(self):
        return "chat"

    def check_client_secret(self, client_secret):
        return client_secret == "a-password"

    def check_endpoint_auth_method(self, method, endpoint):
        return method in ("client_secret_basic", "client_secret_post")

    def check_grant_type(self, grant_type):
        return grant_type == "client_credentials"

    def get_allowed_scope(self, scope):
        return scope or ""


class Token(TokenMixin):
    """A token as it was issued."""

    def __init__(self, issued):
        self.until = time.time() + issued["expires_in"]

    def get_scope(self):
        return ""

    def is_expired(self):
        return self.until < time.time()

    def is_revoked(self):
        return False


class Grant(grants.ClientCredentialsGrant):
    """The client's own credentials, in the header or in the body."""

    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]  # noqa: RUF012


class Validator(BearerTokenValidator):
    """Knows what was issued."""

    def authenticate_token(self, token_string):
        return tokens.get(token_string)


tokens: dict[str, Token] = {}
web = Flask(__name__)
server = AuthorizationServer(
    web,
    query_client=lambda client_id: Client() if client_id == "chat" else None,
    save_token=lambda token, request: tokens.update({token["access_token"]: Token(token)}),
)
server.register_grant(Grant)
guard = ResourceProtector()
guard.register_token_validator(Validator())


@web.post("/token")
def token():
    return server.create_token_response()


@web.post("/forget")
def forget():
    tokens.clear()
    return jsonify({})


@web.post("/api/json/")
@guard()
def api():
    headers = {"authorization": f"Bearer {meaning.TOKEN}", "content-type": request.headers["Content-Type"]}
    (status, kind, body), _ = service.decide(meaning.read("POST", request.path, headers, request.get_data()))
    return Response(body, status, content_type=kind)


if __name__ == "__main__":
    from waitress import serve

    serve(web, listen=f"127.0.0.1:{sys.argv[1]}")
