"""Containers of the image under test, by Podman, in the network that tests/deploy/run made."""

import json
import os
import socket
import subprocess
import time

IMAGE = os.environ["GREETER_IMAGE"]
PATIENCE = 30
DATA = ("127.0.0.1", 9190)


def podman(*arguments, check=True):
    """Runs podman and returns what it printed; `check` off, also what it complained of."""
    done = subprocess.run(["podman", *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE if check else subprocess.STDOUT, text=True, timeout=4 * PATIENCE)
    if check and done.returncode != 0:
        raise AssertionError(f"podman {' '.join(arguments)}: {done.stderr}")
    return done.stdout.strip()


def inspect(kind, name):
    return json.loads(podman(kind, "inspect", name))[0]


def wait_until(condition, what):
    """Returns what `condition` returns once that is true."""
    deadline = time.monotonic() + PATIENCE
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {PATIENCE} s in vain until {what}"
        time.sleep(0.02)
    return value


def greet(address=DATA):
    """What a client gets there, to the end of stream."""
    with socket.create_connection(address, PATIENCE) as connection:
        connection.settimeout(PATIENCE)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
        return received.decode()


def remove_everything():
    def pods_are_gone():
        podman("pod", "rm", "--all", "--force", "--time", "0", check=False)
        return not podman("pod", "ls", "--quiet")
    # What is just being started again can't be removed in that moment.
    wait_until(pods_are_gone, "the pods are removed")
    podman("rm", "--all", "--force", "--time", "0", "--volumes")
    podman("volume", "rm", "--all", "--force")
    podman("network", "prune", "--force")


class Container:
    """One container, as the documents say it is to be run."""

    CONFINED = ["--network", "host", "--read-only", "--cap-drop", "all", "--security-opt", "no-new-privileges"]

    def __init__(self, name):
        self.name = name

    @classmethod
    def run(cls, *arguments, options=()):
        return cls(podman("run", "--detach", *cls.CONFINED, *options, IMAGE, *arguments))

    def state(self):
        return inspect("container", self.name)["State"]

    def log(self):
        return podman("logs", self.name, check=False)

    def said(self, text):
        try:
            return wait_until(lambda: text in (log := self.log()) and log, f"{self.name} says \"{text}\"")
        except AssertionError as waited:
            raise AssertionError(f"{waited}; it said: {self.log()}") from None

    def serves(self):
        """Waits until it does."""
        self.said("admin service on")
        return self

    def ctl(self, *command):
        return podman("exec", self.name, "greeterctl", *command)

    def process(self, file):
        with open(f"/proc/{self.state()['Pid']}/{file}") as content:
            return content.read()

    def wait(self):
        """For its end; returns its exit code."""
        wait_until(lambda: self.state()["Status"] == "exited", f"{self.name} ends")
        return self.state()["ExitCode"]

    def start(self):
        podman("start", self.name)

    def kill(self):
        podman("kill", "--signal", "KILL", self.name)
        self.wait()

    def stop(self):
        """In good order; returns its exit code."""
        podman("stop", "--time", str(PATIENCE), self.name)
        return self.state()["ExitCode"]
