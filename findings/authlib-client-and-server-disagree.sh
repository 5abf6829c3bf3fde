#!/usr/bin/env bash
# Authlib 1.9.10: how client and server write a secret in HTTP Basic
#
# Expected: what the client sends with client_secret_basic, the server of the same version reads as the same secret
# Seen:     the client sends the secret as it is, the server takes %XX out of it, but leaves + alone: p%41 is read as pA
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet Authlib==1.9.10 requests==2.34.2 || exit 2
cat >try.py <<'PYTHON'
import sys
from authlib.oauth2.auth import encode_client_secret_basic
from authlib.oauth2.rfc6749.util import extract_basic_authorization

class Client:
    client_id = "chat"

differing = []
for secret in ("plain", "with blank", "a+b", "50%", "p%41", "a%2Bb"):
    Client.client_secret = secret
    headers = encode_client_secret_basic(Client, "POST", "https://example.com/token", {}, "")[1]
    read = extract_basic_authorization(headers)[1]
    print(f"the client has {secret!r}, the server reads {read!r}")
    if read != secret:
        differing.append(secret)
sys.exit(0 if differing == ["p%41", "a%2Bb"] else 1)
PYTHON
venv/bin/python try.py
