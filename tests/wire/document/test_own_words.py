"""What a success says in words is the service's own unless it may be what was sent, repeated."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from afilnet_protocols.catalogue import SEND_FILE, SEND_MESSAGE
from afilnet_protocols.errors import AfilnetError, OutcomeUnknownError, RejectedRequestError
from afilnet_protocols.wire import Reply
from afilnet_protocols.wire.document import alike, assent, not_done, own_words, refusal
from afilnet_protocols.wire.document.not_done import says_not_done
from tests.calls.test_flow import SEND, play
from tests.tables import table
from tests.wire.carriers import CARRIERS, SOAP, Carrier, Document, by_json, soap_codec

on_every_carrier = pytest.mark.parametrize("read", CARRIERS.values(), ids=CARRIERS)

WHO = ("whatsapp", "100", "34600000000")
NO = "The message could not be sent"

OWN_WORDS: list[tuple[str, Document]] = [
    ("hola", {"message": NO, "result": {"id": 7}}),
    ("hola", {"result": {"id": 7, "message": NO}}),
    ("hola", {"result": {"id": 7, "info": NO}}),
    ("hola", {"message": "NO_CREDITS: top up", "id": 7}),
    ("hola", {"message": [NO], "id": 7}),
    ("hola", {"text": NO, "id": 7}),
    ("It could not be sent", {"message": "Your message could not be sent", "id": 7}),
    (f"{NO}, they said", {"message": NO, "id": 7}),
    ("NO_CREDITS, they said", {"message": "NO_CREDITS: top up", "id": 7}),
    (NO, {"message": NO}),
    (NO, {"message": f"Rejected: {NO}", "id": 7}),
    ("not", {"message": f"Your text, {NO}", "id": 7}),
    ("hola, could be", {"message": f"{NO}...", "id": 7}),
    (NO, {"info": NO, "id": 7}),
]
REPEATED: list[tuple[str, Document]] = [
    (NO, {"message": NO, "id": 7}),
    (f"  {NO}! \N{SLIGHTLY SMILING FACE}", {"message": NO, "id": 7}),
    ("<b>It wasn't sent</b>", {"message": "&lt;b&gt;It wasn&#039;t sent&lt;/b&gt;", "id": 7}),
    (NO, {"result": {"id": 7, "text": NO}}),
    (NO, {"message": f"{NO}\n\nSent by Example Ltd", "id": 7}),
    (f"{NO}!", {"result": {"id": 7, "message": f'Sent: "{NO}!" (1 SMS)'}}),
    (f"{NO} to you today", {"message": f"{NO} to you...", "id": 7}),
    (f"{NO} to you today", {"result": {"message": f"{NO} \N{HORIZONTAL ELLIPSIS}", "id": 7}}),
    (NO, {"result": {"id": 7, "info": NO}}),
    ("NO_CREDITS, they said", {"message": "NO_CREDITS, they said", "id": 7}),
    ("NO_CREDITS, they said", {"message": "NO_CREDITS, they said\n\nSent by Example Ltd", "id": 7}),
    ("hola", {"result": {"id": 7, "reply_to": {"message": NO}, "before": [{"text": NO}]}}),
    ("hola", {"result": {"id": 7, "reply_to": {"message": "NO_CREDITS, they said"}}}),
]


@on_every_carrier
@table(("text", "document"), OWN_WORDS)
def test_what_was_not_sent_is_the_services_own_word(read: Carrier, text: str, document: Document) -> None:
    with pytest.raises(OutcomeUnknownError, match="a success and an error at once"):
        read(SEND_MESSAGE, {"status": "SUCCESS", **document}, sent=(*WHO, text))


@on_every_carrier
@table(("text", "document"), REPEATED)
def test_what_was_sent_may_be_repeated_as_services_write_it(read: Carrier, text: str, document: Document) -> None:
    assert read(SEND_MESSAGE, {"status": "SUCCESS", **document}, sent=(*WHO, text)) is None


def told(text: str) -> object:
    """Return how a send of "hola" ends to which a service says this."""
    document = {"status": "SUCCESS", "message": text, "id": 7}
    return play(SEND_MESSAGE, [Reply(200, {}, json.dumps(document).encode())])[2]


def test_a_call_notes_what_it_sent() -> None:
    assert told(SEND["message"]) is None
    assert isinstance(told(NO), OutcomeUnknownError)


def test_what_was_sent_is_shown_nowhere() -> None:
    assert "hola" not in repr(Reply(200).to_a_send(SEND))


NOT_DONE = [
    NO, "We could not send your message", "We were unable to deliver it", "It did not send", "Sending failed",
    "Failed to send", "Error: channel disconnected", "Error 131047", "The message was rejected by the carrier",
    "Insufficient credits", "Mensaje rechazado", "Saldo insuficiente", "No se ha enviado", "No se ha podido enviar",
    "No fue posible entregar el mensaje", "Error", "If so: it could not be sent", "If you read this it was not sent",
    "If it could not be sent we retry. It could not be sent.", "Error: no credits", "Error 0: closed",
    "Failed: 0 credits left", "Error 01", "Rejected (no balance)", "Error(s): 3",
    "Nothing sent", "Not sent.", "No messages were sent", "0 messages sent", "0 of 1 messages sent",
    "0/1 messages sent, 1 failed", "None of the messages was sent", "Cannot send message", "We can\u2019t send it",
    "Your message will not be sent", "The file won't be delivered", "Sent to 0/1 Total Cost: 0", "Could not deliver it",
    "Message sent to 0 recipients", "It was sent to nobody", "No enviado", "Mensaje no enviado: saldo",
    "El archivo no entregado", "No se envi\u00f3 el mensaje", "El mensaje no se enviar\u00e1", "Nothing has been sent",
    "Ning\u00fan mensaje enviado", "0 mensajes enviados", "0 de 1 mensajes han sido enviados", "Cero mensajes enviados",
    "Fall\u00f3 el env\u00edo", "Ha fallado la entrega", "No se entreg\u00f3", "Zero files accepted",
    "Sent: 0, failed: 0", "Failed: 0, sent=0", "Enviados: 0", "Sent: 0, queued: 0", "Failed: 0; accepted: 0.",
    "Duplicate rejected", "A duplicate was not sent", "According to a report it could not be sent",
    "Oh no, it could not be sent", "Could not be queued", "It was not sent: queued messages expire",
    "The thumbnail was not accepted", "Could not deliver the message", "Not sent, and it will not be retried",
    "We regret that messages could not be sent", "No: the message could not be sent", "Not sent: the queued one ended",
    "1 message was not sent", "Credits: 0 Messages could not be sent",
    "Credits: 0. Message could not be sent", "No se envi\u00f3 el recibo ni el mensaje; no se ha podido enviar",
]  # fmt: skip
DONE = [
    "If it could not be delivered we retry", "In case the message could not be sent, it is kept", "0 failed",
    "Si no se ha podido entregar, se repite", "Si el mensaje no se pudo enviar se repite", "No error", "Sin error",
    "A failed attempt is repeated", "Failed attempts are repeated", "Error reports come by mail", "Never rejected",
    "It will be sent unless your message was not accepted", "Sent without error", "The message is not yet sent",
    "If rejected, you will be told", "Unless refused by the carrier it arrives", "Nothing failed.", "Error code 0",
    "Si rechazado, se avisa", "Error: none", "Failed: 0, sent: 1", "Message failed: 0", "Rechazado: ninguno",
    "Error code: 0 (OK)", "Error 0: no error", "Error(s): 0",
    "El mensaje no se pudo entregar todavía",
    "Nothing else to do", "Not sent yet", "No messages were sent before", "0 messages sent, 1 queued",
    "Sent to 034600000000", "Sent to 0034600000000", "Sent to 10 recipients", "It will not be sent again",
    "If it cannot be delivered, the message will not be sent", "You are told when it cannot send more",
    "A\u00fan no se envi\u00f3", "No se envi\u00f3 todav\u00eda", "Ning\u00fan mensaje en cola", "10 mensajes enviados",
    "Mensaje enviado, no entregado a\u00fan", "Nothing was refused", "The receipt will not be sent",
    "0 mensajes enviados, 1 en cola", "Si el saldo no alcanza, no se enviar\u00e1", "30 of 30 messages sent",
    "Accepted. The message will not be delivered if the phone is off", "You cannot send more today", "10 messages sent",
    "El mensaje no se enviar\u00e1 hasta ma\u00f1ana",
    "Sent: 0, queued: 1", "Sent: 01", "Sent: 10, failed: 0", "Sent: 0:05", "Enviados: 1",
    "Your order could not be sent yet", "Accepted. It has not been delivered so far", "We can't send receipts",
    "Queued: the phone is off, so it could not be delivered immediately", "It was not sent, but queued",
    "The message could not be delivered at once and will be retried", "Not sent; it is queued for delivery",
    "Sent without receipt: the receipt could not be sent to you", "Sent, but the confirmation e-mail was not sent",
    "Sent. A copy was not sent", "Enviado; no se enviar\u00e1 copia", "We did not send a copy",
    "Cannot deliver a delivery report here", "0 of 1 messages could not be sent", "0 messages were not sent",
    "1 sent, and 0 were not sent",
    "Should the message not be delivered, you are told", "You are told when the message could not be delivered",
    "We ask whether it could not be delivered", "Messages that could not be delivered are repeated",
    "Cuando no se pudo entregar, se repite", "Unable to deliver immediately", "Not sent immediately",
]  # fmt: skip


@table("text", NOT_DONE)
def test_what_was_not_done_is_said_in_many_words_or_at_once(text: str) -> None:
    assert says_not_done(text)


@table("text", DONE)
def test_what_would_be_done_if_and_what_is_denied_says_nothing(text: str) -> None:
    assert not says_not_done(text)


@pytest.mark.parametrize(
    ("module", "name", "replacement"),
    [(own_words, "besides", lambda text, *_: text), (alike, "is_cut", lambda *_: False)],
)
def test_sabotage_what_is_repeated_with_more_or_less_and_is_not_known_would_be_found_out(
    monkeypatch: pytest.MonkeyPatch, module: object, name: str, replacement: object
) -> None:
    monkeypatch.setattr(module, name, replacement)
    with pytest.raises(ExceptionGroup):
        test_what_was_sent_may_be_repeated_as_services_write_it(by_json)


SENT_ALL_THE_SAME: list[Document] = [
    {"message": "The file was sent without a thumbnail"}, {"result": {"info": "It has been queued"}},
    {"error": "INCORRECT_THUMBURL: the address is not valid, but the file was sent"},
    {"detail": "Thumbnail refused; message already sent: it was already sent"}, {"aviso": "El archivo se ha enviado"},
    {"message": "Archivo enviado sin miniatura"},
]  # fmt: skip
NOT_SENT: list[Document] = [
    {"message": "hola"}, {"message": "No file was sent"}, {"info": "It is kept until the message was sent"},
    {"detail": "If the file was sent before, remove it"}, {"message": "The file was not sent"},
    {"info": "Too many messages have been sent"}, {"message": "IT WAS SENT, they say"},
    {"quoted": {"last": {"text": "The file was sent"}}}, {"info": "Spam: It was sent, they say"},
]  # fmt: skip


def refused(read: Carrier, document: Document) -> None:
    said = {"status": "ERROR", "error": "INCORRECT_THUMBURL", **document}
    read(SEND_FILE, said, sent=(*WHO, "It was sent, they say"))


@on_every_carrier
@table("document", SENT_ALL_THE_SAME)
def test_a_refusal_that_says_in_words_that_it_was_sent_proves_nothing(read: Carrier, document: Document) -> None:
    with pytest.raises(OutcomeUnknownError, match="an error and a success at once"):
        refused(read, document)


@table(("document", "place"), [({"info": "It was sent"}, "info$"), ({"a": {"info": "It was sent"}}, r"a\.info$")])
def test_the_place_of_such_a_sentence_is_named(document: Document, place: str) -> None:
    with pytest.raises(OutcomeUnknownError, match=f"see {place}"):
        refused(by_json, document)


@on_every_carrier
@table("document", NOT_SENT)
def test_other_words_beside_a_refusal_leave_it_one(read: Carrier, document: Document) -> None:
    with pytest.raises(RejectedRequestError):
        refused(read, document)


def fault(text: str, detail: str = "") -> object:
    """Return the error of a send that ends in a Fault."""
    told = f"<faultcode>INCORRECT_THUMBURL</faultcode><faultstring>{text}</faultstring><detail>{detail}</detail>"
    body = f'<e:Envelope xmlns:e="{SOAP}"><e:Body><e:Fault>{told}</e:Fault></e:Body></e:Envelope>'
    with pytest.raises(AfilnetError) as caught:
        soap_codec("document", skip=False).decode(SEND_FILE, Reply(500, {}, body.encode(), sent=WHO))
    return type(caught.value)


def test_a_fault_that_says_in_words_that_it_was_sent_proves_nothing() -> None:
    assert fault("The file was sent without it") is OutcomeUnknownError
    assert fault("No.", "<info>The file was sent without it</info>") is OutcomeUnknownError
    assert fault("The file was not sent") is RejectedRequestError


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("_CLAUSE", test_a_refusal_that_says_in_words_that_it_was_sent_proves_nothing),
        ("_NOT_SO", test_other_words_beside_a_refusal_leave_it_one),
    ],
)
def test_sabotage_clauses_that_are_not_told_apart_would_be_found_out(
    monkeypatch: pytest.MonkeyPatch, words: str, shown: Callable[[Carrier], None]
) -> None:
    monkeypatch.setattr(assent, words, refusal.late("(?!)"))
    with pytest.raises(ExceptionGroup):
        shown(by_json)


@table("held", [False, "false", 0, "0", -1, 403, "ERROR", "CHANNEL_NOT_FOUND", "not sent"])
@table("number", ["34600000000", "+34 600 000 000"])
def test_what_stands_under_a_telephone_number_became_of_the_message_to_it(held: object, number: str) -> None:
    for document in ({"result": {number: held}}, {"sent": {number: held}}, {"results": [{number: held}]}):
        with pytest.raises(OutcomeUnknownError):
            by_json(SEND_MESSAGE, {"status": "SUCCESS", **document})


@table("held", ["17", 17, True, "queued", "", None, {"id": 7}])
def test_a_number_that_holds_no_refusal_is_none(held: object) -> None:
    assert by_json(SEND_MESSAGE, {"status": "SUCCESS", "result": {"34600000000": held, "17": False}}) is None


def test_sabotage_what_stands_under_a_number_and_is_passed_over_would_be_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(refusal, "_NUMBER", refusal.late("(?!)"))
    with pytest.raises(ExceptionGroup):
        test_what_stands_under_a_telephone_number_became_of_the_message_to_it()


def test_sabotage_a_send_to_nobody_that_is_passed_over_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(not_done, "_NONE_DONE", not_done.late("(?!)"))
    with pytest.raises(ExceptionGroup):
        test_what_was_not_done_is_said_in_many_words_or_at_once()


@pytest.mark.parametrize(
    ("name", "pattern"),
    [("_EARLIER_IF", "(?!)"), ("_NONE_DONE", "sent"), ("_OF_OTHERS", "(?!)"), ("_KEPT", "(?!)")],
)
def test_sabotage_what_only_sounds_like_a_send_to_nobody_would_be_found_out(
    monkeypatch: pytest.MonkeyPatch, name: str, pattern: str
) -> None:
    monkeypatch.setattr(not_done, name, not_done.late(pattern))
    with pytest.raises(ExceptionGroup):
        test_what_would_be_done_if_and_what_is_denied_says_nothing()


def test_sabotage_conditions_that_are_taken_for_facts_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(not_done, "_IF", not_done.late("(?!)"))
    with pytest.raises(ExceptionGroup):
        test_what_would_be_done_if_and_what_is_denied_says_nothing()


def test_sabotage_an_answer_that_does_not_know_its_call_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reply, "to_a_send", lambda self, _: self)
    with pytest.raises(AssertionError):
        test_a_call_notes_what_it_sent()


@pytest.mark.parametrize(
    ("repeats", "shown"),
    [
        (True, test_what_was_not_sent_is_the_services_own_word),
        (False, test_what_was_sent_may_be_repeated_as_services_write_it),
    ],
)
def test_sabotage_a_text_that_is_always_or_never_what_was_sent_would_be_found_out(
    monkeypatch: pytest.MonkeyPatch, repeats: bool, shown: Callable[[Carrier], None]
) -> None:
    monkeypatch.setattr(own_words, "may_repeat", lambda *_: repeats)
    with pytest.raises(ExceptionGroup):
        shown(by_json)
