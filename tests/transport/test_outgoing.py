"""What is remembered of requests changes no byte of them, and holds nothing of anybody's."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from afilnet_protocols.errors import AfilnetError
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.transport import outgoing
from afilnet_protocols.transport.address import LONGEST, Address, parse_origin, read
from afilnet_protocols.transport.options import Proxy
from afilnet_protocols.transport.outgoing import Composer
from afilnet_protocols.wire import Request
from tests.sizes import examples

pytestmark = pytest.mark.smoke

HIDDEN = "k9fZ-hidden"
ORIGIN = parse_origin("http://127.0.0.1:3128")
assert ORIGIN is not None
PROXY = Proxy(ORIGIN, Secret("Basic c2VjcmV0"))

HEADERS = [
    ("Content-Type", "application/json"),
    ("Content-Type", "text/xml"),
    ("SOAPAction", '"a"'),
    ("Authorization", f"Bearer {HIDDEN}"),
    ("X-Afilnet-Call", HIDDEN),
    ("Host", "other.example"),
    ("X-Broken", "a\r\nb"),
]
requests = st.builds(
    Request,
    st.sampled_from(["GET", "POST", "PUT", "A B"]),
    st.sampled_from(
        [
            "https://a.example/api/",
            "https://b.example/api/",
            "https://a.example:444/other",
            f"https://a.example/api/?password={HIDDEN}",
            "https://a.example/api/?other",
            "https://a.example/api/?",
            "https://a.example?a?b",
            "https://a.example/api/?a b",
            "https://a.example/api/?a#b",
            f"https://a.example/api/?{'a' * LONGEST}",
            "http://127.0.0.1:80/api/?a",
            "http://elsewhere.example/?a",
            "https://a@b/?a",
            "http://127.0.0.1:80/api/",
            "http://elsewhere.example/",
            "nonsense",
        ]
    ),
    st.lists(st.sampled_from(HEADERS), max_size=3).map(tuple),
    st.sampled_from([b"", b"body", HIDDEN.encode()]),
)


def written(composer: Composer, request: Request, *, fresh: bool) -> object:
    """Return all that can be known of a composed request, or of what is wrong with it."""
    composed = composer.compose(request, fresh=fresh)
    if isinstance(composed, AfilnetError):
        return type(composed), str(composed)
    origin, out = composed
    return origin, out.method, out.fresh, bytes(out.payload), out.line


def same_as_anew(asked: list[tuple[Request, bool]], proxy: Proxy | None) -> bool:
    composer = Composer(proxy)
    return all(
        written(composer, request, fresh=fresh) == written(Composer(proxy), request, fresh=fresh)
        for request, fresh in asked
    )


def keeps_nothing_of_anybodys(asked: list[tuple[Request, bool]]) -> bool:
    composer = Composer()
    for request, fresh in asked:
        written(composer, request, fresh=fresh)
    kept = "".join(f"{key}{each.target!r}{each.rest!r}" for key, each in composer._known.items())
    return HIDDEN not in kept


@given(st.lists(st.tuples(requests, st.booleans()), max_size=6), st.sampled_from([None, PROXY]))
def test_a_request_is_written_as_if_it_were_the_first(asked: list[tuple[Request, bool]], proxy: Proxy | None) -> None:
    assert same_as_anew(asked, proxy)


def as_the_address_is_read(request: Request) -> bool:
    """Whether the line asks for what the address is read as, and what is wrong with it is said of it as a whole."""
    address = read(request.url)
    for composer in (Composer(), filled()):
        composed = composer.compose(request, fresh=False)
        if not isinstance(address, Address):
            alike = type(composed) is type(address) and str(composed) == str(address)
        else:
            line = f"{request.method} {address.target} HTTP/1.1".encode()
            alike = not isinstance(composed, tuple) or (composed[0], composed[1].line) == (address.origin, line)
        if not alike:
            return False
    return True


def filled() -> Composer:
    composer = Composer()
    composer.compose(Request("GET", "https://a.example/api/?first"), fresh=False)
    return composer


@given(requests)
def test_an_address_is_asked_for_as_it_is_read(request: Request) -> None:
    assert as_the_address_is_read(request)


@given(st.lists(st.tuples(requests, st.booleans()), max_size=6))
def test_nothing_of_anybodys_is_kept(asked: list[tuple[Request, bool]]) -> None:
    assert keeps_nothing_of_anybodys(asked)


GRAMMAR = {
    "_is_token": re.compile(r"[-!#$%&'*+.^_`|~0-9A-Za-z]{1,256}"),  # RFC 9110 §5.6.2
    "_is_target": re.compile(r"[!-~]+"),  # RFC 9112 §3.2
    "_is_value": re.compile(r"(?:[!-~]+(?:[ \t]+[!-~]+)*)?"),  # RFC 9110 §5.5, in ASCII
}
TEXTS = st.text('aZ09-!~^|"(:;@\\ \t\r\n\0\x7f\x80ñ\u0130\u2028', max_size=5) | st.integers(250, 260).map("a".__mul__)


def judged_as_the_grammar_says(name: str, text: str) -> bool:
    return getattr(outgoing, name)(text) is (GRAMMAR[name].fullmatch(text) is not None)


@pytest.mark.parametrize("name", GRAMMAR)
@given(text=TEXTS)
@settings(max_examples=examples(100, proof=2_000))
def test_what_may_stand_in_a_head_is_what_the_grammar_says(name: str, text: str) -> None:
    assert judged_as_the_grammar_says(name, text)


def test_the_first_line_is_that_of_the_payload() -> None:
    composer = Composer()
    for _ in range(2):
        composed = composer.compose(Request("POST", "https://a.example/api/", (), b"x"), fresh=True)
        assert isinstance(composed, tuple)
        assert composed[1].line == bytes(composed[1].payload).split(b"\r\n", 1)[0] == b"POST /api/ HTTP/1.1"


def test_only_so_much_is_remembered() -> None:
    composer = Composer()
    for number in range(1000):
        composer.compose(Request("GET", f"https://a.example/{number}"), fresh=False)
    assert len(composer._known) == outgoing._MOST_KNOWN


ONCE = Request("POST", "https://a.example/api/", (("Authorization", "Bearer one"),), b"x")
AGAIN = Request("POST", "https://a.example/api/", (("Authorization", "Bearer two"),), b"longer")


def forgetful_of_freshness(patch: pytest.MonkeyPatch) -> None:
    class Loose(dict[object, object]):
        def get(self, key: object, default: object = None) -> object:
            return super().get(key[:3], default)  # type: ignore[index]  # the sabotage

        def __setitem__(self, key: object, value: object) -> None:
            super().__setitem__(key[:3], value)  # type: ignore[index]  # the sabotage

    made = Composer.__init__

    def init(self: Composer, proxy: Proxy | None = None) -> None:
        made(self, proxy)
        self._known = Loose()  # type: ignore[assignment]  # the sabotage

    patch.setattr(Composer, "__init__", init)


SABOTAGE: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], Callable[[], bool]]] = {
    "every header is taken for constant": (
        lambda patch: patch.setattr(outgoing, "_SAME", frozenset({*outgoing._SAME, "Authorization"})),
        lambda: keeps_nothing_of_anybodys([(Request("POST", "https://a.example/", (HEADERS[3],)), False)]),
    ),
    "a query is not looked at": (
        lambda patch: patch.setattr(outgoing, "is_query", lambda text: True),
        lambda: as_the_address_is_read(Request("GET", "https://a.example/api/?a b")),
    ),
    "the length of an address is not looked at": (
        lambda patch: patch.setattr(outgoing, "LONGEST", 10 * LONGEST),
        lambda: as_the_address_is_read(Request("GET", f"https://a.example/api/?{'a' * LONGEST}")),
    ),
    "a quotation mark is taken for part of a name": (
        lambda patch: patch.setattr(outgoing, "_OF_TOKENS", outgoing._OF_TOKENS + '"'),
        lambda: judged_as_the_grammar_says("_is_token", 'a"'),
    ),
    "a name may be of any length": (
        lambda patch: patch.setattr(outgoing, "_LONGEST_TOKEN", 257),
        lambda: judged_as_the_grammar_says("_is_token", "a" * 257),
    ),
    "a value may end in a line": (
        lambda patch: patch.setattr(outgoing, "_is_value", str.isascii),
        lambda: judged_as_the_grammar_says("_is_value", "a\r\n"),
    ),
    "whether it is fresh is forgotten": (
        forgetful_of_freshness,
        lambda: same_as_anew([(ONCE, False), (AGAIN, True)], None),
    ),
}


@pytest.mark.parametrize("name", SABOTAGE)
def test_sabotage_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sabotage, holds = SABOTAGE[name]
    sabotage(monkeypatch)
    assert not holds()
