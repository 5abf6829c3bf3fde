"""Documents from the catalogue: WSDL, XML Schema, JSON Schema, OpenAPI, settings, tables. Pure functions of text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.render import json_schema, openapi, settings_schema, wsdl, xsd
from afilnet_protocols.retold import Retold, in_words
from afilnet_protocols.suggestion import LONGEST_PATH, quoted

README = "README.md"
"""The one file beside the documents that is written by hand."""

DOCUMENTS: Mapping[str, Callable[[], str]] = {
    "afilnet-chat.wsdl": wsdl.render,
    "afilnet-chat.xsd": xsd.render,
    "afilnet-chat.schema.json": json_schema.render,
    "afilnet-chat.openapi.json": openapi.render,
    "afilnet.toml.schema.json": settings_schema.render,
}
"""What ``schemas/`` holds: the name of each file, and the function that renders it."""


def check(folder: Path) -> list[str]:
    """Return the names of the files in a folder that differ from what is rendered, are missing, or do not belong there.

    Args:
        folder: the folder that :func:`write` wrote to.

    Raises:
        ConfigurationError: there is no such folder, or it or a file in it cannot be read.
    """
    with _told(folder, "read"):
        if folder.is_dir():
            present = {path.name for path in folder.iterdir()} - {README}
            wrong = [name for name in DOCUMENTS if name not in present or (folder / name).read_bytes() != encoded(name)]
            return sorted([*wrong, *present.difference(DOCUMENTS)])
    raise ConfigurationError(
        f"there is no folder {quoted(folder, LONGEST_PATH)} to compare with: 'afilnet schemas --write' makes one"
    )


def write(folder: Path) -> None:
    """Write all documents to a folder, which is made if need be.

    Raises:
        ConfigurationError: it cannot be made, or a file in it not be written.
    """
    with _told(folder, "written to"):
        folder.mkdir(parents=True, exist_ok=True)
        for name in DOCUMENTS:
            (folder / name).write_bytes(encoded(name))


def _told(folder: Path, done: str) -> Retold[OSError]:
    named = quoted(folder, LONGEST_PATH)
    return Retold(OSError, lambda error: ConfigurationError(f"the folder {named} cannot be {done}: {in_words(error)}"))


def encoded(name: str) -> bytes:
    """Return a document as the bytes of its file: UTF-8, with newlines alone.

    Raises:
        KeyError: there is no such document.
    """
    return DOCUMENTS[name]().encode()
