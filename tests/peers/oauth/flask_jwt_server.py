"""A guard by flask-jwt-extended before the service, which can revoke every token that there is: PORT."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path

from flask import Flask, Response, jsonify, request
from flask_jwt_extended import JWTManager, create_access_token, get_jti, jwt_required

sys.path.insert(0, str(Path(__file__).parents[1] / "service"))
import app as service
import meaning

web = Flask(__name__)
web.config["JWT_SECRET_KEY"] = "known to this server and to nobody else"
guard = JWTManager(web)
issued: set[str] = set()
revoked: set[str] = set()


@guard.token_in_blocklist_loader
def is_revoked(header, payload):
    return payload["jti"] in revoked


@web.post("/token")
def token():
    given = request.authorization
    if given is None or (given.username, given.password) != ("chat", "a-password"):
        return jsonify(error="invalid_client"), 401
    signed = create_access_token("chat", expires_delta=datetime.timedelta(hours=1))
    issued.add(get_jti(signed))
    return jsonify(access_token=signed, token_type="Bearer", expires_in=3600)


@web.post("/forget")
def forget():
    revoked.update(issued)
    return jsonify({})


@web.post("/rotate")
def rotate():
    web.config["JWT_SECRET_KEY"] += " and its successor"
    return jsonify({})


@web.post("/api/json/")
@jwt_required()
def api():
    headers = {"authorization": f"Bearer {meaning.TOKEN}", "content-type": request.headers["Content-Type"]}
    (status, kind, body), _ = service.decide(meaning.read("POST", request.path, headers, request.get_data()))
    return Response(body, status, content_type=kind)


if __name__ == "__main__":
    from waitress import serve

    serve(web, listen=f"127.0.0.1:{sys.argv[1]}")
