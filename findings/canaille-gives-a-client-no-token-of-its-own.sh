#!/usr/bin/env bash
# Canaille 0.3.6 (an authorization server on Authlib), a client that is registered with token_endpoint_auth_method =
# "client_secret_post", which the server's metadata offers, and with the grant client_credentials
#
# Expected: the client gets a token with its secret in the form (RFC 6749, 2.3.1)
# Seen:     it is refused, and the refusal says that only client_secret_basic is taken; with that it is refused in the same words,
#           for it is not registered so. With the grant password the same client gets its token by the form: each grant says by
#           itself how clients may prove who they are, and that of client_credentials has been left with Authlib's own word
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet 'Canaille[front,oidc]==0.3.6' Authlib==1.9.10 || exit 2
cat >try.py <<'PYTHON'
import logging
import sys

from canaille import create_app
from canaille.app import models
from canaille.backends import Backend

SECRET, BASE = "a-secret", "https://auth.example"
POST, BASIC = "client_secret_post", "client_secret_basic"
GRANTS = {
    "client_credentials": {},
    "password": {"username": "ann", "password": "correct horse", "scope": "profile"},
}
logging.disable()
app = create_app(
    {"SECRET_KEY": "x" * 32, "SERVER_NAME": "auth.example", "CANAILLE": {"DATABASE": "memory"}, "CANAILLE_OIDC": {}}
)


def register(method):
    """Register a client that proves who it is by this method, and is called so."""
    client = models.Client(
        client_id=method,
        client_name=method,
        client_secret=SECRET,
        token_endpoint_auth_method=method,
        grant_types=list(GRANTS),
        response_types=["code"],
        redirect_uris=["https://app.example/"],
        scope=["openid", "profile"],
    )
    Backend.instance.save(client)
    client.audience = [client]
    Backend.instance.save(client)


def ask(client, grant, method):
    """Ask for a token, and return what came."""
    form = {"grant_type": grant, **GRANTS[grant]}
    if method == POST:
        answer = web.post("/oauth/token", data={**form, "client_id": client, "client_secret": SECRET}, base_url=BASE)
    else:
        answer = web.post("/oauth/token", data=form, auth=(client, SECRET), base_url=BASE)
    said = f"{answer.status_code} {answer.json.get('error_description', 'a token')}"
    print(f"{grant}, the client of {client} by {method}: {said}")
    return said


with app.app_context():
    register(POST)
    register(BASIC)
    Backend.instance.save(
        models.User(user_name="ann", password="correct horse", family_name="A", emails=["ann@app.example"])
    )
    web = app.test_client()
    metadata = web.get("/.well-known/oauth-authorization-server", base_url=BASE).json
    print("the metadata offers", metadata["token_endpoint_auth_methods_supported"])
    refused = "401 The client cannot authenticate with methods: ['client_secret_basic']"
    right = (
        POST in metadata["token_endpoint_auth_methods_supported"]
        and ask(BASIC, "client_credentials", BASIC) == "200 a token"
        and ask(POST, "client_credentials", POST) == refused
        and ask(POST, "client_credentials", BASIC) == refused
        and ask(POST, "password", POST) == "200 a token"
    )
sys.exit(0 if right else 1)
PYTHON
venv/bin/python try.py
