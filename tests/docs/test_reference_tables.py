import re

import pytest

from afilnet_protocols.catalogue import ERROR_CODES, OPERATIONS
from afilnet_protocols.security.levels import GUARANTEES
from afilnet_protocols.settings import FIELDS
from tests.docs import pages
from tests.docs.pages import REFERENCE
from tests.docs.tables import TABLES, table

PLACES = {
    name: page.name for page in REFERENCE.glob("*.md") for name in re.findall(r"<!-- table: (.*) -->", page.read_text())
}


def test_the_tables_in_the_pages_are_what_is_rendered():
    assert pages.check(REFERENCE) == [], "run: python -m tests.docs.pages"


def test_every_table_stands_in_some_page():
    assert set(PLACES) == set(TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_one_changed_cell_is_found_and_written_again(tmp_path, name):
    page = tmp_path / "page.md"
    page.write_text(f"before\n\n<!-- table: {name} -->\n<!-- end -->\n\nafter\n")
    assert pages.check(tmp_path) == ["page.md"]
    pages.write(tmp_path)
    assert pages.check(tmp_path) == []
    written = page.read_text()
    assert written.startswith("before\n")
    assert written.endswith("<!-- end -->\n\nafter\n")
    page.write_text(written.replace("`", "'", 1))
    assert pages.check(tmp_path) == ["page.md"]


def test_a_page_that_asks_for_an_unknown_table_is_refused():
    with pytest.raises(KeyError):
        pages.fill("<!-- table: nothing -->\n<!-- end -->")


def test_the_details_name_every_parameter_value_field_and_code():
    sections = dict(
        zip((item.name for item in OPERATIONS), TABLES["operation-details"]().split("## ")[1:], strict=True)
    )
    for item in OPERATIONS:
        words = set(re.findall(r"`(\w+)`", sections[item.name]))
        expected = {item.method, *(error.code for error in item.errors)}
        for each in (*item.parameters, *item.fields):
            expected |= {each.name, each.wire}
        expected |= {value for parameter in item.parameters for value in parameter.values}
        assert expected <= words
        assert words - expected <= {"str", "bool", "datetime", "Platform", "Channel", "Chat", "Message"}


def rows(name):
    return [line.split("|")[1].strip().strip("`") for line in TABLES[name]().splitlines()[2:]]


def test_each_table_has_one_line_for_each_of_its_things():
    assert rows("operations") == [item.name for item in OPERATIONS]
    assert rows("error-codes") == list(ERROR_CODES)
    assert rows("settings") == rows("setting-sources") == [item.name for item in FIELDS]
    assert rows("guarantees") == [item.code for item in GUARANTEES]


def test_a_stroke_in_a_cell_does_not_end_it():
    assert table(["a"], [["x|y"]]).splitlines()[-1] == "| x\\|y |"
