"""Of several operations of one name (WSDL 1.1 §2.4.5), the one is called that a call can be made of, and no other."""

from __future__ import annotations

import functools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.wire.soap import binding as soap_binding
from afilnet_protocols.wire.soap.binding import bind, bind_by_zeep
from afilnet_protocols.wire.soap.description import overloads
from afilnet_protocols.wire.soap.description.wsdl import read
from tests.sizes import examples
from tests.tables import table
from tests.wire.soap.description.test_objects import DOCUMENT, ENCODED, LITERAL, fields
from tests.wire.soap.test_codec import SHAPES

_SEND = ("user", "password", "platform", "platformid", "destination", "message")
_FEWER, _OTHER = _SEND[:-1], (*_SEND, "key")
_LARGER = (*_SEND, "thumburl")
_OPTIONAL = 'minOccurs="0"'
_FILE = ("user", "password", "platform", "platformid", "destination", "type", "fileurl")


def operation(text: str, name: str, place: str) -> str:
    """Return an operation of a port type or a binding as it stands in a description."""
    start = text.index(f'<operation name="{name}">', text.index(f"<{place}"))
    return text[start : text.index("</operation>", start) + len("</operation>")]


def named(operation: str, message: str) -> str:
    """Return an operation whose messages have names, in a port type or a binding."""
    return operation.replace("<input", f'<input name="{message}"').replace("<output", f'<output name="{message}Out"')


def overloaded(
    *,
    first: bool,
    others: tuple[str, ...],
    text: str = DOCUMENT,
    names: tuple[str, str] = ("one", "two"),
    method: str = "sendmessage",
) -> str:
    """Return a description with another operation of a method beside the usual one; each has its own action."""
    declared, bound = (operation(text, method, place) for place in ("portType", "binding"))
    other_declared = declared.replace(f'message="c:{method}"', 'message="c:other"')
    other_bound = bound.replace(method, "other").replace('name="other"', f'name="{method}"')
    if not names[0]:
        pairs = [(declared, other_declared), (bound, other_bound)]
    else:
        both = [(declared, other_declared), (bound, other_bound)]
        pairs = [(named(usual, names[0]), named(other, names[1])) for usual, other in both]
    for old, (usual, other) in zip((declared, bound), pairs, strict=True):
        text = text.replace(old, other + usual if first else usual + other)
    element = (
        f'<x:element name="other"><x:complexType><x:sequence>{fields(*others)}</x:sequence></x:complexType></x:element>'
    )
    parts = "".join(f'<part name="{name}" type="x:string"/>' for name in others)
    is_rpc = f'element="c:{method}"' not in text
    held = parts if is_rpc else '<part name="parameters" element="c:other"/>'
    text = text if is_rpc else text.replace("</x:schema>", f"{element}</x:schema>", 1)
    return text.replace("<portType", f'<message name="other">{held}</message><portType', 1)


def requests(text: str, method: str = "sendmessage") -> list[bytes]:
    """Return a call with everything that its operation takes, as both readers of a description have it."""
    bound = [each.operations[method] for each in (bind(text.encode()), bind_by_zeep(read(text.encode())))]
    return [f"{each.headers}".encode() + each.write({name: name for name in each.names}) for each in bound]


as_usual = functools.cache(requests)
"""The same for a description in which every name stands once: no build that is broken here writes another call."""


@table(
    ("text", "first", "others"),
    [
        (text, first, others)
        for text in (DOCUMENT, LITERAL, ENCODED)
        for first in (True, False)
        for others in (_FEWER, _OTHER)
        if text is DOCUMENT or others is _FEWER
    ],
)
def test_the_one_is_called_that_has_what_a_call_needs(text: str, first: bool, others: tuple[str, ...]) -> None:
    assert requests(overloaded(first=first, others=others, text=text)) == as_usual(text)


@table(
    ("text", "first"),
    [(text, first) for text in (DOCUMENT, LITERAL, ENCODED) for first in (True, False)],
)
def test_of_two_the_one_is_called_that_takes_all_of_the_other_and_more(text: str, first: bool) -> None:
    for fewer in (_FILE, (*_FILE, "thumburl"), (*_FILE, "message")):
        both = overloaded(first=first, others=fewer, text=text, method="sendfile")
        assert requests(both, "sendfile") == as_usual(text, "sendfile")


def test_of_two_that_each_take_something_of_their_own_none_is_called() -> None:
    own = f"{fields(*_FILE)}{fields('thumburl', more=_OPTIONAL)}"
    text = DOCUMENT.replace(f"{own}{fields('message')}", own)
    both = overloaded(first=True, others=(*_FILE, "message"), text=text, method="sendfile")
    with pytest.raises(ConfigurationError, match="2 of them take what sendfile needs"):
        bind(both.encode())


def call_among_others() -> None:
    for first in (True, False):
        test_the_one_is_called_that_has_what_a_call_needs.__wrapped__(DOCUMENT, first, _FEWER)
        test_of_two_the_one_is_called_that_takes_all_of_the_other_and_more.__wrapped__(DOCUMENT, first)


def test_names_of_messages_that_are_not_said_in_a_port_type_are_known() -> None:
    text = overloaded(first=True, others=_FEWER)
    port_type, binding = text.split("<binding", 1)
    said = port_type.replace(' name="one"', "").replace(' name="oneOut"', "")
    bound = binding.replace('"one"', '"sendmessageRequest"').replace('"oneOut"', '"sendmessageResponse"')
    assert requests(f"{said}<binding{bound}") == as_usual(DOCUMENT)


def test_of_operations_of_one_name_the_first_need_not_name_its_messages() -> None:
    for named_one in ("one", "two"):
        text = overloaded(first=True, others=_FEWER)
        for name in (named_one, f"{named_one}Out"):
            text = text.replace(f' name="{name}"', "")
        assert requests(text) == as_usual(DOCUMENT)


def test_names_of_messages_do_not_matter_where_there_is_one_operation_of_a_name() -> None:
    text = overloaded(first=True, others=_FEWER)
    bound = operation(text, "getchats", "binding")
    text = text.replace(bound, bound.replace("<input", '<input name="nobody\'s"'))
    assert requests(text, "getchats") == as_usual(DOCUMENT, "getchats")
    assert requests(text) == as_usual(DOCUMENT)


def test_a_description_whose_operations_nobody_has_to_tell_apart_is_read_once() -> None:
    tree = etree.fromstring(with_another_call(first=True, told_apart=False).encode())
    before, read = etree.tostring(tree), list[bytes]()
    assert list(overloads.ports_with_overloads(tree, lambda each: read.append(etree.tostring(each)) or ())) == []
    assert read == [before]


@table("text", [DOCUMENT, LITERAL])
def test_eight_of_one_name_are_told_apart(text: str) -> None:
    described = [(*_FILE, "thumburl", "message"), *((*_FILE[:-1], f"key{number}") for number in range(7))]
    alone = ways(text, described[:1], [0])
    assert requests(ways(text, described, list(range(8))), "sendfile") == requests(alone, "sendfile")


MANY = "".join(
    named(operation(DOCUMENT, "sendmessage", "portType"), f"m{each}").replace('c:sendmessage"', f'c:n{each}"')
    for each in range(9)
)
TWO = overloaded(first=True, others=_FEWER)
REFUSED = {
    "two that may be meant": (
        overloaded(first=True, others=_LARGER),
        "it has 2 operations of the name sendmessage, and 2 of them take what sendmessage needs",
    ),
    "none that can be used": (
        overloaded(first=True, others=_FEWER).replace(fields(*_SEND), fields(*_OTHER)),
        "of its 2 operations of the name sendmessage none can be used: its operation sendmessage lacks",
    ),
    "messages without names": (
        overloaded(first=True, others=_FEWER, names=("", "")),
        "the names of their messages do not say which one of them its binding means",
    ),
    "messages of one name": (
        overloaded(first=True, others=_FEWER, names=("one", "one")),
        "the names of their messages do not say which one of them its binding means",
    ),
    "two of a binding that mean one": (
        re.sub("<binding.*", lambda found: found[0].replace('"two', '"one'), TWO, flags=re.DOTALL),
        "the names of their messages do not say which one of them its binding means",
    ),
    "many": (
        DOCUMENT.replace(operation(DOCUMENT, "sendmessage", "portType"), MANY),
        "it has 9 operations of the name sendmessage; ask",
    ),
}


@table("name", REFUSED)
def test_what_may_be_meant_in_two_ways_is_refused_by_name(name: str) -> None:
    text, told = REFUSED[name]
    with pytest.raises(ConfigurationError, match=re.escape(told)):
        bind(text.encode())


@table(
    ("part", "change", "replacement"),
    [
        (overloads, "_overloaded", lambda _: {}),
        (overloads, "_place", lambda *_: 0),
        (soap_binding, "_meant", lambda _, found: found[0]),
        (soap_binding, "_meant", lambda _, found: found[-1]),
    ],
)
def test_a_client_that_calls_any_of_them_is_found(part: object, change: str, replacement: object) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(part, change, replacement)
        bind.cache_clear()
        with pytest.raises((AssertionError, ConfigurationError)):
            call_among_others()
    bind.cache_clear()


def ways(text: str, described: list[tuple[str, ...]], bound: list[int], method: str = "sendfile") -> str:
    """Return a description with these operations of one name in its port type, and their bindings in another order."""
    declared, binding = (operation(text, method, place) for place in ("portType", "binding"))
    is_rpc = f'element="c:{method}"' not in text
    messages = elements = ""
    for number, names in enumerate(described):
        row = f"<x:complexType><x:sequence>{fields(*names)}</x:sequence></x:complexType>"
        elements += "" if is_rpc else f'<x:element name="way{number}">{row}</x:element>'
        parts = "".join(f'<part name="{name}" type="x:string"/>' for name in names)
        held = parts if is_rpc else f'<part name="parameters" element="c:way{number}"/>'
        messages += f'<message name="way{number}">{held}</message>'

    def one(number: int, written: str, prefix: str) -> str:
        written = named(written, f"m{number}").replace(f'{prefix}{method}"', f'{prefix}way{number}"')
        return written.replace(f'name="way{number}"', f'name="{method}"')

    text = text.replace(declared, "".join(one(number, declared, 'message="c:') for number in range(len(described))))
    text = text.replace(binding, "".join(one(number, binding, "#") for number in bound))
    return text.replace("</x:schema>", f"{elements}</x:schema>", 1).replace("<portType", f"{messages}<portType", 1)


@settings(deadline=None, max_examples=examples(12, proof=100))
@given(st.data())
def test_of_any_operations_of_one_name_the_widest_is_called_or_none(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([DOCUMENT, LITERAL, ENCODED]))
    known, every = st.sampled_from(["thumburl", "message"]), [*_FILE, "thumburl", "message"]
    whole = st.lists(known, unique=True).map(lambda more: (*_FILE, *more))
    part = st.lists(st.sampled_from(every), unique=True, min_size=1).map(tuple)
    described = data.draw(st.lists(st.one_of(whole, whole, part), min_size=1, max_size=4, unique_by=frozenset))
    bound = data.draw(st.permutations(range(len(described))))
    usable = [number for number, names in enumerate(described) if set(names) >= set(_FILE)]
    widest = [number for number in usable if all(set(described[number]) >= set(described[each]) for each in usable)]
    both = ways(text, described, bound)
    if widest:
        (one,) = widest
        alone = ways(text, described, [one])
        declared = re.findall(r'<operation name="sendfile"><input name="m\d+".*?</operation>', alone)
        for each in declared[: len(described)]:
            alone = alone if f'"m{one}"' in each else alone.replace(each, "", 1)
        assert requests(both, "sendfile") == requests(alone, "sendfile")
    else:
        with pytest.raises(ConfigurationError, match="sendfile"):
            bind(both.encode())


def with_another_call(*, first: bool, told_apart: bool, others: tuple[str, ...] = ("class", "method", "token")) -> str:
    """Return a description of one operation for everything, with another one of its name that takes something else."""
    text = SHAPES["generic"].decode()
    row = "".join(f'<element name="{name}" type="string"/>' for name in others)
    element = f'<element name="other"><complexType><all>{row}</all></complexType></element>'
    text = text.replace("</schema>", f"{element}</schema>")
    message = '<message name="other"><part name="parameters" element="a:other"/></message>'
    text = text.replace("<portType", f"{message}<portType")
    for start, old, new in (
        ("<portType", 'message="a:call"', 'message="a:other"'),
        ('<binding name="Soap"', "chat#call", "chat#other"),
    ):
        at = text.index('<operation name="call">', text.index(start))
        own = text[at : text.index("</operation>", at) + len("</operation>")]
        both = [named(own, "one"), named(own.replace(old, new), "two")] if told_apart else [own, own.replace(old, new)]
        text = text.replace(own, "".join(reversed(both) if first else both))
    return text


@table("first", [True, False])
def test_of_operations_that_take_any_method_the_one_is_called_that_has_what_a_call_needs(first: bool) -> None:
    assert requests(with_another_call(first=first, told_apart=True)) == as_usual(SHAPES["generic"].decode())


def test_two_that_take_any_method_and_all_that_a_call_needs_may_both_be_meant() -> None:
    text = with_another_call(first=True, told_apart=True, others=("class", "method", "user", "password"))
    with pytest.raises(ConfigurationError, match="2 operations of the name call, and 2 of them take"):
        bind(text.encode())


def test_where_nobody_has_to_know_which_is_meant_the_last_one_counts() -> None:
    """As zeep has it; among them, there may be any number of operations that no call is made of."""
    assert requests(with_another_call(first=True, told_apart=False)) == as_usual(SHAPES["generic"].decode())
    with pytest.raises(ConfigurationError, match="lacks the parameter user, password"):
        bind(with_another_call(first=False, told_apart=False).encode())


def named_ports(count: int) -> int:
    """Return how often it is asked what port type a binding is of, where so many names stand twice."""
    operations = [
        f'<operation name="other{number}"><input name="{name}" message="c:{name}"/></operation>'
        for number in range(count)
        for name in ("sendmessage", "sendfile")
    ]
    bound = [re.sub(' message="[^"]*"', "", each) for each in operations]
    text = DOCUMENT.replace("</portType>", f"{''.join(operations)}</portType>")
    text = text.replace("</binding>", f"{''.join(bound)}</binding>")
    asked: list[str | None] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(overloads, "local_of", lambda written: asked.append(written) or "Port")
        list(overloads.ports_with_overloads(etree.fromstring(text.encode()), lambda _: ()))
    return len(asked)


def test_a_description_with_many_such_names_costs_no_more_than_its_length() -> None:
    assert named_ports(5) == named_ports(40) > 0
