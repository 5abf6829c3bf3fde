"""A time zone that is no IANA name: only a slip in the name of a place is put right, for others may be hours away."""

from __future__ import annotations

import zoneinfo

import pytest

from afilnet_protocols.settings import value_faults
from afilnet_protocols.suggestion import nearest
from tests.settings.test_settings import refused

pytestmark = pytest.mark.smoke

ZONES = {
    "madrid": "Europe/Madrid",
    "Europe/Madrit": "Europe/Madrid",
    "europe-madrid": "Europe/Madrid",
    " Europe/Madrid": "Europe/Madrid",
    "Europe/Lisboa": "Europe/Lisbon",
    "europe/Roma": "Europe/Rome",
    "Mexico City": "America/Mexico_City",
    "America/Argentina/Buenos_Airse": "America/Argentina/Buenos_Aires",
    "US/Pacfic": "US/Pacific",
    "America/Monterey": "America/Monterrey",
    "utc": "UTC",
}
"""Slips in the name of a place."""

NO_ZONES = (
    *(
        "CEST",
        "BST",
        "PST",
        "MSK",
        "Spain",
        "Europe/Spain",
        "GMT+2",
        "GMT-2",
        "UTC+1",
        "+02:00",
        "Etc/GTM-2",
        "Etc/GMT 2",
    ),
    *("Pacific", "Europa/Madird", "Romance Standard Time", "/", "Z"),
)
"""What is near to a name and hours away from it, or may be."""


def suggested_zones(written):
    return [refused(service_timezone=each).partition("did you mean ")[2] for each in written]


def test_a_time_zone_is_suggested_for_a_slip_in_the_name_of_a_place():
    assert suggested_zones(ZONES) == [f"{name!r}?" for name in ZONES.values()]


def test_none_is_suggested_where_another_time_may_be_meant():
    assert set(suggested_zones(NO_ZONES)) == {""}
    assert "examples are UTC and Europe/Madrid" in refused(service_timezone="CEST")


OF_A_FOLDER = ("localtime", "posixrules", "Factory", "posix/Etc/UTC", "right/Etc/UTC")
"""Files that lie beside those of the zones, on most systems."""


def each_is_refused(names):
    assert [refused(service_timezone=each).startswith("service_timezone must be the IANA name") for each in names]


def test_a_file_beside_the_zones_is_none(monkeypatch):
    """Debian has all of these; elsewhere it is as if it had."""
    monkeypatch.setattr(zoneinfo, "ZoneInfo", lambda key: key)
    each_is_refused(OF_A_FOLDER)
    monkeypatch.undo()
    assert suggested_zones(["Localtime"]) == [""]
    assert suggested_zones(["posix/Europe/Madrid", "right/Europe/Madrid"]) == ["'Europe/Madrid'?"] * 2


def test_a_folder_that_is_believed_would_be_found_out(monkeypatch):
    monkeypatch.setattr(zoneinfo, "ZoneInfo", lambda key: key)
    monkeypatch.setattr(value_faults, "_lies_beside", lambda _: False)
    for name in OF_A_FOLDER:
        with pytest.raises(pytest.fail.Exception):
            each_is_refused([name])


def test_a_long_text_is_read_once_and_not_for_every_zone_that_there_is(monkeypatch):
    read, letters = [], value_faults._letters
    monkeypatch.setattr(value_faults, "_letters", lambda name: read.append(len(name)) or letters(name))
    text = "x" * 5_000
    refused(service_timezone=f"{text}/{text}")
    assert len([length for length in read if length >= len(text)]) == 2


def test_a_suggestion_of_what_is_spelt_alike_is_found(monkeypatch):
    monkeypatch.setattr("afilnet_protocols.settings.value_faults._zone_meant", nearest)
    assert {"'EST'?", "'Japan'?", "'GMT+0'?"} <= set(suggested_zones(NO_ZONES))
