"""Addresses of the settings: what is read here is what the standard library reads, without loading it for most."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from afilnet_protocols.security import endpoints
from afilnet_protocols.security.endpoints import Parts, faults, is_ipv4_loopback, parts_of
from afilnet_protocols.transport.address import Address, read
from tests.sizes import examples

HOSTS = (
    "www.afilnet.com",
    "localhost",
    "127.0.0.1",
    "a-b.c",
    "WWW.Example.COM",
    "[::1]",
    "u:p@host",
    "",
    "ho_st",
    "u@h",
)
PORTS = ("", ":", ":0", ":443", ":0443", ":65535", ":65536", ":99999", ":100000", ":x", ":44:3")
PATHS = ("", "/", "/api", "/a/b/", "//a", "/a;b", "/%7e", "/a?b=c", "?q", "#f", "/a#f", "/a b", "/ñ", "\t/a", "/a\n")

ADDRESSES = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(("https://", "http://", "HTTPS://", "ftp://", "https:", "https:/", "//", "", " https://")),
    st.sampled_from(HOSTS) | st.text("aA0.-_@:[]%/", max_size=6),
    st.sampled_from(PORTS),
    st.sampled_from(PATHS) | st.text("aA0/.-_~%?#;\\ \n", max_size=8),
)


def by_the_library(url: str) -> Parts | str:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        return str(error)
    try:
        port = parts.port
    except ValueError:
        port = 0
    return Parts(parts.scheme, parts.netloc, parts.hostname or "", port, parts.path, parts.query)


def by_us(url: str) -> Parts | str:
    try:
        return parts_of(url)
    except ValueError as error:
        return str(error)


@example("https://www.afilnet.com")
@example("http://127.0.0.1:9/api/")
@given(url=ADDRESSES)
@settings(max_examples=examples(300, proof=5_000))
def test_an_address_is_read_as_the_standard_library_reads_it(url: str) -> None:
    assert by_us(url) == by_the_library(url)


CARELESS = {
    "takes a name with a mark": ("_OF_HOSTS", endpoints._OF_HOSTS + "@"),
    "takes capitals": ("_OF_HOSTS", endpoints._OF_HOSTS + "WECOM"),
    "takes a query for a path": ("_OF_PATHS", endpoints._OF_PATHS + "?="),
    "takes any port": ("_LAST_PORT", 99_999),
}


@pytest.mark.parametrize("careless", CARELESS)
def test_a_careless_reader_is_found(careless: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, *CARELESS[careless])
    urls = (f"https://{host}{port}{path}" for host in HOSTS for port in PORTS for path in PATHS)
    assert any(by_us(url) != by_the_library(url) for url in urls)


def differs_from_the_transport(url: str) -> bool:
    """Whether settings may hold an address that the transport refuses, or may not hold one that it takes."""
    return (faults("soap_endpoint", url) == []) is not isinstance(read(url), Address)


SENT = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(("https://", "http://", "HTTPS://", "ftp://")),
    st.sampled_from((*HOSTS, "1.2.3.4", "[1::2%25a]", "[1.2.3.4]", "[v1.a]", "xn--a.b", "a." * 127 + "a", "x" * 64))
    | st.text("aA0.-_@:[]%x", max_size=6),
    st.sampled_from(PORTS),
    st.sampled_from((*PATHS, "/{a}", "/a|b", "/[a]", "/a?b={c}", "/a?b=[1]", '/"', "/a^")),
)


@example("https://www.afilnet.com:443/api/http/")
@example("https://a.example/{tenant}/token")
@example("https://my_host/")
@example("https://a.example./")
@example("https://a.example:/")
@given(url=SENT)
@settings(max_examples=examples(300, proof=5_000))
def test_settings_hold_exactly_the_addresses_that_a_request_can_be_sent_to(url: str) -> None:
    assert not differs_from_the_transport(url)


def test_settings_that_hold_others_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sabotage: a name with an empty part, a host without a port behind its colon, and a placeholder in a path."""
    for url in ("https://my..host/", "https://a.example:/", "https://a.example/{tenant}/token"):
        with monkeypatch.context() as patch:
            patch.setattr(endpoints, "_unfit", lambda *_: [])
            assert differs_from_the_transport(url)


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.IPv4Address(host).is_loopback
    except ValueError:
        return False


OCTETS = ("0", "1", "9", "10", "99", "100", "127", "199", "200", "249", "250", "255", "256", "260", "300", "01", "")


def mistaken(of_this_machine: Callable[[str], object]) -> list[str]:
    """Return the texts that are taken for an IPv4 address of this machine and are none, or the other way round."""
    dotted = [f"{first}.{one}.{other}.{last}" for first in ("127", "126", "1127") for one in ("0", "255")
             for other in OCTETS for last in OCTETS]  # fmt: skip
    hosts = [*dotted, "127.0.0", "127.0.0.1.", "127.0.0.1\n", "\u0661\u0662\u0667.0.0.1"]
    return [host for host in hosts if bool(of_this_machine(host)) is not is_loopback(host)]


def test_what_is_told_without_the_standard_library_to_be_this_machine_is() -> None:
    assert mistaken(is_ipv4_loopback) == []


def test_a_careless_look_at_an_address_of_this_machine_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert mistaken(lambda host: host.startswith("127."))
    monkeypatch.setattr(endpoints, "_BYTES", {*map(str, range(1000)), "01"})
    assert mistaken(is_ipv4_loopback)
