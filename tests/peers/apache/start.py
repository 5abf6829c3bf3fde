"""How Apache is started, whatever it is to do."""

from __future__ import annotations

from pathlib import Path

from tests.peers.program import Absent, Program, find
from tests.peers.program import version as version_of
from tests.peers.stage import Stage

MODULES = Path("/usr/lib/apache2/modules")


def version() -> str:
    """Return the version of Apache."""
    return version_of(find("apache2"), "-v")


def start(stage: Stage, conf: str, *, port: int, needs: tuple[str, ...] = (), **values: object) -> Program:
    """Start it with the common lines and one of the configurations beside this file, and wait for this port."""
    for module in needs:
        if not (MODULES / module).exists():
            raise Absent(f"Apache has no {module}")
    common = stage.write(Path(__file__).with_name("common.conf"), modules=MODULES)
    path = stage.write(Path(__file__).with_name(conf), port=port, modules=MODULES, common=common, **values)
    return stage.run(find("apache2"), "-f", path, "-D", "FOREGROUND", port=port, env={"LANG": "C"})
