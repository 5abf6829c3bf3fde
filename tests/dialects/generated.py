"""Dialects, drawn."""

from __future__ import annotations

from hypothesis import strategies as st

from afilnet_protocols.dialects import DIMENSIONS, Dialect
from afilnet_protocols.dialects.dialect import attribute_of
from afilnet_protocols.errors import ConfigurationError


def made(answers: dict[str, object]) -> Dialect | None:
    """Return the dialect of some answers by dotted name; ``None`` if no service can speak so."""
    try:
        return Dialect(**{attribute_of(name): answer for name, answer in answers.items()})  # type: ignore[arg-type]
    except ConfigurationError:
        return None


@st.composite
def dialects(draw: st.DrawFn, *, refused: bool = False) -> Dialect:
    """Draw a dialect.

    Args:
        draw: draws.
        refused: whether it may hold values that the client refuses.
    """
    answers: dict[str, object] = {}
    for dimension in DIMENSIONS:
        values = [value.value for value in dimension.values if refused or not value.refused]
        answers[dimension.name] = draw(st.sampled_from(values))
    found = made(answers)
    if found is None:
        found = made({**answers, "soap.version": "1.1", "json.extra": "none"})
    assert found is not None
    return found
