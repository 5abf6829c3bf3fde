"""What shows only if somebody agreed: to be written to, to write, or that logins fail."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from afilnet_protocols.survey import purposes, reading
from afilnet_protocols.survey.asking import form
from afilnet_protocols.survey.heard import Heard
from afilnet_protocols.survey.http_api import FORM, LISTING, HttpApi
from afilnet_protocols.survey.listings import Listings
from afilnet_protocols.survey.ways_in import refusal_of
from afilnet_protocols.wire import Request

WRONG_PASSWORD = "survey-wrong-password"  # noqa: S105 - it is wrong

_FLAGS: Mapping[str, tuple[object, ...]] = {"own": (True, "1", "true", "t"), "theirs": (False, "0", "false", "f")}
_RESULTS: Mapping[str, object] = {"null": None, "text": "", "array": [], "object": {}, "true": True}
_WORDS = ("sent", "delivered", "read", "pending", "queued")


class Party(NamedTuple):
    """Somebody who agreed to be written to, or to write."""

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
        send_to: who may be written to, twice the same.
        wrong_password: whether one login over each API may be tried with a wrong password.
        party: whose unread messages may be read.
        written: waits until that party has written.
    """

    send_to: Party | None = None
    wrong_password: bool = False
    party: Party | None = None
    written: Callable[[], object] = lambda: None

    @property
    def channels(self) -> list[tuple[str, str]]:
        """The channels of those who agreed."""
        return [(each.platform, each.platform_id) for each in (self.send_to, self.party) if each is not None]


def send(listings: Listings, party: Party) -> None:
    """Send the same message twice, and look how it is listed."""
    api, notes = listings.api, listings.api.notes
    text = f"afilnet survey {secrets.token_hex(4)}"
    call = {"method": "sendmessage", **party.fields(), "message": text}
    first, second = (api.post(purposes.SENDS, call) for _ in range(2))
    at = api.asker.now()
    if first is not None and first.succeeded and first.envelope is not None:
        notes.note(("sends.result", name) for name in _result_of_send(first.envelope))
    listed = listings.messages(purposes.SENT, party.fields())
    own = [] if listed is None else [row for row in listed.rows if row.get("message") == text]
    if not own:
        return
    if second is not None and second.envelope is not None and not second.succeeded:
        notes.note([("sends.twice", "refused")])
    else:
        notes.note([("sends.twice", "both" if len(own) > 1 else "one")])
    flag = next((own[0][name] for name in ("sent", "issent") if name in own[0]), None)
    notes.note(("records.direction", meaning) for meaning, flags in _FLAGS.items() if flag in flags)
    notes.note([("records.word", _word(own[0].get("status")))])
    notes.note([("records.zone", zone) for zone in _zone(own[0].get("datetime"), at)])


def _result_of_send(envelope: Mapping[str, object]) -> list[str]:
    if "result" not in envelope:
        return ["absent"]
    result = envelope["result"]
    if isinstance(result, dict) and result:
        return ["credits"]
    return reading.names_of(result, _RESULTS) or (["number"] if isinstance(result, int | float) else [])


def _word(status: object) -> str:
    if status is None or status == "":
        return "none"
    if isinstance(status, int | float) or str(status).isdecimal():
        return "number"
    word = str(status).strip().casefold()
    return word if word in _WORDS else "other"


def _zone(shown: object, now: datetime) -> list[str]:
    """Return the zone that a time is in that was just now; nothing if it is no time, or not just now in any."""
    try:
        when = datetime.fromisoformat(shown if isinstance(shown, str) else "")
    except ValueError:
        return []
    offset = when.utcoffset()
    if offset is None:
        offset = when.replace(tzinfo=UTC) - now
        whole = timedelta(minutes=15) * round(offset / timedelta(minutes=15))
        if abs(offset - whole) > timedelta(minutes=5) or abs(whole) > timedelta(hours=14):
            return []
        offset = whole
    hours = offset / timedelta(hours=1)
    return ["utc" if hours == 0 else "madrid" if hours in (1, 2) else "elsewhere"]


def read_unread(listings: Listings, party: Party, written: Callable[[], object]) -> None:
    """Read the unread messages of somebody before and after they write, and then again."""
    api, notes = listings.api, listings.api.notes
    call = {"method": "getunreadmessages", **party.fields()}
    before = api.post(purposes.UNREAD, call)
    if before is not None:
        notes.note(reading.empty_form(before))
    written()
    first, second = (api.post(purposes.UNREAD_TWICE, call) for _ in range(2))
    if first is None or second is None or not first.rows:
        return
    notes.note(reading.empty_form(second))
    notes.note([("unread.reading", "keeps" if second.rows else "marks")])
    unread, listed = (
        next((name for name in ("sent", "issent") if name in row), "") for row in (first.rows[0], *notes.rows[:1])
    )
    names = {("issent", "sent"): "documented", ("sent", "issent"): "swapped"}
    names |= {("sent", "sent"): "sent", ("issent", "issent"): "issent"}
    if not {"sent", "issent"} <= set(first.rows[0]) and (unread, listed) in names:
        notes.note([("records.sent", names[unread, listed])])
    notes.rows += first.rows


def log_in_wrongly(api: HttpApi) -> None:
    """Try a wrong password at either HTTP API."""
    notes = api.notes
    heard = api.post(purposes.WRONG, {"method": LISTING["method"], "password": WRONG_PASSWORD})
    if heard is not None and heard.envelope is not None and not heard.succeeded:
        notes.note([("logins.http", heard.status)])
        notes.note([("logins.code", kind) for kind in _kind_of_code(heard)])
    request = Request("POST", api.url("basic"), (*FORM, api.authorization(WRONG_PASSWORD)), form(LISTING).encode())
    heard = api.asker.ask(purposes.WRONG_BASIC, request)
    if heard is not None and "basic.refusal" in notes.seen and not heard.succeeded:
        alike = refusal_of(api, heard) == notes.seen["basic.refusal"]
        notes.note([("logins.basic", "alike" if alike else "otherwise")])


def _kind_of_code(heard: Heard) -> list[str]:
    if heard.code == "INCORRECT_USER_PASSWORD":
        return ["documented"]
    return ["another"] if heard.code else ["unlisted"] if any(reading.unlisted(heard)) else []
