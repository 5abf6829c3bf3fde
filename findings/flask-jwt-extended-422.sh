#!/usr/bin/env bash
# flask-jwt-extended 4.7.4: how tokens that no longer work are refused
#
# Expected: 401 with WWW-Authenticate: Bearer error="invalid_token" for each (RFC 6750 section 3.1)
# Seen:     401 without a challenge for an expired one; 422 for one signed with an older key, and for one that is no JWT
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet Flask==3.1.3 Flask-JWT-Extended==4.7.4 || exit 2
cat >try.py <<'PYTHON'
import datetime
import sys
from flask import Flask
from flask_jwt_extended import JWTManager, create_access_token, jwt_required

web = Flask(__name__)
web.config["JWT_SECRET_KEY"] = "yesterday's key, which is long enough"
JWTManager(web)

@web.post("/")
@jwt_required()
def api():
    return "served"

with web.app_context():
    older = create_access_token("somebody")
    web.config["JWT_SECRET_KEY"] = "today's key, which is long enough, too"
    tokens = {
        "good": create_access_token("somebody"),
        "expired": create_access_token("somebody", expires_delta=datetime.timedelta(seconds=-5)),
        "signed with an older key": older,
        "of another kind": "2YotnFZFEjr1zCsicMWpAA",
    }
seen = []
for name, token in tokens.items():
    answer = web.test_client().post("/", headers={"Authorization": f"Bearer {token}"})
    print(f"{name}: {answer.status_code}, challenge {answer.headers.get('WWW-Authenticate')}, {answer.text.strip()}")
    seen.append((answer.status_code, answer.headers.get("WWW-Authenticate")))
sys.exit(0 if seen == [(200, None), (401, None), (422, None), (422, None)] else 1)
PYTHON
venv/bin/python try.py
