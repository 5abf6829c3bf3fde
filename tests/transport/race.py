"""How often a stray answer is taken for that of the next read: ``unshare -n python -m tests.transport.race``, as root.

A tun device gives every packet back after a while, from the other address: a line with a round trip, on one machine.
It is made in the network namespace in which this runs, hence ``unshare``. At the far end is a server that works on each
request for a moment, and after every second answer sends another that nobody asked for, some time later.
"""

from __future__ import annotations

import collections
import contextlib
import fcntl
import multiprocessing
import os
import random
import select
import socket
import struct
import subprocess
import sys
import threading
import time

from afilnet_protocols.deadline import Deadline
from afilnet_protocols.errors import OutcomeUnknownError
from afilnet_protocols.transport.address import Origin
from afilnet_protocols.transport.connection import Connection
from afilnet_protocols.transport.gate import Evidence
from afilnet_protocols.transport.limits import Limits
from afilnet_protocols.transport.outgoing import Outgoing
from afilnet_protocols.transport.pool import Pool
from afilnet_protocols.transport.resolve import Target
from afilnet_protocols.transport.stream import Stream, connect
from afilnet_protocols.waiting import run
from tests.transport.scripted import answer

HERE, THERE = "10.9.0.1", "10.9.0.2"
ONE_WAY, WORK = 0.01, 0.002
READS = 600
LATEST = (0.0, 0.005, 0.02, 0.04)
"""How late a stray answer comes at most, in seconds; 0.0 for none at all."""

TUNSETIFF, TUN_WITHOUT_PREFIX = 0x400454CA, 0x1001


def line() -> None:
    """Carry packets, each to the other address, for as long as the process lives."""
    tun = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", b"line0", TUN_WITHOUT_PREFIX))
    for command in ("ip link set lo up", f"ip addr add {HERE}/24 dev line0", "ip link set line0 up"):
        subprocess.run(command.split(), check=True)
    under_way: collections.deque[tuple[float, bytes]] = collections.deque()
    while True:
        wait = max(0.0, under_way[0][0] - time.monotonic()) if under_way else 1.0
        if select.select((tun,), (), (), wait)[0]:
            packet = os.read(tun, 65536)
            swapped = packet[:12] + packet[16:20] + packet[12:16] + packet[20:]
            under_way.append((time.monotonic() + ONE_WAY, swapped))
        while under_way and under_way[0][0] <= time.monotonic():
            os.write(tun, under_way.popleft()[1])


def serve(listener: socket.socket, latest: float) -> None:
    """Answer each request with its own body, and now and then with something more."""
    chance = random.Random(1)

    def speak(connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(OSError), connection:
            while request := connection.recv(65536):
                time.sleep(WORK)
                connection.sendall(answer(request.partition(b"\r\n\r\n")[2]))
                if latest and chance.random() < 0.5:
                    time.sleep(chance.random() * latest)
                    connection.sendall(answer(b"stray"))

    while True:
        threading.Thread(target=speak, args=(listener.accept()[0],), daemon=True).start()


def read(port: int) -> collections.Counter[str]:
    """Read over kept connections, and count how the reads end."""
    # Below the policy, which lets plain http go nowhere but to loopback.
    origin = Origin("http", THERE, port, literal=True, loopback=False)
    pool, limits, chance = Pool(seconds=4, most=2), Limits(), random.Random(2)
    ends: collections.Counter[str] = collections.Counter()
    for number in range(READS):
        body = b"%d" % number
        head = f"POST / HTTP/1.1\r\nHost: {origin.authority}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        outgoing = Outgoing("POST", fresh=False, payload=memoryview(head + body))
        connection = pool.take(origin)
        if connection is None:
            stream = run(connect([Target(socket.AF_INET, (THERE, port))], Deadline(5)), Deadline(5))
            assert isinstance(stream, Stream)
            connection = Connection(stream, origin, Evidence("http", THERE, port, False))
        try:
            call = connection.exchange(outgoing, limits=limits, most=1000, deadline=Deadline(5))
            reply = run(call, Deadline(5))
            ends["right" if reply.body == body else "crossed"] += 1
        except OutcomeUnknownError as error:
            ends["dropped" if error.stale_connection else "lost"] += 1
        pool.give(connection)
        time.sleep(chance.random() * 2 * ONE_WAY)
    pool.close()
    return ends


def main() -> None:
    """Print how reads end, without and with the question whether the request had arrived."""
    processes = multiprocessing.get_context("fork")
    carrying = processes.Process(target=line, daemon=True)
    carrying.start()
    time.sleep(1)
    asked = Stream.all_arrived
    sys.stdout.write(f"{READS} reads, round trip {2000 * ONE_WAY:.0f} ms\n")
    sys.stdout.write(f"{'stray answers':<24}{'':<12}{'right':>8}{'crossed':>9}{'dropped':>9}\n")
    for latest in LATEST:
        for name, check in (("not asked", lambda _: True), ("asked", asked)):
            with socket.create_server((HERE, 0)) as listener:
                serving = processes.Process(target=serve, args=(listener, latest), daemon=True)
                serving.start()
                Stream.all_arrived = check  # type: ignore[method-assign] # one of the two ways compared
                ends = read(listener.getsockname()[1])
                serving.kill()
                serving.join()
            strays = f"up to {1000 * latest:.0f} ms later" if latest else "none"
            sys.stdout.write(f"{strays:<24}{name:<12}{ends['right']:>8}{ends['crossed']:>9}{ends['dropped']:>9}\n")


if __name__ == "__main__":
    main()
