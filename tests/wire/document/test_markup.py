"""A success that holds XML in a text is none if that tells of a refusal, on all protocols."""

from __future__ import annotations

import pytest

from afilnet_protocols.catalogue import by_method
from afilnet_protocols.errors import NotFoundError, OutcomeUnknownError
from afilnet_protocols.wire.document import contents
from afilnet_protocols.wire.document.markup import refuses_in_markup
from tests.tables import table
from tests.wire.carriers import CARRIERS, by_json

REFUSALS = {
    "an element": "<error>CHANNEL_NOT_FOUND</error>",
    "a document": '\ufeff <?xml version="1.0"?>\n<response><error>no credit</error></response>',
    "a namespace": '<a:r xmlns:a="urn:a"><a:error>X</a:error></a:r>',
    "CDATA": "<r><error><![CDATA[no <b>credit</b>]]></error></r>",
    "a status": "<r><status>ERROR</status></r>",
    "an assent": "<r><success>false</success></r>",
    "an attribute": "<r error='X_Y'/>",
    "an element in it": "<r><errors><item><text>no credit</text></item></errors></r>",
    "several": "<error>A</error><error>B</error>",
    "not closed": "<r><error>A",
    "a text in a text": "<r>&lt;error&gt;X_Y&lt;/error&gt;</r>",
    "CDATA in it": "<r><![CDATA[<error>X_Y</error>]]></r>",
}
HARMLESS = {
    "a success": "<r><status>SUCCESS</status><id>7</id></r>",
    "nought": "<r><error>0</error><errors><count>0</count></errors></r>",
    "nothing": '<r error=""><error/><error></error><errors>\n</errors></r>',
    "HTML": '<p class="error">It was sent.<br>Thank you</p>',
    "no XML": "the message <error>X</error>",
}


@table("read", CARRIERS)
@table("what", REFUSALS)
def test_a_success_that_holds_a_refusal_as_xml_is_none(what: str, read: str) -> None:
    for beside in ({"info": REFUSALS[what]}, {"result": {"note": REFUSALS[what]}}, {"notes": [REFUSALS[what], "x"]}):
        for method in ("sendmessage", "getchatchannels"):
            with pytest.raises(OutcomeUnknownError):
                CARRIERS[read](by_method(method), {"status": "SUCCESS", **beside})


@table("read", CARRIERS)
@table(
    "said",
    ["<r><status>SUCCESS</status></r>", "<sent>true</sent>", "<r>&lt;queued&gt;1&lt;/queued&gt;</r>", "<r sent='1'/>"],
)
def test_a_refusal_that_holds_an_assent_as_xml_proves_nothing(said: str, read: str) -> None:
    refusal = {"status": "ERROR", "error": "CHANNEL_NOT_FOUND", "info": said}
    with pytest.raises(OutcomeUnknownError):
        CARRIERS[read](by_method("sendmessage"), refusal)
    with pytest.raises(NotFoundError):
        CARRIERS[read](by_method("sendmessage"), refusal, sent=(said,))


@table("read", CARRIERS)
@table("what", HARMLESS)
def test_other_xml_changes_nothing_about_a_send(what: str, read: str) -> None:
    assert CARRIERS[read](by_method("sendmessage"), {"status": "SUCCESS", "info": HARMLESS[what]}) is None


@table("read", CARRIERS)
@table("name", ["message", "text"])
def test_what_was_sent_may_be_repeated(name: str, read: str) -> None:
    said = REFUSALS["a document"]
    assert CARRIERS[read](by_method("sendmessage"), {"status": "SUCCESS", name: said}, sent=(said,)) is None


@table("piece", ["<a>x", "<![CDATA[", "<a b='", "<a ", "<", "<a>&lt;", "<" + "a" * 99, "<error>"])
def test_a_text_of_any_form_is_looked_through(piece: str) -> None:
    assert not refuses_in_markup(piece * (50_000 // len(piece)))


def test_a_reader_that_looks_into_no_xml_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "refuses_in_markup", lambda _: False)
    assert by_json(by_method("sendmessage"), {"status": "SUCCESS", "info": REFUSALS["an element"]}) is None
