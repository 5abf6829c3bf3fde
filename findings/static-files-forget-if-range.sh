#!/usr/bin/env bash
# Falcon 4.4.0, Tornado 6.6.1, Twisted 26.10.0 and Sanic 25.12.1 serve a file: a download is to go on, if the file is still the same
#
# Expected: the whole new file with 200, since it is another one by now: a server that does not find the validator of If-Range
#           to match ignores Range (RFC 9110 section 13.1.5). That is what the client says If-Range for
# Seen:     all four send the rest, with 206: of the new file, behind the beginning of the old one. The client has done all it
#           can; only an answer whose ETag or Last-Modified it compares itself gives it away. Starlette and Werkzeug send it all
set -euo pipefail
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet falcon==4.4.0 tornado==6.6.1 twisted==26.10.0 sanic==25.12.1 starlette==1.10.0 uvicorn==0.54.0 flask==3.1.3 werkzeug==3.1.9 || exit 2
mkdir public && echo "the old file" >public/report && touch -d 2024-01-01 public/report
cat >serve.py <<'PYTHON'
import pathlib
import sys

library, port = sys.argv[1], int(sys.argv[2])
folder = str(pathlib.Path("public").absolute())
if library == "Falcon":
    import wsgiref.simple_server

    import falcon

    app = falcon.App()
    app.add_static_route("/", folder)
    wsgiref.simple_server.make_server("127.0.0.1", port, app).serve_forever()
if library == "Tornado":
    import asyncio

    import tornado.web

    async def main():
        tornado.web.Application([("/(.*)", tornado.web.StaticFileHandler, {"path": folder})]).listen(port, "127.0.0.1")
        await asyncio.Event().wait()

    asyncio.run(main())
if library == "Twisted":
    from twisted.internet import reactor
    from twisted.web import server, static

    reactor.listenTCP(port, server.Site(static.File(folder)), interface="127.0.0.1")
    reactor.run()
if library == "Sanic":
    import sanic

    app = sanic.Sanic("files")
    app.static("/", folder, use_content_range=True)
    app.run("127.0.0.1", port, single_process=True, motd=False, access_log=False)
if library == "Starlette":
    import starlette.applications
    import starlette.staticfiles
    import uvicorn

    app = starlette.applications.Starlette()
    app.mount("/", starlette.staticfiles.StaticFiles(directory=folder))
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error")
if library == "Werkzeug":
    import flask

    flask.Flask("files", static_folder=folder, static_url_path="/").run("127.0.0.1", port)
PYTHON
cat >try.py <<'PYTHON'
import http.client
import os
import pathlib
import socket
import subprocess
import sys
import time

LIBRARIES = ("Falcon", "Tornado", "Twisted", "Sanic", "Starlette", "Werkzeug")

def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]

def get(port, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/report", headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    return answer.status, answer.read().decode(), answer.headers

ports = {library: free_port() for library in LIBRARIES}
quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
servers = [subprocess.Popen([sys.executable, "serve.py", library, str(port)], **quiet) for library, port in ports.items()]
try:
    first, end = {}, time.monotonic() + 60
    for library, port in ports.items():
        while library not in first and time.monotonic() < end:
            try:
                first[library] = get(port)
            except OSError:
                time.sleep(0.2)
    report = pathlib.Path("public/report")
    report.write_text("THE NEW FILE, A LONGER ONE\n")
    os.utime(report, (time.time(), time.time()))
    seen = {}
    for library, port in ports.items():
        told = first[library][2]
        validator = told["ETag"] or told["Last-Modified"]
        status, rest, _ = get(port, Range="bytes=4-", If_Range=validator)
        seen[library] = (first[library][0], status, first[library][1][:4] + rest if status == 206 else rest)
        print(f"{library}, if it is still {validator[:20]}: {status}, which makes {seen[library][2]!r}")
finally:
    for server in servers:
        server.terminate()
        server.wait()
joined, whole = (200, 206, "the NEW FILE, A LONGER ONE\n"), (200, 200, "THE NEW FILE, A LONGER ONE\n")
wanted = {library: whole if library in ("Starlette", "Werkzeug") else joined for library in LIBRARIES}
sys.exit(0 if seen == wanted else 1)
PYTHON
venv/bin/python try.py
