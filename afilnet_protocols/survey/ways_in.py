"""Which ways to call over HTTP are open. None of these requests has credentials in its address."""

from __future__ import annotations

from collections.abc import Mapping

from afilnet_protocols.catalogue import GET_LIMIT
from afilnet_protocols.dialects.dimension import Answer
from afilnet_protocols.survey import purposes
from afilnet_protocols.survey.asking import form
from afilnet_protocols.survey.heard import Heard
from afilnet_protocols.survey.http_api import FORM, LISTING, HttpApi
from afilnet_protocols.wire import Request


def ask_every_way(api: HttpApi) -> None:
    """Call in every way that is open to question, and note which are answered."""
    _bodies(api)
    _long_addresses(api)
    _basic(api)


def _bodies(api: HttpApi) -> None:
    url, ask = api.url("http"), api.asker.ask
    # With Basic, so that no credentials stand in the address.
    heard = ask(purposes.QUERY, Request("POST", f"{api.url('basic')}?{form(LISTING)}", (api.authorization(),)))
    if heard is not None and (heard.succeeded or heard.code in ("MISSING_CLASS", "MISSING_METHOD")):
        api.notes.note([("http.post_query", heard.succeeded)])
    heard = ask(purposes.MULTIPART, _multipart(url, {**LISTING, **api.credentials}))
    if heard is not None and heard.envelope is not None:
        api.notes.note([("http.multipart", heard.succeeded)])
    heard = ask(purposes.SLASHLESS, Request("POST", url.rstrip("/"), FORM, b""))
    if heard is not None:
        redirected = "redirect" if 300 <= heard.status < 400 else "nothing"
        api.notes.note([("http.slashless", redirected if heard.envelope is None else "served")])


def _long_addresses(api: HttpApi) -> None:
    """See whether a long GET is refused, and on what its length is counted."""
    if _is_served(api, purposes.ENCODED_GET, "%78") is False:
        api.notes.note([("http.get_limit", "refused"), ("http.get_counted", "encoded")])
        return
    served = _is_served(api, purposes.LONG_GET, "x")
    if served is not None:
        seen: list[tuple[str, Answer]] = [("http.get_limit", "served" if served else "refused")]
        api.notes.note(seen if served else [*seen, ("http.get_counted", "decoded")])


def _is_served(api: HttpApi, purpose: str, filling: str) -> bool | None:
    start = f"{api.url('http')}?_="
    room = GET_LIMIT + 1 - len(start)
    text = filling * (room // len(filling)) + "x" * (room % len(filling))
    heard = api.asker.ask(purpose, Request("GET", f"{start}{text}"))
    return None if heard is None else heard.envelope is not None


def _basic(api: HttpApi) -> None:
    body = form(LISTING)
    heard = api.asker.ask(purposes.BARE_BASIC, Request("POST", api.url("basic"), FORM, body.encode()))
    if heard is not None:
        api.notes.note([("basic.refusal", refusal_of(api, heard))])
        if 'charset="utf-8"' in heard.headers.get("www-authenticate", "").casefold():
            api.notes.note([("basic.charset", "utf-8")])
    heard = api.asker.ask(purposes.BASIC_GET, Request("GET", f"{api.url('basic')}?{body}", (api.authorization(),)))
    if heard is not None:
        api.notes.note([("basic.get", heard.envelope is not None)])
        if heard.envelope is not None and not "".join(api.credentials.values()).isascii():
            api.notes.note([("basic.charset", "utf-8" if heard.succeeded else "other")])


def refusal_of(api: HttpApi, heard: Heard) -> str:
    """Return how Basic refuses, in the words of ``basic.refusal``."""
    challenge = heard.headers.get("www-authenticate", "").casefold()
    if heard.envelope is None:
        return "page"
    if "charset" in challenge:
        return "challenge"
    if challenge:
        return "realm"
    if heard.status == api.notes.seen.get("json.error_http"):
        return "envelope"
    return {401: "bare", 403: "forbidden"}.get(heard.status, "envelope")


def _multipart(url: str, pairs: Mapping[str, str]) -> Request:
    """Return a call whose pairs are parts of a form (RFC 7578)."""
    mark = "survey-of-a-dialect"
    parts = "".join(
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in pairs.items()
    )
    kind = (("Content-Type", f"multipart/form-data; boundary={mark}"),)
    return Request("POST", url, kind, f"{parts}--{mark}--\r\n".encode())
