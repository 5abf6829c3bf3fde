"""Log records and shown texts hold no living secret, in no spelling; other people's text is harmless."""

from __future__ import annotations

import ast
import base64
import codecs
import importlib.util
import io
import json
import logging
import re
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afilnet_protocols.security.encodings import encodings, in_lower_case
from afilnet_protocols.security.log_cover import LOGGERS, log_cover
from afilnet_protocols.security.log_filter import RedactingFilter
from afilnet_protocols.security.needles import SHORTEST
from afilnet_protocols.security.redaction import mask, mask_bytes, shown
from afilnet_protocols.security.secret import MASK, Secret
from tests.tables import table

pytestmark = pytest.mark.smoke

# Written by hand with the libraries that produce them, not with the module under test.
SPELLINGS: dict[str, Callable[[str], str]] = {
    "raw": str,
    "percent": lambda text: quote(text, safe=""),
    "percent, slashes kept": quote,
    "percent, lower case": lambda text: re.sub("%..", lambda escape: escape[0].lower(), quote(text, safe="")),
    "form": quote_plus,
    "percent twice": lambda text: quote(quote(text, safe=""), safe=""),
    "base64 after user:": lambda text: base64.b64encode(f"user:{text}".encode()).decode(),
    "base64 after me:": lambda text: base64.b64encode(f"me:{text}".encode()).decode(),
    "base64 after a:": lambda text: base64.b64encode(f"a:{text}".encode()).decode(),
    "base64 alone": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 URL-safe": lambda text: base64.urlsafe_b64encode(f"user:{text}".encode()).decode(),
    "JSON": lambda text: json.dumps({"password": text}),
    "JSON, not escaped": lambda text: json.dumps({"password": text}, ensure_ascii=False),
    "JSON, all escaped": lambda text: "".join(f"\\u{ord(character):04x}" for character in text),
    "XML element": escape,
    "XML attribute": quoteattr,
    "XML numeric": lambda text: "".join(f"&#{ord(character)};" for character in text),
    "XML hexadecimal": lambda text: "".join(f"&#x{ord(character):x};" for character in text),
    "hexadecimal": lambda text: text.encode().hex(),
    "hexadecimal, upper case": lambda text: text.encode().hex().upper(),
    "repr": repr,
    "ascii": ascii,
    "repr of bytes": lambda text: repr(text.encode()),
    "UTF-16": lambda text: text.encode("utf-16-le").decode("latin-1"),
    "UTF-16, other order": lambda text: text.encode("utf-16-be").decode("latin-1"),
}

PASSWORDS = ["plainpassword", "pass word/+&=%", "contraseña€'\"<>", 'quo"te\\back']


def left_of(secret: str, spelled: str, masked: str) -> str | None:
    """Return a run of at least eight characters of the spelled secret that masking left, if there is one."""
    core = spelled[3:-3] if len(spelled) > 14 else spelled
    return next((core[i : i + 8] for i in range(len(core) - 7) if core[i : i + 8] in masked), None)


@table("name", SPELLINGS)
@table("password", PASSWORDS)
def test_every_spelling_of_a_living_secret_is_masked(name: str, password: str) -> None:
    secret = Secret(password)
    spelled = SPELLINGS[name](password)
    if name.startswith("UTF-16"):
        data = mask_bytes(b"before " + spelled.encode("latin-1") + b" after")
        assert data == f"before {MASK} after".encode()
        return
    masked = mask(f"before {spelled} after")
    assert MASK in masked
    assert masked.startswith("before ")
    assert masked.endswith(" after")
    assert password not in masked
    if "base64" not in name and "JSON" not in name:
        assert left_of(password, spelled, masked) is None
    del secret


def test_a_dead_secret_is_not_masked_any_more() -> None:
    secret = Secret("gone tomorrow")
    assert mask("gone tomorrow") == MASK
    del secret
    assert mask("gone tomorrow") == "gone tomorrow"


def test_at_least_twelve_spellings_are_shown() -> None:
    assert len(SPELLINGS) >= 12


class Cornered:
    """An argument of a log call that shows a secret in its own way."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return f"<{self.text}>"


@pytest.fixture
def lines() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    logger = logging.getLogger("urllib3.connectionpool")
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s %(extra)s", defaults={"extra": ""}))
    logger.addHandler(handler)
    level = logger.level
    logger.setLevel(logging.DEBUG)
    with log_cover.held():
        yield logger, stream
    logger.removeHandler(handler)
    logger.setLevel(level)


def test_a_log_record_of_a_library_holds_no_secret(lines: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = lines
    text = "hunter2 hunter2"
    secret = Secret(text)
    logger.debug("Authorization: %s", base64.b64encode(f"u:{text}".encode()).decode())
    logger.debug("%s", {"password": text})
    logger.debug("%(body)s", {"body": text})
    logger.debug("nothing", extra={"extra": f"password={quote_plus(text)}"})
    logger.debug("nothing", extra={"extra": {"password": text}})
    wrong_count = str(Cornered(text)) + " %d"
    logger.info(wrong_count, 1, 2)
    logger.warning("%s and %s", Cornered(text))
    logger.debug(Cornered(text))
    try:
        raise ConnectionError(f"https://host/?password={quote(text)}")
    except ConnectionError:
        logger.exception("failed for %s", text)
    written = stream.getvalue()
    assert "hunter2" not in written
    assert written.count(MASK) >= 9
    assert "ConnectionError" in written
    del secret


def test_without_the_filter_the_same_records_do_show_it(
    lines: tuple[logging.Logger, io.StringIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    logger, stream = lines
    secret = Secret("hunter2 hunter2")
    monkeypatch.setattr(logger, "filters", [])
    logger.debug("%s", "hunter2 hunter2")
    assert "hunter2" in stream.getvalue()
    del secret


def test_a_record_without_a_secret_passes_untouched() -> None:
    secret = Secret("hunter2 hunter2")
    record = logging.makeLogRecord({"msg": "%s of %d", "args": ("half", 2), "exc_info": None, "who": ["me"]})
    before = dict(vars(record))
    assert RedactingFilter().filter(record)
    assert vars(record) == before
    del secret


def test_many_clients_have_one_filter() -> None:
    with log_cover.held(), log_cover.held():
        for name in LOGGERS:
            filters = [one for one in logging.getLogger(name).filters if isinstance(one, RedactingFilter)]
            assert len(filters) == 1


@given(st.text() | st.text('\x00\n\t"\\/\x7f\u2028ñ😀\ud800'))
def test_secrets_are_spelled_as_the_standard_library_writes_json_and_urls(text: str) -> None:
    raw = text.encode("utf-8", "surrogatepass")
    written = {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
    quoted = {quote(raw, safe=safe) for safe in ("", "/", "!'()*~", "!#$%&'()*+,/:;=?@[]~")}
    expected = {spelling.encode("utf-8", "surrogatepass") for spelling in written | quoted}
    assert expected - {b""} <= encodings(text)


@given(st.text("%25A0aFgé"))
def test_the_digits_of_escapes_are_in_lower_case_and_nothing_else_is(text: str) -> None:
    lowered = re.sub("%(?:25)?[0-9A-F]{2}", lambda escape: escape[0].lower(), text)
    assert in_lower_case(text) == lowered


def test_what_is_shown_is_what_no_category_of_unicode_hides() -> None:
    hidden = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    for character in map(chr, (*range(0x3000), *range(0xD000, 0x10400), *range(0xE0000, 0xE0200))):
        unseen = unicodedata.category(character) in hidden or (character.isspace() and character != " ")
        assert (shown(character) == character) is not (unseen or character == "\\"), hex(ord(character))


def loggers_of(package: str) -> Iterator[str]:
    """Read a library's source and yield the names of the loggers that its modules make."""
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent
    for path in folder.rglob("*.py"):
        name = ".".join((package, *path.relative_to(folder).with_suffix("").parts)).removesuffix(".__init__")
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("getLogger") and node.args:
                argument = node.args[0]
                yield name if ast.unparse(argument) == "__name__" else str(ast.literal_eval(argument))


# What only a server of oauthlib uses, or urllib3's variants that this platform does not load.
ELSEWHERE = (
    "endpoints",
    "grant_types",
    "request_validator",
    "signature",
    "openid",
    "pyopenssl",
    "emscripten",
    "dispatch",
)


@table("package", ["h11", "oauthlib", "requests", "requests_oauthlib", "urllib3", "zeep"])
def test_every_logger_of_the_libraries_below_us_is_named(package: str) -> None:
    found = {name for name in loggers_of(package) if not any(word in name for word in ELSEWHERE)}
    assert found - {"zeep"} <= set(LOGGERS)


@table(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("ñ 漢 🙂", "ñ 漢 🙂"),
        ("one\r\ntwo", "one\\r\\ntwo"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\u202eb", "a\\u202eb"),
        ("a\u2028b\u2029c\x85d", "a\\u2028b\\u2029c\\x85d"),
        ("\x00\x7f\x9b", "\\x00\\x7f\\x9b"),
        ("\ud800", "\\ud800"),
        ("\\n", "\\\\n"),
        ("no\xa0break", "no\\xa0break"),
        ("x" * 200, "x" * 200),
        ("x" * 201, "x" * 199 + "…"),
        ("x" * 10_000_000, "x" * 199 + "…"),
    ],
)
def test_text_of_the_service_is_shown_harmlessly(text: str, expected: str) -> None:
    assert shown(text) == expected


@given(st.text(alphabet=st.characters(codec=None)))
def test_whatever_the_service_writes_stays_on_its_line(text: str) -> None:
    result = shown(text)
    assert len(result) <= 200
    assert len(result.splitlines()) <= 1
    assert not any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") for character in result)
    codecs.encode(result, "utf-8")


def test_a_secret_that_the_service_repeats_is_masked_even_at_the_edge() -> None:
    secret = Secret("repeat after me")
    for position in range(150, 210):
        assert "repeat" not in shown("x" * position + "repeat after me")
    del secret


def test_nothing_of_a_long_secret_is_shown_however_often_it_is_repeated() -> None:
    token = "".join(f"{number:04x}" for number in range(300))
    secret = Secret(token)
    told = shown(f"{token} " * 5)
    assert told.split() == [MASK] * 5
    del secret


@pytest.mark.parametrize(
    ("text", "line"), [("the", "over the moon"), ("1234", "call 3412345"), ("admin", "an administrator")]
)
def test_a_short_secret_does_not_wreck_every_log_line(text: str, line: str) -> None:
    secret = Secret(text)
    assert mask(line) == line
    assert len(text) < SHORTEST == 6
    del secret
