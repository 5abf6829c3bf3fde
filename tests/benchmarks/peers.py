"""The peers, each as a competent user would write it: one session or client, kept; the answer read into Python."""

from __future__ import annotations

import json
import ssl
import urllib.parse
import urllib.request

import httpx
import requests
import zeep
import zeep.transports
from requests_oauthlib import OAuth2Session
from suds.client import Client as SudsClient
from suds.transport.https import HttpAuthenticated

from tests.benchmarks.interleaved import Call
from tests.benchmarks.service import Service

CHATS = {"platform": "whatsapp", "platformid": "100"}
READ = {"class": "chat", "method": "getchatchannels"}


def requests_session(service: Service, scheme: str, protocol: str, connections: int = 10) -> Call:
    """`requests.Session` that keeps up to so many connections, and `.json()` of the answer."""
    session = requests.Session()
    session.mount(f"{scheme}://", requests.adapters.HTTPAdapter(pool_maxsize=connections))
    session.verify = service.ca_file
    pairs = {**READ, "user": service.user, "password": service.password}
    url = f"{service.base[scheme]}/api/http/"
    if protocol == "http-get":
        return lambda: session.get(url, params=pairs, timeout=30).json()
    if protocol == "basic":
        session.auth = (service.user, service.password)
        url = f"{service.base[scheme]}/api/basic/"
        return lambda: session.post(url, data=READ, timeout=30).json()
    return lambda: session.post(url, data=pairs, timeout=30).json()


def httpx_client(service: Service, scheme: str, protocol: str) -> Call:
    """`httpx.Client`, and `.json()` of the answer."""
    client = httpx.Client(verify=ssl.create_default_context(cafile=service.ca_file))
    pairs = {**READ, "user": service.user, "password": service.password}
    url = f"{service.base[scheme]}/api/http/"
    if protocol == "http-get":
        return lambda: client.get(url, params=pairs).json()
    if protocol == "basic":
        url, auth = f"{service.base[scheme]}/api/basic/", (service.user, service.password)
        return lambda: client.post(url, data=READ, auth=auth).json()
    return lambda: client.post(url, data=pairs).json()


def vendors_way(service: Service, fields: dict[str, str]) -> Call:
    """What the vendor publishes for Python: `urllib`, a new connection for each call, and so a new TLS context."""
    url = f"{service.base['https']}/api/http/"
    data = urllib.parse.urlencode({**fields, "user": service.user, "password": service.password}).encode()

    # The authority of the sandbox beside the usual ones: what the published way loads, it loads here as well.
    def call() -> object:
        trusting = ssl.create_default_context()
        trusting.load_verify_locations(cafile=service.ca_file)
        with urllib.request.urlopen(url, data, timeout=30, context=trusting) as answer:
            return json.load(answer)

    return call


def bearer_token(service: Service) -> str:
    """Fetch an access token."""
    fields = {"grant_type": "client_credentials"}
    answer = requests.post(
        f"{service.base['https']}/oauth/token",
        data=fields,
        auth=(service.client_id, service.client_secret),
        verify=service.ca_file,
        timeout=30,
    )
    return str(answer.json()["access_token"])


def oauth2_session(service: Service, scheme: str) -> Call:
    """`OAuth2Session` with a token that is valid."""
    session = OAuth2Session(token={"access_token": bearer_token(service), "token_type": "Bearer"})
    session.verify = service.ca_file
    url = f"{service.base[scheme]}/api/json/"
    return lambda: session.post(url, json=READ, timeout=30).json()


def zeep_client(service: Service, scheme: str) -> Call:
    """A zeep client and its service proxy."""
    session = requests.Session()
    session.verify = service.ca_file
    client = zeep.Client(service.wsdl[scheme], transport=zeep.transports.Transport(session=session))
    return lambda: client.service.getchatchannels(user=service.user, password=service.password)


class _Trusting(HttpAuthenticated):
    def __init__(self, ca_file: str) -> None:
        super().__init__()
        self._context = ssl.create_default_context(cafile=ca_file)

    def u2handlers(self) -> list[object]:
        return [*super().u2handlers(), urllib.request.HTTPSHandler(context=self._context)]


def suds_client(service: Service, scheme: str) -> Call:
    """A suds client and its service proxy."""
    client = SudsClient(f"file://{service.wsdl[scheme]}", transport=_Trusting(service.ca_file), cache=None)
    return lambda: client.service.getchatchannels(service.user, service.password)
