#!/usr/bin/env bash
# aiohttp 3.14.5 (yarl 1.25.1), its server: a request whose path begins with two slashes, as it does when a base address that
# ends with one and a path that begins with one were joined
#
# Expected: `request.path_qs` and `request.rel_url` say what was asked for, //hooks/sms?id=7, as `request.path` does
# Seen:     ////hooks/sms?id=7: the two slashes in front are doubled. Whoever checks a signature over the address of a
#           callback, counts by it, or hands the request on, has another address than the one that was signed and asked for.
#           Slashes further back are left alone, and `raw_path` and `url` are right
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet aiohttp==3.14.5 yarl==1.25.1 || exit 2
cat >try.py <<'PYTHON'
import asyncio
import json
import sys

from aiohttp import web
from aiohttp.test_utils import TestServer

NAMES = ("path", "raw_path", "path_qs", "rel_url", "url")

async def say(request):
    return web.json_response({name: str(getattr(request, name)) for name in NAMES})

async def main():
    application = web.Application()
    application.router.add_get("/{path:.*}", say)
    seen = {}
    async with TestServer(application) as server:
        for target in ("/hooks/sms?id=7", "/hooks//sms?id=7", "//hooks/sms?id=7", "///hooks/sms?id=7"):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(f"GET {target} HTTP/1.1\r\nHost: hooks.test\r\nConnection: close\r\n\r\n".encode())
            seen[target] = json.loads((await reader.read()).partition(b"\r\n\r\n")[2])
            writer.close()
            print(f"{target}: {seen[target]}")
    return seen

same = True
for target, said in asyncio.run(main()).items():
    longer = f"//{target}" if target.startswith("//") else target
    wanted = (target.partition("?")[0], target, longer, longer, f"http://hooks.test{target}")
    same = same and tuple(said[name] for name in NAMES) == wanted
sys.exit(0 if same else 1)
PYTHON
venv/bin/python try.py
