"""The page's own files, from wherever this package is: a folder, or an archive that Python imports from."""

from __future__ import annotations

from importlib import resources

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

_KINDS = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
"""What the endings of names mean; the registry of the system that Python asks may say something else."""


def template_named(name: str) -> str:
    """Return a template."""
    return resources.files(__package__).joinpath("templates", name).read_text("utf-8")


async def static(request: Request) -> Response:
    """Answer with a file that is sent as it is.

    Raises:
        HTTPException: there is none of this name.
    """
    there = {each.name: each for each in resources.files(__package__).joinpath("static").iterdir()}
    file = there.get(request.path_params["name"])
    if file is None:
        raise HTTPException(404)
    return Response(file.read_bytes(), media_type=_KINDS[file.name.rpartition(".")[2]])
