#!/usr/bin/env bash
# zeep 4.3.3: `with client.settings(...)` within another such block, and in two tasks of an AsyncClient
#
# Expected: a setting holds from the beginning of its block to its end, and only there, as with any such block
# Seen:     where both blocks set the same value, the end of the inner one takes it away from the outer one: its next call is
#           made without. The end of the outer one then raises AttributeError, after its calls were carried out. Two tasks
#           overwrite each other's value at once, and where the one that began first ends first, its value stays on the
#           client when both have ended: every later call has the header of a task that is gone
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet "zeep[async]==4.3.3" httpx==0.28.1 || exit 2
cat >chat.wsdl <<'WSDL'
<definitions targetNamespace="urn:t" xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:t="urn:t"
  xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:x="http://www.w3.org/2001/XMLSchema">
<types><x:schema targetNamespace="urn:t"/></types>
<message name="i"><part name="text" type="x:string"/></message><message name="o"><part name="id" type="x:string"/></message>
<portType name="P"><operation name="say"><input message="t:i"/><output message="t:o"/></operation></portType>
<binding name="B" type="t:P"><s:binding style="rpc" transport="http://schemas.xmlsoap.org/soap/http"/>
<operation name="say"><s:operation soapAction=""/><input><s:body use="literal" namespace="urn:t"/></input>
<output><s:body use="literal" namespace="urn:t"/></output></operation></binding>
<service name="S"><port name="P" binding="t:B"><s:address location="http://service.example/"/></port></service></definitions>
WSDL
cat >try.py <<'PYTHON'
import asyncio
import re
import sys

import httpx
import zeep
from zeep.transports import AsyncTransport

ANSWER = """<E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/"><E:Body>
  <t:sayResponse xmlns:t="urn:t"><id>7</id></t:sayResponse></E:Body></E:Envelope>"""
asked = {}

def service(request):
    """Notes in which language each text wants its answer."""
    text = re.search("<text>(.*)</text>", request.content.decode()).group(1)
    asked[text] = request.headers.get("Accept-Language", "none")
    return httpx.Response(200, text=ANSWER, headers={"Content-Type": "text/xml"})

def language(name):
    return client.settings(extra_http_headers={"Accept-Language": name})

async def one_in_the_other():
    with language("es"):
        await client.service.say("outer block")
        with language("es"):
            await client.service.say("inner block")
        await client.service.say("outer block, after the inner one")

async def one_beside_the_other():
    both, one_has_ended = asyncio.Event(), asyncio.Event()

    async def first():
        with language("es"):
            await client.service.say("task es")
            await both.wait()
            await client.service.say("task es, when the other has begun")
        one_has_ended.set()

    async def second():
        with language("de"):
            await client.service.say("task de")
            both.set()
            await one_has_ended.wait()
            await client.service.say("task de, when the other has ended")

    await asyncio.gather(first(), second())
    await client.service.say("both have ended")

async def run():
    global client
    async with httpx.AsyncClient(transport=httpx.MockTransport(service)) as web:
        with httpx.Client() as unused:
            client = zeep.AsyncClient("chat.wsdl", transport=AsyncTransport(client=web, wsdl_client=unused))
            try:
                await one_in_the_other()
                raised = None
            except AttributeError as error:
                raised = f"AttributeError: {error}"
            await client.service.say("between the two trials")
            await one_beside_the_other()
    return raised

raised = asyncio.run(run())
for text, name in asked.items():
    print(f"{text}: {name}")
print("the outer block ended with", raised)
wanted = {
    "outer block": "es",
    "inner block": "es",
    "outer block, after the inner one": "none",
    "between the two trials": "none",
    "task es": "es",
    "task de": "de",
    "task es, when the other has begun": "de",
    "task de, when the other has ended": "none",
    "both have ended": "es",
}
sys.exit(0 if asked == wanted and raised and "extra_http_headers" in raised else 1)
PYTHON
venv/bin/python try.py
