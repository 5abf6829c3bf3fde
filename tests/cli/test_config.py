"""`afilnet config` and `afilnet doctor`: what is in effect, where it came from, and where it stops working."""

from __future__ import annotations

from pathlib import Path

import pytest

from afilnet_protocols import ConfigurationError, connect
from afilnet_protocols.cli import config
from afilnet_protocols.cli.doctor import STEPS
from afilnet_protocols.oauth.source import TokenSource
from afilnet_protocols.settings import FIELDS
from tests.tables import table


def test_config_shows_every_setting_with_its_origin_and_masks_secrets(afilnet, account, sandbox, tmp_path, monkeypatch):
    monkeypatch.setenv("AFILNET_CONFIG", "./afilnet.toml")
    (tmp_path / "afilnet.toml").write_text("[profiles.p]\nscope = 'chat'\nrequire = ['tls13']\n")
    document = afilnet("config", "--profile", "p", "--timeout", "7", "--json").document
    settings = document["settings"]
    assert list(settings) == [field.name for field in FIELDS]
    assert settings["timeout"] == {"value": 7.0, "source": "keyword", "origin": "command line"}
    assert settings["scope"] == {
        "value": "chat",
        "source": "profile",
        "origin": f"profile p in {tmp_path}/afilnet.toml",
    }
    assert settings["require"]["value"] == ["tls13"]
    assert settings["user"]["origin"] == "environment AFILNET_USER"
    assert settings["password"]["value"] == settings["client_secret"]["value"] == "••••"
    assert settings["grant"]["source"] == "default"
    assert document["profile"] == "p"
    assert document["security_level"] == "medium"
    assert document["problems"] == []
    made = next(made for made in sandbox.accounts() if made.user == account)
    for ended in (afilnet("config"), afilnet("config", "--json")):
        assert ended.code == 0
        assert made.password not in ended.out
        assert made.client_secret not in ended.out


def test_config_shows_settings_that_do_not_work_and_why(afilnet):
    ended = afilnet("config", "--timeout", "soon", "--json")
    assert ended.code == 2
    assert ended.document["settings"]["timeout"]["value"] == "soon"
    assert any(text.startswith("timeout (command line) must be") for text in ended.document["problems"])
    assert any(text.startswith("password is needed") for text in ended.document["problems"])
    assert "problem: timeout (command line) must be" in afilnet("config", "--timeout", "soon").out


WRONG = {
    "a misspelt variable": ("AFILNET_PASWORD", "x", "AFILNET_PASSWORD"),
    "a wrong value": ("AFILNET_TIMEOUT", "soon", "timeout"),
    "a missing secret file": ("AFILNET_PASSWORD_FILE", "nowhere", "AFILNET_PASSWORD_FILE"),
    "a missing settings file": ("AFILNET_CONFIG", "nowhere.toml", "AFILNET_CONFIG"),
    "an unknown profile": ("AFILNET_PROFILE", "nobody", "'nobody' (environment AFILNET_PROFILE)"),
    "an unknown key": ("AFILNET_CONFIG", "[profiles.p]\ntime_out = 3\nscope = 'chat'\n", "timeout"),
    "no TOML": ("AFILNET_CONFIG", "[profiles.p\n", "not valid TOML"),
    "a file that is no text": ("AFILNET_CONFIG", "\udcff", "not UTF-8"),
    "a profile of itself": ("AFILNET_CONFIG", "[profiles.p]\nextends = 'p'\n", "extends itself"),
    "a secret that is not there": ("AFILNET_CONFIG", "[profiles.p]\npassword = { env = 'NONE' }\n", "NONE is not set"),
    "a program that fails": ("AFILNET_CONFIG", "[profiles.p]\npassword = { command = ['false'] }\n", "status 1"),
    "an address with a secret": ("AFILNET_PROXY", "http://me:hunter2@proxy.example", "proxy"),
    "a proxy behind TLS": ("AFILNET_PROXY", "https://proxy.example:3128", "must be http://host:port"),
    "a proxy with a path": ("AFILNET_PROXY", "http://proxy.example/pac", "must be http://host:port"),
    "an address with a placeholder": ("AFILNET_JSON_URL", "https://api.example/{tenant}/", "in the place of a"),
    "a host that is none": ("AFILNET_TOKEN_URL", "https://my-/token", "must have a host of letters"),
}


@pytest.fixture
def set_up_wrongly(monkeypatch, tmp_path):
    def set_up(*what):
        for name, value, _ in (WRONG[each] for each in what):
            if name == "AFILNET_CONFIG" and "nowhere" not in value:
                (tmp_path / "mine.toml").write_bytes(value.encode("utf-8", "surrogateescape"))
                (tmp_path / "mine.toml").chmod(0o600)
                monkeypatch.setenv("AFILNET_PROFILE", "p")
                value = "mine.toml"
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AFILNET_SCOPE", "chat")

    return set_up


@pytest.mark.parametrize("what", WRONG)
def test_whatever_is_wrong_config_names_it_and_shows_the_rest(afilnet, set_up_wrongly, what):
    set_up_wrongly(what)
    ended = afilnet("config", "--json")
    assert (ended.code, ended.err) == (2, "")
    assert list(ended.document["settings"]) == [field.name for field in FIELDS]
    assert ended.document["settings"]["scope"]["value"] == "chat"
    assert any(WRONG[what][2] in text for text in ended.document["problems"])
    plain = afilnet("config")
    assert plain.code == 2
    assert f"{WRONG[what][2]}" in plain.out
    assert "hunter2" not in plain.out + ended.out
    # Any other command ends with the same words.
    refused = afilnet("channels", "--json")
    assert refused.code == 2
    assert WRONG[what][2] in refused.error["message"]


@pytest.mark.parametrize("protocol", ["http_post", "JSON", "nobody's"])
def test_config_names_a_protocol_that_there_is_not(afilnet, account, protocol):
    ended = afilnet("config", "--protocol", protocol, "--json")
    assert ended.code == 2
    assert ended.document["security_level"] is None
    (told,) = ended.document["problems"]
    assert told.startswith(f'protocol "{protocol}" is' if "'" in protocol else f"protocol '{protocol}' is unknown")
    refused = afilnet("channels", "--protocol", protocol, "--json").error
    assert refused["message"] == told
    assert refused["what_to_do"] == "'afilnet config' shows every setting and where it came from"


INSIDE = {
    "authorities": ("--ca-file", "none here", "ca_file does not name a PEM file"),
    "a certificate of the client": ("--client-cert", "none here", "client_cert does not name a PEM file"),
    "a description": ("--soap-wsdl", "<none/>", "soap_wsdl"),
    "authorities behind a mark": ("--ca-file", "\ufeff-----BEGIN CERTIFICATE-----", "begins with a byte order mark"),
    "a certificate behind a mark": ("--client-cert", "\ufeff-----BEGIN CERTIFICATE-----", "a byte order mark"),
}


@pytest.mark.parametrize("what", INSIDE)
def test_config_names_what_is_wrong_inside_a_file(afilnet, account, tmp_path, monkeypatch, what):
    option, content, told = INSIDE[what]
    (tmp_path / "file").write_text(content, encoding="utf-8")
    ended = afilnet("config", "--protocol", "soap", option, "file", "--json")
    assert ended.code == 2
    assert any(told in text for text in ended.document["problems"])
    monkeypatch.setattr(config, "_make", lambda _: None)
    behind = "mark" in what
    assert afilnet("config", "--protocol", "soap", option, "file").code == (2 if behind else 0)


def test_config_fetches_no_description(afilnet, account):
    assert afilnet("config", "--protocol", "soap", "--soap-wsdl", "https://localhost:1/?wsdl").code == 0


WRONG_TABLES = {
    "mode = 'shadwo'\ncandidate = 'q'": "did you mean 'shadow'?",
    "mode = 'shadow'\ncandidate = 'qq'": "candidate: unknown profile 'qq': did you mean 'q'?",
    "mode = 'canary'\ncandidate = 'q'": "a canary needs share",
    "mode = 'shadow'\ncandidate = 'q'\nsampel = 1": "did you mean 'sample'?",
}


@pytest.mark.parametrize("table", WRONG_TABLES)
@pytest.mark.parametrize("timeout", ["30", "soon"])
def test_config_names_what_keeps_a_migration_from_working_beside_all_else(
    afilnet, account, tmp_path, monkeypatch, table, timeout
):
    (tmp_path / "mine.toml").write_text(f"[profiles.p]\n[profiles.q]\n[profiles.p.migration]\n{table}\n")
    monkeypatch.setenv("AFILNET_CONFIG", "mine.toml")
    ended = afilnet("config", "--profile", "p", "--timeout", timeout, "--json")
    assert ended.code == 2
    problems = ended.document["problems"]
    assert len(problems) == (1 if timeout == "30" else 2)
    assert problems[-1].startswith("profile p, migration: ")
    assert WRONG_TABLES[table] in problems[-1]
    with pytest.raises(ConfigurationError) as refused:
        connect("p")
    assert timeout == "soon" or WRONG_TABLES[table] in str(refused.value)


def test_all_that_is_wrong_is_named_at_once(afilnet, set_up_wrongly):
    set_up_wrongly("a misspelt variable", "a wrong value", "an unknown key", "a missing secret file")
    problems = afilnet("config", "--json").document["problems"]
    assert len(problems) == 4
    refused = afilnet("channels", "--json").error["message"]
    assert all(text in refused for text in problems)


def test_config_says_what_was_read_and_what_was_passed_over(afilnet, account, tmp_path, monkeypatch):
    (tmp_path / "afilnet.toml").write_text("[profiles.p]\n")
    (tmp_path / "mine.toml").write_text("\ufeff[profiles.p]\n", "utf-8")
    monkeypatch.setenv("AFILNET_CONFIG", "mine.toml")
    monkeypatch.setenv("AFILNET_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("AFILNET_PROXY", "")
    document = afilnet("config", "--json").document
    assert document["problems"] == []
    assert document["files"] == [str(tmp_path / "mine.toml")]
    assert document["not_read"] == str(tmp_path / "afilnet.toml")
    assert (document["ignored"], document["empty"]) == (["AFILNET_SERVICE_HOST"], ["AFILNET_PROXY"])
    said = afilnet("config").out
    assert "AFILNET_CONFIG=./afilnet.toml" in said
    assert "AFILNET_SERVICE_HOST" in said


def test_a_config_that_stops_at_the_first_fault_is_found(afilnet, set_up_wrongly, monkeypatch):
    """Sabotage: what is wrong with a source is raised where it is found."""
    from afilnet_protocols import ConfigurationError
    from afilnet_protocols.settings import sources

    def stop(self, found, source):
        raise ConfigurationError("the first fault")

    monkeypatch.setattr(sources._Gathered, "add", stop)
    set_up_wrongly("a misspelt variable")
    assert "settings" not in afilnet("config", "--json").out


def test_config_judges_the_security_level(afilnet, account):
    ended = afilnet("config", "--protocol", "http-get", "--json")
    assert ended.code == 2
    assert ended.document["security_level"] == "low"
    assert "medium is required" in ended.document["problems"][0]


def test_config_shows_what_is_accepted_as_it_is(afilnet, monkeypatch):
    monkeypatch.setenv("AFILNET_PROTOCOL", "json")
    monkeypatch.setenv("AFILNET_AUDIENCE", "https://a.example:8443/v1@x")
    monkeypatch.setenv("AFILNET_RESOURCE", "https://a.example:8443/v1@x,urn:b")
    settings = afilnet("config", "--json").document["settings"]
    assert settings["audience"]["value"] == "https://a.example:8443/v1@x"
    assert settings["resource"]["value"] == ["https://a.example:8443/v1@x", "urn:b"]


@table(
    ("written", "shown"),
    [
        ("2024-01-01", "••••"),
        ("10:00:00", "••••"),
        ('{ password = "hunter2" }', "••••"),
        ("nan", "nan"),
        ("inf", "inf"),
        ("[1, { a = 'hunter2' }, 2024-01-01T10:00:00Z]", [1, "••••", "••••"]),
        ("true", True),
        ("9999999999999999999999", 9999999999999999999999),
    ],
)
def test_config_shows_whatever_toml_knows_and_nothing_that_may_be_secret(
    afilnet, monkeypatch, tmp_path, written, shown
):
    monkeypatch.setenv("AFILNET_CONFIG", "./afilnet.toml")
    names = [field.name for field in FIELDS if field.kind in ("text", "seconds", "names", "count", "word")]
    profile = "".join(f"{name} = {written}\n" for name in names)
    (tmp_path / "afilnet.toml").write_text(f"[profiles.p]\n{profile}")
    ended = afilnet("config", "--profile", "p", "--json")
    assert ended.code == 2
    settings = ended.document["settings"]
    assert [settings[name]["value"] for name in names] == [shown] * len(names)
    assert "hunter2" not in ended.out + ended.err + afilnet("config", "--profile", "p").out


def test_an_address_that_holds_a_password_is_not_shown(afilnet, account):
    options = [field.option for field in FIELDS if field.option and field.kind != "flag"]
    for address in ("https://me:hunter2@a.example", "https://me%3Ahunter2@a.example", "https%3A%2F%2F:hunter2%40a"):
        given = [f"{option}={address}" for option in options]
        for words in (("config",), ("config", "--json")):
            ended = afilnet(*words, *given)
            assert (ended.code, "hunter2" in ended.out + ended.err) == (2, False)


@pytest.mark.parametrize(
    ("protocol", "skipped"),
    [("http-post", {"wsdl", "token"}), ("basic", {"wsdl", "token"}), ("soap", {"token"}), ("json", {"wsdl"})],
)
def test_the_doctor_finds_everything_well(afilnet, account, protocol, skipped):
    ended = afilnet("doctor", "--protocol", protocol, "--json")
    assert ended.code == 0
    assert ended.document["ok"]
    states = {step["step"]: step["state"] for step in ended.document["steps"]}
    assert tuple(states) == STEPS
    assert {step for step, state in states.items() if state == "skipped"} == skipped
    assert set(states.values()) == {"ok", "skipped"}
    assert "all is well" in afilnet("doctor", "--protocol", protocol).out


@pytest.mark.parametrize("protocol", ["http-post", "basic", "soap", "json"])
def test_the_doctor_shows_level_guarantees_evidence_and_provenance(afilnet, account, protocol):
    security = afilnet("doctor", "--protocol", protocol, "--json").document["security"]
    # The description of soap is fetched here, which caps its level.
    assert security["level"] == {"json": "high"}.get(protocol, "medium")
    assert (security["required"], security["provenance"]) == ("medium", "documented")
    assert [each["code"] for each in security["guarantees"]] == [f"G{number}" for number in range(1, 14)]
    assert all(each["rests_on"] if each["held"] else each["reason"] for each in security["guarantees"])
    assert any("TLSv1.3" in line for line in security["evidence"])
    assert any("access token" in line for line in security["evidence"]) == (protocol == "json")
    text = afilnet("doctor", "--protocol", protocol).out
    assert f"security level {security['level']} of at most {security['ceiling']}" in text
    assert all(each["name"] in text for each in security["guarantees"])
    assert all(line in text for line in [security["vendor"], security["why"], *security["evidence"]])


def test_the_doctor_says_what_soap_s_rank_rests_on(afilnet, account):
    text = afilnet("doctor", "--protocol", "soap").out
    assert 'the vendor ranks soap as "Medium / High security" (documented)' in text
    assert "the same password as a POST" in text


def test_the_doctor_tries_the_address_inside_a_description(afilnet, account, sandbox, tmp_path):
    served = tmp_path / "served.wsdl"
    served.write_text(Path(sandbox.settings("soap").soap_wsdl).read_text())
    words = ("doctor", "--protocol", "soap", "--soap-wsdl", str(served), "--json")
    steps = {step["step"]: step for step in afilnet(*words).document["steps"]}
    assert f"its address {sandbox.base_url.removeprefix('https://')}" in steps["wsdl"]["detail"]
    assert "verified, key" in steps["wsdl"]["detail"]
    served.write_text(served.read_text().replace(sandbox.base_url, "https://127.0.0.1:1"))
    steps = {step["step"]: step for step in afilnet(*words).document["steps"]}
    assert steps["wsdl"]["state"] == "failed"
    assert "127.0.0.1:1 cannot be reached" in steps["wsdl"]["detail"]


@pytest.mark.parametrize(
    ("words", "failing", "code"),
    [
        (("--timeout", "0"), "settings", 2),
        (("--protocol", "htp-post"), "settings", 2),
        (("--protocol", "http-get"), "security", 2),
        (("--base-url", "https://127.0.0.1:1"), "network", 3),
        (("--pin-sha256", "0" * 64), "tls", 3),
        (("--protocol", "soap", "--soap-wsdl", __file__), "wsdl", 2),
        (("--protocol", "json", "--client-id", "nobody"), "token", 4),
        (("--user", "nobody"), "read", 4),
    ],
)
def test_the_doctor_names_the_step_that_fails_and_skips_the_rest(afilnet, account, words, failing, code):
    ended = afilnet("doctor", *words, "--json")
    steps = ended.document["steps"]
    assert [step["step"] for step in steps if step["state"] == "failed"] == [failing]
    assert ended.code == code
    after = steps[STEPS.index(failing) + 1 :]
    assert {step["state"] for step in after} <= {"skipped"}
    failed = steps[STEPS.index(failing)]
    assert failed["detail"]
    assert failed["hint"]
    assert "what to do: " in afilnet("doctor", *words).out


def test_the_doctor_names_several_mistakes_in_one_line(afilnet, account, monkeypatch):
    monkeypatch.delenv("AFILNET_USER")
    monkeypatch.delenv("AFILNET_PASSWORD")
    shown = afilnet("doctor").out
    assert "2 settings cannot work: user is needed" in shown
    assert "in connect(); password is needed" in shown


def test_the_doctor_reads_with_the_token_that_it_has_shown(afilnet, account, monkeypatch):
    """A second one might cost a refresh token that can be used once, and all that came of it."""
    fetched, fetch = [], TokenSource.fetch
    monkeypatch.setattr(TokenSource, "fetch", lambda *args, **more: (fetched.append(args), fetch(*args, **more))[1])
    assert afilnet("doctor", "--protocol", "json").code == 0
    assert len(fetched) == 1


def test_the_doctor_sends_nothing(afilnet, account, sandbox):
    afilnet("doctor")
    assert [arrival.operation for arrival in sandbox.journal(account)] == ["get_chat_channels"]


# Schemas


def test_schemas_writes_what_it_then_finds_equal(afilnet, tmp_path):
    folder = tmp_path / "out"
    assert afilnet("schemas", "--write", str(folder)).code == 0
    ended = afilnet("schemas", "--check", str(folder), "--json")
    assert (ended.code, ended.document["differing"]) == (0, [])
    assert sorted(path.name for path in folder.iterdir()) == sorted(ended.document["documents"])
    changed = next(folder.iterdir())
    changed.write_text(changed.read_text() + " ")
    ended = afilnet("schemas", "--check", str(folder))
    assert ended.code == 1
    assert changed.name in ended.out


def test_schemas_says_what_is_wrong_with_the_folder(afilnet, tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder" / "afilnet-chat.wsdl").mkdir(parents=True)
    for words in (("--write", "file/below"), ("--write", "folder"), ("--check", "folder"), ("--check", "missing")):
        ended = afilnet("schemas", *words, "--json")
        assert (ended.code, ended.error["type"]) == (2, "ConfigurationError")
        assert words[1] in ended.error["message"]
    assert "there is no folder 'missing'" in ended.error["message"]
    (tmp_path / "my folder").mkdir()  # an empty one is there, and differs
    ended = afilnet("schemas", "--check", "my folder")
    assert (ended.code, 'what to do: afilnet schemas --write "my folder"\n' in ended.out) == (1, True)


def test_schemas_compares_with_the_folder_of_this_name_by_default(afilnet, monkeypatch):
    monkeypatch.chdir(Path(__file__).parents[2])
    assert afilnet("schemas", "--check").code == 0
    assert afilnet("schemas", "--check", "--write").code == 2
    bare = afilnet("schemas", "out")
    assert (bare.code, bare.out) == (2, "")
    assert "--check" in bare.err


def test_a_variable_stops_nobody_and_is_told_by_config(afilnet, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("AFILNET_MAX_RETRIES", "3")
    monkeypatch.setenv("AFILNET_OF_MY_OWN", "3")
    told = afilnet("config").out
    assert "AFILNET_MAX_RETRIES is an option of other libraries: nothing is repeated by count" in told
    assert "AFILNET_OF_MY_OWN is an option" not in told
    assert list(afilnet("config", "--json").document["hints"]) == ["AFILNET_MAX_RETRIES"]
