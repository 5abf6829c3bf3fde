"""Records of SOAP answers that are written partly as attributes are read; attributes of anything else are no fields."""

from __future__ import annotations

import itertools
import re

import pytest

from afilnet_protocols.catalogue import OPERATIONS
from afilnet_protocols.errors import OutcomeUnknownError
from afilnet_protocols.vocabulary import Delivery
from afilnet_protocols.wire.soap.answers import reader
from tests.tables import table
from tests.wire.soap.test_codec import CHANNEL, MESSAGE, envelope, listed, ok, read

RECORDS = {each.method: CHANNEL if each.method == "getchatchannels" else MESSAGE for each in OPERATIONS if each.fields}
UNREAD = MESSAGE.replace("sent>true</sent", "issent>true</issent")


def written(record: str, *names: str) -> str:
    """Return a row with some fields of a record as attributes."""
    found = dict(re.findall(r"<(\w+)>([^<]*)</\1>", record))
    attributes = "".join(f' {name}="{found.pop(name)}"' for name in names)
    return f"<item{attributes}>{''.join(f'<{name}>{text}</{name}>' for name, text in found.items())}</item>"


def rows(method: str, *names: str) -> bytes:
    row = written(RECORDS[method], *names)
    return ok(method, f"<result><list>{row}{row}</list></result>")


@table("method", RECORDS)
@table("shape", ["document", "rpc"])
def test_some_fields_may_be_attributes(method: str, shape: str) -> None:
    usual = read(listed(method, *[RECORDS[method]] * 2), method, shape)
    names = re.findall(r"<(\w+)>", RECORDS[method])
    chosen = [each for count in (1, 2) for each in itertools.combinations(names, count)]
    for some in chosen:
        if set(names) - set(some) - {"name", "message", "status"}:
            assert read(rows(method, *some), method, shape) == usual


def test_the_other_spelling_of_sent_may_be_one() -> None:
    body = ok("getunreadmessages", f"<result><list>{written(UNREAD, 'issent', 'messageid')}</list></result>")
    assert read(body, "getunreadmessages") == read(listed("getunreadmessages", MESSAGE), "getunreadmessages")


def test_an_element_counts_before_an_attribute() -> None:
    row = f'<item messageid="8" name="z">{MESSAGE}</item>'
    body = ok("getmessages", f"<result><list>{row}</list></result>")
    assert read(body, "getmessages") == read(listed("getmessages", MESSAGE), "getmessages")


OF_OTHERS = {
    "a list that says whose it is": ('<result><list platform="whatsapp" platformid="1" destination="34">', "</list>"),
    "a list with a name": ('<result><list name="chats" status="read">', "</list>"),
    "a result that says whose it is": ('<result platformid="1" platform="whatsapp"><list>', "</list>"),
    "a result with a message": (
        '<result platformid="1" platform="whatsapp" destination="34" datetime="now"><message>ok</message><list>',
        "</list>",
    ),
}


@table("name", OF_OTHERS)
@table("method", RECORDS)
@table("count", [1, 2])
def test_what_a_list_says_of_itself_makes_no_record(name: str, method: str, count: int) -> None:
    before, after = OF_OTHERS[name]
    body = ok(method, f"{before}{f'<item>{RECORDS[method]}</item>' * count}{after}</result>")
    assert read(body, method) == read(listed(method, *[RECORDS[method]] * count), method)


@table(
    "inside",
    [
        'status="SUCCESS"><credits>1</credits>',
        'status="SUCCESS"><message>sent</message>',
        'status="SUCCESS"><messageid>7</messageid>',
        'status="SUCCESS" sent="true"><messageid>7</messageid><message>hola</message>',
        'status="SUCCESS" messageid="7" destination="34"><name>x</name>',
    ],
)
def test_an_attribute_confirms_no_send(inside: str) -> None:
    with pytest.raises(OutcomeUnknownError) as caught:
        read(envelope(f"<c:sendmessageResponse><result {inside}</result></c:sendmessageResponse>"))
    assert caught.value.delivery is Delivery.UNKNOWN


@table(
    ("guard", "replacement", "test"),
    [
        ("OF_RECORDS", frozenset(), test_some_fields_may_be_attributes),
        ("OF_RECORDS_ONLY", reader.OF_RECORDS, test_what_a_list_says_of_itself_makes_no_record),
        ("_OF_A_MESSAGE", "messageid", test_an_attribute_confirms_no_send),
    ],
)
def test_a_reader_of_other_attributes_would_be_found_out(guard: str, replacement: object, test: object) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, guard, replacement)
        with pytest.raises(ExceptionGroup):
            test()
