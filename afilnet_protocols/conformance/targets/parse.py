"""From words to targets: a protocol of the sandbox, a profile, a factory in a module, a program in any language.

* ``sandbox`` is all five built-in backends, ``sandbox:soap`` one of them, or an installed one, by its name;
* ``entry:package.module:factory`` calls a factory with settings; it may have ``capabilities``, a list of names. It is
  looked for among what is installed, then in the current folder;
* ``proc:COMMAND`` starts a program that speaks the protocol of :mod:`.process`;
* any other word is a profile in ``afilnet.toml``, that is, a live service.
"""

from __future__ import annotations

import contextlib
import importlib
import shlex
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from afilnet_protocols.conformance.results.finding import ends_the_run
from afilnet_protocols.conformance.results.outcome import CaseResult, Outcome
from afilnet_protocols.conformance.targets.capabilities import declared, of_protocol
from afilnet_protocols.conformance.targets.live import Budget
from afilnet_protocols.conformance.targets.live_world import LiveWorld
from afilnet_protocols.conformance.targets.pipe import AdapterError
from afilnet_protocols.conformance.targets.process import ProcessBackend
from afilnet_protocols.conformance.targets.stage import Candidate, Stage
from afilnet_protocols.conformance.targets.target import Target
from afilnet_protocols.conformance.targets.terms import Terms
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.operations import ChatOperations
from afilnet_protocols.registry import connect, find, resolve_settings
from afilnet_protocols.retold import Retold
from afilnet_protocols.security.policy import check_settings
from afilnet_protocols.settings import Settings
from afilnet_protocols.settings.private_file import working_folder
from afilnet_protocols.suggestion import LONGEST_PATH, named, quoted
from afilnet_protocols.vocabulary import Protocol

KINDS = ("sandbox", "entry", "proc", "profile")

Make = Callable[[Settings], ChatOperations]


@contextlib.contextmanager
def opened(
    words: Sequence[str],
    *,
    plain: bool = False,
    stage: Stage | None = None,
    budget: Budget | None = None,
    terms: Terms | None = None,
) -> Iterator[list[Target]]:
    """Give the targets that words name; a sandbox runs for those that need one.

    Args:
        words: what was written, at least one.
        plain: whether clients of the sandbox speak plain HTTP on loopback instead of TLS, to save time.
        stage: a running stage to use instead of one of their own.
        budget: what may be asked of live services; nothing may be sent by default.
        terms: on which terms they are asked.

    Raises:
        ConfigurationError: a word names nothing, or two name the same.
    """
    with contextlib.ExitStack() as stack:
        parts = [_read(word, plain) for word in _spread(words)]
        if stage is None and any(isinstance(part, Candidate) for part in parts):
            stage = stack.enter_context(Stage())
        staged = stage.target if stage is not None else _unstaged
        terms, budget = terms or Terms(), budget or Budget(read_only=True)
        found = [
            stack.enter_context(_live(part, budget, terms)) if isinstance(part, _Profile) else staged(part)
            for part in parts
        ]
        _refuse_twice([target.name for target in found])
        yield found


def is_live(word: str) -> bool:
    """Whether a word names a live service: a profile, and no sandbox, factory or program."""
    kind, colon, _ = word.partition(":")
    return kind == "profile" if colon else word != "sandbox"


def check_targets(words: Sequence[str]) -> None:
    """Refuse what names no target, or a live service whose settings cannot work; nothing is opened, started or asked.

    Raises:
        ConfigurationError: a word names nothing, two are the same, or the settings of a profile cannot work.
    """
    names = [_checked_name(word) for word in _spread(words)]
    _refuse_twice(names)


def _checked_name(word: str) -> str:
    """Return the name of a target; of a program, which only tells it when it is started, what starts it."""
    kind, _, rest = word.partition(":")
    if kind == "proc" and rest.strip():
        program = _words_of(rest)[0]
        if shutil.which(program) is None:
            raise ConfigurationError(
                f"{named(word, LONGEST_PATH)}: there is no program {quoted(program, LONGEST_PATH)}"
            )
        return word
    part = _read(word, plain=False)
    if isinstance(part, _Profile) and part.settings.protocol in _SILENT:
        connect(part.settings).close()
    return part.name


def _refuse_twice(names: Sequence[str]) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ConfigurationError(f"the target {twice!r} is named twice")


_SILENT = tuple(protocol for protocol in Protocol if protocol is not Protocol.SOAP)
"""The protocols whose clients open nothing before their first call: another one may fetch its description."""


def _unstaged(candidate: Candidate) -> Target:
    raise RuntimeError(f"no stage was set for {candidate.name}")


def _spread(words: Iterable[str]) -> Iterator[str]:
    for word in words:
        if word in ("sandbox", "sandbox:"):
            yield from (f"sandbox:{protocol}" for protocol in Protocol)
        else:
            yield word


def _read(word: str, plain: bool) -> Candidate | _Profile:
    kind, colon, rest = word.partition(":")
    if colon and kind in KINDS and not rest.strip():
        raise ConfigurationError(f"the target {quoted(word, LONGEST_PATH)} names nothing after the colon")
    match kind if colon else "":
        case "sandbox":
            find(rest)
            return Candidate(rest, rest, plain=plain, capabilities=_declared_by(rest))
        case "entry":
            factory = _factory(rest)
            names = _told_by(rest, factory)
            return Candidate(rest, Protocol.HTTP_POST, make=factory, plain=plain, capabilities=names)
        case "proc":
            return _program(rest, plain)
        case "profile":
            return _profile(rest)
        case "":
            return _profile(word)
        case _:
            raise ConfigurationError(
                f"the target {quoted(word, LONGEST_PATH)} begins with no known kind: "
                "sandbox:PROTOCOL, entry:MODULE:FACTORY, proc:COMMAND, or the name of a profile"
            )


def _declared_by(protocol: str) -> frozenset[str] | None:
    """Return what an installed backend declares; ``None`` for a built-in one or one that declares nothing."""
    if protocol in tuple(Protocol):
        return None
    return _told_by(protocol, find(protocol))


def _told_by(name: str, maker: object) -> frozenset[str] | None:
    """Return what a maker of clients declares; to read that may run anybody's code."""
    problem = ""
    try:
        return _checked(name, getattr(maker, "capabilities", None))
    except ConfigurationError:
        raise
    except BaseException as error:
        if ends_the_run(error):
            raise
        problem = f"{type(error).__name__}: {error}"
    raise ConfigurationError(f"the capabilities of {name!r} cannot be read ({problem})")


def _checked(name: str, names: object) -> frozenset[str] | None:
    if names is None:
        return None
    problem = f"the capabilities of {name!r} are no collection of names"
    if isinstance(names, Iterable) and not isinstance(names, str):
        try:
            return declared(str(each) for each in names)
        except ValueError as error:
            problem = f"{name!r}: {error}"
    raise ConfigurationError(problem)


def _factory(place: str) -> Make:
    module, colon, name = place.partition(":")
    if not colon or not name:
        raise ConfigurationError(f"write entry:package.module:factory, not entry:{place}")
    problem = ""
    found: object = None
    with _current_folder_last():
        try:
            found = importlib.import_module(module)
            for part in name.split("."):
                found = getattr(found, part)
        except BaseException as error:
            if ends_the_run(error):
                raise
            problem = f"{type(error).__name__}: {error}"
    if problem:
        raise ConfigurationError(f"entry:{place} cannot be imported ({problem})")
    if not callable(found):
        raise ConfigurationError(f"entry:{place} is nothing that makes a client from settings")
    return found


@contextlib.contextmanager
def _current_folder_last() -> Iterator[None]:
    """Let modules be found in the current folder too, where no installed one has their name."""
    here = working_folder()
    sys.path.append(here)
    try:
        yield
    finally:
        sys.path.remove(here)


def _words_of(command: str) -> list[str]:
    with Retold(ValueError, lambda error: ConfigurationError(f"proc:{command}: {error}")):
        return shlex.split(command)


def _program(command: str, plain: bool) -> Candidate:
    words = _words_of(command)
    # What it declares is part of its hello; it is told settings that lead nowhere, and closed before any call.
    problem = ""
    try:
        with ProcessBackend(words, Settings(user="nobody", password="nothing")) as introduced:  # noqa: S106 - neither is
            name, names = introduced.name, introduced.capabilities
    except AdapterError as error:
        problem = str(error)
    if problem:
        raise ConfigurationError(f"proc:{command}: {problem}")
    return Candidate(
        name,
        Protocol.HTTP_POST,
        make=lambda settings: ProcessBackend(words, settings),
        plain=plain,
        capabilities=_checked(name, names),
    )


@dataclass(frozen=True)
class _Profile:
    """A live service. Its settings are read at once, so that a profile that cannot work ends the run early."""

    name: str
    settings: Settings


def _profile(name: str) -> _Profile:
    """Read a profile. Its clients speak to a relay, which allows everything: what it forbids itself is found here."""
    settings = resolve_settings(name)
    if settings.protocol in tuple(Protocol):  # another backend is made by connect(), which knows what it declares
        check_settings(settings)
    return _Profile(name, settings)


@contextlib.contextmanager
def _live(profile: _Profile, budget: Budget, terms: Terms) -> Iterator[Target]:
    """Give a live service; one over a built-in protocol has a relay in front of it."""
    settings = profile.settings
    capabilities = of_protocol(str(settings.protocol), http_verb=settings.http_verb)
    if settings.protocol not in tuple(Protocol):
        yield Target(profile.name, lambda: connect(settings), capabilities, None)
        return
    with LiveWorld(profile.name, settings, budget, terms) as world:
        yield Target(profile.name, world.client, capabilities, world)


_LOST = f"{AdapterError.__module__}.{AdapterError.__qualname__}, which is not one of our errors: "


def settle(result: CaseResult) -> None:
    """Give a failure that is an adapter's own, such as its end, the outcome it deserves: the case was not begun."""
    _, lost, said = str(result.actual).partition(_LOST)
    if result.outcome is Outcome.FAIL and lost:
        words = result.actual["raised"] if isinstance(result.actual, dict) else said
        words = str(words).partition(_LOST)[2] or said
        result.outcome = Outcome.SETUP_FAILED
        result.reason = f"{words} (during {result.operation or 'the case'})\n{result.reason}"
