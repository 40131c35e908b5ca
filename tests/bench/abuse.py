#!/usr/bin/env python3
"""Abuse of the admin port while clients are greeted, and what that does to the greetings.

  tests/bench/abuse.py KIND HOST:PORT     attacks until it is ended; says "attacks" when it has begun
"""

import os
import random
import socket
import ssl
import statistics
import struct
import subprocess
import sys
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import servers  # noqa: E402  (beside this file)
from driving import check, load  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# At a time, of those that flood; more than as many wait for the acceptor.
FLOODERS = 3
STALLED = 1000


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def field(name, value):
    return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value


HEADERS = b"".join(field(name, value) for name, value in (
    (b":method", b"POST"), (b":scheme", b"http"), (b":authority", b"bench"),
    (b":path", b"/greeter.admin.v1.GreeterAdminService/GetStatus"),
    (b"content-type", b"application/grpc"), (b"te", b"trailers")))
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0)
ACKNOWLEDGED = frame(4, 1, 0)


def begin(address):
    connection = socket.create_connection(address, timeout=5)
    connection.sendall(PREFACE)
    connection.recv(256)
    connection.sendall(ACKNOWLEDGED)
    return connection


def flood(address, said):
    """One connection: says it all, and waits until the server has had enough."""
    with begin(address) as connection:
        connection.sendall(said)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass


def dropped(address):
    connection = socket.create_connection(address, timeout=5)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def stalled(address, held):
    """Keeps STALLED connections open that have begun a handshake, as far as the server lets it."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    hello = context.wrap_bio(incoming, outgoing)
    try:
        hello.do_handshake()
    except ssl.SSLWantReadError:
        pass
    connection = socket.create_connection(address, timeout=5)
    connection.sendall(outgoing.read()[:random.choice((0, 20, None))])
    held.append(connection)
    if len(held) > STALLED:
        held.pop(0).close()


CALLS = range(1, 40_000, 2)
SAID = {
    "rapid reset": b"".join(frame(1, 4, i, HEADERS) + frame(3, 0, i, b"\0\0\0\x08") for i in CALLS),
    "calls begun, left": b"".join(frame(1, 4, i, HEADERS) for i in CALLS[:100]),
    "pings": frame(6, 0, 0, b"question") * 20_000,
    "endless metadata": frame(1, 0, 1, HEADERS) + frame(9, 0, 1, b"x" * 16_000) * 1000,
    "random bytes": random.Random(1).randbytes(16_384),
}


def attack_with(kind, address):
    if kind in SAID:
        return lambda: flood(address, SAID[kind])
    if kind == "connections dropped":
        return lambda: dropped(address)
    held = []
    return lambda: stalled(address, held)


KINDS = [*SAID, "connections dropped", "stalled handshakes"]


def attack(kind, address):
    def again_and_again():
        once = attack_with(kind, address)
        while True:
            try:
                once()
            except OSError:
                pass
    for _ in range(FLOODERS):
        threading.Thread(target=again_and_again, daemon=True).start()
    print("attacks", flush=True)
    threading.Event().wait()


def secured(room):
    """greeterd's options for mutual TLS."""
    certs = f"{room}/certs"
    subprocess.run([f"{ROOT}/deploy/certs", certs], check=True, capture_output=True)
    return {"--admin-cert": f"{certs}/server.pem", "--admin-key": f"{certs}/server-key.pem",
            "--admin-client-ca": f"{certs}/ca.pem"}


def measure(args, room, kind):
    """The same load without and with the attack: greeted a second, and p99."""
    more = secured(room) if kind == "stalled handshakes" else {}
    with servers.Greeter(room, args.server_cpu, args.nice, build=args.build, more=more) as server:
        steady = (server.addresses, "--rate", str(args.rate / 2), "--in-flight", "4096")
        load(args, room, server.addresses, "--connections", "2000")
        before = load(args, room, *steady)
        attacker = [sys.executable, os.path.abspath(__file__), kind, server.admin]
        with servers.Process(attacker, args.load_cpu, f"{room}/attack.out") as attacking:
            servers.wait_until(lambda: attacking.said("attacks"), "the attack begins")
            meanwhile = load(args, room, *steady)
        check(kind, meanwhile)
        return {"per_s": meanwhile["connections_per_second"],
                "kept": meanwhile["connections_per_second"] / before["connections_per_second"],
                "p99": meanwhile["latency_us"]["total"]["p99"],
                "p99_grown": meanwhile["latency_us"]["total"]["p99"]
                / before["latency_us"]["total"]["p99"],
                "rss": server.rss_kib() / 1024}


def abuse(args, room):
    rows = {kind: [] for kind in KINDS}
    for _ in range(args.rounds):
        for kind in KINDS:
            rows[kind].append(measure(args, room, kind))
    print(f"\nabuse of the admin port, {args.rate / 2:.0f} greetings/s wanted; median of "
          f"{args.rounds} rounds; ÷ the same greeterd's just before")
    print(f"{'':22}{'greeted/s':>12}{'kept':>8}{'p99 µs':>10}{'grown':>8}{'RSS MiB':>10}")
    for kind, rounds in rows.items():
        middle = {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}
        print(f"{kind:22}{middle['per_s']:12.0f}{middle['kept']:8.2f}{middle['p99']:10.0f}"
              f"{middle['p99_grown']:8.2f}{middle['rss']:10.1f}", flush=True)
    return {"rounds": rows}


if __name__ == "__main__":
    host, port = sys.argv[2].rsplit(":", 1)
    attack(sys.argv[1], (host, int(port)))
