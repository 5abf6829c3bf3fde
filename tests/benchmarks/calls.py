"""Small calls: a read on a kept connection, a send on one of its own, and many callers at once."""

from __future__ import annotations

import asyncio
import urllib.parse
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from tests.benchmarks import chains, peers, quickest, raw
from tests.benchmarks.interleaved import Call, Plan, cpu_per_call
from tests.benchmarks.service import CHANNEL, Service, running
from tests.benchmarks.table import Row, Target

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
MESSAGE = {"destination": "34600000000", "message": "hola, ¿qué tal?"}
TOGETHER = 200
WHOLE, RESUMED = "http-post", "http-post, tls_resumption"
LIMIT = "http.client, new connection, shared context"


def reads(service: Service, plan: Plan) -> Iterator[Row]:
    """A read on a kept connection: `get_chat_channels()`, four records, about 300 bytes."""
    for scheme in ("https", "http"):
        ours = {name: service.connect(name, scheme) for name in ("http-get", "http-post", "basic", "json", "soap")}
        contenders: dict[str, Call] = {name: chat.get_chat_channels for name, chat in ours.items()}
        for name in ("http-get", "http-post", "basic"):
            contenders[f"requests.Session {name}"] = peers.requests_session(service, scheme, name)
        contenders["httpx.Client http-post"] = peers.httpx_client(service, scheme, "http-post")
        contenders["zeep"] = peers.zeep_client(service, scheme)
        contenders["suds"] = peers.suds_client(service, scheme)
        if scheme == "https":  # it refuses plain http
            contenders["OAuth2Session"] = peers.oauth2_session(service, scheme)
        contenders |= _limits(service, scheme)
        quick = _quickest(service, scheme)
        contenders |= quick
        cost = cpu_per_call(contenders, rounds=plan.rounds(25), calls=plan.calls(30))
        for chat in ours.values():
            chat.close()
        yield from _rows(scheme, cost)
        yield _against_the_quickest(scheme, cost, list(quick))


def _read(service: Service, scheme: str) -> tuple[str, bytes, dict[str, str], str]:
    body = urllib.parse.urlencode({**peers.READ, "user": service.user, "password": service.password}).encode()
    return f"{service.base[scheme]}/api/http/", body, FORM, service.ca_file


def _limits(service: Service, scheme: str) -> dict[str, Call]:
    return {name: make(*_read(service, scheme)) for name, make in raw.LIMITS.items()}


def _quickest(service: Service, scheme: str) -> dict[str, Call]:
    return quickest.installed(*_read(service, scheme))


def _against_the_quickest(scheme: str, cost: dict[str, float], quick: list[str]) -> Row:
    """Compare with what has C or Rust below Python and promises less."""
    peer, bounds = (quickest.PYCURL, (1.0, 0.8)) if scheme == "https" else (quickest.PARSED, (1.5, 1.3))
    ours = cost["http-post"]
    return Row(
        f"a read over `http-post`, {scheme}, and the quickest peers",
        "client CPU, µs",
        {"http-post": ours},
        {name: cost[name] for name in quick if name not in quickest.LIMITS},
        {name: cost[name] for name in quick if name in quickest.LIMITS},
        [Target(f"ours / {peer}", ours / cost[peer], *bounds)] if peer in quick else [],
        "; ".join(quickest.missing()),
    )


def _rows(scheme: str, cost: dict[str, float]) -> Iterator[Row]:
    limits = {name: cost[name] for name in raw.LIMITS}
    for name in ("http-get", "http-post", "basic"):
        session = f"requests.Session {name}"
        others = [session, *(["httpx.Client http-post"] if name == "http-post" else [])]
        yield _row(f"a read over `{name}`, {scheme}, kept connection", cost, name, others, limits, (0.35, 0.25))
    if scheme == "https":
        work = "a read over `json` with a valid token, https, kept connection"
        yield _row(work, cost, "json", ["OAuth2Session"], limits, (0.35, 0.25))
    work = f"a read over `soap`, {scheme}, kept connection"
    yield _row(work, cost, "soap", ["zeep", "suds"], limits, (0.4, 0.28))


def _row(
    work: str,
    cost: dict[str, float],
    name: str,
    others: list[str],
    limits: dict[str, float],
    bounds: tuple[float, float],
) -> Row:
    return Row(
        work,
        "client CPU, µs",
        {name: cost[name]},
        {other: cost[other] for other in others},
        limits,
        [Target(f"ours / {others[0]}", cost[name] / cost[others[0]], *bounds)],
    )


def sends(service: Service, plan: Plan) -> Iterator[Row]:
    """A send over TLS, on a connection of its own; also to services that show what public authorities issue."""
    fields = {"class": "chat", "method": "sendmessage", "platform": "whatsapp", "platformid": "100", **MESSAGE}
    fields |= {"user": service.user, "password": service.password}
    way = "urllib, new connection and context"
    cost = _sends(service, plan, fields, {way: peers.vendors_way(service, fields)})
    yield Row(
        "a send over `http-post`, TLS, a new connection for each",
        "client CPU, µs",
        {name: cost[name] for name in (WHOLE, RESUMED)},
        {way: cost[way]},
        {LIMIT: cost[LIMIT]},
        [Target("ours / the vendor's published way", cost[WHOLE] / cost[way], 0.06), *_beside_the_limit(cost)],
        remark="`http.client` makes whole handshakes, as it does by itself; ours do unless `tls_resumption` is set",
    )
    for chain in chains.OF_PUBLIC_AUTHORITIES:
        with running(chain) as public:
            cost = _sends(public, plan, fields | {"user": public.user, "password": public.password}, {})
        yield Row(
            f"the same to a service that shows {chains.in_words(chain)}",
            "client CPU, µs",
            {name: cost[name] for name in (WHOLE, RESUMED)},
            {},
            {LIMIT: cost[LIMIT]},
            _beside_the_limit(cost),
            remark="the keys of its certificate, of the authority that issued it, and of the root",
        )


def _sends(service: Service, plan: Plan, fields: dict[str, str], others: dict[str, Call]) -> dict[str, float]:
    chat, resuming = service.connect("http-post"), service.connect("http-post", resume=True)
    url, body = f"{service.base['https']}/api/http/", urllib.parse.urlencode(fields).encode()
    contenders: dict[str, Call] = {
        WHOLE: lambda: chat.send_message(**CHANNEL, **MESSAGE),
        RESUMED: lambda: resuming.send_message(**CHANNEL, **MESSAGE),
        LIMIT: raw.by_new_http_client(url, body, FORM, service.ca_file),
        **others,
    }
    cost = cpu_per_call(contenders, rounds=plan.rounds(25), calls=plan.calls(10))
    chat.close()
    resuming.close()
    return cost


def _beside_the_limit(cost: dict[str, float]) -> list[Target]:
    return [
        Target("ours, whole handshakes / http.client", cost[WHOLE] / cost[LIMIT], 1.05),
        Target("ours, resumed / http.client", cost[RESUMED] / cost[LIMIT], 0.6, 0.5),
    ]


def together(service: Service, plan: Plan) -> Iterator[Row]:
    """One client under many callers: CPU for each read, and whether the callers get in each other's way."""
    chat = service.connect("http-post")
    total = TOGETHER if plan.quick else 5 * TOGETHER

    tasks = service.connect_async("http-post")
    one, many = ThreadPoolExecutor(1), ThreadPoolExecutor(32)
    session = peers.requests_session(service, "https", "http-post", connections=32)

    def in_threads(pool: ThreadPoolExecutor, call: Call) -> None:
        for done in [pool.submit(call) for _ in range(total)]:
            done.result()

    async def in_tasks() -> None:
        async def caller() -> None:
            for _ in range(total // TOGETHER):
                await tasks.get_chat_channels()

        await asyncio.gather(*(caller() for _ in range(TOGETHER)))

    ways: dict[str, Call] = {
        "one thread": lambda: in_threads(one, chat.get_chat_channels),
        "32 threads": lambda: in_threads(many, chat.get_chat_channels),
        "200 tasks": lambda: asyncio.run(in_tasks()),
    }
    others: dict[str, Call] = {
        "requests.Session, one thread": lambda: in_threads(one, session),
        "requests.Session, 32 threads": lambda: in_threads(many, session),
    }
    # Apart, so that no connection has to wait for its next round until it is too old to be used again.
    samples = cpu_per_call(ways, rounds=plan.rounds(15), calls=1)
    samples |= cpu_per_call(others, rounds=plan.rounds(15), calls=1)
    asyncio.run(tasks.close())
    cost = {name: each / total for name, each in samples.items()}
    alone = cost["one thread"]
    yield Row(
        "reads by many callers of one `http-post` client, https",
        "client CPU, µs",
        {name: each for name, each in cost.items() if "requests" not in name},
        {name: each for name, each in cost.items() if "requests" in name},
        targets=[
            Target("32 threads / one thread", cost["32 threads"] / alone, 1.05),
            Target("200 tasks / one thread", cost["200 tasks"] / alone, 0.9, 0.7),
        ],
        remark="threads take turns except where they wait; tasks are carried out by the event loop; each has as many "
        "connections as callers, made before and kept from round to round",
    )
