"""What a service may have put around a text, and what is a text of its own."""

from __future__ import annotations

import pytest

from afilnet_protocols.wire.document import additions
from afilnet_protocols.wire.document.additions import without_additions
from tests.tables import table

SENT = "Your table is booked: 21:30"
AROUND = [
    "Juan: {}", "*Juan:*\n{}", "[Bot] {}", "(Ventas) {}", "_Ana Mª López:_ {}", " Juan:  {} ",
    "<p>{}</p>", "<div><b>Juan:</b> {}</div>", "{}\n-- \nSent with a trial account", "{}\n\nEnviado con Afilnet",
    "Restaurante Ñ\n\n{}", "*Juan:*\n{}\n\nRestaurante", "Juan:\r\n{}\r\nRestaurante\r\nMadrid",
]  # fmt: skip
"""What services write around a text."""


@table("around", AROUND)
def test_a_text_is_found_in_what_a_service_puts_around_it(around: str) -> None:
    for sent in (SENT, "hola", "two\nlines"):
        assert sent in {each.replace("\r\n", "\n") for each in without_additions(around.format(sent))}


@table("shown", ["hola Juan", "Juan, hola", "1 < 2", "hola", "", "a\nb\nc\nd\nhola\ne\nf\ng\nh", "x" * 70 + ": hola"])
def test_a_text_inside_another_one_is_another(shown: str) -> None:
    assert "hola" not in without_additions(shown)


def test_a_long_text_is_taken_apart_into_few() -> None:
    assert len(without_additions("line: of many\n" * 10_000)) < 20


def test_sabotage_names_that_are_taken_for_the_text_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(additions, "_LABEL", additions._TAG)
    with pytest.raises(ExceptionGroup):
        test_a_text_is_found_in_what_a_service_puts_around_it()
