"""django-oauth-toolkit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.peers.oauth.guarded import EVENTS, guarded
from tests.peers.program import free_port, python_version, python_with
from tests.peers.scene import Scene
from tests.peers.stage import Stage

NAME = "django-oauth-toolkit"


def version() -> str:
    """Return the version of django-oauth-toolkit."""
    return python_version("django-oauth-toolkit", module="oauth2_provider")


def scenes(stage: Stage) -> Iterator[Scene]:
    """Yield what is asked of every guarded API, with the token endpoint given and found by its metadata."""
    port = free_port()
    script = str(Path(__file__).with_name("django_server.py"))
    stage.run(python_with("oauth2_provider"), script, str(port), str(stage.folder), port=port)
    url = f"http://127.0.0.1:{port}"
    yield from guarded(stage, NAME, url, (*EVENTS, "throw", "fault"), token_url=f"{url}/o/token/")
    yield from guarded(stage, f"{NAME}, issuer", url, ("plain",), token_url=None, issuer=f"{url}/o")
