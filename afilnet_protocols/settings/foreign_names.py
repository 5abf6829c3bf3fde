"""`hint`: what to write in place of an option that other SDKs have: people bring its name from there.

The names are those of 43 messaging SDKs and of common HTTP clients; docs/coming-from-another-sdk.md has the habits
behind them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from afilnet_protocols.suggestion import did_you_mean

_REPEATS = (
    "nothing is repeated by count: a send is repeated only if it provably did not arrive, within timeout; "
    'delivery = "at_least_once" or "reconcile" changes that'
)
_ADDRESS = "use base_url (for the protocol json: json_url and token_url)"
_CREDENTIALS = "use user and password (for the protocol json: client_id and client_secret)"
_TIME = "use timeout, which is the whole call's in seconds, and connect_timeout"
_TRUST = "certificates are always verified: use ca_file for an authority of your own"
_CARRIER = "the client has its own transport: use proxy, ca_file, client_cert and timeout"

_BY_HINT: Mapping[str, str] = {
    _REPEATS: (
        "max_retries retries retry max_retry retry_count num_retries total_retries retry_on_errors retry_config "
        "retry_policy retry_options max_attempts attempts auto_retry backoff backoff_factor retry_delay"
    ),
    _ADDRESS: (
        "host hostname server server_url url api_url api_base api_host base_uri base endpoint endpoint_url domain site "
        "service_url gateway port"
    ),
    _CREDENTIALS: (
        "api_key apikey key api_token token access_token auth_token bearer_token auth authorization credentials "
        "api_secret secret secret_key account_sid sid app_id app_key"
    ),
    "use user": "username user_name login account account_id email",
    "use password": "passwd pass pwd",
    _TIME: (
        "request_timeout read_timeout timeout_seconds timeout_ms socket_timeout http_timeout total_timeout "
        "write_timeout pool_timeout deadline"
    ),
    "a request to slow down is waited for within timeout, and ends as RateLimitedError after that": (
        "wait_on_rate_limit rate_limit rate_limiter max_rate throttle"
    ),
    _TRUST: "verify verify_ssl ssl_verify ssl tls tls_verify insecure ssl_context ca_bundle ca_certs cafile",
    "use client_cert": "cert client_certificate ssl_cert certfile",
    "use proxy": "proxies http_proxy https_proxy proxy_url",
    _CARRIER: "session http_client client transport adapter requester pool_size pool_connections pool_maxsize limits",
    "hooks see every call, and the logger afilnet_protocols tells of each": "logger log_level debug verbose trace",
    "the headers of a request are the protocol's": "headers default_headers extra_headers user_agent",
    "the vendor documents none: see delivery, and the outbox for sends that must not be lost": (
        "idempotency_key idempotency transaction_id request_id client_token"
    ),
    "use scope": "scopes",
    "use soap_wsdl": "wsdl wsdl_url wsdl_file",
    "use soap_endpoint": "location soap_url",
    "use service_timezone": "tz timezone time_zone",
    "there is one version of the service": "version api_version region",
    "use send_message(platform=…, platform_id=…)": "sender from_ source from_number default_from phone_number_id",
}

_HINTS: Mapping[str, str] = {name: hint for hint, names in _BY_HINT.items() for name in names.split()}

_GUARDS: Mapping[str, str] = {
    "ca_file": "cacert cacerts ssl_cert_file",
    "client_cert": "cert certfile certificate",
    "minimum_security": "security_level minimum_level min_level minimum_security_level min_security_level",
    "pin_sha256": "fingerprint",
    "soap_wsdl_sha256": "wsdl_sha256 wsdl_digest wsdl_hash",
}
"""What others call the settings that guard something, where nothing else is called so."""

_OF_CERTIFICATES = "cert certs certificate certificates ssl tls file path pem"
_GUARD_WORDS: Mapping[str, tuple[str, str]] = {
    "pin_sha256": ("pin pins pinned fingerprint sha256", "public key spki"),
    "ca_file": ("ca cacert cacerts cafile", "bundle root requests"),
    "client_cert": ("cert certfile certificate", "client"),
}
"""The same, of several words: one of the first, and otherwise none but these: ``CA_CERT_PATH``, ``TLS_CERT_FILE``."""

FOREIGN = frozenset(_HINTS)
"""Names of options that other SDKs have."""


def foreign(name: str) -> str | None:
    """Return what takes the place of an option of other SDKs; ``None`` if it is none.

    Args:
        name: the option, in any letter case, with hyphens, underscores or humps.
    """
    humps = "".join(f"_{letter}" if letter.isupper() else letter for letter in name)
    spellings = (name, humps.lstrip("_"))
    return next((_HINTS[each] for each in (one.replace("-", "_").lower() for one in spellings) if each in _HINTS), None)


def foreign_guard(name: str) -> str | None:
    """Return the setting that guards what an option of other SDKs guards; ``None`` if it guards nothing.

    Args:
        name: the option, in any letter case, with underscores.
    """
    name = name.lower()
    words = frozenset(name.split("_"))
    for ours, names in _GUARDS.items():
        if name in names.split():
            return ours
    for ours, (own, others) in _GUARD_WORDS.items():
        fitting = {*own.split(), *others.split(), *_OF_CERTIFICATES.split()}
        if len(words) > 1 and words <= fitting and not words.isdisjoint(own.split()):
            return ours
    return None


def hint(name: str, known: Iterable[str]) -> str:
    """Return what was probably meant by a name that is no setting."""
    return foreign(name) or did_you_mean(name, known)
