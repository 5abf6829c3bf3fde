from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import trustme

from afilnet_protocols.transport import Transport, TransportOptions
from tests.transport.certificates import server_context
from tests.transport.wire import Authority, Wire


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    ca = trustme.CA()
    file = tmp_path_factory.mktemp("authority") / "ca.pem"
    ca.cert_pem.write_to_path(str(file))
    return Authority(ca, file, server_context(ca.issue_cert("127.0.0.1", "localhost")))


@pytest.fixture
def make_transport(authority: Authority) -> Iterator[Callable[..., Transport]]:
    made: list[Transport] = []

    def make(**options: object) -> Transport:
        options.setdefault("ca_file", str(authority.file))
        transport = Transport(TransportOptions(**options))  # type: ignore[arg-type] # tests give what they please
        made.append(transport)
        return transport

    yield make
    for transport in made:
        transport.close()


@pytest.fixture(params=["tcp", "tls"])
def wire(request: pytest.FixtureRequest, authority: Authority, make_transport: Callable[..., Transport]) -> Wire:
    return Wire(make_transport(), authority.server if request.param == "tls" else None)
