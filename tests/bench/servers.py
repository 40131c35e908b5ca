"""The servers that tests/bench/run compares: how each is configured, started, measured, ended.

Each listens on 127.0.0.1, runs in the foreground as one process with one worker, and says
"Hello world" to every client.
"""

import json
import os
import re
import resource
import signal
import socket
import subprocess
import time

START_DEADLINE_S = 10
STOP_DEADLINE_S = 10


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, what):
    deadline = time.monotonic() + START_DEADLINE_S
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.01)
    raise RuntimeError(f"{what}: not within {START_DEADLINE_S} s")


class Process:
    """A child pinned to CPUs, its output in a file. Ended, by its pid, when the block is left."""

    def __init__(self, command, cpus, output, nice=0):
        self.command, self.output = command, output
        self._cpus, self._nice = cpus, nice
        self.process = None

    def _prepare(self):
        os.sched_setaffinity(0, self._cpus)
        if self._nice:
            os.nice(self._nice)
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    def __enter__(self):
        with open(self.output, "wb") as output:
            self.process = subprocess.Popen(
                self.command, stdout=output, stderr=output, stdin=subprocess.DEVNULL,
                preexec_fn=self._prepare)
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_DEADLINE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def said(self, pattern):
        """All matches in what it has printed so far."""
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.command[0]} ended at once:\n{open(self.output).read()[-2000:]}")
        with open(self.output, errors="replace") as text:
            return re.findall(pattern, text.read())

    def cpu_ns(self):
        """CPU time of all its threads; exact, not in ticks."""
        total = 0
        tasks = f"/proc/{self.process.pid}/task"
        for task in os.listdir(tasks):
            with open(f"{tasks}/{task}/schedstat") as stat:
                total += int(stat.read().split()[0])
        return total

    def rss_kib(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))


class Server(Process):
    """A Process with the addresses it serves on."""

    addresses = ()
    admin = None


def accepts(port):
    def tried():
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", port)) == 0
    return tried


class Nginx(Server):
    name = "nginx"

    def __init__(self, room, cpus, nice=0, **_):
        self.port = free_port()
        conf = f"{room}/nginx.conf"
        with open(conf, "w") as file:
            file.write(f"""
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off; master_process off; worker_processes 1; worker_rlimit_nofile 16384;
pid {room}/nginx.pid; error_log {room}/nginx.log crit;
events {{ worker_connections 15000; }}
stream {{ access_log off; server {{ listen 127.0.0.1:{self.port} backlog=4096; return "Hello world"; }} }}
""")
        super().__init__(["nginx", "-p", room, "-c", conf], cpus, f"{room}/nginx.out", nice)

    def __enter__(self):
        super().__enter__()
        wait_until(accepts(self.port), "nginx listens")
        self.addresses = [f"127.0.0.1:{self.port}"]
        return self


class HAProxy(Server):
    name = "haproxy"

    def __init__(self, room, cpus, nice=0, **_):
        self.port = free_port()
        conf = f"{room}/haproxy.cfg"
        with open(f"{room}/hello.lua", "w") as file:
            file.write('core.register_service("hello", "tcp", function(applet) '
                       'applet:send("Hello world") end)\n')
        with open(conf, "w") as file:
            file.write(f"""
global
  lua-load {room}/hello.lua
  nbthread 1
  maxconn 9000
defaults
  mode tcp
  timeout client 10s
  timeout server 10s
  timeout connect 10s
frontend hello
  bind 127.0.0.1:{self.port} backlog 4096
  tcp-request content use-service lua.hello
""")
        super().__init__(["haproxy", "-db", "-f", conf], cpus, f"{room}/haproxy.out", nice)

    def __enter__(self):
        super().__enter__()
        wait_until(accepts(self.port), "haproxy listens")
        self.addresses = [f"127.0.0.1:{self.port}"]
        return self


class Bare(Server):
    name = "bare"

    def __init__(self, room, cpus, nice=0, build=None, **_):
        super().__init__([f"{build}/bin/bare_server", "0"], cpus, f"{room}/bare.out", nice)

    def __enter__(self):
        super().__enter__()
        self.addresses = wait_until(lambda: self.said(r"serves on (\S+)\n"), "bare listens")
        return self


class Greeter(Server):
    name = "greeterd"

    def __init__(self, room, cpus, nice=0, build=None, listeners=1, workers=1, text="Hello world",
                 state="none", address="127.0.0.1:0", more=None):
        program = f"{build}/bin/greeterd"
        config = f"{room}/greeter.json"
        self._listeners = listeners
        # Stuck clients stay stuck for the length of a measurement.
        limits = {"lingerTimeout": "3600s", "writeTimeout": "3600s"}
        names = ["default"] + [f"l{i}" for i in range(1, listeners)]
        with open(config, "w") as file:
            json.dump({"listeners": [{"name": name, "address": address, "limits": limits,
                                      "greeting": {"text": text}} for name in names]}, file)
        known = subprocess.run([program, "--help"], capture_output=True, text=True, check=True,
                               timeout=START_DEADLINE_S).stdout
        options = {"--config": config, "--workers": str(workers), "--admin": "127.0.0.1:0",
                   "--state-dir": state, "--http": "none", **(more or {})}
        command = [program]
        for option, value in options.items():
            if option in known:
                command += [option, value]
        super().__init__(command, cpus, f"{room}/greeterd.out", nice)

    def __enter__(self):
        super().__enter__()

        def all_serve():
            found = self.said(r'listener "[^"]*" serves on (\S+)\n')
            return found if len(found) >= self._listeners else None

        self.addresses = wait_until(all_serve, "greeterd serves")
        self.admin = (self.said(r"admin service on (\S+?);") or [None])[0]
        return self


ALL = {server.name: server for server in (Greeter, Nginx, HAProxy, Bare)}
