"""A dialect as a description: every value is told, a file says what it says, and nothing unknown passes."""

from __future__ import annotations

import textwrap
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afilnet_protocols.dialects import DIMENSIONS, NAMED, Dialect, dumps, file, find, loads
from afilnet_protocols.dialects.dialect import attribute_of, dotted
from afilnet_protocols.errors import ConfigurationError
from afilnet_protocols.vocabulary import Provenance
from tests.dialects.generated import dialects
from tests.tables import table


def test_each_field_is_a_dimension_with_the_same_values_and_the_first_as_default() -> None:
    hints = get_type_hints(Dialect)
    described = {attribute_of(dimension.name): dimension for dimension in DIMENSIONS}
    declared = [field for field in fields(Dialect) if field.compare]
    assert [field.name for field in declared] == list(described)
    for field in declared:
        values = tuple(value.value for value in described[field.name].values)
        assert values == (get_args(hints[field.name]) or (True, False))
        assert field.default == values[0]


def test_there_are_as_many_as_the_page_says() -> None:
    values = [value for dimension in DIMENSIONS for value in dimension.values]
    assert (len(DIMENSIONS), len(values), sum(bool(value.refused) for value in values)) == (35, 153, 12)


def test_what_is_documented_or_observed_names_its_source() -> None:
    for dimension in DIMENSIONS:
        for value in dimension.values:
            assert (value.provenance is not Provenance.ASSUMED) == bool(value.source), (dimension.name, value)


@given(dialect=dialects(refused=True), data=st.data())
def test_what_was_written_is_read(dialect: Dialect, data: st.DataObject) -> None:
    names = [name for name, _ in dialect.answers()]
    provenance = data.draw(st.dictionaries(st.sampled_from(names), st.sampled_from(list(Provenance))))
    title = data.draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
    known = Dialect(**_values(dialect), title=title, provenance=provenance)
    again = loads(dumps(known))
    assert again == dialect
    assert {name: told for name, told in again.provenance.items() if name in provenance} == provenance


def _values(dialect: Dialect) -> dict[str, object]:
    return {attribute_of(name): answer for name, answer in dialect.answers()}


def test_a_file_is_plain_toml() -> None:
    table = tomllib.loads(dumps(NAMED["strict"]))
    assert table["http"] == {"post_query": False, "multipart": False}
    assert table["json"] == {"error_http": 400}


@table(
    ("text", "told"),
    [
        ("", "it has no 'format = 1'"),
        ("format = 2", "it has no 'format = 1'"),
        ("format = true", "it has no 'format = 1'"),
        ("format = ", "it is no TOML"),
        ("format = 1\ntitle = 3", "title is no text"),
        ("format = 1\n[jsn]\nstatus = 'lower'", "there is no jsn: did you mean 'json'?"),
        ("format = 1\njson = 1", "json is a section"),
        ("format = 1\n[json]\nstat = 'lower'", "[json] has no stat: it has status, layout, prefix"),
        (
            "format = 1\n[json]\nstatus = 'uper'",
            """json.status is "uper" (did you mean '"upper"'?): it is one of "upper", "lower", "title", "padded\"""",
        ),
        ("format = 1\n[json]\nerror_http = true", "json.error_http is true: it is one of 200, 400, 401"),
        ("format = 1\n[json]\nerror_http = 418", "json.error_http is 418"),
        ("format = 1\n[http]\nmultipart = 1", "http.multipart is 1: it is one of true, false"),
        ("format = 1\n[json]\nstatus = ['lower']", "json.status is a list"),
        ("format = 1\n[json]\nstatus = {is = 'lower', why = 'so'}", "json.status is a value, or { is = the value"),
        (
            "format = 1\n[json]\nstatus = {is = 'lower', provenance = 'guessed'}",
            'the provenance of json.status is "guessed": it is one of "documented", "observed", "assumed"',
        ),
        ("format = 1\n[soap]\nstyle = 'nusoap'\nversion = '1.2'", 'soap.style "nusoap" is SOAP 1.1'),
        ("format = 1\n[json]\nextra = 'result'\n[lists]\nform = 'result'", 'json.extra "result" wants an object'),
    ],
)
def test_what_a_file_may_not_say_is_named_with_what_it_may(text: str, told: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        loads(text, place="mine.toml")
    assert str(caught.value).startswith("mine.toml: ")
    assert told in str(caught.value)


def test_a_dialect_is_found_by_name_or_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "dialect.toml"
    file.write_text(dumps(NAMED["gaps"]), encoding="utf-8")
    assert find("gaps") == find(file) == find(str(file)) == find(NAMED["gaps"])
    for like, told in [
        ("bare_php", "did you mean 'bare-php'?"),
        (tmp_path, "directory"),
        (tmp_path / "nul\0", "cannot be opened"),
    ]:
        with pytest.raises(ConfigurationError, match=told.replace("?", r"\?")):
            find(like)
    file.write_text(dumps(NAMED["gaps"]), encoding="utf-8-sig")  # as an editor may save it
    assert find(file) == NAMED["gaps"]
    file.write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        find(file)


def test_two_dialects_tell_in_what_they_differ() -> None:
    assert NAMED["samples"] == Dialect()
    assert Dialect().differences(Dialect(json_status="lower")) == {"json.status": ("upper", "lower")}
    assert dotted("soap_style") == "soap.style"


def test_the_page_says_every_value_and_which_are_refused() -> None:
    page = (Path(__file__).parents[2] / "docs/dialects.md").read_text("utf-8")
    for dimension in DIMENSIONS:
        (line,) = [line for line in page.splitlines() if line.startswith(f"| `{dimension.name}` |")]
        told = line.rpartition(" | ")[2].removesuffix(" |").split("; `")
        assert len([each for each in told if each]) == len(dimension.values)
        for value in dimension.values:
            word = str(value.value).lower() if isinstance(value.value, bool) else str(value.value)
            assert f"`{word}`" in line
        assert line.count("(refused)") == sum(bool(value.refused) for value in dimension.values)
    assert all(f"| `{name}` |" in page for name in NAMED)


def test_what_the_module_shows_is_a_dialect() -> None:
    shown = textwrap.dedent((file.__doc__ or "").partition("::\n")[2].rpartition("\n\n")[0])
    dialect = loads(shown)
    assert (dialect.json_status, dialect.records_ids) == ("lower", "number")
    assert dialect.provenance["records.ids"] is Provenance.OBSERVED
