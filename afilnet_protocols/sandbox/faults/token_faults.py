"""Faults of the token endpoint, which only calls over ``json`` meet: before the call itself has left."""

from __future__ import annotations

from collections.abc import Iterator

from afilnet_protocols.sandbox.faults.fault_kind import NOT_SENT, REJECTED, Exchange, Kind, Stage, Truth
from afilnet_protocols.sandbox.server.exchange import JSON, HttpAnswer

_TOKEN = b'{"access_token":"sandbox-1234567890","token_type":"Bearer"%s}'


def kinds() -> Iterator[Kind]:
    """Yield the kinds."""
    yield _answered("token_refused", "HTTP 401 `invalid_client`", 401, b'{"error":"invalid_client"}', REJECTED)
    yield _answered("token_grant_refused", "HTTP 400 `invalid_grant`", 400, b'{"error":"invalid_grant"}', REJECTED)
    yield _answered("token_throttled", "HTTP 429", 429, b"", REJECTED)
    yield _answered("token_server_error", "HTTP 500 that holds a token", 500, _TOKEN % b',"expires_in":3600')
    about = "a token that does not say when it expires, and that the service does not know"
    yield _answered("token_without_expiry", about, 200, _TOKEN % b"", REJECTED)
    about = "a token with a life of nothing, which says as little, and that the service does not know"
    yield _answered("token_that_expired", about, 200, _TOKEN % b',"expires_in":0', REJECTED)
    yield _answered("token_for_ages", "a token whose life is a text", 200, _TOKEN % b',"expires_in":"for ever"')
    yield _answered("token_page", "HTTP 200 with an HTML page", 200, b"<html><h1>Log in</h1></html>")
    yield _answered("token_moved", "HTTP 302 to another place", 302, b"")
    yield _answered("token_unavailable", "HTTP 503", 503, b"")

    async def silence(exchange: Exchange) -> None:
        await exchange.connection.hold()

    async def reset(exchange: Exchange) -> None:
        await exchange.connection.reset()

    yield Kind(
        name="token_silence",
        stage=Stage.TOKEN,
        about="no answer ever comes",
        verdicts=NOT_SENT,
        act=silence,
        holds=True,
    )
    yield Kind(name="token_reset", stage=Stage.TOKEN, about="the connection is reset", verdicts=NOT_SENT, act=reset)


def _answered(name: str, about: str, status: int, body: bytes, verdicts: Truth = NOT_SENT) -> Kind:
    async def act(exchange: Exchange) -> HttpAnswer:
        headers = (("Location", "https://elsewhere.invalid/"),) if 300 <= status < 400 else ()
        return HttpAnswer(status, body, JSON, headers)

    return Kind(name=name, stage=Stage.TOKEN, about=about, verdicts=verdicts, act=act)
