"""A corpus of hostile answers and descriptions, each given to the client in one process that is watched.

Run as a program, it prints one line of JSON for each document: what came of it, how long it took, how much memory it
took at its peak, and which files and connections were asked for meanwhile. ``--control`` gives some of the documents
to lxml and zeep as they come, to show that the watch sees what it must see.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

Document = tuple[str, Callable[[], bytes]]

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
CHAT = "urn:afilnet:chat"
WSDL = (Path(__file__).parents[2] / "wsdl" / "document.wsdl").read_text()
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def answer(
    status: str = "SUCCESS",
    *,
    before: str = "",
    declaration: str = DECLARATION,
    envelope: str = "",
    head: str = "",
    inside: str = "",
    after: str = "",
) -> str:
    """Return an answer that confirms a send, with something put into it."""
    return (
        f'{declaration}{before}<e:Envelope xmlns:e="{ENVELOPE}"{envelope}>{head}<e:Body>'
        f'<c:sendmessageResponse xmlns:c="{CHAT}"><status>{status}</status>{inside}</c:sendmessageResponse>'
        f"</e:Body></e:Envelope>{after}"
    )


def targets(port: int, fifo: str) -> dict[str, str]:
    """Return what hostile documents refer to. Whoever opens the FIFO hangs; whoever connects is counted."""
    return {
        "http": f"http://127.0.0.1:{port}/x",
        "https": f"https://127.0.0.1:{port}/x",
        "ftp": f"ftp://127.0.0.1:{port}/x",
        "host": f"//127.0.0.1:{port}/x",
        "file": f"file://{fifo}",
        "path": fifo,
        "relative": "hostile.xml",
        "parent": f"../../../../../../../..{fifo}",
        "php": f"php://filter/read=convert.base64-encode/resource={fifo}",
        "data": "data:text/xml,%3Cx/%3E",
    }


def document_types(where: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield document types, each with a text that uses what it declares."""
    for name, target in where.items():
        yield f"entity {name}", f'<!DOCTYPE e:Envelope [<!ENTITY x SYSTEM "{target}">]>', "&x;"
        yield f"parameter entity {name}", f'<!DOCTYPE e:Envelope [<!ENTITY % x SYSTEM "{target}"> %x;]>', "SUCCESS"
        yield f"subset {name}", f'<!DOCTYPE e:Envelope SYSTEM "{target}">', "SUCCESS"
        yield f"public {name}", f'<!DOCTYPE e:Envelope PUBLIC "-//X//X" "{target}">', "SUCCESS"
    for factor, levels in ((10, 9), (2, 30), (100, 4)):
        entities = '<!ENTITY a0 "SUCCESS">' + "".join(
            f'<!ENTITY a{level} "{f"&a{level - 1};" * factor}">' for level in range(1, levels)
        )
        yield f"laughs {factor}^{levels}", f"<!DOCTYPE e:Envelope [{entities}]>", f"&a{levels - 1};"
    for size in (1_000, 100_000):
        yield f"quadratic {size}", f'<!DOCTYPE e:Envelope [<!ENTITY a "{"A" * size}">]>', "&a;" * size
    yield "loop", '<!DOCTYPE e:Envelope [<!ENTITY a "&b;"><!ENTITY b "&a;">]>', "&a;"
    yield "parameter loop", '<!DOCTYPE e:Envelope [<!ENTITY % a "%b;"><!ENTITY % b "%a;"> %a;]>', "SUCCESS"
    yield "harmless entity", '<!DOCTYPE e:Envelope [<!ENTITY a "SUCCESS">]>', "&a;"
    yield "bare", "<!DOCTYPE e:Envelope>", "SUCCESS"
    yield "empty subset", "<!DOCTYPE e:Envelope []>", "SUCCESS"
    yield "html", "<!DOCTYPE html>", "SUCCESS"
    yield "defaults", '<!DOCTYPE e:Envelope [<!ATTLIST status a CDATA "x">]>', "SUCCESS"
    yield "notation", '<!DOCTYPE e:Envelope [<!NOTATION n SYSTEM "x">]>', "SUCCESS"
    yield "elements", "<!DOCTYPE e:Envelope [<!ELEMENT e:Envelope ANY>]>", "SUCCESS"


def hostile_answers(where: dict[str, str]) -> Iterator[Document]:
    """Yield answers of which none may confirm a send."""
    for name, declaration, text in document_types(where):
        yield name, lambda before=declaration, status=text: answer(status, before=before).encode()
    yield from _instructions_and_inclusions(where)
    yield from _sizes()
    yield from _encodings()
    yield from _characters()
    yield from _structures()


def _text(name: str, text: str) -> Document:
    return _made(name, lambda: text)


def _made(name: str, make: Callable[[], str]) -> Document:
    return name, lambda: make().encode("utf-8", "surrogatepass")


def _instructions_and_inclusions(where: dict[str, str]) -> Iterator[Document]:
    for name, target in where.items():
        instruction = f'<?xml-stylesheet type="text/xsl" href="{target}"?>'
        yield _text(f"stylesheet before {name}", answer(before=instruction))
        include = f'<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="{target}" parse="text"/>'
        yield _text(f"inclusion {name}", answer(include))
    for place in ("before", "head", "inside", "after", "status"):
        yield _text(f"instruction {place}", answer(**{place: "<?php exit; ?>"}))
    yield _text("second declaration", answer(inside=DECLARATION))


def _sizes() -> Iterator[Document]:
    # Made when they are asked for: together they take more memory than all other tests.
    for count in (40, 1_000, 100_000):
        names = partial(_attributes, 'a{0}="x"', count)
        spaces = partial(_attributes, 'xmlns:n{0}="urn:{0}"', count)
        for kind, attributes in (("attributes", names), ("namespaces", spaces)):
            yield _made(f"{count} {kind} on the root", lambda make=attributes: answer(envelope=f" {make()}"))
            yield _made(f"{count} {kind} on a header", lambda make=attributes: answer(head=f"<e:Header {make()}/>"))
            yield _made(f"{count} {kind} on an unknown field", lambda make=attributes: answer(inside=f"<x {make()}/>"))
    for depth in (65, 1_000, 100_000):
        yield _made(f"depth {depth}", lambda depth=depth: answer(inside="<x>" * depth + "</x>" * depth))
        yield _made(f"unclosed depth {depth}", lambda depth=depth: answer(inside="<x>" * depth))
    for what in ("<x/>", "<x></x>", "<status/>", "<a:x xmlns:a='u'/>"):
        yield _made(f"too many {what}", lambda what=what: answer(inside=what * 1_600_000))
    yield _made("long text", lambda: answer("S" * 12_000_000))
    yield _made("long attribute", lambda: answer(inside=f'<x a="{"a" * 5_000_000}"/>'))
    yield _made("long name", lambda: answer(inside=f"<{'a' * 5_000_000}/>"))
    yield _made("long comment", lambda: answer(before=f"<!--{'-a' * 2_500_000}-->"))
    yield _made("long prefix", lambda: answer(inside=f"<{'a' * 1_000_000}:x/>"))
    yield _made("long declaration", lambda: answer(declaration=f'<?xml version="1.0" {" " * 5_000_000}?>'))
    yield _made("long unfinished tag", lambda: answer() + "<" + "a " * 2_500_000)
    yield _made("only openings", lambda: "<" * 5_000_000)
    yield _made("too large", lambda: answer(inside=f"<!-- -->{' ' * (64 * 1024 * 1024)}"))


def _attributes(pattern: str, count: int) -> str:
    return " ".join(map(pattern.format, range(count)))


def _encodings() -> Iterator[Document]:
    for name in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-7", "cp037", "cp500"):
        for declared in (name.upper(), "UTF-8"):
            body = answer("SUCCESS é", declaration=f'<?xml version="1.0" encoding="{declared}"?>')
            yield f"{name} declared as {declared}", lambda body=body, name=name: body.encode(name)
    for name in ("UTF-7", "ISO-2022-JP", "HZ-GB-2312", "UTF-8\0", "8859-1", ""):
        declaration = f'<?xml version="1.0" encoding="{name}"?>'
        yield _text(f"declared as {name!r}", answer(declaration=declaration))
    for name, octets in {
        "latin-1": b"\xe9",
        "overlong": b"\xc0\xbc",
        "overlong NUL": b"\xc0\x80",
        "surrogate": b"\xed\xa0\x80",
        "surrogate pair": b"\xed\xa0\xbd\xed\xb8\x80",
        "lone continuation": b"\x80",
        "cut sequence": b"\xf0\x9f\x98",
        "too high": b"\xf4\x90\x80\x80",
        "five bytes": b"\xf8\x88\x80\x80\x80",
        "0xFF": b"\xff",
    }.items():
        yield f"invalid UTF-8: {name}", lambda octets=octets: answer("SUCCESS#").encode().replace(b"#", octets)
    yield "two marks", lambda: b"\xef\xbb\xbf" * 2 + answer().encode()
    yield "mark after declaration", lambda: answer(before="\ufeff").encode()
    for version in ("1.1", "2.0", "1", ""):
        yield _text(f"version {version!r}", answer(declaration=f'<?xml version="{version}" encoding="UTF-8"?>'))
    yield _text("unknown in declaration", answer(declaration='<?xml version="1.0" hostile="yes"?>'))
    yield _text("blank before declaration", " " + answer())


def _characters() -> Iterator[Document]:
    for code in (0, 1, 8, 0x0B, 0x0C, 0x1F, 0xFFFE, 0xFFFF):
        yield _text(f"character {code:#x}", answer(f"SUCCESS{chr(code)}"))
        yield _text(f"reference {code:#x}", answer(f"SUCCESS&#{code};"))
    for code in (0xD800, 0xDFFF, 0x110000, 10**30):
        yield _text(f"reference {code:#x}", answer(f"SUCCESS&#{code};"))
    for text in (
        "&nbsp;",
        "&x;",
        "&",
        "&#;",
        "&#x;",
        "&#12",
        "<",
        "]]>",
        "<![CDATA[",
        "<![CDATA[SUCCESS",
        "<!--",
        "<!-- -- -->",
    ):
        yield _text(f"markup {text}", answer(f"SUCCESS{text}"))


def _structures() -> Iterator[Document]:
    whole = answer()
    body = whole[whole.index("<e:Body>") : whole.index("</e:Envelope>")]
    for name, text in {
        "two bodies": whole.replace(body, body + body),
        "two bodies, the second empty": whole.replace(body, f"{body}<e:Body/>"),
        "two bodies, the first empty": whole.replace(body, f"<e:Body/>{body}"),
        "no body": whole.replace(body, ""),
        "empty body": whole.replace(body, "<e:Body/>"),
        "body in body": whole.replace(body, f"<e:Body>{body}</e:Body>"),
        "body in header": whole.replace(body, f"<e:Header>{body}</e:Header>"),
        "header after body": whole.replace(body, f"{body}<e:Header/>"),
        "trailing element": whole.replace(body, f"{body}<x/>"),
        "two answers": whole.replace("</e:Body>", f'<c:sendmessageResponse xmlns:c="{CHAT}"/></e:Body>'),
        "answer and fault": whole.replace("</e:Body>", "<e:Fault/></e:Body>"),
        "envelope in envelope": whole.replace(body, whole.removeprefix(DECLARATION)),
        "envelope in body": whole.replace(body, f"<e:Body>{whole.removeprefix(DECLARATION)}</e:Body>"),
        "two roots": whole + whole.removeprefix(DECLARATION),
        "text before": whole.replace(DECLARATION, "SUCCESS"),
        "text after": whole + "SUCCESS",
        "text in body": whole.replace("<e:Body>", "<e:Body>SUCCESS"),
        "no namespace": whole.replace("e:", "").replace(" xmlns:e=", " xmlns:x="),
        "soap 1.2": whole.replace(ENVELOPE, "http://www.w3.org/2003/05/soap-envelope"),
        "almost soap": whole.replace(ENVELOPE, ENVELOPE[:-1]),
        "soap in capitals": whole.replace(ENVELOPE, ENVELOPE.upper()),
        "another service": whole.replace(CHAT, "urn:afilnet:sms"),
        "another answer": whole.replace("sendmessageResponse", "sendfileResponse"),
        "the request itself": whole.replace("sendmessageResponse", "sendmessage"),
        "foreign status": whole.replace("<status>", '<status xmlns="urn:x">'),
        "undeclared prefix": whole.replace("<status>", "<u:status>").replace("</status>", "</u:status>"),
        "undeclared attribute prefix": whole.replace("<status>", '<status u:a="1">'),
        "rebound xml": whole.replace("<status>", '<status xmlns:xml="urn:x">'),
        "bound xmlns": whole.replace("<status>", '<status xmlns:xmlns="urn:x">'),
        "unbound prefix": whole.replace("<status>", '<status xmlns:c="">'),
        "attribute twice": whole.replace("<status>", '<status a="1" a="2">'),
        "attribute twice by prefix": whole.replace("<status>", '<status xmlns:p="u" xmlns:q="u" p:a="1" q:a="2">'),
        "two colons": whole.replace("<status>", "<c:c:status/><status>"),
        "status twice": whole.replace("<status>", "<status>ERROR</status><status>"),
        "status of elements": answer("<status>SUCCESS</status>"),
        "status nil": whole.replace(
            "<status>", '<status xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="1">'
        ),
        "text among fields": answer(inside="SUCCESS"),
        "error too": answer(inside="<error>CHAT_NOT_FOUND</error>").replace("<status>SUCCESS</status>", ""),
        "error page": "<!doctype html><html><head><title>502</title></head><body><br></body></html>",
        "xhtml": '<html xmlns="http://www.w3.org/1999/xhtml"><body>SUCCESS</body></html>',
        "json": '{"status": "SUCCESS"}',
        "nothing": "",
        "blanks": " \n\t",
        "wrong end": whole.replace("</status>", "</statuS>"),
        "crossed ends": whole.replace("</e:Body></e:Envelope>", "</e:Envelope></e:Body>"),
        "no quotes": whole.replace("<status>", "<status a=1>"),
        "tag in attribute": whole.replace("<status>", '<status a="<x>">'),
    }.items():
        yield _text(name, text)
    for eighth in range(1, 8):
        yield _text(f"cut at {eighth}/8", whole[: len(whole) * eighth // 8])


def hostile_descriptions(where: dict[str, str]) -> Iterator[Document]:
    """Yield descriptions of which none may be bound."""
    schema = '<x:schema targetNamespace="urn:afilnet:chat">'
    inclusion = 'xmlns:i="http://www.w3.org/2001/XInclude"'
    needed = '<x:element name="sendmessage" type="c:MessageCall"/>'
    of_another = needed, '<x:element name="sendmessage" type="o:Needed" xmlns:o="urn:x"/>'
    of_this = needed, '<x:element name="sendmessage" type="c:Needed"/>'
    message = '<message name="m1"', '<message name="gone"'
    for name, target in where.items():
        for kind, place, text, without in (
            ("wsdl:import", "<types>", f'<import namespace="urn:x" location="{target}"/><types>', message),
            ("xsd:import", schema, f'{schema}<x:import namespace="urn:x" schemaLocation="{target}"/>', of_another),
            ("xsd:include", schema, f'{schema}<x:include schemaLocation="{target}"/>', of_this),
            ("xsd:redefine", schema, f'{schema}<x:redefine schemaLocation="{target}"/>', of_this),
            ("xsd:override", schema, f'{schema}<x:override schemaLocation="{target}"/>', of_this),
            ("xi:include", "<types>", f'<types><i:include {inclusion} href="{target}"/>', (needed, needed)),
        ):
            yield _text(f"{kind} {name}", WSDL.replace(place, text, 1).replace(*without, 1))
    for name, declaration, text in document_types(where):
        start = declaration.replace("e:Envelope", "definitions")
        changed = WSDL.replace("<definitions", f"{start}\n<definitions", 1)
        if "&" in text:
            changed = changed.replace(
                '<service name="Chat">', f'<service name="Chat"><documentation>{text}</documentation>'
            )
        yield _text(f"document type {name}", changed)
    yield from _broken_descriptions(schema)


def harmless_descriptions(where: dict[str, str]) -> Iterator[Document]:
    """Yield descriptions that refer to documents which nobody needs: all are bound, and nothing is looked for."""
    schema = '<x:schema targetNamespace="urn:afilnet:chat">'
    instance = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'
    encoding = 'namespace="http://schemas.xmlsoap.org/soap/encoding/"'
    for name, target in where.items():
        for kind, place, text in (
            ("wsdl:import", "<types>", f'<import namespace="urn:x" location="{target}"/><types>'),
            ("xsd:import", schema, f'{schema}<x:import namespace="urn:x" schemaLocation="{target}"/>'),
            ("xsd:import of encoding", schema, f'{schema}<x:import {encoding} schemaLocation="{target}"/>'),
            ("xsd:include", schema, f'{schema}<x:include schemaLocation="{target}"/>'),
            ("xsd:redefine", schema, f'{schema}<x:redefine schemaLocation="{target}"/>'),
            ("schemaLocation", "<types>", f'<types {instance} i:schemaLocation="urn:x {target}">'),
            ("noNamespaceSchemaLocation", "<types>", f'<types {instance} i:noNamespaceSchemaLocation="{target}">'),
            ("stylesheet", "<definitions", f'<?xml-stylesheet href="{target}"?><definitions'),
        ):
            yield _text(f"{kind} {name}", WSDL.replace(place, text, 1))


def _broken_descriptions(schema: str) -> Iterator[Document]:
    def types(text: str) -> str:
        return WSDL.replace(schema, schema + text, 1)

    def call(text: str) -> str:
        return WSDL.replace('<x:element name="sendmessage" type="c:MessageCall"/>', text, 1)

    wide = " ".join(f'a{number}="x"' for number in range(100_000))
    loops = '<x:complexType name="A"><x:complexContent><x:extension base="c:B"/></x:complexContent></x:complexType>'
    nest = "<x:sequence>" * 100_000
    for name, text in {
        "attributes": WSDL.replace("<types>", f"<types {wide}>", 1),
        "depth": types(nest),
        "elements": types("<x:element name='e' type='x:string'/>" * 60_000),
        "size": WSDL + " " * 3_000_000,
        "long name": types(f'<x:element name="{"a" * 1_000_000}"/>'),
        "nothing": "",
        "html": "<html><body>WSDL</body></html>",
        "answer": answer(),
        "schema": '<x:schema xmlns:x="http://www.w3.org/2001/XMLSchema"/>',
        "wsdl 2.0": '<description xmlns="http://www.w3.org/ns/wsdl"/>',
        "another definitions": '<definitions xmlns="urn:x"/>',
        "empty definitions": '<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"/>',
        "cut": WSDL[: len(WSDL) // 2],
        "utf-7 declared": WSDL.replace("utf-8", "utf-7", 1),
        "extends itself": call('<x:element name="sendmessage" type="c:A"/>' + loops.replace("c:B", "c:A")),
        "extend each other": call(
            '<x:element name="sendmessage" type="c:A"/>'
            + loops
            + loops.replace("c:B", "c:C").replace('"A"', '"B"').replace("c:C", "c:A")
        ),
        "holds itself": call(
            '<x:element name="sendmessage" type="c:A"/><x:complexType name="A"><x:sequence>'
            '<x:element name="a" type="c:A"/></x:sequence></x:complexType>'
        ),
        "group of itself": call(
            '<x:element name="sendmessage"><x:complexType><x:group ref="c:g"/></x:complexType></x:element>'
            '<x:group name="g"><x:sequence><x:group ref="c:g"/></x:sequence></x:group>'
        ),
        "type of nothing": call('<x:element name="sendmessage" type="c:Nothing"/>'),
        "prefix of nothing": call('<x:element name="sendmessage" type="nope:Nothing"/>'),
        "three parts of a name": call('<x:element name="sendmessage" type="a:b:c"/>'),
        "nameless": call("<x:element/>"),
        "reference to nothing": call('<x:element ref="c:Nothing"/>'),
        "negative": call('<x:element name="sendmessage" type="c:MessageCall" minOccurs="-1"/>').replace(
            '"message" type="x:string"/>', '"message" type="x:string" minOccurs="x"/>'
        ),
        "unknown schema word": call('<x:element name="sendmessage"><x:hostile/></x:element>'),
        "no service": WSDL[: WSDL.index("<service")] + "</definitions>",
        "no binding": WSDL[: WSDL.index("<binding")] + WSDL[WSDL.index("<service") :],
        "no port type": WSDL[: WSDL.index("<portType")] + WSDL[WSDL.index("<binding") :],
        "no types": WSDL[: WSDL.index("<types")] + WSDL[WSDL.index("<message") :],
        "no messages": WSDL[: WSDL.index("<message")] + WSDL[WSDL.index("<portType") :],
        "action with a header": WSDL.replace('"urn:afilnet:chat/send"', '"x&#13;&#10;Authorization: hostile"'),
        "action with a quote": WSDL.replace('"urn:afilnet:chat/send"', "'x\"; y=\"z'"),
        "action in emoji": WSDL.replace('"urn:afilnet:chat/send"', '"\U0001f600"'),
        "smtp": WSDL.replace("soap/http", "soap/smtp"),
        "two ways to send": WSDL.replace('"ping"', '"CHAT_SENDMESSAGE"'),
        "wants a card number": WSDL.replace(
            '<x:element name="destination"', '<x:element name="card" type="x:string"/><x:element name="destination"'
        ),
    }.items():
        yield _text(name, text)


class Watch:
    """Sees every file that Python opens and every connection that it asks for, from the moment it is told to."""

    def __init__(self) -> None:
        self.on = False
        self.seen: list[str] = []
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.on and event.split(".")[0] in (
            "open",
            "socket",
            "urllib",
            "ftplib",
            "subprocess",
            "os",
            "shutil",
            "ctypes",
        ):
            self.seen.append(f"{event} {arguments[0]!r}" if arguments else event)


def memory(field: str) -> int:
    """Return a field of this process's memory account, in kilobytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1])
    raise LookupError(field)


def watched(watch: Watch, kind: str, name: str, document: bytes, use: Callable[[bytes], object]) -> dict[str, object]:
    """Give a document to ``use`` and tell what happened."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before = memory("VmRSS")
    outcome = "accepted"
    watch.seen.clear()
    watch.on = True
    start = time.process_time()
    try:
        use(document)
    except Exception as error:
        outcome = f"{type(error).__module__}.{type(error).__name__}"
    seconds = time.process_time() - start
    watch.on = False
    grown = (memory("VmHWM") - before) / 1024
    return {
        "kind": kind,
        "name": name,
        "outcome": outcome,
        "seconds": seconds,
        "megabytes": grown,
        "touched": watch.seen[:],
    }


def main() -> None:
    """Give the whole corpus to the client, or with ``--control`` some of it to the libraries below it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=9, help="where the documents that refer to the network point")
    parser.add_argument("--fifo", default="/nonexistent/fifo", help="what the documents that refer to a file name")
    parser.add_argument("--control", action="store_true", help="give some documents to lxml and zeep as they come")
    options = parser.parse_args()
    watch = Watch()
    where = targets(options.port, options.fifo)
    rows = control(watch, where) if options.control else client(watch, where)
    for row in rows:
        sys.stdout.write(json.dumps(row) + "\n")
        sys.stdout.flush()


def client(watch: Watch, where: dict[str, str]) -> Iterator[dict[str, object]]:
    """Give the whole corpus to the client."""
    from afilnet_protocols.catalogue import SEND_MESSAGE
    from afilnet_protocols.security.secret import Secret
    from afilnet_protocols.wire import Reply
    from afilnet_protocols.wire.soap.answers import rows  # noqa: F401 -- loading opens files
    from afilnet_protocols.wire.soap.codec import SoapCodec
    from afilnet_protocols.wire.soap.description import (  # noqa: F401 -- loading opens files
        credential_headers,
        one_way,
        overloads,
        zeep_wsdl,
    )

    def bind(wsdl: bytes) -> SoapCodec:
        return SoapCodec(wsdl, endpoint=None, user="user", password=Secret("password"))

    codec = bind(WSDL.encode())
    arguments = {"platform": "whatsapp", "platformid": "1", "destination": "3", "message": "x"}
    codec.encode(SEND_MESSAGE, arguments)
    codec.decode(SEND_MESSAGE, Reply(200, {}, answer().encode()))
    for name, make in hostile_answers(where):
        yield watched(watch, "answer", name, make(), lambda body: codec.decode(SEND_MESSAGE, Reply(200, {}, body)))
    for name, make in hostile_descriptions(where):
        yield watched(watch, "description", name, make(), bind)
    for name, make in harmless_descriptions(where):
        yield watched(watch, "harmless description", name, make(), bind)


def control(watch: Watch, where: dict[str, str]) -> Iterator[dict[str, object]]:
    """Show what the libraries do with such documents when nobody stops them."""
    import zeep
    from lxml import etree

    descriptions = dict(hostile_descriptions({name: where[name] for name in ("http", "relative")}))
    for name in ("wsdl:import http", "xsd:import http", "xsd:include http", "xsd:include relative"):
        yield watched(watch, "zeep", name, descriptions[name](), lambda wsdl: zeep.Client(io.BytesIO(wsdl)))
    answers = dict(hostile_answers(where))
    loose = etree.XMLParser(resolve_entities=True, load_dtd=True, huge_tree=True, no_network=False)
    kept: list[object] = []
    for name in ("too many <x/>", "long text", "bare", "entity file"):
        # The last one opens the FIFO, so it never comes back.
        yield watched(watch, "lxml", name, answers[name](), lambda body: kept.append(etree.fromstring(body, loose)))


if __name__ == "__main__":
    main()
