"""`afilnet schemas`: the documents that are rendered from the catalogue."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from afilnet_protocols.cli.exits import EPILOG, ExitCode
from afilnet_protocols.cli.operations import JSON
from afilnet_protocols.cli.output import print_json, print_line


def register(app: typer.Typer, name: str) -> None:
    """Add the command."""
    app.command(name, epilog=EPILOG)(schemas)


def schemas(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the documents.")] = Path("schemas"),
    *,
    check: Annotated[bool, typer.Option("--check", help="Compare the folder with what is rendered.")] = False,
    write: Annotated[bool, typer.Option("--write", help="Write the rendered documents to the folder.")] = False,
    json: JSON = False,
) -> None:
    """List the rendered documents (WSDL, XML and JSON Schema, OpenAPI), compare them with a folder, or write them."""
    from afilnet_protocols import render

    if check and write:
        raise typer.BadParameter("--check and --write exclude each other")
    names = list(render.DOCUMENTS)
    differing: list[str] = []
    if write:
        render.write(folder)
    elif check:
        differing = render.check(folder)
    if json:
        print_json({"folder": str(folder) if check or write else None, "documents": names, "differing": differing})
    elif differing:
        print_line(f"{folder} differs from what is rendered: {', '.join(differing)}")
        print_line(f"what to do: afilnet schemas --write {folder}")
    elif check or write:
        print_line(f"{folder}: {len(names)} documents {'written' if write else 'are what is rendered'}")
    else:
        for name in names:
            print_line(name)
    if differing:
        raise typer.Exit(ExitCode.DISAGREEMENT)
