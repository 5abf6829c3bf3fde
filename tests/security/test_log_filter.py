"""What is hooked into other libraries' loggers masks all that is logged, never raises, goes with the last client."""

from __future__ import annotations

import copy
import gc
import io
import logging
import logging.handlers
import pickle
import queue
import subprocess
import sys
import traceback

import pytest

from afilnet_protocols import AfilnetError, connect
from afilnet_protocols.security.log_cover import LOGGERS, log_cover
from afilnet_protocols.security.log_filter import RedactingFilter
from afilnet_protocols.security.secret import MASK, Secret
from tests.tables import table

HIDDEN = "k9fZ-hidden-secret"
OURS = {"user": "u", "password": HIDDEN, "base_url": "https://localhost:1"}


@pytest.fixture
def secret():
    return Secret(HIDDEN)


class Broken:
    """Cannot be shown."""

    def __init__(self, error: type[BaseException] = AttributeError) -> None:
        self.error = error

    def __repr__(self) -> str:
        raise self.error(HIDDEN)

    __str__ = __repr__


class Telling:
    """Shows a secret in its repr only."""

    def __repr__(self) -> str:
        return f"<{HIDDEN}>"

    def __str__(self) -> str:
        return "nothing"


class Odd(logging.LogRecord):
    """A record of somebody else's making, whose message is not to be had."""

    def getMessage(self) -> str:
        raise LookupError(HIDDEN)


class Fixed(logging.LogRecord):
    """A record that does not let itself be changed."""

    def __setattr__(self, name: str, value: object) -> None:
        if "finished" in vars(self):
            raise TypeError("this record is what it is")
        object.__setattr__(self, name, value)


def record(msg: object = "x", args: object = None, kind: type[logging.LogRecord] = logging.LogRecord, **more: object):
    made = kind("urllib3", logging.DEBUG, "x", 1, msg, None, None)
    for name, value in {"args": args, **more}.items():
        vars(made)[name] = value
    return made


def failure(error: BaseException):
    try:
        raise error
    except type(error):
        return sys.exc_info()


RECORDS = {
    "arguments of a wrong number": record("%s and %s", (HIDDEN,)),
    "too many arguments": record("none", (HIDDEN,)),
    "a mapping": record("%(body)s", {"body": HIDDEN}),
    "a mapping without the key": record("%(other)s", {"body": HIDDEN}),
    "a wrong format": record("%d", (HIDDEN,)),
    "an argument that tells in its repr": record("%s", (Telling(),)),
    "an argument that cannot be shown": record("%s %s", (Broken(), HIDDEN)),
    "one that cannot be shown among others": record("%s", ({"a": [Broken(), HIDDEN]},)),
    "one that recurses": record("%s %s", (Broken(RecursionError), HIDDEN)),
    "no text": record({"password": HIDDEN}),
    "bytes": record(HIDDEN.encode()),
    "half an emoji": record(f"\ud83d {HIDDEN}"),
    "an extra field": record(extra=HIDDEN),
    "an extra field that cannot be shown": record(extra=Broken(), other=[HIDDEN]),
    "an exception": record(exc_info=failure(ValueError(HIDDEN))),
    "an exception that cannot be shown": record(HIDDEN, exc_info=failure(ValueError(Broken()))),
    "an exception already formatted": record(exc_text=f"ValueError: {HIDDEN}"),
    "no exception": record(HIDDEN, exc_info=(None, None, None)),
    "a flag in place of an exception": record(HIDDEN, exc_info=True),
    "a stack": record(stack_info=f"Stack (most recent call last): {HIDDEN}"),
    "an odd class": record(f"x {HIDDEN}", (1,), Odd),
}


def written(made: logging.LogRecord) -> str:
    """Return what formatters of several kinds may write of a record."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(message)s"))
    sink, errors = sys.stderr, io.StringIO()
    sys.stderr = errors
    try:
        handler.handle(made)
    finally:
        sys.stderr = sink
    return stream.getvalue() + repr({name: value for name, value in vars(made).items() if name != "exc_info"})


@table("name", RECORDS)
def test_whatever_is_logged_is_masked_and_nothing_is_raised(name, secret):
    made = copy.copy(RECORDS[name])
    assert RedactingFilter().filter(made)
    try:
        text = written(made)
    except Exception as error:
        text = type(error).__name__
    assert HIDDEN not in text


def test_a_record_that_holds_a_secret_and_cannot_be_changed_goes_no_further(secret):
    assert not RedactingFilter().filter(record(HIDDEN, kind=Fixed, finished=True))
    assert RedactingFilter().filter(record("nothing", kind=Fixed, finished=True))


def test_a_record_without_a_secret_stays_as_it_is(secret):
    for made in (record("%s", (Broken(),)), record("%d", ("x",)), record(extra=Broken()), record("x", kind=Odd)):
        before = dict(vars(made))
        assert RedactingFilter().filter(made)
        assert vars(made) == before


def test_a_record_that_goes_through_a_queue_or_a_pickle_is_masked(secret):
    logger, waiting = logging.getLogger("urllib3.connectionpool"), queue.Queue()
    handler, level = logging.handlers.QueueHandler(waiting), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        with log_cover.held():
            logger.debug("%s", HIDDEN)
            sent = logging.makeLogRecord(pickle.loads(pickle.dumps(vars(record("to %s", (HIDDEN,))))))
            logger.handle(sent)
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
    assert [waiting.get_nowait().getMessage() for _ in range(2)] == [MASK, f"to {MASK}"]


# When it is there


def covered() -> list[str]:
    names = [*LOGGERS, *logging.root.manager.loggerDict]
    return [
        name
        for name in names
        if not name.startswith("afilnet_protocols")
        and any(isinstance(each, RedactingFilter) for each in logging.getLogger(name).filters)
    ]


def test_importing_hooks_nothing_and_the_last_client_takes_it_all_away():
    gc.collect()
    assert not covered()
    first = connect(protocol="http-post", **OURS)
    with connect(protocol="basic", **OURS):
        assert set(LOGGERS) <= set(covered())
    assert set(LOGGERS) <= set(covered())
    first.close()
    first.close()
    assert not covered()


def test_a_client_that_is_forgotten_takes_it_away_too():
    gc.collect()
    chat = connect(protocol="http-post", **OURS)
    assert covered()
    del chat
    gc.collect()
    assert not covered()


def test_a_client_that_cannot_be_made_leaves_nothing():
    gc.collect()
    with pytest.raises(AfilnetError):
        connect(protocol="soap", soap_wsdl="/there/is/none", **OURS)
    gc.collect()
    assert not covered()


def test_a_logger_that_comes_later_is_covered_by_the_next_client():
    name = "urllib3.made_later"
    with connect(protocol="http-post", **OURS):
        logging.getLogger(name)
        with connect(protocol="http-post", **OURS):
            assert name in covered()
    assert name not in covered()


def test_loggers_of_nobody_below_us_are_left_alone():
    others = ["http", "http.server", "requestsx", "urllib3x.pool", "zeepling", "my.application"]
    for name in others:
        logging.getLogger(name)
    with connect(protocol="http-post", **OURS):
        assert not set(others) & set(covered())


def test_nothing_is_hooked_in_a_process_that_only_imports():
    code = (
        "import logging, afilnet_protocols\n"
        "print([name for name, each in logging.root.manager.loggerDict.items() if getattr(each, 'filters', None)])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


# In a process that has not loaded logging


CLIENT = f"""
import sys
from afilnet_protocols import connect
from afilnet_protocols.security import log_cover
chat = connect(protocol="http-post", **{OURS})
assert "logging" not in sys.modules
"""
LOGGED = f"""
import logging
logging.basicConfig(level=logging.DEBUG, format="%(message)s", stream=sys.stdout)
logging.getLogger("urllib3.connectionpool").debug("to %s", {HIDDEN!r})
"""


def printed(source: str) -> str:
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.rstrip()


def test_whoever_loads_logging_while_a_client_is_open_finds_the_loggers_covered():
    assert printed(CLIENT + LOGGED) == f"to {MASK}"


def test_a_cover_that_waits_for_the_next_client_is_noticed():
    """Sabotage: nobody tells the cover that logging has been loaded."""
    deaf = "from afilnet_protocols.security.log_cover import _Awaiting as waiting\nwaiting.begin = lambda self: None\n"
    assert HIDDEN in printed(deaf + CLIENT + LOGGED)


@pytest.mark.parametrize("ended", ["chat.close()", "del chat", "import logging"])
def test_nobody_waits_for_logging_that_is_there_or_of_which_no_client_needs_to_know(ended):
    source = f"""{CLIENT}
import gc
{ended}
gc.collect()
print([each for each in sys.meta_path if "afilnet" in type(each).__module__])
import logging
print("afilnet" in type(logging.__loader__).__module__)
"""
    assert printed(source) == "[]\nFalse"


def test_threads_that_load_logging_and_make_clients_at_once_all_find_it_covered():
    source = f"""{CLIENT}
import threading
made = []
def make():
    made.append(connect(protocol="http-post", **{OURS}))
def load():
    import logging
threads = [threading.Thread(target=each) for each in (make, load, make, load)]
for each in threads: each.start()
for each in threads: each.join(timeout=60)
print(len(made)){LOGGED}"""
    assert printed(source) == f"2\nto {MASK}"


# Errors


DESCRIPTIONS = {
    "no XML": f"hello {HIDDEN}",
    "HTML": f"<html>{HIDDEN}</html>",
    "cut": f'<definitions name="{HIDDEN}"',
    "no port": f'<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" name="{HIDDEN}"/>',
    "another document": (
        '<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:x="http://www.w3.org/2001/XMLSchema"><types>'
        f'<x:schema><x:import schemaLocation="{HIDDEN}.xsd"/></x:schema></types></definitions>'
    ),
}


@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_a_description_that_repeats_a_secret_shows_it_in_no_traceback(name, tmp_path):
    path = tmp_path / "description.wsdl"
    path.write_text(DESCRIPTIONS[name])
    with pytest.raises(AfilnetError) as caught:
        connect(protocol="soap", soap_wsdl=str(path), **OURS)
    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    here = [frame for frame in frames.stack if "afilnet_protocols/" in frame.filename]
    assert here
    told = "".join(f"{frame.name} {frame.locals}" for frame in here)
    assert HIDDEN not in told + str(caught.value) + repr(vars(caught.value))
