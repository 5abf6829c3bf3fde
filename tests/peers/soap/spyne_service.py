"""The service in Spyne, document/literal wrapped, behind the server of the standard library: PORT VERSION."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from spyne import Application, Array, ComplexModel, Fault, ServiceBase, Unicode, rpc
from spyne.protocol.soap import Soap11, Soap12
from spyne.server.wsgi import WsgiApplication

sys.path.insert(0, str(Path(__file__).parents[1] / "service"))
import meaning

SPACE = meaning.SPACE


class Channel(ComplexModel):
    """A channel."""

    __namespace__ = SPACE
    platformid, platform, name = Unicode, Unicode, Unicode


class Message(ComplexModel):
    """A message."""

    __namespace__ = SPACE
    platformid, platform, message, destination, messageid = Unicode, Unicode, Unicode, Unicode, Unicode
    sent, issent, status, datetime = Unicode, Unicode, Unicode, Unicode


class Channels(ComplexModel):
    """What a list of channels comes in."""

    __namespace__ = SPACE
    list = Array(Channel)


class Messages(ComplexModel):
    """What a list of messages comes in."""

    __namespace__ = SPACE
    list = Array(Message)


def rows(method: str, kind: type) -> list[object]:
    """Return the records that a method lists."""
    known = kind._type_info  # what Spyne calls the fields
    texts = (
        {name: str(value).lower() if value is True else value for name, value in row.items()}
        for row in meaning.LISTS[method]
    )
    return [kind(**{name: value for name, value in row.items() if name in known}) for row in texts]


def send(message: str, user: str, password: str) -> str:
    """Carry a send out as its event wants."""
    call = meaning.Call(
        "sendmessage", message.split()[0], (user, password) == (meaning.USER, meaning.PASSWORD), True, ""
    )
    code = meaning.refusal(call)
    if code:
        raise Fault(f"Client.{code}", "No.")
    if call.event == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    if call.event == "throw":
        raise RuntimeError("a fault before the effect")
    meaning.carry_out(call)
    if call.event == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if call.event == "fault":
        raise RuntimeError("a fault after the effect")
    return "SUCCESS"


TWO = {"_out_variable_names": ["status", "result"]}


class Chat(ServiceBase):
    """The six operations; what Spyne hands them first is its context, and it names elements after the others."""

    @rpc(Unicode, Unicode, _returns=[Unicode, Channels], **TWO)
    def getchatchannels(self, user, password):
        return "SUCCESS", Channels(list=rows("getchatchannels", Channel))

    @rpc(Unicode, Unicode, Unicode, Unicode, _returns=[Unicode, Messages], **TWO)
    def getchats(self, user, password, platform, platformid):
        return "SUCCESS", Messages(list=rows("getchats", Message))

    @rpc(Unicode, Unicode, Unicode, Unicode, Unicode, _returns=[Unicode, Messages], **TWO)
    def getmessages(self, user, password, platform, platformid, destination):
        return "SUCCESS", Messages(list=rows("getmessages", Message))

    @rpc(Unicode, Unicode, Unicode, Unicode, Unicode, _returns=[Unicode, Messages], **TWO)
    def getunreadmessages(self, user, password, platform, platformid, destination):
        return "SUCCESS", Messages(list=rows("getunreadmessages", Message))

    @rpc(Unicode, Unicode, Unicode, Unicode, Unicode, Unicode, _returns=Unicode, _out_variable_name="status")
    def sendmessage(self, user, password, platform, platformid, destination, message):
        return send(message, user, password)

    @rpc(*[Unicode] * 9, _returns=Unicode, _out_variable_name="status")
    def sendfile(self, user, password, platform, platformid, destination, type, fileurl, thumburl, message):  # noqa: A002
        return send(message, user, password)


class Server(ThreadingMixIn, WSGIServer):
    """Serves several calls at once."""

    daemon_threads = True


class Quiet(WSGIRequestHandler):
    """Writes no log."""

    def log_message(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    protocol = {"1.1": Soap11, "1.2": Soap12}[sys.argv[2]]
    application = Application([Chat], tns=SPACE, in_protocol=protocol(validator="soft"), out_protocol=protocol())
    make_server("127.0.0.1", int(sys.argv[1]), WsgiApplication(application), Server, Quiet).serve_forever()
