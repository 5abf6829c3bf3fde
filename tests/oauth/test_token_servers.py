"""The json backend behaves the same whatever authorization server and guard a service has: the suite over each kind."""

from __future__ import annotations

import pytest

from afilnet_protocols import AfilnetError, AuthenticationError, ChatOperations, Settings, connect
from afilnet_protocols.conformance.cases import CASES, Case
from afilnet_protocols.conformance.results.outcome import Outcome
from afilnet_protocols.conformance.runner import run
from afilnet_protocols.conformance.targets.stage import Candidate, Stage
from afilnet_protocols.oauth import guard
from afilnet_protocols.sandbox import Sandbox
from afilnet_protocols.sandbox.protocols.token_server import TokenServer
from afilnet_protocols.sandbox.state.accounts import Account
from afilnet_protocols.sandbox.state.store import Store
from tests.tables import table

TOKEN_SERVERS = {
    "standard": TokenServer(),
    "unstated life": TokenServer(lifetime="unstated"),
    "life as text": TokenServer(lifetime="text", token_type="bearer"),
    "created, padded": TokenServer(lifetime="fraction", status=201, token_type="BEARER", padded=True),
    "bare challenge": TokenServer(guard="bearer"),
    "realm only": TokenServer(guard="realm"),
    "beside DPoP": TokenServer(guard="dpop"),
    "silent guard": TokenServer(guard="silent"),
    "envelope": TokenServer(guard="envelope"),
    "page": TokenServer(guard="page"),
    "forbidding guard": TokenServer(guard="forbidden"),
    "raw Basic, empty 403": TokenServer(decodes=False, says_why=False),
}
"""The kinds of servers that were run (docs/peers.md), by what is particular to each."""

FINE = (Outcome.PASS, Outcome.NOT_DECLARED)
AREAS = ("AUTH", "DELIV", "SEC", "SEND", "TIME")
"""What tokens have to do with; the other cases run in the long form."""

FOREMOST = "AUTH"
"""What a token that has died meets first."""

HANDS = 4
"""The cases of sends are dealt out in turn to so many kinds, each of which has them from there on again."""

LOST = {"AUTH-04", "AUTH-05"}
"""The cases in which tokens expire within seconds: where the guard says so by HTTP 403, a call is lost each time."""

LOST_SOON_AFTER = {"TIME-03", "TIME-04", "TIME-08"}
"""Those in which they expire because the clock is moved: the same, if so many others have expired just before."""

CHAT = {"platform": "whatsapp", "platform_id": "100"}
TEXT = {**CHAT, "destination": "34600000000", "message": "hola"}


def fitting(server: TokenServer, settings: Settings) -> Settings:
    """Return settings as the owner of such a server has to make them."""
    return settings if server.decodes else settings.but(token_auth="basic-raw")


def clear_all_but_tokens(store: Store, account: Account) -> None:
    with store._transaction() as db:
        db.execute("DELETE FROM messages WHERE account = ?", (account.number,))
        db.execute("DELETE FROM conversations WHERE account = ?", (account.number,))


def trying(server: TokenServer, settings: Settings) -> ChatOperations:
    return connect(fitting(server, settings))


@pytest.mark.parametrize("kind", TOKEN_SERVERS)
def test_each_kind_of_server_passes_what_the_suite_asks_of_tokens(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sends = [case for case in CASES if not case.generated and case.area == "SEND"]
    share = sends[list(TOKEN_SERVERS).index(kind) % HANDS :: HANDS]
    chosen = [case for case in CASES if case in share or (not case.generated and case.area == FOREMOST)]
    assert passed(kind, chosen, monkeypatch) >= len(chosen) - len(LOST)


@pytest.mark.proof(short="test_each_kind_of_server_passes_what_the_suite_asks_of_tokens")
@pytest.mark.parametrize("kind", TOKEN_SERVERS)
def test_each_kind_of_server_passes_the_conformance_suite(
    kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = request.config.getoption("--long") and TOKEN_SERVERS[kind].guard != "forbidden"
    chosen = [case for case in CASES if everything or (not case.generated and case.id.startswith(AREAS))]
    assert passed(kind, chosen, monkeypatch) >= 20


def passed(kind: str, chosen: list[Case], monkeypatch: pytest.MonkeyPatch) -> int:
    """Return how many cases a client of a kind of server passes, if it fails in none that it could pass."""
    server = TOKEN_SERVERS[kind]
    if server.guard == "forbidden":
        # Where a dead token is told by 403, the send that meets one is lost; what is held to the suite is the rest.
        monkeypatch.setattr(Store, "clear", clear_all_but_tokens)
    with Stage(token_server=server) as stage:
        target = stage.target(Candidate(kind, "json", make=lambda given: trying(server, given), plain=True))
        report = run([target], cases=chosen, seed=1)
    wrong = {result.case: result.reason for result in report.results if result.outcome not in FINE}
    lost = LOST & {case.id for case in chosen} if server.guard == "forbidden" else set()
    assert lost <= set(wrong) <= (lost | LOST_SOON_AFTER if lost else set()), wrong
    return sum(result.outcome is Outcome.PASS for result in report.results)


def sends_over_dead_tokens(server: TokenServer) -> list[str]:
    """Send four times, the tokens dying before each but the first; return how each ended."""
    found = []
    with Sandbox(token_server=server) as sandbox:
        with connect(fitting(server, sandbox.settings("json", plain=True))) as chat:
            chat.wait = lambda *_: ()  # type: ignore[attr-defined] # pauses between attempts
            for _ in range(4):
                try:
                    chat.send_message(**TEXT)
                    found.append("done")
                except AfilnetError as error:
                    found.append(str(error.delivery))
                sandbox.revoke_tokens()
        sent = sum(arrival.operation == "send_message" for arrival in sandbox.journal())
        assert sent == found.count("done"), "no send may be repeated that was carried out, and none lost that was not"
    return found


@table("kind", TOKEN_SERVERS)
def test_a_send_outlives_a_dead_token_and_is_made_once(kind: str) -> None:
    found = sends_over_dead_tokens(TOKEN_SERVERS[kind])
    if TOKEN_SERVERS[kind].guard == "forbidden":
        assert found[0] == "done"
        assert found[1] != "done", "a 403 is no proof, so the send is not repeated"
        assert "done" in found[2:], "the next call gets another token"
    else:
        assert found == ["done"] * 4


def test_a_client_that_waits_for_invalid_token_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = guard.heard

    def literal(reply):
        word = heard(reply)
        silent = "invalid_token" not in reply.headers.get("www-authenticate", "")
        return guard.Word.NOTHING if silent and word is guard.Word.REFUSED else word

    monkeypatch.setattr("afilnet_protocols.backends.json.heard", literal)
    assert sends_over_dead_tokens(TOKEN_SERVERS["standard"]) == ["done"] * 4
    for kind in ("bare challenge", "realm only", "beside DPoP", "silent guard", "envelope", "page"):
        with pytest.raises(AssertionError):
            assert sends_over_dead_tokens(TOKEN_SERVERS[kind]) == ["done"] * 4


def after_a_refusal_in_its_own_words() -> int:
    """Have the service refuse the credentials of one call with HTTP 200; return with how many tokens the next ends."""
    with Sandbox() as sandbox, connect(sandbox.settings("json")) as chat:
        chat.get_chat_channels()
        first = chat._tokens.token  # type: ignore[attr-defined] # the client's own
        with (
            sandbox.answer("INCORRECT_USER_PASSWORD", operation="send_message") as refused,
            pytest.raises(AuthenticationError),
        ):
            chat.send_message(**TEXT)
        assert refused.hits == 1, "it is the service's own word, and not asked again"
        chat.send_message(**TEXT)
        return len({first, chat._tokens.token})  # type: ignore[attr-defined] # as above


def test_a_call_after_a_refusal_in_the_services_own_words_has_another_token() -> None:
    assert after_a_refusal_in_its_own_words() == 2


def test_a_token_that_is_kept_in_spite_of_it_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afilnet_protocols.oauth.guard._in_its_envelope", lambda _: guard.Word.NOTHING)
    assert after_a_refusal_in_its_own_words() == 1


@pytest.mark.parametrize("says_why", [True, False])
def test_a_wrong_secret_is_named_whether_or_not_the_server_says_so(says_why: bool) -> None:
    with (
        Sandbox(token_server=TokenServer(says_why=says_why)) as sandbox,
        connect(sandbox.settings("json", plain=True, client_secret="wrong")) as chat,
        pytest.raises(AuthenticationError, match="client_secret") as caught,
    ):
        chat.get_chat_channels()
    assert caught.value.code == "INCORRECT_USER_PASSWORD"


@pytest.mark.parametrize("lifetime", ["number", "unstated"])
def test_the_report_says_how_far_the_tokens_reach(lifetime: str) -> None:
    server = TokenServer(lifetime=lifetime)  # type: ignore[arg-type] # one of its words
    with Sandbox(token_server=server, token_lifetime=7200) as sandbox, connect(sandbox.settings("json")) as chat:
        before = chat.security_report().level  # type: ignore[attr-defined] # built-in backends have one
        chat.get_chat_channels()
        assert (before, chat.security_report().level) == ("high", "medium_high")  # type: ignore[attr-defined] # as above
        with (
            connect(sandbox.settings("json", minimum_security="high")) as strict,
            pytest.raises(
                AfilnetError, match="3600 seconds" if lifetime == "number" else "set token_lifetime"
            ) as caught,
        ):
            strict.get_chat_channels()
        assert caught.value.delivery == "not_sent"
