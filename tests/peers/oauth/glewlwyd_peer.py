"""glewlwyd, set up through its own administration, before an API that takes whatever token it gives."""

from __future__ import annotations

import json
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path

from tests.peers.oauth.guarded import guarded
from tests.peers.program import find, free_port
from tests.peers.program import version as version_of
from tests.peers.scene import Scene
from tests.peers.stage import Stage

NAME = "glewlwyd"
SCHEMA = Path("/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3")
PLUGIN = {
    "jwt-type": "sha",
    "jwt-key-size": "256",
    "key": "known to this server alone",
    "access-token-duration": 3600,
    "refresh-token-duration": 1209600,
    "code-duration": 600,
    "refresh-token-rolling": True,
    "auth-type-code-enabled": False,
    "auth-type-code-revoke-replayed": False,
    "auth-type-implicit-enabled": False,
    "auth-type-password-enabled": False,
    "auth-type-client-enabled": True,
    "auth-type-refresh-enabled": False,
    "scope": [],
}
CLIENT = {
    "client_id": "chat",
    "name": "chat",
    "confidential": True,
    "password": "a-password",
    "authorization_type": ["client_credentials"],
    "scope": ["api"],
    "enabled": True,
}


def version() -> str:
    """Return the version of glewlwyd."""
    return version_of(find("glewlwyd"), "--version")


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield what is asked of every guarded API, with a scope, without which this server gives nothing."""
    port, service = free_port(), stage.service(any_token=True)
    with sqlite3.connect(stage.folder / "glewlwyd.sqlite") as database:
        database.executescript(SCHEMA.read_text("utf-8"))
    conf = stage.write(Path(__file__).with_name("glewlwyd.conf"), port=port)
    stage.run(find("glewlwyd"), "--config-file", conf, port=port)
    url = f"http://127.0.0.1:{port}/api"
    _set_up(url)
    api = f"http://127.0.0.1:{service}"
    yield from guarded(stage, NAME, api, forget=None, token_url=f"{url}/tokens/token", scope="api")


def _set_up(url: str) -> None:
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def tell(path: str, document: dict[str, object]) -> None:
        request = urllib.request.Request(f"{url}/{path}", json.dumps(document).encode(), method="POST")
        request.add_header("Content-Type", "application/json")
        try:
            browser.open(request, timeout=10).close()
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{path}: {error} {error.read()[:500]!r}") from None

    tell("auth/", {"username": "admin", "password": "password"})  # as the package ships it
    plugin = {"module": "oauth2-glewlwyd", "name": "tokens", "display_name": "tokens", "parameters": PLUGIN}
    tell("mod/plugin/", plugin)
    tell(
        "scope/",
        {"name": "api", "display_name": "api", "description": "the API", "password_required": False, "scheme": {}},
    )
    tell("client/", CLIENT)
