"""The dialects that come with the package, by name, and how one is found: by name, or in a file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from afilnet_protocols.dialects.dialect import Dialect
from afilnet_protocols.dialects.file import LARGEST, loads
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.suggestion import LONGEST_PATH, did_you_mean, quoted

NAMED: Mapping[str, Dialect] = MappingProxyType(
    {
        "samples": Dialect(title="what the vendor's samples and libraries show"),
        "tidy": Dialect(
            title="a careful service of today: statuses of HTTP, types of JSON, the newest first",
            json_content_type="application/json",
            json_error_http=422,
            lists_messages="newest_first",
            lists_chats="newest_first",
            lists_unknown_chat="error",
            records_ids="number",
            records_sent="sent",
            records_times="utc",
            http_slashless="redirect",
            basic_refusal="realm",
            unread_reading="marks",
        ),
        "bare-php": Dialect(
            title="PHP as it comes: json_encode, text/html, rows of a database",
            json_content_type="text/html; charset=UTF-8",
            json_escapes="php",
            lists_empty="result_array",
            records_flags="digits",
            sends_result="array",
            http_get_limit="served",
            basic_refusal="envelope",
            soap_style="php",
        ),
        "gaps": Dialect(
            title="PHP that filters its arrays: lists with gaps, lone items, nulls",
            json_content_type="text/html",
            json_escapes="unicode",
            json_error_beside="null",
            json_extra="envelope",
            lists_empty="null",
            lists_form="gaps",
            records_ids="number",
            records_destination="number",
            records_flags="number",
            records_status="null",
            records_names="null",
            sends_result="null",
            soap_style="php-encoded",
        ),
        "nusoap": Dialect(
            title="PHP with NuSOAP: labels that do not fit, blank lines, lower case",
            json_status="lower",
            json_prefix="blank_lines",
            json_content_type="text/html; charset=ISO-8859-1",
            json_escapes="slashes",
            lists_empty="text",
            lists_unknown_chat="list",
            records_flags="words",
            sends_result="true",
            basic_refusal="page",
            soap_style="nusoap",
        ),
        "strict": Dialect(
            title="a service that takes nothing on trust",
            json_error_http=400,
            lists_empty_channel="error",
            checks_order="in_turn",
            checks_parameters="after_channel",
            http_post_query=False,
            http_multipart=False,
            basic_get=False,
            unread_reading="marks",
            soap_version="1.2",
        ),
    }
)
"""The built-in dialects."""


def find(like: str | os.PathLike[str] | Dialect) -> Dialect:
    """Return a dialect.

    Args:
        like: a dialect, the name of a built-in one, or the path of a ``dialect.toml``.

    Raises:
        ConfigurationError: there is no such name and no such file, or the file holds no dialect.
    """
    if isinstance(like, Dialect):
        return like
    if isinstance(like, str) and like in NAMED:
        return NAMED[like]
    if not isinstance(like, str | os.PathLike):
        raise ConfigurationError(f"a dialect is a Dialect, a name or a path, not {type(like).__name__}")
    path = Path(like)
    problem = ""
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
        if len(raw) <= LARGEST:
            return loads(raw.decode("utf-8-sig"), place=path.name)
        problem = f"it is larger than {LARGEST} bytes"
    except FileNotFoundError:
        problem = f"there is no such file, and no built-in dialect of that name; {did_you_mean(str(like), NAMED)}"
    except UnicodeDecodeError:
        problem = "it is not UTF-8"
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or "it cannot be opened"
    raise ConfigurationError(f"dialect {quoted(like, LONGEST_PATH)}: {problem}")
