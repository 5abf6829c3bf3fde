"""How a report fits into a page: as text that cannot become markup, with no more of the wire than a page can hold."""

from __future__ import annotations

import json

from afilnet_protocols.conformance.reports.document import Document, ResultData
from afilnet_protocols.conformance.reports.symbols import QUIET

MOST_WIRE = 2_000_000
"""How many bytes of a page the wire takes at most."""


def embedded(value: object) -> str:
    """Return a value as JSON in ASCII that can stand in an HTML element: "<" would let text end the element."""
    return json.dumps(value, ensure_ascii=True).replace("<", "\\u003c")


def fitted(document: Document) -> tuple[Document, int]:
    """Return the document with as much of the wire as fits, and how many cells lost theirs; findings lose it last.

    Args:
        document: a report; it stays as it is.
    """
    places = range(len(document["results"]))
    order = sorted(places, key=lambda place: document["results"][place]["outcome"] in QUIET)
    results = list(document["results"])
    spent = without = 0
    for place in order:
        size = len(embedded(results[place]["wire"]))
        if results[place]["wire"] and spent + size > MOST_WIRE:
            results[place] = ResultData(**{**results[place], "wire": {}})
            without += 1
        else:
            spent += size
    return Document(**{**document, "results": results}), without
