#!/usr/bin/env bash
# Spyne 2.14.0: a service answers with an xsd:duration that has a fraction of a second, as a timedelta
#
# Expected: the same duration: 1.05 seconds are PT1.05S (XML Schema part 2, 3.2.6)
# Seen:     the microseconds are written as a number, without the zeros in front: 1.05 seconds are PT1.50000S, and five
#           milliseconds are PT0.5000S, half a second. zeep 4.3.3, to which it is sent, reads what is there. What begins with
#           a digit other than 0 after the point is right, so a test with half a second passes
set -euo pipefail
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet spyne==2.14.0 zeep==4.3.3 lxml==6.1.3 || exit 2
cat >service.py <<'PYTHON'
import datetime
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

from spyne import Application, Duration, Integer, ServiceBase, rpc
from spyne.protocol.soap import Soap11
from spyne.server.wsgi import WsgiApplication

class Delay(ServiceBase):
    @rpc(Integer, _returns=Duration)
    def delay(self, milliseconds):
        return datetime.timedelta(milliseconds=milliseconds)

class Quiet(WSGIRequestHandler):
    def log_message(self, *arguments):
        pass

service = WsgiApplication(Application([Delay], "urn:delay", in_protocol=Soap11(validator="lxml"), out_protocol=Soap11()))
server = make_server("127.0.0.1", 0, service, handler_class=Quiet)
print(server.server_port, flush=True)
server.serve_forever()
PYTHON
cat >try.py <<'PYTHON'
import sys

import zeep
from lxml import etree
from zeep.plugins import HistoryPlugin

history = HistoryPlugin()
client = zeep.Client(f"http://127.0.0.1:{sys.argv[1]}/?wsdl", plugins=[history])
seen = {}
for milliseconds in (1500, 1050, 5, -1050):
    read = client.service.delay(milliseconds).total_seconds()
    written = etree.tostring(history.last_received["envelope"], method="text", encoding="unicode").strip()
    seen[milliseconds] = (written, read)
    print(f"{milliseconds / 1000} seconds: written as {written}, read as {read} seconds")
wanted = {1500: ("PT1.500000S", 1.5), 1050: ("PT1.50000S", 1.5), 5: ("PT0.5000S", 0.5), -1050: ("-PT1.50000S", -1.5)}
sys.exit(0 if seen == wanted else 1)
PYTHON
venv/bin/python service.py >port 2>/dev/null &
until [ -s port ]; do sleep 0.1; done
venv/bin/python try.py "$(cat port)"
