"""How the authorization servers of npm are started."""

from __future__ import annotations

from pathlib import Path

from tests.peers.program import free_port, node_with
from tests.peers.stage import Stage


def start(stage: Stage, kind: str) -> tuple[str, str]:
    """Start one; return the address of the API and of the issuer."""
    port, issuer = free_port(), free_port()
    service = stage.service()
    script = str(Path(__file__).with_name("server.js"))
    stage.run(node_with(kind), script, kind, str(port), str(service), str(issuer), port=port)
    return f"http://127.0.0.1:{port}", f"http://127.0.0.1:{issuer}"
