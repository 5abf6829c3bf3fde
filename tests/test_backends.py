"""The five built-in backends are asked everything that is asked of anybody's."""

from __future__ import annotations

from afilnet_protocols.conformance.suite import BackendConformance


class TestHttpGet(BackendConformance):
    protocol = "http-get"


class TestHttpPost(BackendConformance):
    protocol = "http-post"


class TestBasic(BackendConformance):
    protocol = "basic"


class TestSoap(BackendConformance):
    protocol = "soap"


class TestJson(BackendConformance):
    protocol = "json"
