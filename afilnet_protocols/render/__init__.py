"""Documents from the catalogue: WSDL, XML Schema, JSON Schema, OpenAPI, settings, tables. Pure functions of text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from afilnet_protocols.render import json_schema, openapi, settings_schema, wsdl, xsd

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
    """
    present = {path.name for path in folder.iterdir()} - {README} if folder.is_dir() else set()
    wrong = [name for name in DOCUMENTS if name not in present or (folder / name).read_bytes() != encoded(name)]
    return sorted([*wrong, *present.difference(DOCUMENTS)])


def write(folder: Path) -> None:
    """Write all documents to a folder, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in DOCUMENTS:
        (folder / name).write_bytes(encoded(name))


def encoded(name: str) -> bytes:
    """Return a document as the bytes of its file: UTF-8, with newlines alone.

    Raises:
        KeyError: there is no such document.
    """
    return DOCUMENTS[name]().encode()
