"""What the comparison of the base with an earlier one calls kept, moved, gone, and new."""

import textwrap

from tests.base_size import inherited, pieces_of

KEPT = '''
def total(numbers):
    """Add them up."""
    result = 0
    for number in numbers:  # one after the other
        result += number
    return result
'''
GONE = """
def product(numbers):
    result = 1
    for factor in numbers:
        result *= factor
    return result
"""


def _heirs(then, now, renamed):
    pieces = pieces_of(now)
    heirs = inherited(pieces_of(then), pieces, renamed)
    return {piece.name: heir and (heir.file, heir.name, heir.size) for piece, heir in heirs.items()}, {
        piece.name for piece in set(pieces) - set(heirs.values())
    }


def test_a_piece_is_found_under_another_name_in_another_file_and_counts_its_code_only():
    moved = "class Sums:\n" + textwrap.indent(KEPT.replace("total", "of"), "    ")
    heirs, new = _heirs({"old.py": KEPT}, {"new.py": moved}, {})
    assert heirs == {"total": ("new.py", "Sums.of", 5)}
    assert new == {"Sums"}


def test_a_piece_that_was_written_anew_is_its_heir_only_at_its_place():
    anew = "def product(numbers):\n    return math.prod(numbers)\n"
    assert _heirs({"old.py": GONE}, {"new.py": anew}, {"old.py": "new.py"})[0]["product"] == ("new.py", "product", 2)
    assert _heirs({"old.py": GONE}, {"new.py": anew}, {}) == ({"product": None}, {"product"})


def test_one_piece_is_the_heir_of_one_only():
    heirs = inherited(pieces_of({"old.py": KEPT, "twin.py": KEPT}), pieces_of({"new.py": KEPT}), {})
    assert sorted(heir is None for heir in heirs.values()) == [False, True]
