"""`docs/proofs.md` says which law is shown where, and each is shown in what the README's command runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.proofs import PAGE, all_tests, faults, page, read


def test_the_page_says_what_the_tests_say() -> None:
    assert PAGE.read_text("utf-8") == page(), "python -m tests.docs.proofs writes it"


def test_every_proof_has_a_short_form_that_the_command_runs() -> None:
    assert faults(all_tests()) == []


SHORT = "def test_in_short(): pass\n\n\n"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("@pytest.mark.proof\ndef test_whole(): pass", "does not name its short form"),
        ('@pytest.mark.proof(short="test_gone")\ndef test_whole(): pass', "names test_gone, which"),
        ('@pytest.mark.proof(short="test_whole")\ndef test_whole(): pass', "names test_whole, which"),
        ('@pytest.mark.proof(short="tests/tables.py::test_in_short")\ndef test_whole(): pass', "which the README's"),
        ('@pytest.mark.proof("test_in_short")\ndef test_sabotage_is_found(): pass', "is a sabotage"),
        ('pytestmark = [pytest.mark.proof(short="test_in_short")]', "names test_in_short, which"),
        ("@pytest.mark.proof\nclass TestAll:\n    def test_whole(self): pass", "does not name its short form"),
    ],
)
def test_a_proof_without_one_is_found(text: str, wrong: str, tmp_path: Path) -> None:
    file = tmp_path / "test_it.py"
    file.write_text(SHORT + text, "utf-8")
    assert any(wrong in fault for fault in faults(read(file, tmp_path)))


def test_a_proof_with_one_is_well(tmp_path: Path) -> None:
    file = tmp_path / "test_it.py"
    file.write_text(SHORT + '@pytest.mark.proof(short="test_in_short")\ndef test_whole(): pass', "utf-8")
    assert faults(read(file, tmp_path)) == []
    assert [test.proof for test in read(file, tmp_path)] == [None, ("test_in_short",)]
