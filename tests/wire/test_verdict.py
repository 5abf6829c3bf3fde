"""What an answer without the service's document is told to be, at every border between statuses."""

from __future__ import annotations

import datetime
import email.utils
import gzip

import pytest

from afilnet_protocols import NotSentError, OutcomeUnknownError, catalogue
from afilnet_protocols.errors import ServiceError
from afilnet_protocols.wire import Reply, verdict
from afilnet_protocols.wire.verdict import at_stake, refused, retry_after, unintelligible
from afilnet_protocols.wire.what_answered import Met, what_answered
from tests.tables import table

pytestmark = pytest.mark.smoke

REDIRECTS, FAILS, WRONG_ADDRESS, SOMETHING = "redirects", "fails for now", "or a server before", "cannot be understood"
TROUBLES = "troubles of its own: try again later"

TEXTS = {
    200: SOMETHING,
    299: SOMETHING,
    300: REDIRECTS,
    304: "which nobody asked it: its operator",
    399: REDIRECTS,
    400: "such as client_cert",
    403: "has to be allowed first, or over json the token's scope does not suffice",
    404: "firewall or an error page",
    406: "mod_security",
    407: "check proxy, proxy_user and proxy_password",
    409: WRONG_ADDRESS,
    410: "in use no longer",
    418: TROUBLES,
    419: "no longer good there",
    425: "wants it later: try again",
    451: "reasons of law",
    460: TROUBLES,
    498: "no longer good there",
    499: TROUBLES,
    500: FAILS,
    511: "log in to it",
    599: FAILS,
}


@table("status", TEXTS)
def test_the_text_is_that_of_the_status(status: int) -> None:
    error = unintelligible(Reply(status, {}, b""), why="not JSON")
    assert isinstance(error, OutcomeUnknownError)
    assert TEXTS[status] in str(error)
    others = {REDIRECTS, FAILS, SOMETHING, TROUBLES} - {TEXTS[status]}
    assert not any(other in str(error) for other in others)


@table(
    ("status", "advice"),
    [
        (401, "check the settings"),
        (411, "the address is wrong"),
        (413, "send a shorter text"),
        (414, "another protocol than one over GET"),
        (421, "check the host in base_url"),
        (426, "check the scheme in base_url"),
        (431, "send a shorter text"),
        (505, "the address is wrong"),
    ],
)
def test_a_refusal_by_status_alone_says_what_to_do(status: int, advice: str) -> None:
    error = unintelligible(Reply(status, {}, b""), why="not JSON")
    assert isinstance(error, ServiceError)
    assert advice in str(error)


@table(
    ("body", "told"),
    [
        (b"error code: 1020", "the word of a firewall"),
        (b"error code: 1016", "plain text"),
        (b"RBAC: access denied", "the word of a firewall"),
        (b"access_token=e72e16c7e42f292c&scope=chat&token_type=bearer\n", "a form (name=value&"),
        (b"access_token=" + b"e" * 5000, "a form (name=value&"),
        (b"version=2 of the interface", "plain text"),
        (gzip.compress(b'{"status":"SUCCESS"}'), "Content-Encoding does not say"),
    ],
)
def test_what_is_no_page_is_told_by_its_first_bytes(body: bytes, told: str) -> None:
    found = what_answered(body, {}, due="JSON")
    assert found is not None
    assert told in found.told


@table(("status", "told"), [(408, "waited too long"), (415, "content type"), (440, "login"), (498, "login")])
def test_what_a_status_without_a_document_is_most_likely_about_is_said(status: int, told: str) -> None:
    assert told in str(unintelligible(Reply(status, {}, b""), why="not JSON"))


@pytest.mark.parametrize("telling", [True, False])
def test_what_came_instead_is_said(telling: bool) -> None:
    met = Met("a page", "look at it", telling)
    for status in (200, 403, 502):
        text = str(unintelligible(Reply(status, {}, b""), why="not JSON", met=met))
        assert "a page" in text
        assert ("look at it" in text) == (telling or status == 200)


def test_a_redirect_names_what_to_set() -> None:
    elsewhere = unintelligible(Reply(301, {"location": "https://new.example/api"}, b""), why="not JSON")
    assert "set base_url to" in str(elsewhere)
    assert "new.example" in str(elsewhere)
    nowhere = unintelligible(Reply(301, {}, b""), why="not JSON")
    assert "set base_url to" not in str(nowhere)
    assert "set the address that it redirects to" in str(nowhere)


@table(
    ("status", "givers"),
    [
        (302, "error pages"),
        (407, "own troubles"),
        (418, "error pages"),
        (502, "own troubles"),
        (599, "own troubles"),
    ],
)
def test_an_error_under_an_intermediary_s_status_says_who_gives_it(status: int, givers: str) -> None:
    error = refused(Reply(status, {}, b"{}"), ServiceError("CHANNEL_NOT_FOUND", "no such channel"))
    assert isinstance(error, OutcomeUnknownError)
    assert givers in str(error)
    assert "CHANNEL_NOT_FOUND" in str(error)


def test_what_is_at_stake_is_told_by_the_same_error() -> None:
    error = OutcomeUnknownError("no answer")
    assert at_stake(catalogue.SEND_MESSAGE, error) is error
    assert "may have been carried out" in str(error)


def test_an_answer_before_the_whole_request_had_left_was_to_nothing() -> None:
    early = Reply(502, {}, b"", asked_whole=False)
    for error in (
        unintelligible(early, why="not JSON"),
        refused(early, ServiceError("CHANNEL_NOT_FOUND", "no such channel")),
    ):
        assert isinstance(error, NotSentError)
        assert "before the whole request had left" in str(error)


@table(
    ("value", "seconds"),
    [
        ("60", 60.0),
        ("0", 0.0),
        ("Sun, 22 Nov 1993 10:00:00 GMT", 0.0),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 0.0),
        ("Sun Nov  6 08:49:37 1994", 0.0),
        ("1.5", 1.5),  # some services tell parts of a second, against RFC 9110
        ("0.2, 1.25", 1.25),
        (".5", None),
        ("5, 60", 60.0),
        ("-5", None),
        ("1.", None),
        ("1 2", None),
        ("1994-11-06 08:49:37", None),
        ("Sun, 22 Nov 2093 10:00:00", None),  # without a zone it is no HTTP date
        (f"Sun, 22 Nov 1993 10:00:00{'GMT':>{64 - 25}}", 0.0),
        (f"Sun, 22 Nov 1993 10:00:00{'GMT':>{65 - 25}}", None),  # no date is that long
        ("soon", None),
        ("999999999", 999_999_999.0),
        ("1764518400", 1_764_518_400.0),
        ("99999999999999999999", 2.0**31),  # who asks for more than can be counted does not ask for nothing
        ("1, 99999999999", 2.0**31),
        ("9" * 65, None),
        ("", None),
    ],
)
def test_when_to_come_back_is_read_where_it_is_said(value: str, seconds: float | None) -> None:
    for name in ("retry-after", "x-retry-after"):
        assert retry_after(Reply(429, {name: value}, b"")) == seconds


def test_the_standards_name_comes_first_where_both_say_when() -> None:
    assert retry_after(Reply(429, {"retry-after": "0", "x-retry-after": "9"}, b"")) == 0.0
    assert retry_after(Reply(429, {"retry-after": "soon", "x-retry-after": "9"}, b"")) == 9.0


def told_when_to_come_back(status: int) -> None:
    headers = {"retry-after": "7"}
    for error in (
        unintelligible(Reply(status, headers, b""), why="not JSON"),
        unintelligible(Reply(status, headers, b"", asked_whole=False), why="not JSON"),
        refused(Reply(status, headers, b"{}"), ServiceError("CHANNEL_NOT_FOUND", "no such channel")),
    ):
        assert error.retry_after == 7.0


@table("status", [400, 404, 413, 429, 500, 502, 503, 504, 529])
def test_every_error_says_when_its_answer_asks_to_come_back(status: int) -> None:
    told_when_to_come_back(status)


def test_an_error_that_keeps_it_to_itself_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdict, "_asked_to_wait", lambda error, _: error)
    with pytest.raises(AssertionError):
        told_when_to_come_back(503)


@pytest.mark.parametrize(
    ("status", "headers"), [(503, {}), (302, {"retry-after": "7"}), (503, {"age": "9", "retry-after": "7"})]
)
def test_nobody_else_s_word_is_taken_for_it(status: int, headers: dict[str, str]) -> None:
    assert unintelligible(Reply(status, headers, b""), why="not JSON").retry_after is None


def test_a_date_to_come_back_at_is_as_far_away_as_it_says() -> None:
    in_an_hour = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)
    found = retry_after(Reply(429, {"retry-after": email.utils.format_datetime(in_an_hour, usegmt=True)}, b""))
    assert found is not None
    assert 1_800 < found <= 3_600


@table(
    ("answered", "seconds"),
    [
        ("Wed, 21 Oct 2015 07:27:00 GMT", 60.0),
        ("Wednesday, 21-Oct-15 07:27:30 GMT", 30.0),
        ("Wed Oct 21 07:27:59 2015", 1.0),
        ("Wed, 21 Oct 2015 07:29:00 GMT", 0.0),
        ("Tue, 01 Jan 1901 00:00:00 +2359", 2.0**31),
        *((said, 0.0) for said in ("", "soon", "Wed, 21 Oct 2015 07:27:00", "x" * 65)),
    ],
)
def test_a_date_to_come_back_at_counts_from_the_answer_s_own_clock(answered: str, seconds: float) -> None:
    """A server whose clock is an hour ahead asked for an hour too much; one that is behind, for nothing."""
    headers = {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT", "date": answered}
    assert retry_after(Reply(429, headers, b"")) == seconds


@table(
    ("challenge", "named"),
    [
        ('Bearer realm="api", error="invalid_token"', "check protocol, token_url, scope, audience and resource;"),
        ('Basic realm="x", bearer', "check protocol, token_url, scope, audience and resource;"),
        ('Basic realm="bearer"', "check the settings;"),
        ("", "check the settings;"),
    ],
)
def test_who_asks_for_a_token_is_about_what_tokens_are_asked_with(challenge: str, named: str) -> None:
    assert named in str(unintelligible(Reply(401, {"www-authenticate": challenge}, b""), why="not JSON"))
