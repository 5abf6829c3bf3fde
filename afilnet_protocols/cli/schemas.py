"""`afilnet schemas`: the documents that are rendered from the catalogue."""

from __future__ import annotations

from pathlib import Path

import click
from click.exceptions import Exit

from afilnet_protocols.cli.exits import ExitCode
from afilnet_protocols.cli.grammar import Argument, Command, json_option
from afilnet_protocols.cli.output import print_json, print_line


def command(name: str) -> click.Command:
    """Return the command."""
    return schemas


@click.command(cls=Command)
@click.argument(
    "folder",
    cls=Argument,
    kind=click.Path(path_type=Path),
    required=False,
    metavar="[DIR]",
    about="The folder of the documents.  [default: schemas]",
)
@click.option("--check", is_flag=True, help="Compare the folder with what is rendered.")
@click.option("--write", is_flag=True, help="Write the rendered documents to the folder.")
@json_option
def schemas(*, folder: Path | None, check: bool, write: bool, json: bool) -> None:
    """List the rendered documents (WSDL, XML and JSON Schema, OpenAPI), compare them with a folder, or write them."""
    from afilnet_protocols import render

    if check and write:
        raise click.BadParameter("--check and --write exclude each other")
    folder = folder or Path("schemas")
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
        raise Exit(ExitCode.DISAGREEMENT)
