"""What a service may do where the vendor leaves it open: every dimension, every value, and where each comes from.

Sources: the vendor's pages and libraries where a value says so; otherwise what PHP, which the vendor's samples and
libraries are written in, and other platforms do by default. That the service does any of it is then *assumed*.
"""

from __future__ import annotations

from afilnet_protocols.dialects.dimension import Answer, Dimension, Value
from afilnet_protocols.dialects.tables import calls, envelope, http, lists, records, soap
from afilnet_protocols.suggestion import did_you_mean

__all__ = ["BY_NAME", "DIMENSIONS", "Answer", "Dimension", "Value", "told", "wrong_value"]

DIMENSIONS: tuple[Dimension, ...] = (
    *envelope.DIMENSIONS,
    *lists.DIMENSIONS,
    *records.DIMENSIONS,
    *calls.DIMENSIONS,
    *http.DIMENSIONS,
    *soap.DIMENSIONS,
)
"""All of them, in the order of ``dialect.toml``."""

BY_NAME = {dimension.name: dimension for dimension in DIMENSIONS}


def wrong_value(dimension: Dimension, answer: object) -> str:
    """Return what is wrong with a value of a dimension, or an empty string."""
    if isinstance(answer, str | int) and dimension.value(answer) is not None:
        return ""
    written = [told(value.value) for value in dimension.values]
    near = did_you_mean(answer, written) if isinstance(answer, str) else ""
    hint = f" ({near})" if near.startswith("did") else ""
    return f"{dimension.name} is {told(answer)}{hint}: it is one of {', '.join(written)}"


def told(answer: object) -> str:
    """Return a value as TOML writes it; nothing of what is no value of any dimension but a start."""
    if isinstance(answer, bool):
        return "true" if answer else "false"
    if isinstance(answer, str):
        return '"' + "".join(character if character.isprintable() else "?" for character in answer[:60]) + '"'
    return str(answer)[:60] if isinstance(answer, int | float) else f"a {type(answer).__name__}"
