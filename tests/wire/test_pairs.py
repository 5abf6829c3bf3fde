"""A form is written as the standard library writes it, byte for byte, and read back as what was said."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afilnet_protocols.wire import pairs

TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.text("aZ09 +%&=;~*-._/\r\n\0ñ"),
    st.text("²٣Ⅷaé"),  # digits and letters that are not of ASCII
)
FORMS = st.lists(st.tuples(TEXTS, TEXTS), min_size=1)
EVERY_BYTE = [("name", "".join(map(chr, range(256))))]


def written_alike(form: list[tuple[str, str]]) -> bool:
    text = pairs.joined(form)
    return text == urlencode(form) and parse_qsl(text, keep_blank_values=True, strict_parsing=True) == form


@given(FORMS)
def test_a_form_is_what_the_standard_library_writes(form):
    assert written_alike(form)


def test_every_character_of_one_byte():
    assert written_alike(EVERY_BYTE)


def test_half_a_surrogate_pair_is_refused_as_ever():
    with pytest.raises(UnicodeEncodeError):
        pairs.quoted("\ud83d")


@pytest.mark.parametrize("passed", " +&=%\r\n")
def test_sabotage_a_character_that_goes_as_it_is_is_found(monkeypatch, passed):
    careful = pairs._written
    monkeypatch.setattr(pairs, "_written", lambda byte: passed if byte == ord(passed) else careful(byte))
    assert not written_alike(EVERY_BYTE)


def test_sabotage_letters_of_all_scripts_taken_for_plain_ones_are_found(monkeypatch):
    careful = pairs.quoted
    monkeypatch.setattr(pairs, "quoted", lambda text: text if text.isalnum() else careful(text))
    assert not written_alike([("name", "²")])
