"""Of a choice one has to be there: what calls hold, what the description gives, or else the description is refused."""

from __future__ import annotations

import re

import pytest
from lxml import etree

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.wire.soap import parameters
from afilnet_protocols.wire.soap.binding import bind
from afilnet_protocols.wire.soap.description import choices
from tests.tables import table
from tests.wire.soap.description.test_objects import _SEND, asking, fields, kind, one

ABSENT = 'minOccurs="0"'
PROOF = f"<x:choice>{fields('key')}<x:sequence>{fields('stamp', 'sign')}</x:sequence></x:choice>"
"""A choice of which nothing is known."""

GIVEN = 'fixed="1"'
ALL = fields(*_SEND)
WRITTEN: dict[str, tuple[str, tuple[str, ...]]] = {
    "one that may be absent": (asking(ALL + PROOF.replace("choice", f"choice {ABSENT}", 1)), _SEND),
    "an element of it may be absent": (asking(ALL + PROOF.replace('"key"', f'"key" {ABSENT}')), _SEND),
    "a row of it may be absent": (asking(ALL + PROOF.replace("sequence", f"sequence {ABSENT}", 1)), _SEND),
    "all of a row may be absent": (
        asking(ALL + re.sub('"(stamp|sign)"', rf'"\1" {ABSENT}', PROOF)),
        _SEND,
    ),
    "a choice in it may be absent": (
        asking(f"{ALL}<x:choice>{PROOF.replace('choice', f'choice {ABSENT}', 1)}{fields('page')}</x:choice>"),
        _SEND,
    ),
    "what it stands in may be absent": (asking(f"{ALL}<x:sequence {ABSENT}>{PROOF}</x:sequence>"), _SEND),
    "what is chosen holds another": (
        asking(f"{fields(*_SEND[:-1])}<x:choice>{fields('message')}{PROOF}</x:choice>"),
        _SEND,
    ),
    "one that the description gives": (
        asking(ALL + PROOF.replace("</x:choice>", f"{fields('version', 'form', more=GIVEN)}</x:choice>")),
        (*_SEND, "version"),
    ),
    "an object with what a call holds": (
        asking(f"<x:choice>{one('who')}{fields('key')}</x:choice>", kind("Request", ALL)),
        ("who", *_SEND),
    ),
    "one of another call": (asking(f"{ALL}<x:choice>{fields('fileurl', 'key')}</x:choice>"), _SEND),
}
REFUSED: dict[str, tuple[str, str]] = {
    "rows and elements": (asking(ALL + PROOF), "it wants key or stamp or sign for sendmessage, of which nothing"),
    "elements": (asking(f"{ALL}<x:choice>{fields('key', 'sign')}</x:choice>"), "it wants key or sign for sendmessage"),
    "in an object": (asking(one("request"), kind("Request", ALL + PROOF)), "it wants key or stamp or sign"),
    "in a group": (
        asking(f'{ALL}<x:group ref="c:Proof"/>', f'<x:group name="Proof">{PROOF}</x:group>'),
        "key or stamp",
    ),
    "in a choice": (asking(f"{ALL}<x:choice>{PROOF}{fields('page')}</x:choice>"), "key or stamp or sign or page for"),
    "an element among several": (
        asking(ALL + PROOF.replace('"key"', '"key" maxOccurs="9"')),
        "it wants key or stamp or sign for sendmessage",
    ),
}


def written(text: str) -> tuple[str, ...]:
    """Return the names of what a request holds."""
    bind.cache_clear()
    bound = bind(text.encode()).operations["sendmessage"]
    request = etree.fromstring(bound.write({name: name for name in bound.names if name in _SEND}))
    return tuple(str(etree.QName(each).localname) for each in request[-1][0].iterdescendants())


@table("name", WRITTEN)
def test_a_choice_that_is_made_or_may_be_empty_is_no_obstacle(name: str) -> None:
    text, holds = WRITTEN[name]
    assert written(text) == holds


@table("name", REFUSED)
def test_a_choice_of_which_nothing_is_known_is_told_at_once(name: str) -> None:
    text, told = REFUSED[name]
    with pytest.raises(ConfigurationError, match=told):
        written(text)


@pytest.mark.parametrize(
    ("module", "guard", "replacement", "test"),
    [
        (parameters, "_made", lambda *_: {}, test_a_choice_of_which_nothing_is_known_is_told_at_once),
        (choices, "_may_be_empty", lambda _: True, test_a_choice_of_which_nothing_is_known_is_told_at_once),
        (choices, "_may_be_empty", lambda _: False, test_a_choice_that_is_made_or_may_be_empty_is_no_obstacle),
        (parameters, "MEANT", frozenset(), test_a_choice_that_is_made_or_may_be_empty_is_no_obstacle),
    ],
)
def test_a_client_that_leaves_choices_to_luck_would_be_found_out(
    monkeypatch: pytest.MonkeyPatch, module: object, guard: str, replacement: object, test: object
) -> None:
    monkeypatch.setattr(module, guard, replacement)
    with pytest.raises(ExceptionGroup):
        test()  # type: ignore[operator]
    bind.cache_clear()
