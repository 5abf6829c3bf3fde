"""A 401 is a refusal before anything is done, on every protocol, with whatever code the service puts beside it."""

from __future__ import annotations

from afilnet_protocols import AuthenticationError, Delivery
from afilnet_protocols.wire import Reply
from afilnet_protocols.wire.envelope import error_for
from tests.tables import table


@table("code", ["TOKEN_EXPIRED", "INVALID_TOKEN", "SESSION_LOST", "E401", "x"])
def test_a_code_that_nobody_lists_is_rejected_under_a_401_and_in_doubt_elsewhere(code: str) -> None:
    error = error_for(code, Reply(401))
    assert isinstance(error, AuthenticationError)
    assert (error.delivery, error.code) == (Delivery.REJECTED, code)
    for status in (200, 400, 403, 500, 503):
        assert error_for(code, Reply(status)).delivery is Delivery.UNKNOWN
