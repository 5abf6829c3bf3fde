#!/usr/bin/env bash
# stompman 3.16.0 and aiostomp 1.7.3, two clients of STOMP for asyncio, with `ack="client"`: the handler of the first of five
# messages is still at work when those of the others have ended, and then the program is stopped
#
# Expected: the first message is delivered again: no handler has ended for it, and a client confirms each message when its handler
#           has. So it is with `ack="client-individual"`
# Seen:     it is gone. With `client`, as the standard has it, who confirms a message confirms all that came before it; both run
#           the handlers side by side (stompman up to a hundred of them) and confirm each one that ends, so the four that are
#           done speak for the one that is not. The broker here is the least that the standard asks for; RabbitMQ 3.10.8 does
#           the same
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet stompman==3.16.0 aiostomp==1.7.3 || exit 2
cat >try.py <<'PYTHON'
import asyncio
import contextlib
import logging
import sys

import aiostomp
import stompman

logging.disable(logging.CRITICAL)
MESSAGES = ["first", "second", "third", "fourth", "fifth"]

class Broker:
    """Delivers what is in its queue to whoever subscribes, and takes back what was not confirmed when the connection ends."""

    def __init__(self):
        self.queue = list(MESSAGES)

    async def serve(self, reader, writer):
        def write(command, headers, body=""):
            lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
            writer.write(f"{command}\n{lines}\n{body}\0".encode())

        in_hand = []
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                frame = (await reader.readuntil(b"\0"))[:-1].decode().lstrip("\n")
                command, *lines = frame.partition("\n\n")[0].split("\n")
                headers = dict(line.split(":", 1) for line in lines)
                if command in ("CONNECT", "STOMP"):
                    write("CONNECTED", {"version": "1.2" if "1.2" in headers["accept-version"] else "1.1", "heart-beat": "0,0"})
                elif command == "SUBSCRIBE":
                    subscription, mode = headers["id"], headers["ack"]
                    in_hand, self.queue = self.queue, []
                    for name in in_hand:
                        at = {"subscription": subscription, "message-id": name, "ack": name, "destination": "/queue/sms"}
                        write("MESSAGE", at, name)
                elif command == "ACK":
                    name = headers.get("id", headers.get("message-id"))
                    if name in in_hand:
                        place = in_hand.index(name)
                        del in_hand[0 if mode == "client" else place : place + 1]
                if "receipt" in headers:
                    write("RECEIPT", {"receipt-id": headers["receipt"]})
        self.queue = in_hand
        writer.close()

class Handlers:
    def __init__(self):
        self.ended = []
        self.others_ended = asyncio.Event()

    async def handle(self, name):
        if name == MESSAGES[0]:
            await asyncio.Event().wait()  # a slow service
        self.ended.append(name)
        if len(self.ended) == len(MESSAGES) - 1:
            self.others_ended.set()

async def with_stompman(port, mode, handlers):
    async def run():
        async with stompman.Client([stompman.ConnectionParameters("127.0.0.1", port, "any", "any")]) as client:
            async def handle(frame):
                await handlers.handle(frame.body.decode())

            await client.subscribe("/queue/sms", handle, ack=mode, on_suppressed_exception=print)
            await asyncio.Event().wait()

    task = asyncio.create_task(run())
    await handlers.others_ended.wait()
    await asyncio.sleep(0.3)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task

async def with_aiostomp(port, mode, handlers):
    async def handle(frame, body):
        await handlers.handle(body.decode())
        return True

    client = aiostomp.AioStomp("127.0.0.1", port)
    client.subscribe("/queue/sms", ack=mode, handler=handle)
    await client.connect()
    await handlers.others_ended.wait()
    await asyncio.sleep(0.3)
    client.close()

async def played(play, mode):
    broker, handlers = Broker(), Handlers()
    server = await asyncio.start_server(broker.serve, "127.0.0.1", 0)
    await asyncio.wait_for(play(server.sockets[0].getsockname()[1], mode, handlers), 20)
    await asyncio.sleep(0.3)
    server.close()
    return handlers.ended, broker.queue

async def main():
    same = True
    for name, play in {"stompman": with_stompman, "aiostomp": with_aiostomp}.items():
        for mode, wanted in {"client": [], "client-individual": MESSAGES[:1]}.items():
            ended, left = await played(play, mode)
            print(f"{name}, {mode}: ended {', '.join(ended)}; to be delivered again: {', '.join(left) or 'nothing'}")
            same = same and ended == MESSAGES[1:] and left == wanted
    sys.exit(0 if same else 1)

asyncio.run(main())
PYTHON
venv/bin/python try.py
