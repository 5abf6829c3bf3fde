"""The one table of whose word an answer is: who can have written it, and what it therefore proves about a send.

Between a client and the service stand intermediaries (RFC 9110, section 3.7): proxies, caches, firewalls, load
balancers. A status that they give for their own troubles also stands in for the lost answer to a call that was carried
out, and the document under it may answer their own question for an error page. So a send is refused only by the
service's own document for this call, on a
status that intermediaries do not use so, or by a status that no intermediary gives after an effect.

Evidence: RFC 9110 and RFC 6585 for the registered statuses; nginx 1.22, Apache 2.4, mod_security 2.9, Envoy 1.40, Caddy
2.6, HAProxy, lighttpd 1.4, gunicorn and php-fpm, driven with sends that were carried out (``docs/peers.md``); the
release notes of Envoy 1.22 for 408 before it; the pages of Cloudflare, Amazon and IIS for statuses of their own. No
vendor page says which statuses the service uses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

Proof = Literal["carried out", "not carried out", "nothing"]
"""What an answer proves about a send."""


class Row(msgspec.Struct, frozen=True):
    """What is known of some statuses.

    Attributes:
        name: what they have in common.
        statuses: the statuses.
        writer: who can have written them.
        none: what one proves without a document of the service: with nothing, a web page, a document of something
            else, or one of the service that is not whole.
        refusal: what it proves with an error that has a code: an envelope or a SOAP Fault.
        misdirected: what it proves with an error of a call that names no class or method. Every call of ours names
            both: this answers another's request, such as an intermediary's for an error page.
        success: what it proves with a success.
        lasting: whether the next attempt will most likely be answered alike.
        why: the reasons.
    """

    name: str
    statuses: frozenset[int]
    writer: str
    none: Proof
    refusal: Proof
    misdirected: Proof
    success: Proof
    lasting: bool
    why: str


def _row(
    name: str,
    statuses: Iterable[int],
    writer: str,
    proofs: tuple[Proof, Proof, Proof, Proof],
    why: str,
    *,
    lasting: bool,
) -> Row:
    return Row(name, frozenset(statuses), writer, *proofs, lasting, why)


_DONE: Proof = "carried out"
_REFUSED: Proof = "not carried out"
_NOTHING: Proof = "nothing"

_ANSWER = (200, 201, 202)
_BEFORE = (401, 411, 413, 414, 417, 421, 426, 429, 431, 501, 505)
_PAGES = (403, 404, 405)
_SERVICE = (400, 402, 406, 409, 410, 412, 415, 416, 422, 423, 424, 428, 451)

ROWS: tuple[Row, ...] = (
    _row(
        "an answer",
        _ANSWER,
        "the service",
        (_NOTHING, _REFUSED, _REFUSED, _DONE),
        "the service's document says what happened; without one it may be a login page or a captive portal",
        lasting=False,
    ),
    _row(
        "an answer that is not the service's as it stands",
        set(range(200, 300)) - set(_ANSWER),
        "a proxy that changed it (203), or whoever answers a question that was not asked (204 to 207, 226)",
        (_NOTHING, _NOTHING, _NOTHING, _NOTHING),
        "changed, empty, a part, or many answers in one: none of them is the service's document for this call",
        lasting=False,
    ),
    _row(
        "a redirect",
        range(300, 400),
        "the service or any intermediary",
        (_NOTHING, _NOTHING, _NOTHING, _NOTHING),
        "after a POST a redirect is a usual end (303), and intermediaries redirect to error pages and to other servers "
        "after they lost an answer (nginx: error_page 502 =307); redirects are never followed",
        lasting=True,
    ),
    _row(
        "refused before anything was done",
        _BEFORE,
        "the service or an intermediary that judges requests",
        (_REFUSED, _REFUSED, _REFUSED, _NOTHING),
        "about credentials, rate, size or form of the request itself, which is judged before it is passed on; no "
        "intermediary was seen to give one after an effect",
        lasting=True,
    ),
    _row(
        "a time limit",
        (408,),
        "the service, or an intermediary that ran out of patience with either side",
        (_NOTHING, _REFUSED, _NOTHING, _NOTHING),
        "means a request that did not come whole in time; but Envoy before 1.22 gives it as well when a whole request "
        "was passed on and the answer is late",
        lasting=False,
    ),
    _row(
        "a page of an intermediary",
        _PAGES,
        "the service, a firewall that judges answers, or an intermediary with error pages",
        (_NOTHING, _REFUSED, _NOTHING, _NOTHING),
        "mod_security answers 403 for an answer that it does not like, nginx 404 or 405 where its error page is "
        "missing or static: all three after the service had carried out the send",
        lasting=True,
    ),
    _row(
        "refused by the service",
        _SERVICE,
        "the service, or an intermediary",
        (_NOTHING, _REFUSED, _REFUSED, _NOTHING),
        "registered for what is wrong with a request, and used by services for what they find out on the way; only "
        "their document says how far they came",
        lasting=True,
    ),
    _row(
        "asked too early",
        (425,),
        "the service, or an intermediary",
        (_NOTHING, _REFUSED, _REFUSED, _NOTHING),
        "asks for another attempt (RFC 8470, section 5.2), which may well be answered; what it proves is as little as "
        "for those that the service refuses by",
        lasting=False,
    ),
    _row(
        "a failure of the service",
        (500,),
        "the service, or an intermediary before it (lighttpd, gunicorn)",
        (_NOTHING, _REFUSED, _NOTHING, _NOTHING),
        "the status of every SOAP 1.1 Fault (section 6.2), and of a program that died after it had done its work",
        lasting=False,
    ),
    _row(
        "a proxy's own",
        (407,),
        "a proxy outside a tunnel; inside a tunnel only the service, in error",
        (_NOTHING, _NOTHING, _NOTHING, _NOTHING),
        "no service has a reason to give it, so nobody knows what it means there; where a proxy surely wrote it, the "
        "transport says so before this table is asked",
        lasting=True,
    ),
    _row(
        "an intermediary's own troubles",
        {*range(400, 600)} - {*_BEFORE, *_PAGES, *_SERVICE, 407, 408, 425, 500},
        "an intermediary: gateways (502, 503, 504), Cloudflare (520 to 530), load balancers (460, 463, 464, 561), "
        "nginx (444, 494 to 499), hosting limits (507 to 511), timeouts of proxies (598, 599)",
        (_NOTHING, _NOTHING, _NOTHING, _NOTHING),
        "given when the answer of the service was lost as well as when it was never asked; a document under it is "
        "often the service's answer to the intermediary's own request for an error page",
        lasting=False,
    ),
)
"""Every status from 200 to 599 stands in one row."""

_BY_STATUS: Mapping[int, Row] = {status: row for row in ROWS for status in row.statuses}


CONFIRMING = frozenset(status for row in ROWS if row.success == "carried out" for status in row.statuses)
"""Those under which a success document proves that the call was carried out."""


def row_of(status: int) -> Row:
    """Return what is known of a status from 200 to 599."""
    return _BY_STATUS[status]
