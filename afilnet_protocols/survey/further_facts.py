"""Facts beside those of a dialect: what no sandbox speaks otherwise, but a service may."""

from __future__ import annotations

from afilnet_protocols.dialects.dimension import DOCUMENTED, OBSERVED, Dimension, Value, v
from afilnet_protocols.dialects.dimensions import BY_NAME
from afilnet_protocols.survey import purposes
from afilnet_protocols.survey.fact import Fact, Permission, Setting, calls_of

_HTTP_OF_ERROR = BY_NAME["json.error_http"].values


def _further(
    name: str,
    about: str,
    values: tuple[Value, ...],
    asked_by: str,
    consent: Permission = "",
    setting: Setting = "",
    stays: str = "",
    *,
    assumes: bool = True,
) -> Fact:
    return Fact(Dimension(name, about, values), asked_by, consent, setting, stays, assumes)


FURTHER: tuple[Fact, ...] = (
    _further(
        "records.fields",
        "whether the fields that the page lists are there",
        (v("all", "all of them", DOCUMENTED, "the page"), v("fewer", "some are missing")),
        calls_of(purposes.CHATS, purposes.MESSAGES),
        stays="what further fields mean",
    ),
    _further(
        "records.direction",
        "what the flag `sent` or `issent` means",
        (v("own", "that the account sent it"), v("theirs", "that the other party did")),
        calls_of(purposes.SENDS, purposes.SENT),
        "send_to",
    ),
    _further(
        "records.word",
        "which `status` a message has that was just sent",
        (
            v("sent", "`sent`"),
            v("delivered", "`delivered`"),
            v("read", "`read`"),
            v("pending", "`pending`"),
            v("queued", "`queued`"),
            v("number", "a number"),
            v("none", "null, or an empty text"),
            v("other", "another word, which is not told"),
        ),
        calls_of(purposes.SENDS, purposes.SENT),
        "send_to",
        stays="which it has later, and what the others mean",
        assumes=False,
    ),
    _further(
        "records.zone",
        "in which zone `datetime` is, by a message that was just sent and this machine's clock",
        (
            v("utc", "UTC"),
            v("madrid", "one or two hours ahead of UTC, as clocks are in Spain"),
            v("elsewhere", "another: set `service_timezone` by what you see"),
        ),
        calls_of(purposes.SENDS, purposes.SENT),
        "send_to",
        stays="how it goes on when summer ends; open if the message is not listed at once",
        assumes=False,
    ),
    _further(
        "sends.twice",
        "what becomes of the same message sent twice",
        (v("both", "both are there"), v("one", "one is there"), v("refused", "the second is refused")),
        calls_of(purposes.SENDS, purposes.SENT),
        "send_to",
        stays="whether it is so after a longer pause",
    ),
    _further(
        "errors.unlisted",
        "whether codes come that no page lists",
        (v(False, "none was met"), v(True, "one was met, which is not told")),
        purposes.EVERY,
        stays="codes of calls that were not made",
        assumes=False,
    ),
    _further(
        "limits.told",
        "what answers say of how often one may call",
        (v("nothing", "nothing"), v("headers", "headers say so"), v("refused", "HTTP 429")),
        purposes.EVERY,
        stays="where the limit is: it is not looked for",
        assumes=False,
    ),
    _further(
        "http.get_counted",
        "what the 4,000 characters of a GET are counted on",
        (v("encoded", "the encoded address"), v("decoded", "what it says")),
        calls_of(purposes.ENCODED_GET, purposes.LONG_GET),
        stays="open if there is no limit",
    ),
    _further(
        "basic.charset",
        "in which encoding Basic credentials are read",
        (v("utf-8", "UTF-8: the challenge says so, or a password beyond ASCII is taken"), v("other", "another")),
        calls_of(purposes.BARE_BASIC, purposes.BASIC_GET),
        stays="open if the challenge names none and the password is ASCII",
    ),
    _further(
        "tls.version",
        "the version of TLS",
        (v("TLSv1.3", "TLS 1.3"), v("TLSv1.2", "TLS 1.2")),
        purposes.EVERY,
        stays="older ones that it may offer to others",
        assumes=False,
    ),
    _further(
        "soap.namespace",
        "the namespace of the SOAP messages",
        (v("assumed", "`urn:afilnet:chat`"), v("other", "another, which is not told")),
        purposes.DESCRIPTION,
        setting="soap_wsdl",
    ),
    _further(
        "soap.credentials",
        "where a SOAP call has its user and password",
        (v("elements", "in elements of these names"), v("other", "elsewhere, or they are refused there")),
        purposes.SOAP_CHANNELS,
        setting="soap_wsdl",
    ),
    _further(
        "soap.error_http",
        "the HTTP status of a SOAP error",
        (v(500, "500, as SOAP 1.1 §6.2 wants"), v(200, "200"), v(400, "400")),
        purposes.SOAP_NO_CHANNEL,
        setting="soap_wsdl",
        assumes=False,
    ),
    _further(
        "json_api.request",
        "whether the JSON API reads one flat object",
        (v("flat", "it does"), v("other", "it finds no class or method in it")),
        calls_of(purposes.TOKEN, purposes.JSON_NO_CHANNEL),
        setting="json_url",
    ),
    _further(
        "json_api.envelope",
        "what the JSON API answers",
        (v("same", "the envelope of the HTTP API"), v("other", "another document")),
        calls_of(purposes.TOKEN, purposes.JSON_NO_CHANNEL),
        setting="json_url",
    ),
    _further(
        "json_api.error_http",
        "the HTTP status of an error of the JSON API",
        _HTTP_OF_ERROR,
        calls_of(purposes.TOKEN, purposes.JSON_NO_CHANNEL),
        setting="json_url",
        assumes=False,
    ),
    _further(
        "token.accepted",
        "whether the token endpoint takes the profile's grant, scope and way of proving who asks",
        (v(True, "yes, as `grant`, `scope` and `token_auth` say"), v(False, "no")),
        purposes.TOKEN,
        setting="json_url",
        stays="other grants and ways: they are settings, and none is tried that they do not name",
        assumes=False,
    ),
    _further(
        "token.lifetime",
        "whether a token says how long it lives",
        (v("said", "`expires_in` does"), v("silent", "it does not")),
        purposes.TOKEN,
        setting="json_url",
        stays="whether it really lives so long",
        assumes=False,
    ),
    _further(
        "token.scope",
        "whether a token says what it is for",
        (v("said", "`scope` does"), v("silent", "it does not")),
        purposes.TOKEN,
        setting="json_url",
        assumes=False,
    ),
    _further(
        "token.binding",
        "whether whoever has a token may use it",
        (v("bearer", "its type is Bearer"), v("other", "its type is another")),
        purposes.TOKEN,
        setting="json_url",
        stays="whether a token of a client with a certificate works without it",
    ),
    _further(
        "logins.code",
        "which code a wrong password has",
        (
            v("documented", "`INCORRECT_USER_PASSWORD`", DOCUMENTED, "the page"),
            v("another", "another of the documented ones"),
            v("unlisted", "one that no page lists"),
        ),
        purposes.WRONG,
        "wrong_password",
        stays="how many of them lock an account",
    ),
    _further(
        "logins.http",
        "the HTTP status of a wrong password",
        _HTTP_OF_ERROR,
        purposes.WRONG,
        "wrong_password",
        assumes=False,
    ),
    _further(
        "logins.basic",
        "how a wrong password is answered at `/api/basic/`",
        (v("alike", "as missing credentials are"), v("otherwise", "otherwise")),
        calls_of(purposes.BARE_BASIC, purposes.WRONG_BASIC),
        "wrong_password",
    ),
    _further(
        "logins.soap",
        "how a wrong password is answered over SOAP",
        (
            v("fault", "by a Fault with the documented code"),
            v("answer", "by an answer with the documented code"),
            v("other", "otherwise"),
        ),
        purposes.WRONG_SOAP,
        "wrong_password",
        "soap_wsdl",
        assumes=False,
    ),
    _further(
        "logins.token",
        "how a wrong client secret is answered by the token endpoint",
        (
            v("invalid_client", "401 and `invalid_client`", OBSERVED, "RFC 6749 §5.2"),
            v("bad_request", "400 and `invalid_client`"),
            v("invalid_grant", "`invalid_grant`"),
            v("other", "otherwise"),
        ),
        purposes.WRONG_TOKEN,
        "wrong_password",
        "json_url",
        assumes=False,
    ),
)
"""Facts beside those of a dialect."""
