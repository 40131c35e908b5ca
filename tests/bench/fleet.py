"""What a fleet costs: the time until a change is everywhere, what idle replicas write to etcd, and
what the data plane notices of it.

Beside it, in the same round, the same etcd's own time from a put to the last of as many watches.
"""

import contextlib
import json
import os
import re
import statistics
import subprocess
import time
import urllib.request

import servers
from driving import check, drive, load

REPLICAS = 3
SIMULATED = 200
CHANGES = {"greeterds": 500, "replicas": 100, "watches": 500}
IDLE_S = 30
# What is measured, by what it is measured with, for how many.
LATENCIES = [("put, 3 watches", "watches", REPLICAS), ("3 greeterds", "greeterds", REPLICAS),
             ("put, 200 watches", "watches", SIMULATED), ("200 replicas", "replicas", SIMULATED)]


class Etcd(servers.Process):
    """One member, its data in `room`."""

    def __init__(self, room, cpus, nice):
        self.address = f"127.0.0.1:{servers.free_port()}"
        url = f"http://{self.address}"
        super().__init__(["etcd", "--data-dir", f"{room}/etcd", "--logger=zap",
                          "--log-outputs=stderr", "--listen-client-urls", url,
                          "--advertise-client-urls", url, "--listen-peer-urls",
                          "http://127.0.0.1:0"], cpus, f"{room}/etcd.out", nice)

    def __enter__(self):
        super().__enter__()
        servers.wait_until(lambda: self.said("serving client traffic"), "etcd serves")
        return self

    def writes(self):
        """Through its log so far: puts, leases, all that costs a disk's write."""
        with urllib.request.urlopen(f"http://{self.address}/metrics", timeout=5) as page:
            text = page.read().decode()
        return float(re.search(r"^etcd_server_proposals_committed_total (\S+)", text, re.M)[1])


class Greeterd(servers.Server):
    """One that is a member of the fleet at `etcd`, or alone."""

    def __init__(self, room, number, cpus, args, etcd=None):
        command = [f"{args.build}/bin/greeterd", "--listen", "127.0.0.1:0", "--workers", "1",
                   "--admin", "127.0.0.1:0", "--state-dir", "none", "--http", "none"]
        if etcd:
            command += ["--fleet", "bench", "--etcd", etcd.address]
        super().__init__(command, cpus, f"{room}/greeterd{number}.out", args.nice)

    def __enter__(self):
        super().__enter__()
        self.addresses = servers.wait_until(
            lambda: self.said(r'listener "[^"]*" serves on (\S+)\n'), "greeterd serves")
        self.admin = servers.wait_until(lambda: self.said(r"admin service on (\S+?);"), "admin")[0]
        return self


@contextlib.contextmanager
def fleet(args, room, count, cpus):
    """An etcd, and so many greeterds over it."""
    with contextlib.ExitStack() as stack:
        there = stack.enter_context(subdirectory(room))
        etcd = stack.enter_context(Etcd(there, args.all_cpus, args.nice))
        yield etcd, [stack.enter_context(Greeterd(there, number, cpus, args, etcd))
                     for number in range(count)]


@contextlib.contextmanager
def subdirectory(room):
    path = f"{room}/fleet{time.monotonic_ns()}"
    os.mkdir(path)
    yield path


def latency(args, room, what, count):
    greeterds = count if what == "greeterds" else 0
    with fleet(args, room, greeterds, args.all_cpus) as (etcd, members):
        whom = ([f"{one.admin}={one.addresses[0]}" for one in members] if greeterds
                else [etcd.address, str(count)])
        finished = subprocess.run(
            [f"{args.build}/bin/fleet_latency", what, str(CHANGES[what]), *whom],
            capture_output=True, text=True, timeout=600)
        if finished.returncode != 0:
            raise RuntimeError(f"fleet_latency {what}: {finished.stderr}")
        return json.loads(finished.stdout)


def idle_writes(args, room):
    """Of one replica, a second."""
    with fleet(args, room, REPLICAS, args.all_cpus) as (etcd, _):
        before, begin = etcd.writes(), time.monotonic()
        time.sleep(IDLE_S)
        return (etcd.writes() - before) / (time.monotonic() - begin) / REPLICAS


def cpu(args, room):
    """CPU per connection of a greeterd in a fleet, divided by that of one that is alone."""
    spent = []
    with fleet(args, room, 1, args.server_cpu) as (_, [member]), \
            Greeterd(room, "alone", args.server_cpu, args) as alone:
        for server in (alone, member):
            load(args, room, server.addresses, "--connections", "2000")
            report = drive(args, room, server)
            check("a fleet's data plane", report)
            spent.append(report["cpu_us"])
    return spent[1] / spent[0]


def run(args, room):
    rows = {label: [] for label, *_ in LATENCIES}
    costs = {"writes": [], "cpu": []}
    for _ in range(args.rounds):
        for label, what, count in LATENCIES:
            rows[label].append(latency(args, room, what, count))
        costs["cpu"].append(cpu(args, room))
    costs["writes"].append(idle_writes(args, room))
    print(f"\na change to a fleet until it is everywhere, ms; median of {args.rounds} rounds; "
          "÷ etcd's own put to watch")
    print(f"{'':20}{'acknowledged':>14}{'p50':>10}{'p99':>10}{'÷':>7}{'p99 after ack':>16}")
    for label, rounds in rows.items():
        middle = {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}
        plain = rows[LATENCIES[0][0] if "3 " in label else LATENCIES[2][0]]
        ratio = statistics.median(one["everywhere_p99_ms"] / reference["everywhere_p99_ms"]
                                  for one, reference in zip(rounds, plain))
        print(f"{label:20}{middle['acknowledged_p50_ms']:14.2f}{middle['everywhere_p50_ms']:10.2f}"
              f"{middle['everywhere_p99_ms']:10.2f}{ratio:7.2f}{middle['rest_p99_ms']:16.2f}",
              flush=True)
    print(f"idle replica: {costs['writes'][0]:.2f} writes to etcd a second")
    print(f"data plane's CPU per connection ÷ that of one alone: "
          f"{statistics.median(costs['cpu']):.3f}", flush=True)
    return {"rounds": rows, **costs}
