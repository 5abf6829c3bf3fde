#!/usr/bin/env bash
# Spyne 2.14.0, its SOAP server: `true` with a blank or a new line around it, as a client writes it that indents
#
# Expected: True: blanks around a boolean do not count (XML Schema part 2, 4.3.6: whiteSpace is collapse, and fixed), just as
#           they do not around a number; or, at the least, a Fault
# Seen:     False, and no word of it: with validator="lxml" the document is checked against the schema, found valid, and then
#           read as the opposite of what it says. A number in the same document is read right
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet spyne==2.14.0 lxml==6.1.3 || exit 2
cat >try.py <<'PYTHON'
import io
import sys

from spyne import Application, Boolean, Integer, ServiceBase, rpc
from spyne.protocol.soap import Soap11
from spyne.server.wsgi import WsgiApplication

read = []

class Chat(ServiceBase):
    @rpc(Integer, Boolean, _returns=Integer)
    def mark(context, message, unread):
        read.append((message, unread))
        return message

ENVELOPE = """<E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/"><E:Body><t:mark xmlns:t="urn:t">
<t:message>{message}</t:message><t:unread>{unread}</t:unread></t:mark></E:Body></E:Envelope>"""

def call(validator, **values):
    application = Application([Chat], "urn:t", in_protocol=Soap11(validator=validator), out_protocol=Soap11())
    body = ENVELOPE.format(**values).encode()
    environment = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "CONTENT_TYPE": "text/xml; charset=utf-8",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
    }
    status = []
    list(WsgiApplication(application)(environment, lambda line, *rest: status.append(line)))
    return status[0]

seen = []
for validator in ("lxml", "soft", None):
    for around in ("", " ", "\n  "):
        status = call(validator, message=f"{around}7{around}", unread=f"{around}true{around}")
        print(f"validator {validator}, {f'{around}true{around}'!r}: {status}, read as {read[-1]}")
        seen.append((status, *read[-1]))
one = [("200 OK", 7, True), ("200 OK", 7, False), ("200 OK", 7, False)]
sys.exit(0 if seen == 3 * one else 1)
PYTHON
venv/bin/python try.py 2>/dev/null
