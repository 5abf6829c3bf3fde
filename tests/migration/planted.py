"""Differences planted into the answers of one protocol, by name, and calls that bring every one of them to light."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from afilnet_protocols.comparison.steps import RECEIVE, Step
from afilnet_protocols.sandbox.components import Components
from afilnet_protocols.sandbox.server.exchange import Endpoint, HttpAnswer, HttpRequest

Item = dict[str, object]
Rewrite = Callable[[list[Item]], list[Item]]

HERE = {"platform": "whatsapp", "platform_id": "100", "destination": "34600000000"}
THERE = {"platform": "telegram", "platform_id": "007", "destination": "0034 600"}
TEXTS = ("  one\r\ntwo + 2 & 3 %41  ", "emoji 😀 and ñ", "]]> <b> &amp; 'x' \"y\"", "plain")

STEPS = [
    *(Step("send_message", {**HERE, "message": text}) for text in TEXTS),
    *(Step("send_message", {**THERE, "message": text}) for text in TEXTS),
    *(Step(RECEIVE, {**HERE, "message": text}) for text in TEXTS),
]
"""What fills an account."""

READS = [
    Step("get_chat_channels"),
    Step("get_chats", {"platform": "telegram", "platform_id": "007"}),
    Step("get_chats", {"platform": "webchat", "platform_id": "1"}),
    Step("get_chats", {"platform": "webchat", "platform_id": "none"}),
    Step("get_messages", HERE),
    Step("get_messages", THERE),
    Step("get_messages", {**HERE, "destination": "nobody"}),
]
"""Reads of that account in which every planted difference shows."""


def _in(name: str, change: Callable[[str], object]) -> Rewrite:
    def rewrite(items: list[Item]) -> list[Item]:
        return [{**item, name: change(str(item[name]))} if name in item else item for item in items]

    return rewrite


def _later(moment: str) -> str:
    return str(datetime.fromisoformat(moment) + timedelta(hours=1))


LISTS: dict[str, Rewrite] = {
    "CRLF becomes LF": _in("message", lambda text: text.replace("\r\n", "\n")),
    "plus becomes a blank": _in("message", lambda text: text.replace("+", " ")),
    "blanks at the edges are stripped": _in("message", str.strip),
    "emoji are lost": _in("message", lambda text: text.replace("😀", "?")),
    "a text is decoded as Latin-1": _in("message", lambda text: text.encode().decode("latin-1")),
    "entities are decoded twice": _in("message", lambda text: text.replace("&amp;", "&")),
    "leading zeros of ids are lost": _in("platformid", lambda text: int(text) if text.isdigit() else text),
    "a recipient is read as a number": _in("destination", lambda text: text.replace(" ", "").lstrip("0")),
    "sent is inverted": _in("sent", lambda text: text != "True"),
    "the status is spelled otherwise": _in("status", str.upper),
    "times are an hour late": _in("datetime", _later),
    "message ids are others": _in("messageid", lambda text: f"9{text}"),
    "a channel's name is cut": _in("name", lambda text: text[:5]),
    "the order is reversed": lambda items: items[::-1],
    "the last record is missing": lambda items: items[:-1],
    "the first record comes twice": lambda items: items[:1] + items,
    "only the first record comes": lambda items: items[:1],
    "the list is empty": lambda items: [],
}
"""What is done to the list of an answer."""

ANSWERS: dict[str, Callable[[Item], Item | None]] = {
    "an unknown conversation is an empty list": lambda answer: (
        {"status": "SUCCESS", "result": {"list": []}} if answer.get("error") == "CHAT_NOT_FOUND" else answer
    ),
    "another error code is given": lambda answer: (
        {**answer, "error": "CHAT_NOT_FOUND"} if answer.get("error") == "CHANNEL_NOT_FOUND" else answer
    ),
    "an error code is unknown": lambda answer: {**answer, "error": "NOT_NOW"} if "error" in answer else answer,
    "an empty list is an error": lambda answer: (
        {"status": "ERROR", "error": "CHAT_NOT_FOUND"} if answer.get("result") == {"list": []} else answer
    ),
    "a field is missing": lambda answer: json.loads(json.dumps(answer).replace('"status": "sent"', '"state": "sent"')),
    "the answer is no JSON": lambda answer: None,
}
"""What is done to a whole answer; ``None`` for a page of HTML instead."""

KINDS = (*LISTS, *ANSWERS)


@dataclass
class Planted:
    """Stands in the sandbox before the endpoint of JSON and rewrites its answers as it is told.

    Attributes:
        kind: what is planted now, one of :data:`KINDS`; ``None`` for nothing.
        hits: how many answers were changed.
    """

    kind: str | None = None
    hits: int = field(default=0)

    @property
    def components(self) -> Components:
        return Components(around=self._around)

    def _around(self, path: str, endpoint: Endpoint) -> Endpoint:
        def planted(request: HttpRequest) -> HttpAnswer:
            answer = endpoint(request)
            return answer if self.kind is None else self._changed(answer)

        return planted if path == "/api/json/" else endpoint

    def _changed(self, answer: HttpAnswer) -> HttpAnswer:
        before = json.loads(answer.body)
        after = json.loads(answer.body)
        if self.kind in LISTS:
            if "list" in (after.get("result") or {}):
                after["result"]["list"] = LISTS[self.kind](after["result"]["list"])
        else:
            after = ANSWERS[str(self.kind)](after)
        self.hits += after != before
        if after is None:
            return HttpAnswer(200, b"<html>maintenance</html>", "text/html")
        return HttpAnswer(answer.status, json.dumps(after).encode(), answer.content_type, answer.headers)
