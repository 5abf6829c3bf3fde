"""What to do about an error: every text names a setting or a command that exists, and fits what was being done."""

from __future__ import annotations

import itertools
import re

import pytest

from afilnet_protocols import catalogue, errors
from afilnet_protocols.cli import advice
from afilnet_protocols.cli.advice import advise, meaning
from afilnet_protocols.cli.commands import COMMANDS, load
from afilnet_protocols.oauth.refusal import Asked, refusal
from afilnet_protocols.settings import FIELDS
from afilnet_protocols.settings.environment import variables
from afilnet_protocols.vocabulary import Delivery, Protocol
from afilnet_protocols.wire import Reply

OPERATIONS = [*catalogue.OPERATIONS, None]
CODES = sorted({code.code for operation in catalogue.OPERATIONS for code in operation.errors} | {"HTTP_404", "NEW"})
OPTIONS = {word for name in COMMANDS for each in load(name).params for word in each.opts}
SEND_AGAIN = ("before you send", "may have happened")


def every_error():
    """Yield an error of every class, with every code of the service and every delivery that it may have."""
    text = "the service redirects (HTTP 301)"
    yield errors.ConfigurationError(text)
    yield errors.SecurityPolicyError(text, required="high", effective="low", fix="use https addresses")
    yield errors.InvalidRequestError(text)
    yield errors.MessageTooLongError(text, limit=1, actual=2)
    yield errors.UnsupportedTextError(text)
    yield errors.InvalidFileUrlError(text)
    yield errors.NotSentError(text)
    yield errors.OutcomeUnknownError(text)
    yield errors.OutcomeUnknownError("the answer was lost")
    for kind, code, delivery in itertools.product(_OF_SERVICE, CODES, Delivery):
        yield kind(code, delivery=delivery)
    for delivery, wait in itertools.product(Delivery, (None, 3.0)):
        limited = errors.RateLimitedError("HTTP_429", retry_after=wait)
        limited.delivery = delivery
        yield limited


_OF_SERVICE = (
    errors.ServiceError,
    errors.AuthenticationError,
    errors.NotFoundError,
    errors.RejectedRequestError,
    errors.UnknownServiceError,
)


def every_situation():
    for error, operation, protocol in itertools.product(list(every_error()), OPERATIONS, [*Protocol, "carrier", None]):
        error.operation, error.protocol = operation and operation.name, protocol
        yield error, operation


def wrong_texts():
    """Return the texts that do not fit, with the situation."""
    wrong = []
    for error, operation in every_situation():
        told = f"{meaning(error)}; {advise(error)}"
        send = operation is not None and operation.record is None
        doubtful = error.delivery is Delivery.UNKNOWN
        whatever_it_was = operation is None and type(error) is errors.OutcomeUnknownError
        if whatever_it_was and not all(words in told for words in SEND_AGAIN):
            wrong.append(f"nobody is told that it may have been a send: {told}")
        if not send and not whatever_it_was and any(words in told for words in SEND_AGAIN):
            wrong.append(f"a read is told to look: {told}")
        if send and doubtful and not isinstance(error, errors.RateLimitedError) and "before you send" not in told:
            wrong.append(f"nobody is told to look: {told}")
        wrong += [f"there is no {word}" for word in _named_but_unknown(told)]
    return sorted(set(wrong))


def _named_but_unknown(told):
    yield from (word for word in re.findall(r"'afilnet ([a-z-]+)", told) if word not in COMMANDS)
    yield from (word for word in re.findall(r"(?<![a-z])--[a-z-]+", told) if word not in OPTIONS)
    yield from (word for word in re.findall(r"AFILNET_[A-Z_]+", told) if word not in variables(FIELDS))
    names = {field.name for field in FIELDS}
    yield from (word for word in re.findall(r"\b[a-z]+_[a-z_0-9]+\b", told) if word not in names)


def test_every_text_fits_its_situation_and_names_only_what_exists():
    assert wrong_texts() == []


def test_every_class_of_error_is_walked_through():
    classes = {each for each in vars(errors).values() if isinstance(each, type) and each.__module__ == errors.__name__}
    # The base class is raised by nobody.
    assert {type(error) for error in every_error()} == classes - {errors.AfilnetError}


def test_an_address_that_redirects_is_named_by_the_setting_of_the_protocol():
    for protocol in Protocol:
        error = errors.OutcomeUnknownError("the service redirects").during("get_chats", protocol)
        setting = {Protocol.SOAP: "soap_endpoint", Protocol.JSON: "json_url"}.get(protocol, "base_url")
        assert setting in advise(error)


REFUSED = (
    ({"error": "invalid_client"}, {}, "client_secret"),
    ({"error": "invalid_grant"}, {"grant": "password"}, "AFILNET_PASSWORD"),
    ({"error": "invalid_grant"}, {"grant": "refresh_token"}, "refresh_token"),
    ({"error": "invalid_client"}, {"token_auth": "private_key_jwt"}, "client_key"),
    ({"error": "invalid_client"}, {"token_auth": "mtls"}, "client_cert"),
    ({"error": "invalid_scope"}, {}, "setting"),
    ({}, {}, "setting"),
)


@pytest.mark.parametrize("protocol", [None, "json"])
def test_of_a_token_that_was_refused_the_setting_is_named_that_was(protocol):
    for document, asked, setting in REFUSED:
        error = refusal(Reply(400, {}, b""), document, Asked(**asked))
        error.protocol = protocol
        told = advise(error)
        assert setting in told, told
        assert ("AFILNET_PASSWORD" in told) is (setting == "AFILNET_PASSWORD")


@pytest.mark.parametrize(
    ("text", "of_settings"),
    [
        ("timeout (command line) must be a number of seconds", True),
        ("soap_wsdl: cannot read x", True),
        ("there is no profile 'x'", True),
        ("the ledger x: No such file or directory", False),
        ("there is no broken server 'S99': there are S01 to S18", False),
        ("--explain: there is no fact 'x'", False),
        ("--output: cannot write x: Is a directory", False),
        ("a survey needs the settings user and password", True),
    ],
)
def test_settings_are_shown_where_one_is_to_be_changed(text, of_settings):
    assert ("afilnet config" in advise(errors.ConfigurationError(text))) is of_settings


def test_whoever_says_how_long_is_waited_for():
    for seconds, said in ((0.2, "1 second "), (59.99, "60 seconds "), (60.0, "60 seconds ")):
        for error in (errors.NotSentError("not now", retry_after=seconds), errors.RateLimitedError("HTTP_429")):
            error.retry_after = seconds
            assert advise(error).startswith(f"wait {said}")
    assert advise(errors.RateLimitedError("HTTP_429")).startswith("wait a while")
    assert "wait" not in advise(errors.NotSentError("not now"))


def test_the_doctor_names_what_the_token_endpoint_refused(afilnet, account, monkeypatch):
    monkeypatch.setenv("AFILNET_CLIENT_SECRET", "wrong")
    ended = afilnet("doctor", "--protocol", "json")
    assert "check client_id and client_secret" in ended.out
    assert "AFILNET_PASSWORD" not in ended.out


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("is_send", lambda operation: True),
        ("is_send", lambda operation: False),
        ("addresses", lambda protocol: "endpoint_url"),
        ("_SENDS", frozenset({"get_messages"})),
    ],
)
def test_advice_that_does_not_fit_is_found(monkeypatch, name, broken):
    """Sabotage: reads taken for sends, sends for reads, a setting that is none."""
    monkeypatch.setattr(advice, name, broken)
    assert wrong_texts()


def test_advice_that_knows_no_token_endpoint_is_found(monkeypatch):
    monkeypatch.setattr(advice, "_REFUSED_BY_TOKENS", ())
    with pytest.raises(AssertionError):
        test_of_a_token_that_was_refused_the_setting_is_named_that_was(None)


def test_advice_that_shows_settings_for_everything_is_found(monkeypatch):
    monkeypatch.setattr(advice, "_names_a_setting", lambda text: True)
    with pytest.raises(AssertionError):
        test_settings_are_shown_where_one_is_to_be_changed("the ledger x: Is a directory", of_settings=False)


def test_a_certificate_that_is_refused_is_not_to_be_tried_again():
    error = errors.NotSentError("no secure connection to a.example:443: its certificate was refused: expired")
    error.operation, error.protocol = "get_chats", "http-post"
    assert "ca_file" in advise(error)
    assert "try again" not in advise(error)


def test_for_what_rows_leave_out_the_option_is_named(afilnet, tmp_path):
    (tmp_path / "list.csv").write_text("destination,message\n34600000001,hola\n")
    for words in (("send",), ("outbox", "put", "o.db")):
        run = afilnet(*words, "--from", "list.csv", "--platform", "whatsapp")
        assert run.code == 2
        assert "line 2: platform_id is compulsory" in run.err
        assert "give --platform-id for all of them;" in run.err
    run = afilnet("send", "--from", "list.csv")
    assert "line 2: platform and platform_id are compulsory" in run.err
    assert "write them into the rows, or give --platform and --platform-id for all of them;" in run.err
    (tmp_path / "list.csv").write_text("platform,platform_id,destination,message\n,1,3,hola\nsms,,3,hola\n")
    run = afilnet("send", "--from", "list.csv")
    assert "give --platform and --platform-id for all of them;" in run.err
    single = errors.InvalidRequestError("message is compulsory and must not be empty")
    assert "rows" not in advise(single)
