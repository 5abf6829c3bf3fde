"""What is wrong with the value of a setting by itself, whatever the others are."""

from __future__ import annotations

import codecs
import itertools
import os
import re
from collections.abc import Callable, Iterable, Mapping

import msgspec

from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.patterns import late
from afilnet_protocols.security.endpoints import faults
from afilnet_protocols.security.requirements import read_requirements
from afilnet_protocols.security.secret import Secret
from afilnet_protocols.settings.fields import Kind, SettingField
from afilnet_protocols.settings.private_file import read_file, refuse_if_exposed
from afilnet_protocols.suggestion import cut, holds_a_password, nearest, quoted

MOST = 10_000
"""The largest number of things that a setting counts."""

LONGEST = 86_400.0
"""The longest duration, in seconds: a day."""

_SHOWN = 58
"""How much of a value is shown, in characters."""

_FILE_LIMIT = 16 * 1024 * 1024
_TOKEN_SCOPE = late(r"[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*")  # RFC 6749 §3.3
# Control characters are what RFC 7617 §2 refuses; the rest is what no protocol of ours can carry in XML or UTF-8.
_UNFIT = late("[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_PLACEHOLDER = late(r"\$\{[^{}]*\}|\$\([^()]*\)|\{\{.*\}\}|op://\S+")
"""What shells, Compose, Helm, Ansible and 1Password put a value in place of, where it has reached us as it is."""

_PLACEHOLDERS_BEGIN = ("$", "{{", "op://")

_INSIDE = "holds an address with a password in it, and is shown: leave the password out"

_NOTHING = "is empty, or blank: leave it out or give it a value"
_UNREPLACED = "is a placeholder, such as ${NAME}, and nothing here puts a value in its place"
_UNLIKE_ALL = frozenset({"exactly_once", "exactly-once"})
_ELSEWHERE = {
    "client_secret_basic": "basic",
    "client_secret_post": "body",
    "post": "body",
    "tls_client_auth": "mtls",
    "self_signed_tls_client_auth": "mtls",
}
"""What ``token_auth`` calls the methods that the registry of OAuth 2.0 names otherwise (RFC 7591 §2, RFC 8705 §2)."""
_NO_ZONES = frozenset({"localtime", "posixrules", "Factory"})
_PRIVATE_KEY = b"PRIVATE KEY-----"


class Misfit(msgspec.Struct, frozen=True):
    """What stands in the place of a secret that is no text, such as ``bytes``: it must not be shown either."""

    kind: str


def value_faults(field: SettingField, value: object) -> list[str]:
    """Return what is wrong with one value, each as what would be right; never a secret."""
    if field.kind is Kind.SECONDS:
        return _seconds(value)
    if field.kind is Kind.COUNT:
        return _count(value)
    if field.kind is Kind.FLAG:
        return [] if isinstance(value, bool) else [f"must be true or false, not {_shown(value)}"]
    if field.kind is Kind.NAMES:
        return _names(field, value)
    if field.secret:
        return _secret(value, lines=field.name == "client_key")
    if not isinstance(value, str):
        return [f"must be text, not {_shown(value)}"]
    if not value or value.isspace():
        return [_NOTHING]
    if is_unfit(value):
        return ["holds a control character or one that cannot be sent"]
    if _is_placeholder(value):
        return [_UNREPLACED]
    if field.kind is Kind.URL or (field.kind is Kind.FILE_OR_URL and "://" in value):
        return faults(field.name, value)
    if holds_a_password(value):
        return [_INSIDE]
    return _CHECKS[field.kind](field, value)


def _is_placeholder(value: str) -> bool:
    # By how it begins first, for hardly any value does so, and each start would compile the expression.
    return value.startswith(_PLACEHOLDERS_BEGIN) and _PLACEHOLDER.fullmatch(value) is not None


def _word(field: SettingField, value: str) -> list[str]:
    if value in field.values or field.open_ended:
        return []
    meant = _ELSEWHERE.get(value) if field.name == "token_auth" else None
    if meant is not None:
        return [f"calls {value} {meant!r}: it must be one of {', '.join(field.values)}"]
    # To whom exactly once matters, at least once is the opposite of what was meant.
    near = None if value in _UNLIKE_ALL else nearest(value, field.values)
    meant = "" if near is None else f"; did you mean {near!r}?"
    return [f"must be one of {', '.join(field.values)}, not {_shown(value)}{meant}"]


def _digest(_field: SettingField, value: str) -> list[str]:
    if re.fullmatch(r"[0-9A-Fa-f]{64}", value):
        return []
    return [f"must be a SHA-256 in hexadecimal: 64 digits, not {_shown(value)}"]


def _file(field: SettingField, value: str) -> list[str]:
    fault = ""
    try:
        opened = read_file(value, named_by="", limit=_FILE_LIMIT)
        if _PRIVATE_KEY in opened.content:
            refuse_if_exposed(value, opened, named_by="")
        if opened.content.startswith(codecs.BOM_UTF8) and b"-----BEGIN" in opened.content:
            # OpenSSL passes over the first thing behind it without a word.
            return ["begins with a byte order mark, which no file in PEM has: save it without"]
    except ConfigurationError as error:
        fault = str(error).removeprefix(": ")
    return [f"cannot be used: {fault}"] if fault else []


def _new_file(_field: SettingField, value: str) -> list[str]:
    if os.path.isdir(value) or not os.path.isdir(os.path.dirname(value) or os.curdir):
        return ["must be a file in a folder that exists"]
    return []


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
    Kind.NEW_FILE: _new_file,
    Kind.TEXT: _text,
}


def _zone(value: str) -> list[str]:
    import zoneinfo

    if _is_zone(value):
        return []
    meant = _zone_meant(value.removeprefix("posix/").removeprefix("right/"), zoneinfo.available_timezones())
    hint = f"did you mean {meant!r}?" if meant else "examples are UTC and Europe/Madrid"
    return [f"must be the IANA name of a time zone, not {_shown(value)}; {hint}"]


def _is_zone(value: str) -> bool:
    import zoneinfo

    if _lies_beside(value):
        return False
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _lies_beside(value: str) -> bool:
    """Whether a file lies beside those of the zones and is none: another on each machine, or with leap seconds."""
    return value in _NO_ZONES or value.startswith(("posix/", "right/"))


def _zone_meant(value: str, known: Iterable[str]) -> str | None:
    """Return the name of a time zone that a text is a slip of; ``None`` where another time could be meant.

    Only names of places are: BST and MST are a letter apart and seven hours, GMT+2 and Etc/GMT+2 four hours.
    """
    import difflib  # only a mistake needs it

    names = [name for name in known if not name.startswith("Etc/") and name not in _NO_ZONES]
    area, _, place = value.rpartition("/")
    letters, of_area = _letters(value), _letters(area)  # once: a text may be as long as somebody likes
    whole = [name for name in names if _letters(name) == letters]
    found = whole or [name for name in names if "/" in name and _letters(name.rpartition("/")[2]) == letters]
    if not found and area:
        there = {
            _letters(name.rpartition("/")[2]): name for name in names if _letters(name.rpartition("/")[0]) == of_area
        }
        found = [there[each] for each in difflib.get_close_matches(_letters(place[:_SHOWN]), there, n=1, cutoff=0.75)]
    return found[0] if len(found) == 1 else None


def _letters(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())


def _seconds(value: object) -> list[str]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return [f"must be a number of seconds, not {_shown(value)}"]
    if not 0 < value <= LONGEST:
        return [f"must be more than 0 and at most {LONGEST:.0f} seconds, not {_shown(value)}"]
    return []


def _count(value: object) -> list[str]:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST:
        return []
    return [f"must be a whole number from 1 to {MOST:,}, not {_shown(value)}"]


def _names(field: SettingField, value: object) -> list[str]:
    if not isinstance(value, list | tuple) or not all(isinstance(name, str) for name in value):
        return [f"must be a list of names, {_unlike_names(value)}"]
    if "" in value:
        return ["holds an empty name: perhaps a comma too many"]
    if not value:
        return []
    if any(map(holds_a_password, value)):
        return [_INSIDE]
    if field.name in ("resource", "token_parameters"):
        from afilnet_protocols.settings.parameters import parameter_faults, resource_faults

        faults_of = resource_faults if field.name == "resource" else parameter_faults
        return list(itertools.chain.from_iterable(map(faults_of, value)))
    try:
        read_requirements(value)
    except ConfigurationError as error:
        return [f"cannot be read: {str(error).partition(': ')[2]}"]
    return []


def _unlike_names(value: object) -> str:
    other = next((each for each in value if not isinstance(each, str)), "") if isinstance(value, list | tuple) else ""
    return f"not with {_shown(other)} in it" if other != "" else f"not {_shown(value)}"


def _secret(value: object, *, lines: bool) -> list[str]:
    if isinstance(value, str):
        value = Secret(value)
    if isinstance(value, Misfit):
        key = ": the key itself, such as path.read_text()" if lines else ""
        return [f"must be text, not {value.kind}{key}"]
    if not isinstance(value, Secret):
        return [f"must be text, not {type(value).__name__}"]
    text = value.reveal()
    if not text or text.isspace():
        return [_NOTHING]
    if is_unfit(re.sub(r"[\r\n]+", " ", text) if lines else text):
        return ["holds a control character (perhaps a line end) or one that cannot be sent"]
    if _is_placeholder(text):
        return [f'{_UNREPLACED}: a profile takes {{ env = "NAME" }} and {{ command = […] }}']
    return []


def _shown(value: object) -> str:
    """Return a value for a message, cut short; of anything that could hold a secret, only its type."""
    if isinstance(value, str):
        return quoted(value, _SHOWN)
    if isinstance(value, int | float):
        try:
            return cut(repr(value), _SHOWN)
        except ValueError:  # a number too long to be written
            return "so long a number"
    # Tables of a settings file come in a type of our own.
    return "a table" if isinstance(value, Mapping) else type(value).__name__


def is_unfit(text: str) -> bool:
    """Whether a text holds a control character, or one that cannot be sent."""
    # What can be printed holds none of them, and needs no expression.
    return not text.isprintable() and _UNFIT.search(text) is not None
