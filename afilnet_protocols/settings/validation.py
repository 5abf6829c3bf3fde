"""Whether settings can work at all: every check that needs no network. The security policy comes after these.

All that is wrong is reported at once, by the names of the settings.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.extras import absence, missing
from afilnet_protocols.patterns import late
from afilnet_protocols.security.endpoints import faults
from afilnet_protocols.security.requirements import read_requirements
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings.fields import Kind, SettingField
from afilnet_protocols.settings.parameters import parameter_faults, resource_faults
from afilnet_protocols.settings.private_file import read_file, refuse_if_exposed
from afilnet_protocols.suggestion import did_you_mean

MOST = 10_000
"""The largest number of things that a setting counts."""

LONGEST = 86_400.0
"""The longest duration, in seconds: a day."""

_FILE_LIMIT = 16 * 1024 * 1024
_TOKEN_SCOPE = late(r"[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*")  # RFC 6749 §3.3
# Control characters are what RFC 7617 §2 refuses; the rest is what no protocol of ours can carry in XML or UTF-8.
_UNFIT = late("[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_PRIVATE_KEY = b"PRIVATE KEY-----"

Values = Mapping[str, object]


class Problem(NamedTuple):
    """Why settings cannot work.

    Attributes:
        setting: the setting to change.
        text: what is wrong and what would be right; never a secret.
    """

    setting: str
    text: str


class Misfit(NamedTuple):
    """What stands in the place of a secret that is no text, such as ``bytes``: it must not be shown either.

    Attributes:
        kind: the name of its type.
    """

    kind: str


def check(fields: Sequence[SettingField], values: Values) -> None:
    """Refuse settings that cannot work.

    Raises:
        ConfigurationError: names every setting that has to change.
    """
    wrong = [f"{problem.setting} {problem.text}" for problem in problems(fields, values)]
    if wrong:
        raise complaint(wrong)


def complaint(wrong: Sequence[str]) -> ConfigurationError:
    """Return the error that says all that is wrong at once."""
    if len(wrong) == 1:
        return ConfigurationError(wrong[0])
    return ConfigurationError("\n- ".join([f"{len(wrong)} settings cannot work:", *wrong]))


def problems(fields: Sequence[SettingField], values: Values) -> Iterator[Problem]:
    """Yield everything that keeps the settings from working.

    Args:
        fields: the declarations.
        values: a value, or ``None``, for each of them.
    """
    wrong: set[str] = set()
    for field in fields:
        value = values.get(field.name)
        if value is None and field.default is None:
            continue
        for problem in _of_value(field, value):
            wrong.add(problem.setting)
            yield problem
    yield from _of_protocol(fields, values, wrong)
    if not wrong & {"delivery", "settle", "timeout"}:
        yield from _of_delivery(values)


def _of_value(field: SettingField, value: object) -> Iterator[Problem]:
    """Yield what is wrong with one value on its own."""
    if field.kind is Kind.SECONDS:
        texts = _seconds(value)
    elif field.kind is Kind.COUNT:
        texts = _count(value)
    elif field.kind is Kind.FLAG:
        texts = [] if isinstance(value, bool) else [f"must be true or false, not {_shown(value)}"]
    elif field.kind is Kind.NAMES:
        texts = _names(field, value)
    elif field.secret:
        texts = _secret(value, lines=field.name == "client_key")
    elif not isinstance(value, str):
        texts = [f"must be text, not {_shown(value)}"]
    elif not value:
        texts = ["is empty: leave it out or give it a value"]
    elif _is_unfit(value):
        texts = ["holds a control character or one that cannot be sent"]
    elif field.kind is Kind.URL or (field.kind is Kind.FILE_OR_URL and "://" in value):
        texts = faults(field.name, value)
    else:
        texts = _CHECKS.get(field.kind, _nothing)(field, value)
    for text in texts:
        yield Problem(field.name, text)


def _nothing(_field: SettingField, _value: str) -> list[str]:
    return []


def _word(field: SettingField, value: str) -> list[str]:
    if value in field.values or field.open_ended:
        return []
    return [f"must be one of {', '.join(field.values)}, not {_shown(value)}; {did_you_mean(value, field.values)}"]


def _digest(_field: SettingField, value: str) -> list[str]:
    if re.fullmatch(r"[0-9A-Fa-f]{64}", value):
        return []
    return [f"must be a SHA-256 in hexadecimal: 64 digits, not {_shown(value)}"]


def _file(field: SettingField, value: str) -> list[str]:
    path, fault = Path(value), ""
    try:
        opened = read_file(path, named_by="", limit=_FILE_LIMIT)
        if _PRIVATE_KEY in opened.content:
            refuse_if_exposed(path, opened, named_by="")
    except ConfigurationError as error:
        fault = str(error).removeprefix(": ")
    return [f"cannot be used: {fault}"] if fault else []


def _text(field: SettingField, value: str) -> list[str]:
    if field.name == "scope" and not _TOKEN_SCOPE.fullmatch(value):
        return ["must be scopes separated by single blanks, of the characters that RFC 6749 §3.3 allows"]
    if field.name == "service_timezone":
        return _zone(value)
    return []


_CHECKS: dict[Kind, Callable[[SettingField, str], list[str]]] = {
    Kind.WORD: _word,
    Kind.DIGEST: _digest,
    Kind.FILE: _file,
    Kind.FILE_OR_URL: _file,
    Kind.TEXT: _text,
}


def _zone(value: str) -> list[str]:
    import zoneinfo

    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        known = zoneinfo.available_timezones()
        near = did_you_mean(value, known)
        hint = near if near.startswith("did") else "examples are UTC and Europe/Madrid"
        return [f"must be the IANA name of a time zone, not {_shown(value)}; {hint}"]
    return []


def _seconds(value: object) -> list[str]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return [f"must be a number of seconds, not {_shown(value)}"]
    if not math.isfinite(value) or not 0 < value <= LONGEST:
        return [f"must be more than 0 and at most {LONGEST:.0f} seconds, not {value!r}"]
    return []


def _count(value: object) -> list[str]:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST:
        return []
    return [f"must be a whole number from 1 to {MOST:,}, not {_shown(value)}"]


def _names(field: SettingField, value: object) -> list[str]:
    if not isinstance(value, list | tuple) or not all(isinstance(name, str) for name in value):
        return [f"must be a list of names, not {_shown(value)}"]
    if field.name == "resource":
        return list(itertools.chain.from_iterable(resource_faults(each) for each in value))
    if field.name == "token_parameters":
        return list(itertools.chain.from_iterable(parameter_faults(each) for each in value))
    try:
        read_requirements(value)
    except ConfigurationError as error:
        return [f"cannot be read: {str(error).partition(': ')[2]}"]
    return []


def _secret(value: object, *, lines: bool) -> list[str]:
    if isinstance(value, str):
        value = Secret(value)
    if isinstance(value, Misfit):
        return [f"must be text, not {value.kind}"]
    if not isinstance(value, Secret):
        return [f"must be text, not {type(value).__name__}"]
    if not value:
        return ["is empty: leave it out or give it a value"]
    text = value.reveal()
    if _is_unfit(re.sub(r"[\r\n]+", " ", text) if lines else text):
        return ["holds a control character (perhaps a line end) or one that cannot be sent"]
    return []


def _of_protocol(fields: Sequence[SettingField], values: Values, wrong: set[str]) -> Iterator[Problem]:
    """Yield what the chosen protocol misses, and what does not go together."""
    protocol = str(values.get("protocol"))
    for field in fields:
        if protocol in field.needed_by and values.get(field.name) is None and not _spared(field.name, values):
            yield Problem(field.name, f"is needed by {protocol}: {how_to_give(field)}")
    user = values.get("user")
    if protocol == "basic" and isinstance(user, str) and ":" in user and "user" not in wrong:
        yield Problem("user", "must not hold a ':' with basic (RFC 7617 §2): the service could not tell where it ends")
    if protocol == "json":
        yield from _of_tokens(fields, values)
    yield from _of_proxy(values)


def _spared(name: str, values: Values) -> bool:
    """Whether another setting makes a needed one unnecessary."""
    if name == "token_url":
        return values.get("issuer") is not None
    return name == "client_secret" and values.get("token_auth") in ("mtls", "private_key_jwt")


def _of_tokens(fields: Sequence[SettingField], values: Values) -> Iterator[Problem]:
    by_name = {field.name: field for field in fields}
    for auth, name in (("mtls", "client_cert"), ("private_key_jwt", "client_key")):
        if values.get("token_auth") == auth and values.get(name) is None:
            yield Problem(name, f'is needed by token_auth = "{auth}": {how_to_give(by_name[name])}')
    if values.get("token_auth") == "private_key_jwt" and missing("crypto"):
        yield Problem("token_auth", absence("crypto", '"private_key_jwt"'))
    client_id = values.get("client_id")
    if values.get("token_auth") == "basic-raw" and isinstance(client_id, str) and ":" in client_id:
        yield Problem("client_id", 'must not hold a \':\' with token_auth = "basic-raw": use "basic" or "body"')
    yield from _of_refresh(by_name["refresh_token"], values)
    if values.get("grant") == "password":
        if values.get("allow_legacy_grant") is not True:
            yield Problem("grant", 'must not be "password" unless allow_legacy_grant = true; use client_credentials')
        for name in ("user", "password"):
            if values.get(name) is None:
                yield Problem(name, f'is needed by grant = "password": {how_to_give(by_name[name])}')


def _of_refresh(field: SettingField, values: Values) -> Iterator[Problem]:
    given, wanted = values.get("refresh_token") is not None, values.get("grant") == "refresh_token"
    if wanted and not given:
        yield Problem("refresh_token", f'is needed by grant = "refresh_token": {how_to_give(field)}')
    if given and not wanted:
        yield Problem("refresh_token", 'has no use with this grant: set grant = "refresh_token", or leave it out')


def _of_proxy(values: Values) -> Iterator[Problem]:
    for name in ("proxy_user", "proxy_password"):
        if values.get(name) is not None and values.get("proxy") is None:
            yield Problem(name, "has no use without proxy: set proxy, or leave it out")
    if values.get("proxy_password") is not None and values.get("proxy_user") is None:
        yield Problem("proxy_user", "is needed by proxy_password: set it, or leave proxy_password out")
    user = values.get("proxy_user")
    if isinstance(user, str) and ":" in user:
        yield Problem("proxy_user", "must not hold a ':' (RFC 7617 §2): the proxy could not tell where it ends")


def _of_delivery(values: Values) -> Iterator[Problem]:
    settle, timeout = values.get("settle"), values.get("timeout")
    if (
        values.get("delivery") != "reconcile"
        or not isinstance(settle, float | int)
        or not isinstance(timeout, float | int)
    ):
        return
    if settle > timeout / 2:
        yield Problem("settle", f"must be at most half of timeout ({timeout:g} s) for the send to have its share of it")


def how_to_give(field: SettingField) -> str:
    """Return where a missing setting can be given."""
    variables = " or ".join(name for name in (field.variable, field.file_variable) if name)
    return f"set {variables}, {field.name} in a profile of your settings file, or {field.name}=… in connect()"


def _shown(value: object) -> str:
    """Return a value for a message, cut short; of anything that could hold a secret, only its type."""
    if isinstance(value, str | int | float):
        text = repr(value)
        return text if len(text) <= 60 else f"{text[:57]}…'"
    return type(value).__name__


def _is_unfit(text: str) -> bool:
    # What can be printed holds none of them, and needs no expression.
    return not text.isprintable() and _UNFIT.search(text) is not None
