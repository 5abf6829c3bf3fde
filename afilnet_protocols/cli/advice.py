"""What to do about an error, in one sentence, for whoever sits at the terminal."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from afilnet_protocols import catalogue
from afilnet_protocols.errors import (
    AfilnetError,
    AuthenticationError,
    ConfigurationError,
    InvalidFileUrlError,
    InvalidRequestError,
    MessageTooLongError,
    NotFoundError,
    NotSentError,
    OutcomeUnknownError,
    RateLimitedError,
    RejectedRequestError,
    SecurityPolicyError,
    ServiceError,
    UnsupportedTextError,
)
from afilnet_protocols.patterns import late
from afilnet_protocols.plural import all_of, several
from afilnet_protocols.settings import FIELDS
from afilnet_protocols.vocabulary import Delivery, Protocol
from afilnet_protocols.wire.foreign_codes import about

_SENDS = frozenset(operation.name for operation in catalogue.OPERATIONS if operation.record is None)
_CONSUMING = frozenset(each.name for each in catalogue.OPERATIONS if not each.repeatable) - _SENDS
"""The reads after which the service may answer otherwise."""

_PATHS = {Protocol.HTTP_GET: "/api/http/", Protocol.HTTP_POST: "/api/http/", Protocol.BASIC: "/api/basic/"}
_ADDRESSES = {Protocol.SOAP: "soap_endpoint or soap_wsdl", Protocol.JSON: "json_url or token_url"}


_EXAMINE = "; if it goes on, 'afilnet doctor' finds out where it fails"

_TOKENS = "the token endpoint cannot answer now"
"""What an error says where the network is not in the way."""

_ANSWERED = "HTTP "
"""What an error says where something answered, be it the service or not."""

_LACKS = late(r"this process lacks [a-z ]*\((?P<what>[^)]*)\)")
"""What an error says where neither the service nor a setting is in the way."""

_LEFT_OUT = late(r"\n(?:line|item) \d+: (?P<names>[a-z_, ]+) (?:is|are) compulsory")
"""What an error says of rows that leave something out, which an option may give."""

_INSTALL = ": pip install "
"""What an error says before the package that is missing."""


def is_send(operation: str | None) -> bool:
    """Return whether an operation changes something, so that its repetition has to be thought about."""
    return operation in _SENDS


def meaning(error: AfilnetError) -> str:
    """Return what the delivery of an error means for what was being done."""
    if error.delivery is Delivery.UNKNOWN and error.operation in _CONSUMING:
        return "the messages may count as read by now"
    if _of_whatever_it_was(error):
        return "if it sends, that may have happened"
    if error.delivery is Delivery.UNKNOWN:
        return "it may have happened" if is_send(error.operation) else "nothing is at stake, it was a read"
    if error.delivery is Delivery.REJECTED:
        return "the service did not carry it out"
    return "nothing was sent" if is_send(error.operation) or error.operation is None else "nothing was asked"


def _of_whatever_it_was(error: AfilnetError) -> bool:
    """Return whether it is not known what was being done: the command ended in some line of it."""
    return type(error) is OutcomeUnknownError and error.operation is None


def of_the_token_endpoint(error: AfilnetError) -> bool:
    """Return whether it was the token endpoint that did not answer, so that the network is not in the way."""
    return _TOKENS in str(error)


def advise(error: AfilnetError, *, examined: bool = False) -> str:
    """Return what to do next.

    Args:
        error: what happened.
        examined: whether it happened to `afilnet doctor`, which then need not be recommended.
    """
    if error.delivery is Delivery.UNKNOWN:
        on_unknown = _advise_on_unknown(error)
        return on_unknown.removesuffix(_EXAMINE) if examined else on_unknown
    for kind, advice in _ADVICE:
        if isinstance(error, kind):
            return advice(error)
    return "see the error's text"


def addresses(protocol: str | None) -> str:
    """Return the settings that say where the calls of a protocol go."""
    return _ADDRESSES.get(Protocol(protocol), "base_url") if protocol in tuple(Protocol) else "the address"


def places(protocol: str | None) -> str:
    """Return the settings that say where the calls of a protocol go, with what the protocol adds to them."""
    path = _PATHS.get(Protocol(protocol)) if protocol in tuple(Protocol) else None
    return addresses(protocol) if path is None else f"base_url (to which {path} is added)"


def _advise_on_unknown(error: AfilnetError) -> str:
    look = "look with 'afilnet messages' whether it happened before you send anything again"
    if _of_whatever_it_was(error):
        return "; ".join(filter(None, (f"if it sends, {look}", _more(error))))
    redirected = "redirect" in str(error)
    if isinstance(error, ServiceError) and is_send(error.operation):
        return f"{look}; {_ask_the_service(error)}"
    if isinstance(error, ServiceError):
        return _ask_the_service(error)
    where = f"set {addresses(error.protocol)} to where the service answers by itself, for redirects are never followed"
    if is_send(error.operation):
        check = f"check {places(error.protocol)}" if _ANSWERED in str(error) else ""
        return "; then ".join(filter(None, (look, where if redirected else check)))
    if redirected:
        return where
    if error.operation in _CONSUMING:
        return "'afilnet messages' shows all messages, also those that count as read by now"
    again = f"check {places(error.protocol)}, and try again, which is safe for a read"
    return f"{again}{_EXAMINE}"


def _more(error: AfilnetError) -> str:
    """Return what to give this process if it is for want of it that there was an error; else nothing."""
    lacks = _LACKS.search(str(error))
    if lacks is None:
        return ""
    return "allow it more open files (ulimit -n)" if "open files" in lacks["what"] else "give it what it lacks"


def _settings(error: AfilnetError) -> str:
    more = _more(error)
    if more:
        return f"{more}, and try again, which is safe"
    _, _, package = str(error).partition(_INSTALL)
    # What is not installed, no setting cures.
    if package:
        return f"run pip install {package}"
    if _names_a_setting(str(error)):
        return "'afilnet config' shows every setting and where it came from"
    return "correct what the error names; nothing has to be undone"


def _names_a_setting(text: str) -> bool:
    """Return whether a text is about settings: a name of one, a profile, or a variable of ours."""
    words = set(re.findall(r"(?<![\w-])[a-z][a-z_0-9]*", text))
    if "AFILNET_" in text or words & {"profile", "setting", "settings"}:
        return True
    # Words of every day are settings too: one counts only where it is what the text begins with, or is set.
    names = {setting.name for setting in FIELDS}
    return bool(words & {name for name in names if "_" in name} or text.partition(" ")[0].rstrip(":,") in names)


def _policy(error: AfilnetError) -> str:
    fix = error.fix if isinstance(error, SecurityPolicyError) else ""
    return f"{fix}; 'afilnet doctor' shows every guarantee" if fix else "'afilnet doctor' shows every guarantee"


def _not_sent(error: AfilnetError) -> str:
    more = _more(error)
    if more:
        return f"{more}, and try again, which is safe"
    if error.retry_after:
        return f"{_wait(error)}, which is safe"
    if of_the_token_endpoint(error):
        return "check token_url and what answers there, and try again, which is safe"
    if "certificate was refused" in str(error):
        return f"check ca_file and {addresses(error.protocol)}: the same certificate is refused again; nothing was sent"
    suspects = f"{addresses(error.protocol)}, proxy, ca_file, or a timeout that is too short"
    return f"try again, which is safe; if it goes on, 'afilnet doctor' finds out where it fails: {suspects}"


def _credentials(error: AfilnetError) -> str:
    refused = next((names for said, names in _REFUSED_BY_TOKENS if said in str(error)), None)
    if refused is None and error.protocol == Protocol.JSON:
        refused = _CLIENT
    if refused is not None:
        return f"check {refused}; 'afilnet config' shows where they came from"
    return "check user and password (AFILNET_PASSWORD); 'afilnet config' shows where they came from"


_CLIENT = "client_id and client_secret (AFILNET_CLIENT_SECRET)"
_REFUSED_BY_TOKENS = (
    ("refused the user and password", "user and password (AFILNET_PASSWORD)"),
    ("refused the refresh token", "refresh_token (AFILNET_REFRESH_TOKEN) and token_cache"),
    ("client_key", "client_id and client_key (AFILNET_CLIENT_KEY)"),
    ("client_cert", "client_id and client_cert"),
    ("token endpoint refused", _CLIENT),
)
"""What to check, by what an error of the token endpoint says: the first that fits counts."""


def _missing(error: AfilnetError) -> str:
    code = error.code if isinstance(error, ServiceError) else ""
    if code == "CHANNEL_NOT_FOUND":
        return "'afilnet channels' lists the channels that exist: compare --platform and --platform-id"
    if code == "CHAT_NOT_FOUND":
        return "'afilnet chats' lists the conversations that exist: compare --destination"
    return "'afilnet channels' and 'afilnet chats' list what exists"


def _rejected(error: AfilnetError) -> str:
    code = error.code if isinstance(error, ServiceError) else ""
    for parameter in catalogue.SEND_FILE.parameters:
        if code.endswith(parameter.wire.upper()):
            return f"correct --{parameter.name.replace('_', '-')}, which the service does not take"
    if code in ("INCORRECT_CLASS", "INCORRECT_METHOD", "MISSING_CLASS", "MISSING_METHOD"):
        return f"check {places(error.protocol)}: what answers there does not know this service's operations"
    if code.startswith("HTTP_"):
        return f"check {places(error.protocol)}, and what stands between here and the service"
    if code in ("MISSING_USER", "MISSING_PASSWORD"):
        return _credentials(error)
    return "correct the request; the service's code says what it refused"


def _wait(error: AfilnetError) -> str:
    seconds = math.ceil(error.retry_after or 0)
    return f"wait {several(seconds, 'second') if seconds else 'a while'} and try again"


def _request(error: AfilnetError) -> str:
    lacks = {name for found in _LEFT_OUT.finditer(str(error)) for name in found["names"].replace(",", " ").split()}
    options = [f"--{each.name.replace('_', '-')}" for each in catalogue.SEND_MESSAGE.parameters if each.name in lacks]
    if options:
        it = "it" if len(lacks) == 1 else "them"
        return f"write {it} into the rows, or give {all_of(options)} for all of them; nothing has to be undone"
    return "correct what the error names; nothing has to be undone"


def _shorten(error: AfilnetError) -> str:
    verb = "--http-verb POST" if error.protocol == Protocol.BASIC else "--protocol http-post"
    return f"shorten it, or use {verb}, which has no such limit"


def _ask_the_service(error: AfilnetError) -> str:
    guess = about(error.code or "")
    if guess:
        return f"look at the account, or ask the vendor: {guess}"
    return "ask the service what its code means; 'afilnet doctor' shows whether it answers otherwise"


def _always(text: str) -> Callable[[AfilnetError], str]:
    return lambda error: text


_ADVICE: tuple[tuple[type[AfilnetError], Callable[[AfilnetError], str]], ...] = (
    (RateLimitedError, _wait),
    (SecurityPolicyError, _policy),
    (ConfigurationError, _settings),
    (MessageTooLongError, _shorten),
    (UnsupportedTextError, _always("remove the character that the error names; nothing has to be undone")),
    (InvalidFileUrlError, _always("give --file-url and --thumb-url addresses that anybody can open by https")),
    (InvalidRequestError, _request),
    (NotSentError, _not_sent),
    (AuthenticationError, _credentials),
    (NotFoundError, _missing),
    (RejectedRequestError, _rejected),
    (ServiceError, _ask_the_service),
)
