#!/usr/bin/env bash
# idpyoidc 5.0.0, a server with the grant client_credentials: the type of the token that it gives, and what clients make of it
# (its own, requests-oauthlib 2.0.0, Authlib 1.9.10)
#
# Expected: token_type is Bearer (RFC 6749, 7.1; RFC 6750, 4), as with the other grants of that server
# Seen:     token_type is "access_token". requests-oauthlib and Authlib fetch the token and raise at the first call; idpyoidc's own
#           client makes the call with `Authorization: access_token …`, where nobody finds a token. Who asks for a second token,
#           when the first has expired, gets a TypeError of the server's
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet idpyoidc==5.0.0 requests-oauthlib==2.0.0 Authlib==1.9.10 requests==2.34.2 || exit 2
cat >try.py <<'PYTHON'
import json
import sys

import requests
from authlib.integrations.requests_client import OAuth2Session as Authlib
from idpyoidc.client.client_auth import BearerHeader
from idpyoidc.client.oauth2 import Client
from idpyoidc.message.oauth2 import AccessTokenResponse
from idpyoidc.server import ASConfiguration, Server
from oauthlib.oauth2 import BackendApplicationClient
from requests_oauthlib import OAuth2Session

ISSUER = "https://auth.example"
KEYS = {"key_defs": [{"type": "OCT", "use": ["enc"], "kid": kid} for kid in ("password", "salt")]}
CRYPT = {"kwargs": {"keys": KEYS, "iterations": 1}}
GRANT = "idpyoidc.server.oauth2.token_helper.client_credentials.ClientCredentials"
CONFIGURATION = {
    "issuer": ISSUER,
    "keys": {"key_defs": [{"type": "EC", "crv": "P-256", "use": ["sig"]}], "uri_path": "jwks.json"},
    "token_handler_args": {
        "jwks_def": {"key_defs": [{"type": "oct", "bytes": "24", "use": ["enc"], "kid": "code"}]},
        "code": {"kwargs": {"crypt_conf": CRYPT}},
        "token": {"class": "idpyoidc.server.token.jwt_token.JWTToken", "kwargs": {"lifetime": 3600}},
    },
    "endpoint": {
        "token": {
            "path": "token",
            "class": "idpyoidc.server.oauth2.token.Token",
            "kwargs": {
                "client_authn_method": ["client_secret_basic"],
                "grant_types_supported": {"client_credentials": {"class": GRANT}},
            },
        }
    },
    "session_params": {"encrypter": CRYPT},
}
server = Server(ASConfiguration(conf=CONFIGURATION, base_path=""))
server.context.cdb["chat"] = {"client_secret": "a-password", "allowed_scopes": ["send"]}
BASIC = {"headers": {"authorization": requests.auth._basic_auth_str("chat", "a-password")}}


def token():
    """Ask the server for a token, and return its answer."""
    endpoint = server.get_endpoint("token")
    request = endpoint.parse_request({"grant_type": "client_credentials"}, http_info=BASIC)
    return endpoint.do_response(request=request, **endpoint.process_request(request, http_info=BASIC))["response"]


class Service(requests.adapters.BaseAdapter):
    """Gives that answer to whoever asks for a token, and notes the calls."""

    calls = 0

    def send(self, request, **options):
        answer = requests.Response()
        answer.status_code, answer.request, answer.url = 200, request, request.url
        answer._content = text.encode()
        Service.calls += not request.url.endswith("/token")
        return answer

    def close(self):
        pass


def outcome(session, **how):
    session.mount("https://", Service())
    session.fetch_token(f"{ISSUER}/token", **how)
    try:
        return session.get("https://chat.example/").status_code
    except Exception as error:
        return f"{type(error).__name__}: {error}"


text = token()
print("the answer:", {name: value for name, value in json.loads(text).items() if name != "access_token"})
requests_oauthlib = outcome(OAuth2Session(client=BackendApplicationClient("chat")), client_secret="a-password")
authlib = outcome(Authlib("chat", "a-password"), grant_type="client_credentials")
print("requests-oauthlib:", requests_oauthlib)
print("Authlib:", authlib)
own = Client(config={"client_id": "chat", "issuer": ISSUER}, services={"resource": {"class": "idpyoidc.client.oauth2.resource.Resource"}})
own.get_context().cstate.update("one", AccessTokenResponse().from_json(text))
made = BearerHeader().construct(service=own.get_service("resource"), key="one")["headers"]["Authorization"]
print("its own client:", made[:20], "…")
try:
    again = json.loads(token())["token_type"]
except TypeError as error:
    again = f"TypeError: {error}"
print("a second token:", again)
right = (
    json.loads(text)["token_type"] == "access_token"
    and str(requests_oauthlib).startswith("ValueError: Unsupported token type")
    and str(authlib).startswith("UnsupportedTokenTypeError")
    and Service.calls == 0
    and made.startswith("access_token eyJ")
    and again.startswith("TypeError")
)
sys.exit(0 if right else 1)
PYTHON
venv/bin/python try.py
