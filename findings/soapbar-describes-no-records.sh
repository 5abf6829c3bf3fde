#!/usr/bin/env bash
# soapbar 0.21.0: a service whose operations take and return a record, described by soapbar, called by soapbar's own client
#
# Expected: the record comes and goes as it is: the service declares its fields, and the description is made from that
# Seen:     the description names the record's type and does not hold it. The client of the same library reads the record as
#           an empty text, and sends one that arrives without its fields, both without an error; zeep 4.3.3 cannot begin
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet soapbar==0.21.0 httpx==0.28.1 zeep==4.3.3 || exit 2
cat >try.py <<'PYTHON'
import sys
import threading
import urllib.request
from wsgiref.simple_server import WSGIRequestHandler, make_server

import zeep
from soapbar import SoapApplication, SoapClient, SoapService, WsgiSoapApp, soap_operation
from soapbar.core.binding import OperationParameter
from soapbar.core.types import ComplexXsdType, xsd

STRING = xsd.resolve("string")
ORDER = ComplexXsdType("Order", [("number", STRING), ("state", STRING)], target_namespace="urn:shop")
placed = []

class Shop(SoapService):
    __service_name__ = "Shop"
    __tns__ = "urn:shop"

    @soap_operation(
        input_params=[OperationParameter("number", STRING)], output_params=[OperationParameter("order", ORDER)]
    )
    def find(self, number):
        return {"order": {"number": number, "state": "shipped"}}

    @soap_operation(
        input_params=[OperationParameter("order", ORDER)], output_params=[OperationParameter("state", STRING)]
    )
    def place(self, order):
        placed.append(order)
        return {"state": "placed"}

class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass

application = SoapApplication()
application.register(Shop())
server = make_server("127.0.0.1", 0, WsgiSoapApp(application), handler_class=Quiet)
address = application.service_url = f"http://127.0.0.1:{server.server_port}/"
threading.Thread(target=server.serve_forever, daemon=True).start()

description = urllib.request.urlopen(f"{address}?wsdl").read().decode()
is_there = 'complexType name="Order"' in description
print(f"the description names tns:Order: {'tns:Order' in description}; it says what that is: {is_there}")
client = SoapClient(wsdl_url=f"{address}?wsdl")
found = client.service.find(number="42")
print(f"the service returns a shipped order, soapbar's client reads {found!r}")
told = client.service.place(order={"number": "43", "state": "new"})
print(f"soapbar's client sends a new order, the service is given {placed[0]!r} and answers {told!r}")
try:
    zeep.Client(f"{address}?wsdl")
    other = "reads the description"
except zeep.exceptions.LookupError:
    other = "cannot resolve the type"
print(f"zeep {other}")
seen = (is_there, found, placed, other)
sys.exit(0 if seen == (False, "", [{"number": None, "state": None}], "cannot resolve the type") else 1)
PYTHON
venv/bin/python try.py
