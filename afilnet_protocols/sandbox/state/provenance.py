"""What the sandbox takes for granted about the service, and on what ground. Served at ``/_sandbox/provenance``."""

from __future__ import annotations

from typing import NamedTuple

from afilnet_protocols.catalogue import GET_LIMIT, VENDOR_PAGE
from afilnet_protocols.vocabulary import Provenance

_PHP = "https://www.afilnet.com/pt/api/whatsapp-business/php/"
_RUBY = "https://www.afilnet.com/pt/contatos/api/ruby/"
_NPM = "https://github.com/Afilnet/api-npmjs"
_LIBRARY = "https://github.com/Afilnet/api-php"
_NOTHING = "no public statement was found"

DOCUMENTED, OBSERVED, ASSUMED = Provenance.DOCUMENTED, Provenance.OBSERVED, Provenance.ASSUMED


class Behaviour(NamedTuple):
    """One thing that the sandbox does.

    Attributes:
        subject: what it is about.
        statement: what the sandbox does.
        provenance: whether the vendor says so, it was seen in public code, or it is assumed.
        source: where that is, or that there is nothing.
    """

    subject: str
    statement: str
    provenance: Provenance
    source: str


PROVENANCE: tuple[Behaviour, ...] = (
    Behaviour("operations", "six operations with these parameters, fields and error codes", DOCUMENTED, VENDOR_PAGE),
    Behaviour("http", "GET /api/http/ with everything in the query", DOCUMENTED, VENDOR_PAGE),
    Behaviour("http", "a POST without a body is read from its query", DOCUMENTED, VENDOR_PAGE),
    Behaviour("http", "POST of an encoded form", DOCUMENTED, _PHP),
    Behaviour("http", "POST of multipart/form-data", OBSERVED, _LIBRARY),
    Behaviour("http", "a name that is not a parameter (as in ?+'&class=) is ignored", ASSUMED, VENDOR_PAGE),
    Behaviour("http", "of a name that comes twice the last counts", ASSUMED, _NOTHING),
    Behaviour("http", "text that is not UTF-8, or a broken percent escape, is a plain 400", ASSUMED, _NOTHING),
    Behaviour(
        "http", f"the limit of GET is {GET_LIMIT} characters of the whole address, then 414", ASSUMED, VENDOR_PAGE
    ),
    Behaviour("http", "an error code comes with HTTP 200", ASSUMED, _NOTHING),
    Behaviour("basic", "POST /api/basic/ with Authorization: Basic", DOCUMENTED, _PHP),
    Behaviour("basic", "GET /api/basic/ with Authorization: Basic", DOCUMENTED, _RUBY),
    Behaviour("basic", "user and password are UTF-8 (RFC 7617)", ASSUMED, _NOTHING),
    Behaviour("basic", "credentials that are missing or wrong: 401, a challenge and the envelope", ASSUMED, _NOTHING),
    Behaviour("envelope", "compact JSON, status SUCCESS or ERROR in upper case", OBSERVED, _NPM),
    Behaviour("envelope", "Content-Type application/json; charset=utf-8", ASSUMED, _NOTHING),
    Behaviour("envelope", "a list is always an array, also of none or one", ASSUMED, _NOTHING),
    Behaviour("envelope", "a send that succeeds has no result", ASSUMED, VENDOR_PAGE),
    Behaviour("json", "POST of one flat object to /api/json/ with a bearer token, same envelope", ASSUMED, _NOTHING),
    Behaviour(
        "json", "no or unknown or expired token: 401, a challenge (RFC 6750) and the envelope", ASSUMED, _NOTHING
    ),
    Behaviour("json", "an error code for a call with a good token comes with HTTP 200", ASSUMED, _NOTHING),
    Behaviour("oauth", "/oauth/token and /oauth/revoke; RFC 6749, RFC 7009, RFC 8414", ASSUMED, _NOTHING),
    Behaviour("oauth", "client_credentials, password and refresh_token grants; one scope, chat", ASSUMED, _NOTHING),
    Behaviour("soap", "SOAP 1.1 in three dialects, each with its WSDL; namespace urn:afilnet:chat", ASSUMED, _NOTHING),
    Behaviour("soap", "user and password are elements of every operation", ASSUMED, _NOTHING),
    Behaviour("soap", "document/literal: an error code is a Fault with the code in its detail", ASSUMED, _NOTHING),
    Behaviour("soap", "rpc/encoded: an error code is an answer with status ERROR", ASSUMED, _NOTHING),
    Behaviour(
        "soap", "generic: class and method are parameters, the answer is the envelope as text", ASSUMED, _NOTHING
    ),
    Behaviour("soap", "under /api/soap/NAME/, the dialects of NuSOAP, PHP, JAX-WS, Axis and others", ASSUMED, _NOTHING),
    Behaviour("soap", "no namespace is MISSING_CLASS, another is INCORRECT_CLASS", ASSUMED, _NOTHING),
    Behaviour("soap", "an empty Body is MISSING_METHOD, an unknown element INCORRECT_METHOD", ASSUMED, _NOTHING),
    Behaviour("checks", "user, password, class, method, the parameters, then what they name", ASSUMED, _NOTHING),
    Behaviour("checks", "an empty parameter counts as absent", ASSUMED, _NOTHING),
    Behaviour("checks", "a platform that does not exist is CHANNEL_NOT_FOUND", ASSUMED, _NOTHING),
    Behaviour("checks", "file addresses are http or https", ASSUMED, _NOTHING),
    Behaviour("checks", "text that XML 1.0 cannot carry is a plain 400", ASSUMED, _NOTHING),
    Behaviour(
        "chat",
        "sendmessage begins a conversation; sendfile, getmessages and getunreadmessages need one",
        ASSUMED,
        _NOTHING,
    ),
    Behaviour("chat", "the text of a file is its message, or else its address", ASSUMED, _NOTHING),
    Behaviour("chat", "sent is true for what the account sent; status is sent or received", ASSUMED, _NOTHING),
    Behaviour("chat", "conversations come in the order in which they began, messages oldest first", ASSUMED, _NOTHING),
    Behaviour(
        "chat", "a channel without conversations: an empty list, or CHAT_NOT_FOUND (an option)", ASSUMED, _NOTHING
    ),
    Behaviour("chat", "reading unread messages leaves them unread, or not (an option)", ASSUMED, _NOTHING),
    Behaviour(
        "chat", "message identifiers are counted from 1; datetime is yyyy-mm-dd hh:mm:ss in UTC", ASSUMED, _NOTHING
    ),
)
