"""Drives a server with greeter_load, and says what that cost the server."""

import json
import sys

import servers


def load(args, room, addresses, *options):
    """Runs greeter_load to its end and returns its report."""
    command = [f"{args.build}/bin/greeter_load", *addresses, "--json", "--timeout", "30",
               "--duration", str(args.seconds), *options]
    with servers.Process(command, args.load_cpu, f"{room}/load.out", args.nice) as running:
        code = running.process.wait(args.seconds + 60)
    with open(f"{room}/load.out") as output:
        text = output.read()
    if code not in (0, 8):
        raise RuntimeError(f"{' '.join(command)}: {text}")
    return json.loads(text.splitlines()[-1])


def drive(args, room, server, *options):
    """One closed loop: the report with the server's CPU per connection and memory added."""
    before = server.cpu_ns()
    report = load(args, room, server.addresses, *options)
    spent = server.cpu_ns() - before
    report["cpu_us"] = spent / 1000 / max(1, report["greeted"])
    report["rss"] = server.rss_kib() / 1024
    return report


def check(name, report):
    if report["greeted"] != report["connections"]:
        bad = {key: report[key] for key in
               ("short", "wrong", "refused", "unanswered", "timed_out", "reset", "unreachable",
                "other") if report[key]}
        print(f"{name}: {report['connections']} connections, not all greeted: {bad}"
              f" {report['first_error']}", file=sys.stderr)
