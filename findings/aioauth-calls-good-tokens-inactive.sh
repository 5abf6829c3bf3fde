#!/usr/bin/env bash
# aioauth 2.0.1 of PyPI: a service that was shown a token asks the server of it whether the token is good (RFC 7662)
#
# Expected: yes for every token that is: a hint at its type is optional, and where none or another is given the server looks
#           among all the types (RFC 7662, 2.1)
# Seen:     without a hint an access token is looked for among the refresh tokens alone, so every one is inactive; with the
#           hint, it is active. A refresh token is inactive as soon as the access token that came with it has expired, which
#           is when it is needed, and a moment later the server renews it
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet aioauth==2.0.1 || exit 2
cat >try.py <<'PYTHON'
import asyncio
import base64
import sys
import time

from aioauth.collections import HTTPHeaderDict
from aioauth.models import Client, Token
from aioauth.requests import Post, Request
from aioauth.server import AuthorizationServer
from aioauth.storage import BaseStorage

class Storage(BaseStorage):
    """What the library leaves to its user: keeps tokens, and finds one by the access or the refresh token that it is asked for."""

    def __init__(self):
        self.tokens = []
        self.age = 0

    async def get_client(self, *, request, client_id, client_secret=None):
        return Client(client_id, "secret", ["client_credentials", "refresh_token"], [], [], "send")

    async def create_token(self, *, request, client_id, scope, access_token, refresh_token=None):
        issued = int(time.time()) - self.age
        self.tokens.append(Token(access_token, refresh_token, scope, issued, 600, 86400, client_id))
        return self.tokens[-1]

    async def get_token(self, *, request, client_id, token_type=None, access_token=None, refresh_token=None):
        wanted = {"access_token": access_token, "refresh_token": refresh_token}
        asked = {name: value for name, value in wanted.items() if value is not None}
        return next((token for token in self.tokens if asked == {name: getattr(token, name) for name in asked}), None)

    async def revoke_token(self, *, request, client_id, refresh_token=None, token_type=None, access_token=None):
        for token in self.tokens:
            token.revoked = token.revoked or token.refresh_token == refresh_token

storage = Storage()
server = AuthorizationServer(storage)
headers = HTTPHeaderDict({"Authorization": "Basic " + base64.b64encode(b"chat:secret").decode()})

def posted(**form):
    return Request("POST", url="https://auth.example/", post=Post(**form), headers=headers)

async def token(**form):
    return await server.create_token_response(posted(**form))

async def is_active(value, hint):
    response = await server.create_token_introspection_response(posted(token=value, token_type_hint=hint))
    return response.content["active"]

async def main():
    seen = []
    fresh = (await token(grant_type="client_credentials", scope="send")).content
    storage.age = 700
    old = (await token(grant_type="client_credentials", scope="send")).content
    for said, value, hint in (
        ("an access token", fresh["access_token"], None),
        ("an access token", fresh["access_token"], "refresh_token"),
        ("an access token", fresh["access_token"], "access_token"),
        ("a refresh token", fresh["refresh_token"], "refresh_token"),
        ("a refresh token with 23 hours to go, whose access token has expired,", old["refresh_token"], "refresh_token"),
    ):
        seen.append(await is_active(value, hint))
        print(f"{said} with the hint {hint}: active is {seen[-1]}")
    renewed = await token(grant_type="refresh_token", refresh_token=old["refresh_token"])
    print(f"and when it is used: {int(renewed.status_code)}, {sorted(renewed.content)}")
    return seen == [False, False, True, True, False] and renewed.status_code == 200

sys.exit(0 if asyncio.run(main()) else 1)
PYTHON
venv/bin/python try.py
