"""What a service may have made of a text, and what is another text."""

from __future__ import annotations

import html
import json
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afilnet_protocols.wire.document import alike
from afilnet_protocols.wire.document.alike import Alike
from tests.tables import table

CHANGES: dict[str, Callable[[str], str]] = {
    "trimmed": str.strip,
    "blanks joined": lambda text: " ".join(text.split()),
    "line ends of another system": lambda text: text.replace("\r\n", "\n").replace("\n", "<br />\n"),
    "HTML's references": html.escape,
    "those twice": lambda text: html.escape(html.escape(text)),
    "quotes with backslashes": lambda text: text.replace("'", "\\'").replace('"', '\\"'),
    "question marks for what is beyond Latin-1": lambda text: text.encode("latin-1", "replace").decode("latin-1"),
    "without what is beyond ASCII": lambda text: text.encode("ascii", "ignore").decode(),
    "UTF-8 read as Latin-1": lambda text: text.encode().decode("latin-1"),
    "without accents": lambda text: "".join(each for each in unicodedata.normalize("NFKD", text) if each.isascii()),
    "composed": lambda text: unicodedata.normalize("NFC", text),
    "decomposed": lambda text: unicodedata.normalize("NFD", text),
    "JSON written twice": lambda text: json.dumps(text)[1:-1],
    "letters in capitals": lambda text: text.upper(),
    "cut": lambda text: text[:160],
}
TEXTS = [
    "  ¿Qué tal,  señor O'Brien? «5 > 3 & 2 < 4»\r\n\tHasta mañana ",
    "Your table is booked 👋: 3 people, 21:30, “La Ñora” — “see you” & bon appétit",
    "👋",
    "Привет, “Анна”! Как дела 👋?",
    "こんにちは、元気ですか",
    "a long text, " * 40,
]


@table("change", CHANGES)
@table("text", TEXTS)
def test_what_a_service_makes_of_a_text_may_be_that_text(text: str, change: str) -> None:
    assert CHANGES[change](text) == text or Alike([CHANGES[change](text)]).may_hold(text)


@table(
    ("shown", "sent"),
    [
        (["adiós", "hola 1", "holas", ""], "hola"),
        (["message 1", "message 10", "message 11 "], "message 100"),
        (["Your order 17 of today has been sent to the address that you gave us"], "Your order 18 of today"),
        (["hola"], "hola"),
        ([], "hola"),
        (["yes"], "👋"),
        (["Пока", "До завтра 👋"], "Привет"),
        (["👋", "👍🏽 !", "❤️"], "Привет 👋"),
        (["おはよう"], "こんにちは"),
        (["50% off & more: 1+1=3"], "60% off & more: 1+1=3"),
    ],
)
def test_another_text_is_another_text(shown: list[str], sent: str) -> None:
    assert not Alike(shown).may_hold(sent)


@table("shown", ["", "??????", "…!"])
def test_a_text_without_letters_of_ascii_may_be_one_that_shows_nothing_else(shown: str) -> None:
    assert Alike([shown]).may_hold("Привет")
    assert Alike([shown]).may_hold("👋")
    assert Alike(["👍"]).may_hold("👍🏽")


@given(st.lists(st.text(alphabet="abc12 ", max_size=6), max_size=5), st.text(alphabet="abc12 ", max_size=6))
def test_texts_that_differ_in_a_letter_or_a_digit_are_told_apart(shown: list[str], sent: str) -> None:
    same = any(each != sent and each.replace(" ", "") == sent.replace(" ", "") for each in shown)
    assert Alike(shown).may_hold(sent) is same


def test_a_long_text_is_compared_in_the_lengths_that_are_shown_alone() -> None:
    shown = Alike(["short", "x" * 70, "y" * 90])
    assert [len(each) for each in shown._beginnings("z" * 1_000_000)] == [70, 90]
    assert [len(each) for each in shown._beginnings("z" * 90)] == [70]


def test_sabotage_texts_that_are_compared_as_they_are_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alike, "kept_of", lambda text: {text})
    with pytest.raises(ExceptionGroup):
        test_what_a_service_makes_of_a_text_may_be_that_text()
