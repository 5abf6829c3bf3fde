"""How PHP is started: as PHP-FPM, and as its own server."""

from __future__ import annotations

from pathlib import Path

from tests.peers.program import find, free_port
from tests.peers.program import version as version_of
from tests.peers.stage import Stage, is_root


def version() -> str:
    """Return the version of PHP."""
    return version_of(find("php"), "-v")


def start_fpm(stage: Stage) -> int:
    """Start PHP-FPM; return its port."""
    port = free_port()
    conf = stage.write(Path(__file__).with_name("fpm.conf"), port=port)
    stage.run(find("php-fpm8.2"), *(["--allow-to-run-as-root"] if is_root() else []), "-y", conf, port=port)
    return port


def start_server(stage: Stage, folder: Path, script: str, *, workers: int = 1) -> int:
    """Start PHP's own server, which comes back when it is killed; return its port."""
    port = free_port()
    command = (
        find("php"),
        "-d",
        "display_errors=0",
        "-S",
        f"127.0.0.1:{port}",
        "-t",
        str(folder),
        str(folder / script),
    )
    # With one worker this server takes one connection at a time.
    stage.run(*command, port=port, kept=True, env={"PHP_CLI_SERVER_WORKERS": str(workers)} if workers > 1 else {})
    return port
