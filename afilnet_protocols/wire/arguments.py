"""From the arguments of a Python call to the arguments on the wire: every check that needs no service."""

from __future__ import annotations

from collections.abc import Mapping

from afilnet_protocols.catalogue import Kind, Operation, Parameter
from afilnet_protocols.errors import InvalidRequestError
from afilnet_protocols.security.safe_repr import KeysOnly
from afilnet_protocols.suggestion import misspelt, nearest, quoted
from afilnet_protocols.vocabulary import ListedPlatform, plain_text
from afilnet_protocols.wire.text import check_identifier, check_text


def to_wire(operation: Operation[object], arguments: Mapping[str, object]) -> dict[str, str]:
    """Check the arguments of a call and give them their wire names, in the catalogue's order.

    Absent optional arguments (``None`` or empty) are left out, so that every protocol sends the same call.

    Raises:
        InvalidRequestError: an argument is missing, of the wrong type, or none of the allowed values; of platforms,
            only what is almost one of them is refused, for the service may know others.
        UnsupportedTextError: a text holds a character that XML 1.0 cannot carry, or an identifier a control character.
        InvalidFileUrlError: a file address is not a public ``https`` address.
    """
    try:
        return _written(operation, arguments)
    except InvalidRequestError as error:
        # The frames below hold the arguments in plain text; a traceback with local variables shall not print them.
        fault = error.with_traceback(None)
    try:
        raise fault
    finally:
        del fault  # or its own frame keeps it


def _written(operation: Operation[object], arguments: Mapping[str, object]) -> dict[str, str]:
    wire: dict[str, str] = KeysOnly()
    for parameter in operation.parameters:
        value = arguments.get(parameter.name)
        if value is not None and value != "":
            wire[parameter.wire] = _checked(parameter, value)
        elif parameter.compulsory:
            raise InvalidRequestError(_lacking(operation, arguments))
    return wire


def _lacking(operation: Operation[object], arguments: Mapping[str, object]) -> str:
    """Name all that is missing, so that nobody has to try again for each."""
    from afilnet_protocols.plural import all_of  # only a mistake needs it

    given = [name for name, value in arguments.items() if not (value is None or value == "")]
    names = [each.name for each in operation.parameters if each.compulsory and each.name not in given]
    return f"{all_of(names)} {'is' if len(names) == 1 else 'are'} compulsory and must not be empty"


def _checked(parameter: Parameter, value: object) -> str:
    kind = parameter.kind
    if not isinstance(value, str):
        raise InvalidRequestError(f"{parameter.name} must be a string, not {type(value).__name__}{_instead(kind)}")
    text = plain_text(value)
    if kind is Kind.ID:
        return check_identifier(parameter.name, text)
    allowed = parameter.values
    if allowed and text not in allowed and not _may_exist(parameter, value):
        raise InvalidRequestError(_not_allowed(parameter, text))
    check_text(parameter.name, text)
    if kind is Kind.URL:
        from afilnet_protocols.security.file_url import check_file_url  # its patterns cost more than most calls

        check_file_url(text, parameter.name)
    return text


def _instead(kind: Kind) -> str:
    if kind is not Kind.URL:
        return ""
    from afilnet_protocols.security.file_url import FETCHED  # as above

    return f": {FETCHED}"


def _may_exist(parameter: Parameter, value: str) -> bool:
    """Whether a value that is not known may be one that the service knows: a platform that is no misspelt one."""
    if parameter.kind is not Kind.PLATFORM:
        return False
    return isinstance(value, ListedPlatform) or misspelt(value[:40], parameter.values) is None


def _not_allowed(parameter: Parameter, text: str) -> str:
    near = nearest(text[:40], parameter.values)
    hint = f"; did you mean {near!r}?" if near else ""
    return f"{parameter.name} must be one of {', '.join(parameter.values)}, not {quoted(text)}{hint}"
