"""The calls of a survey, in their order, and what each answer means. Nothing is sent unless somebody is named."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from afilnet_protocols.catalogue import CLASS, GET_LIMIT
from afilnet_protocols.dialects import Dialect
from afilnet_protocols.dialects.dialect import attribute_of
from afilnet_protocols.dialects.dimensions import BY_NAME, Answer
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings import Settings
from afilnet_protocols.survey import reading
from afilnet_protocols.survey.asking import Asker, Made, form
from afilnet_protocols.survey.reading import Heard
from afilnet_protocols.survey.soap_manner import soap_manner
from afilnet_protocols.vocabulary import Provenance
from afilnet_protocols.wire import Request

MOST_CHANNELS = 5
"""Of how many channels the conversations are listed at most, until one is empty and one is not."""

_NOBODY = "000000000000000"
"""A destination that no conversation has, and that no number is."""

_FORM = (("Content-Type", "application/x-www-form-urlencoded"),)


class Party(NamedTuple):
    """Somebody who agreed to be written to, or to write.

    Attributes:
        platform: the platform of the channel.
        platform_id: the identifier of the channel.
        destination: who.
    """

    platform: str
    platform_id: str
    destination: str

    def fields(self) -> dict[str, str]:
        """Return it by wire names."""
        return {"platform": self.platform, "platformid": self.platform_id, "destination": self.destination}


@dataclass(frozen=True, kw_only=True)
class Consent:
    """What may be done beyond harmless calls.

    Attributes:
        send_to: who may be written to, once.
        wrong_password: whether one login with a wrong password may be tried.
        party: whose unread messages may be read.
        written: waits until that party has written.
    """

    send_to: Party | None = None
    wrong_password: bool = False
    party: Party | None = None
    written: Callable[[], object] = lambda: None


@dataclass(frozen=True, kw_only=True)
class Survey:
    """What a survey found.

    Attributes:
        seen: the value of every dimension that showed, by dotted name.
        calls: the calls that were made.
    """

    seen: Mapping[str, Answer]
    calls: tuple[Made, ...]

    @property
    def dialect(self) -> Dialect:
        """How the service speaks, as far as it showed; the rest is the default, and assumed."""
        values = {attribute_of(name): answer for name, answer in self.seen.items()}
        known = dict.fromkeys(self.seen, Provenance.OBSERVED)
        return Dialect(**values, title="what a survey saw", provenance=known)  # type: ignore[arg-type]  # of its values


def examine(settings: Settings, asker: Asker, consent: Consent | None = None) -> Survey:
    """Survey a service.

    Args:
        settings: those of a profile with user and password.
        asker: makes the calls.
        consent: what may be done beyond harmless calls; nothing by default.

    Raises:
        ConfigurationError: the settings name no user or password.
        NotSentError: more calls would be needed than a survey makes.
    """
    examination = _Examination(settings, asker, consent or Consent())
    examination.run()
    return Survey(seen=examination.seen, calls=tuple(asker.made))


@dataclass
class _Examination:
    settings: Settings
    asker: Asker
    consent: Consent
    seen: dict[str, Answer] = field(default_factory=dict)
    lists: list[Heard] = field(default_factory=list)
    rows: list[dict[str, object]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def run(self) -> None:
        """Make all calls, the plainest first."""
        if not self.settings.user or not isinstance(self.settings.password, Secret):
            raise ConfigurationError("a survey needs the settings user and password")
        self._errors()
        channels = self._channels()
        self._conversations(channels)
        self._doors()
        self._basic()
        self._by_consent()
        if self.settings.soap_wsdl:
            self._note(soap_manner(self.settings, self.asker))
        self._note(reading.list_form(self.lists))
        self._note(reading.record_manner(self.rows))
        self._note(reading.escapes(self.bodies))

    def _note(self, seen: Iterable[tuple[str, Answer]]) -> None:
        """Note what showed. What is none of a dimension's own words goes no further: it may be the service's."""
        for name, answer in seen:
            if BY_NAME[name].value(answer) is not None:
                self.seen.setdefault(name, answer)

    def _post(self, purpose: str, method: str = "getchatchannels", **changes: str | None) -> Heard | None:
        """Make a call of ``/api/http/``; a change to ``None`` leaves a pair out."""
        pairs: dict[str, str | None] = {"class": CLASS, "method": method, **self._credentials(), **changes}
        body = form({name: value for name, value in pairs.items() if value is not None})
        heard = self.asker.ask(purpose, Request("POST", self._url("http"), _FORM, body.encode()))
        if heard is not None and heard.envelope is not None:
            self.bodies.append(heard.body)
            self._note(reading.manner(heard))
            if heard.succeeded:
                self.lists += [heard] if heard.rows else []
        return heard

    def _credentials(self) -> dict[str, str]:
        assert isinstance(self.settings.password, Secret)  # noqa: S101 - run() has refused others
        return {"user": self.settings.user or "", "password": self.settings.password.reveal()}

    def _authorization(self) -> tuple[str, str]:
        given = self._credentials()
        pair = base64.b64encode(f"{given['user']}:{given['password']}".encode()).decode()
        return "Authorization", f"Basic {pair}"

    def _url(self, api: str) -> str:
        return f"{self.settings.base_url.rstrip('/')}/api/{api}/"

    def _errors(self) -> None:
        heard = self._post("a method that there is not", method="nosuch")
        if heard is not None:
            self._note(reading.manner_of_error(heard))
        in_turn = self._post("another class, and no method", method=None, **{"class": "nosuch"})  # type: ignore[arg-type]
        nobody = self._post("no user, and no method", method=None, user=None)  # type: ignore[arg-type]
        if in_turn is not None and nobody is not None and in_turn.code and nobody.code:
            order = "in_turn" if in_turn.code == "INCORRECT_CLASS" else "missing_first"
            self.seen["checks.order"] = "call_first" if nobody.code == "MISSING_METHOD" else order
        absent = {"platform": "whatsapp", "platformid": "nosuch"}
        both = self._post("a channel that there is not, and no destination", method="getmessages", **absent)
        if both is not None and both.code:
            before = both.code == "MISSING_COMPULSORY_PARAM"
            self.seen["checks.parameters"] = "before_channel" if before else "after_channel"

    def _channels(self) -> list[dict[str, object]]:
        heard = self._post("the channels")
        if heard is None:
            return []
        self._note(reading.manner_of_success(heard))
        self._note(reading.id_manner(heard.rows))
        return heard.rows

    def _conversations(self, channels: list[dict[str, object]]) -> None:
        chats: list[dict[str, object]] = []
        for channel in channels[:MOST_CHANNELS]:
            where = {name: str(channel.get(name)) for name in ("platform", "platformid")}
            heard = self._post("the conversations of a channel", method="getchats", **where)
            if heard is None:
                continue
            self._note(reading.empty_form(heard))
            if heard.code == "CHAT_NOT_FOUND":
                self.seen["lists.empty_channel"] = "error"
            elif heard.succeeded and not heard.rows:
                self.seen["lists.empty_channel"] = "list"
            if len(heard.rows) > len(chats):
                chats = heard.rows
            if chats and "lists.empty_channel" in self.seen:
                break
        self._note(reading.order("lists.chats", chats))
        self.rows += chats
        self._messages(chats, channels)

    def _messages(self, chats: list[dict[str, object]], channels: list[dict[str, object]]) -> None:
        read: list[tuple[dict[str, object], list[dict[str, object]]]] = []
        for chat in chats[:2]:
            where = {name: str(chat.get(name)) for name in ("platform", "platformid", "destination")}
            heard = self._post("the messages of a conversation", method="getmessages", **where)
            if heard is not None:
                self.rows += heard.rows
                read.append((chat, heard.rows))
                self._note(reading.order("lists.messages", heard.rows))
        self._note(reading.message_ids(read))
        for channel in channels[:1]:
            where = {name: str(channel.get(name)) for name in ("platform", "platformid")}
            heard = self._post("messages of nobody", method="getmessages", destination=_NOBODY, **where)
            if heard is not None:
                self._note(reading.empty_form(heard))
                if heard.code == "CHAT_NOT_FOUND":
                    self.seen["lists.unknown_chat"] = "error"
                elif heard.succeeded and not heard.rows:
                    self.seen["lists.unknown_chat"] = "list"

    def _doors(self) -> None:
        """See which ways to call are open; none of these requests carries credentials in its address."""
        url = self._url("http")
        call = {"class": CLASS, "method": "getchatchannels"}
        # With Basic, so that no credentials stand in the address.
        request = Request("POST", f"{self._url('basic')}?{form(call)}", (self._authorization(),))
        heard = self.asker.ask("a POST with its pairs in the query", request)
        if heard is not None and (heard.succeeded or heard.code in ("MISSING_CLASS", "MISSING_METHOD")):
            self.seen["http.post_query"] = heard.succeeded
        heard = self.asker.ask("a multipart body", _multipart(url, {**call, **self._credentials()}))
        if heard is not None and heard.envelope is not None:
            self.seen["http.multipart"] = heard.succeeded
        heard = self.asker.ask("the address without its last slash", Request("POST", url.rstrip("/"), _FORM, b""))
        if heard is not None:
            redirected = "redirect" if 300 <= heard.status < 400 else "nothing"
            self.seen["http.slashless"] = redirected if heard.envelope is None else "served"
        padding = "x" * (GET_LIMIT + 1 - len(f"{url}?_="))
        heard = self.asker.ask("a GET of 4,001 characters", Request("GET", f"{url}?_={padding}"))
        if heard is not None:
            self.seen["http.get_limit"] = "refused" if heard.envelope is None else "served"

    def _basic(self) -> None:
        url = self._url("basic")
        body = form({"class": CLASS, "method": "getchatchannels"})
        heard = self.asker.ask("Basic without credentials", Request("POST", url, _FORM, body.encode()))
        if heard is not None:
            self.seen["basic.refusal"] = self._basic_refusal(heard)
        request = Request("GET", f"{url}?{body}", (self._authorization(),))
        heard = self.asker.ask("Basic over GET", request)
        if heard is not None:
            self.seen["basic.get"] = heard.envelope is not None

    def _basic_refusal(self, heard: Heard) -> str:
        challenge = heard.headers.get("www-authenticate", "").casefold()
        if heard.envelope is None:
            return "page"
        if "charset" in challenge:
            return "challenge"
        if challenge:
            return "realm"
        if heard.status == self.seen.get("json.error_http"):
            return "envelope"
        return {401: "bare", 403: "forbidden"}.get(heard.status, "envelope")

    def _by_consent(self) -> None:
        if self.consent.send_to is not None:
            where = self.consent.send_to.fields()
            heard = self._post("a message to who agreed to it", method="sendmessage", message="survey", **where)
            if heard is not None and heard.succeeded and heard.envelope is not None:
                self._note([("sends.result", name) for name in _result_of_send(heard.envelope)])
        if self.consent.wrong_password:
            self._post("a wrong password", password="survey-wrong-password")  # noqa: S106 - it is wrong
        if self.consent.party is not None:
            self._unread(self.consent.party)

    def _unread(self, party: Party) -> None:
        where = party.fields()
        before = self._post("the unread messages of who agreed to it", method="getunreadmessages", **where)
        if before is not None:
            self._note(reading.empty_form(before))
        self.consent.written()
        first, second = (self._post("the same, read twice", method="getunreadmessages", **where) for _ in range(2))
        if first is None or second is None or not first.rows:
            return
        self._note(reading.empty_form(second))
        self.seen["unread.reading"] = "keeps" if second.rows else "marks"
        unread, listed = (
            next((name for name in ("sent", "issent") if name in row), "") for row in (first.rows[0], *self.rows[:1])
        )
        names = {("issent", "sent"): "documented", ("sent", "issent"): "swapped"}
        names |= {("sent", "sent"): "sent", ("issent", "issent"): "issent"}
        if "records.sent" not in self.seen and not {"sent", "issent"} <= set(first.rows[0]):
            self._note([("records.sent", names[unread, listed])] if (unread, listed) in names else [])
        self.rows += first.rows


def _result_of_send(envelope: Mapping[str, object]) -> list[str]:
    if "result" not in envelope:
        return ["absent"]
    result = envelope["result"]
    if isinstance(result, dict) and result:
        return ["credits"]
    forms: tuple[tuple[object, str], ...] = (
        (None, "null"),
        ("", "text"),
        ([], "array"),
        ({}, "object"),
        (True, "true"),
    )
    for value, name in forms:
        if result == value and type(result) is type(value):
            return [name]
    return ["number"] if isinstance(result, int | float) else []


def _multipart(url: str, pairs: Mapping[str, str]) -> Request:
    """Return a call whose pairs are parts of a form (RFC 7578)."""
    mark = "survey-of-a-dialect"
    parts = "".join(
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in pairs.items()
    )
    kind = (("Content-Type", f"multipart/form-data; boundary={mark}"),)
    return Request("POST", url, kind, f"{parts}--{mark}--\r\n".encode())
