"""`afilnet schemas`: the documents that are rendered from the catalogue."""

from __future__ import annotations

from pathlib import Path

from afilnet_protocols.cli.ending.exits import Exit, ExitCode
from afilnet_protocols.cli.options.place import as_a_word
from afilnet_protocols.cli.parser import grammar, kinds
from afilnet_protocols.cli.parser.words import UsageError
from afilnet_protocols.cli.terminal.output import print_json, print_text


def command(name: str) -> grammar.Command:
    """Return the command."""
    return schemas


@grammar.command()
@grammar.argument(
    "folder",
    kind=kinds.FOLDER,
    required=False,
    metavar="[DIR]",
    help="The folder of the documents (default: schemas).",
)
@grammar.option("--check", flag=True, help="Compare the folder with what is rendered.")
@grammar.option("--write", flag=True, help="Write the rendered documents to the folder.")
@grammar.json_option
def schemas(*, folder: Path | None, check: bool, write: bool, json: bool) -> None:
    """List the rendered documents (WSDL, XML and JSON Schema, OpenAPI), compare them with a folder, or write them."""
    from afilnet_protocols import render

    if check and write:
        raise UsageError("--check and --write exclude each other")
    if folder is not None and not (check or write):
        raise UsageError("a folder is compared with --check, or written to with --write")
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
        print_text(f"{folder} differs from what is rendered: {', '.join(differing)}")
        print_text(f"what to do: afilnet schemas --write {as_a_word(folder)}")
    elif check or write:
        print_text(f"{folder}: {len(names)} documents {'written' if write else 'are what is rendered'}")
    else:
        for name in names:
            print_text(name)
    if differing:
        raise Exit(ExitCode.DISAGREEMENT)
