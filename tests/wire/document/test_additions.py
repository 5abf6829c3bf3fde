"""What a service may have put around a text, and what is a text of its own."""

from __future__ import annotations

import pytest

from afilnet_protocols.wire.document import additions
from afilnet_protocols.wire.document.additions import Inside, without_additions
from afilnet_protocols.wire.document.alike import Alike
from tests.tables import table

SENT = "Your table is booked: 21:30"
AROUND = [
    "Juan: {}", "*Juan:*\n{}", "[Bot] {}", "(Ventas) {}", "_Ana Mª López:_ {}", " Juan:  {} ",
    "<p>{}</p>", "<div><b>Juan:</b> {}</div>", "{}\n-- \nSent with a trial account", "{}\n\nEnviado con Afilnet",
    "Restaurante Ñ\n\n{}", "*Juan:*\n{}\n\nRestaurante", "Juan:\r\n{}\r\nRestaurante\r\nMadrid",
    "[10:30] Juan: {}", "(10:30)\n*Juan:*\n{}", "Juan: [Bot] {}",
]  # fmt: skip
"""What services write around a text."""


@table("around", AROUND)
def test_a_text_is_found_in_what_a_service_puts_around_it(around: str) -> None:
    for sent in (SENT, "hola", "two\nlines"):
        assert sent in {each.replace("\r\n", "\n") for each in without_additions(around.format(sent))}


@table("shown", ["hola Juan", "Juan, hola", "1 < 2", "hola", "", "a\nb\nc\nd\nhola\ne\nf\ng\nh", "x" * 70 + ": hola"])
def test_a_text_inside_another_one_is_another(shown: str) -> None:
    assert "hola" not in without_additions(shown)


@table("shown", ["hola :)", "hola :-)) 👋", "Привет))", "Да :(", "jaja >:)", "vale :/", "a)"])
def test_a_smile_is_no_name_before_a_text(shown: str) -> None:
    assert not without_additions(shown)
    assert not Inside([shown]).may_hold("👍")


@table("sent", ["hola", "¿Qué tal?", "Привет", "👍", "x" * 70, ""])
def test_a_text_is_looked_for_in_those_that_have_its_letters_as_if_all_had_been_taken_apart(sent: str) -> None:
    texts = [around.format(each) for around in AROUND for each in ("que tal", "adiós", "пока", "?", "<b>ho</b>la")]
    for shown in (*texts, "Juan: " + "x" * 65, "Juan: &iquest;Qu&eacute; tal?"):
        bare = without_additions(shown)
        assert Inside([shown]).may_hold(sent) == (sent in bare or Alike(bare).may_hold(sent)), shown


def test_texts_that_have_not_its_letters_are_not_taken_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """To take all apart took five times as long as to read them: most of a second for 10,000 of some lines."""
    monkeypatch.setattr(additions, "without_additions", lambda text: pytest.fail(f"taken apart: {text}"))
    assert not Inside(["Juan:\nadiós\nRestaurante", "<p>adiós</p>"]).may_hold("hola")


def test_a_long_text_is_taken_apart_into_few() -> None:
    assert len(without_additions("line: of many\n" * 10_000)) < 20


def test_sabotage_names_that_are_taken_for_the_text_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(additions, "_LABEL", additions._TAG)
    with pytest.raises(ExceptionGroup):
        test_a_text_is_found_in_what_a_service_puts_around_it()
