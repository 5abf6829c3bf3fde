"""Whether settings can work at all: every check that needs no network. The security policy comes after these.

All that is wrong is reported at once, by the names of the settings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.settings.fields import SettingField
from afilnet_protocols.settings.value_faults import value_faults

Values = Mapping[str, object]


class Problem(msgspec.Struct, frozen=True):
    """Why settings cannot work.

    Attributes:
        setting: the setting to change.
        text: what is wrong and what would be right; never a secret.
        cause: the other setting whose value makes it wrong that this one is absent; empty if there is none.
    """

    setting: str
    text: str
    cause: str = ""


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
        for text in value_faults(field, value):
            wrong.add(field.name)
            yield Problem(field.name, text)
    yield from _of_protocol(fields, values, wrong)
    if not wrong & {"delivery", "settle", "timeout"}:
        yield from _of_delivery(values)


def _of_protocol(fields: Sequence[SettingField], values: Values, wrong: set[str]) -> Iterator[Problem]:
    """Yield what the chosen protocol misses, and what does not go together."""
    protocol = str(values.get("protocol"))
    for field in fields:
        if protocol in field.needed_by and values.get(field.name) is None and not _spared(field.name, values):
            or_else = _INSTEAD.get(field.name, "")
            yield Problem(field.name, f"is needed by {protocol}: {how_to_give(field)}{or_else}", "protocol")
    user = values.get("user")
    if protocol == "basic" and isinstance(user, str) and ":" in user and "user" not in wrong:
        yield Problem("user", "must not hold a ':' with basic (RFC 7617 §2): the service could not tell where it ends")
    if protocol == "json":
        yield from _of_tokens(fields, values)
    yield from _of_proxy(values)


_INSTEAD = {"token_url": "; or issuer in the same way, if the authorization server says where that is (RFC 8414)"}
"""What spares a needed setting, as far as a beginner may know the one and not the other."""


def _spared(name: str, values: Values) -> bool:
    """Whether another setting makes a needed one unnecessary."""
    if name == "token_url":
        return values.get("issuer") is not None
    return name == "client_secret" and values.get("token_auth") in ("mtls", "private_key_jwt")


def _of_tokens(fields: Sequence[SettingField], values: Values) -> Iterator[Problem]:
    by_name = {field.name: field for field in fields}
    for auth, name in (("mtls", "client_cert"), ("private_key_jwt", "client_key")):
        if values.get("token_auth") == auth and values.get(name) is None:
            yield Problem(name, f'is needed by token_auth = "{auth}": {how_to_give(by_name[name])}', "token_auth")
    if values.get("token_auth") == "private_key_jwt":
        from afilnet_protocols.extras import absence, missing

        if missing("crypto"):
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
                yield Problem(name, f'is needed by grant = "password": {how_to_give(by_name[name])}', "grant")


def _of_refresh(field: SettingField, values: Values) -> Iterator[Problem]:
    given, wanted = values.get("refresh_token") is not None, values.get("grant") == "refresh_token"
    if wanted and not given:
        yield Problem("refresh_token", f'is needed by grant = "refresh_token": {how_to_give(field)}', "grant")
    if given and not wanted:
        yield Problem("refresh_token", 'has no use with this grant: set grant = "refresh_token", or leave it out')


def _of_proxy(values: Values) -> Iterator[Problem]:
    for name in ("proxy_user", "proxy_password"):
        if values.get(name) is not None and values.get("proxy") is None:
            yield Problem(name, "has no use without proxy: set proxy, or leave it out")
    if values.get("proxy_password") is not None and values.get("proxy_user") is None:
        yield Problem(
            "proxy_user", "is needed by proxy_password: set it, or leave proxy_password out", "proxy_password"
        )
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
