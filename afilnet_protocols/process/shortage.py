"""What a process lacks for a while: open files, memory, or at its end what it has not loaded until then.

Modules and encodings are loaded where they are first needed, so the lack shows in any line, as Python says it there.
"""

from __future__ import annotations

import errno

from afilnet_protocols.errors import AfilnetError, ConfigurationError, NotSentError, OutcomeUnknownError
from afilnet_protocols.retold import Retold, in_words

LACKING = (OSError, ImportError, LookupError)
"""What Python raises where it cannot load something; :func:`shortage` says of which of them that is so."""

_NUMBERS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS})


def shortage(error: BaseException) -> str:
    """Say in words of ours what this process lacks, if an exception says that it lacks something; else nothing.

    Args:
        error: whatever was raised. What a signal handler raises is none of these.
    """
    if isinstance(error, OSError):
        return in_words(error).lower() if error.errno in _NUMBERS else ""
    if isinstance(error, ImportError):
        return f"{error.name or 'a module'} cannot be loaded"
    if type(error) is LookupError:
        return "an encoding cannot be loaded"
    return ""


LACKS = "this process lacks what is needed here"
"""What is said where something cannot be made, before what it is that lacks, in brackets."""


def for_want(error: BaseException, *, left: bool) -> AfilnetError | None:
    """Return how a call ends that this process could not carry out; ``None`` if that was not the reason."""
    lack = shortage(error)
    if not lack:
        return None
    if left:
        return OutcomeUnknownError(f"the answer could not be waited for or read: this process lacks something ({lack})")
    return NotSentError(f"not sent: this process lacks what the call needs ({lack})", local=True)


def _not_made(error: Exception) -> BaseException:
    lack = shortage(error)
    return ConfigurationError(f"{LACKS} ({lack})") if lack else error


MADE_OR_TOLD = Retold(LACKING, _not_made)
"""A ``with`` around what makes a client or opens a place: for want of something, that is a `ConfigurationError`."""
