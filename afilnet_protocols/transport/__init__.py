"""The one way that bytes travel: TLS sockets, HTTP/1.1, deadlines and a byte account, shared by every protocol.

Read in this order: `transport` (the way of a request), `connection` (the verdict), `stream` (the socket), `answers`
(what is believed). Three rules hold throughout. Failures are values (`failure.TransportFailure`) up to where a verdict
is due, so that no foreign exception is ever near an error of ours. An error is raised only from a function whose local
variables hold no request or answer text. And no error text repeats anything but host and port.
"""

from afilnet_protocols.transport.connection import UnderWay
from afilnet_protocols.transport.gate import Evidence, Gate
from afilnet_protocols.transport.limits import Limits
from afilnet_protocols.transport.options import TransportOptions
from afilnet_protocols.transport.transport import Transport

__all__ = ["Evidence", "Gate", "Limits", "Transport", "TransportOptions", "UnderWay"]
