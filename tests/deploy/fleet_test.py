"""The fleet's etcd, as overlays/fleet and compose-fleet.yaml have it, run by Podman."""

import copy
import json
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import unittest

from manifests import ROOT, kustomize, objects, overlay, workload
from podman import PATIENCE, podman, remove_everything, wait_until

ETCD_IMAGE = os.environ["GREETER_ETCD_IMAGE"]
MEMBERS = [f"etcd-{number}" for number in range(3)]
DOMAIN = "etcd.greeter.svc"
ADDRESSES = {name: f"10.99.0.{10 + number}" for number, name in enumerate(MEMBERS)}


def files(names):
    def content(path):
        with open(path) as file:
            return file.read()
    return {name: content(path) for name, path in names.items()}


def member(stateful_set, name):
    """The pod of that name, as Podman can play it."""
    template = copy.deepcopy(stateful_set["spec"]["template"])
    spec = template["spec"]
    for claim in stateful_set["spec"]["volumeClaimTemplates"]:
        kind = claim["metadata"]["name"]
        spec["volumes"].append({"name": kind, "persistentVolumeClaim": {"claimName": f"{kind}-{name}"}})
    # Podman 4.3 mounts what a Secret has in base64; a ConfigMap does as well.
    for volume in spec["volumes"]:
        if "secret" in volume:
            volume["configMap"] = {"name": volume.pop("secret")["secretName"]}
    container, = spec["containers"]
    container["image"] = f"localhost/{ETCD_IMAGE}"
    # Podman 4.3 puts no variables into a command.
    container["command"] = [word.replace("$(POD_NAME)", name) for word in container["command"]]
    del container["ports"]
    # In place of the headless Service.
    spec["hostAliases"] = [{"ip": address, "hostnames": [f"{other}.{DOMAIN}"]} for other, address in ADDRESSES.items()]
    spec["hostname"] = name
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {**template["metadata"], "name": name}, "spec": spec}


class Etcd(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.addClassCleanup(remove_everything)
        cls.directory = tempfile.mkdtemp(prefix="fleet-")
        cls.addClassCleanup(shutil.rmtree, cls.directory)
        subprocess.run([os.path.join(ROOT, "deploy", "certs"), cls.directory, "--etcd"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        secret = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "etcd"}, "data": files({
            "tls.crt": cls.path("server.pem"), "tls.key": cls.path("server-key.pem"), "ca.crt": cls.path("ca.pem")})}
        podman("network", "create", "--subnet", "10.99.0.0/24", "fleet")
        stateful_set = workload(objects(kustomize(overlay("fleet"))), "etcd")
        assert stateful_set["spec"]["replicas"] == len(MEMBERS)
        for name in MEMBERS:
            file = cls.path(f"{name}.yaml")
            with open(file, "w") as opened:
                opened.write("\n---\n".join(json.dumps(item) for item in (secret, member(stateful_set, name))))
            podman("kube", "play", "--network", "fleet", "--ip", ADDRESSES[name], file)
        cls.wait_until_healthy(MEMBERS)

    @classmethod
    def path(cls, name):
        return os.path.join(cls.directory, name)

    @classmethod
    def ctl(cls, *command, by="greeter", endpoints=ADDRESSES):
        """etcdctl beside the members, with the certificate of `by`; what it printed and complained of."""
        identity = ["--cert", f"/shown/{by}.pem", "--key", f"/shown/{by}-key.pem"] if by else []
        aliases = [option for name, address in ADDRESSES.items() for option in ("--add-host", f"{name}.{DOMAIN}:{address}")]
        return podman("run", "--rm", "--network", "fleet", "--env", "ETCDCTL_API=3", *aliases,
                      "--volume", f"{cls.directory}:/shown:ro", f"localhost/{ETCD_IMAGE}",
                      "etcdctl", "--cacert", "/shown/ca.pem", *identity, "--command-timeout", "5s",
                      "--endpoints", ",".join(f"https://{name}.{DOMAIN}:2379" for name in endpoints), *command, check=False)

    @classmethod
    def wait_until_healthy(cls, members):
        """Each of them knows a leader that a majority follows: etcdctl reads a key through it."""
        wait_until(lambda: cls.ctl("endpoint", "health", endpoints=members).count("is healthy") == len(members),
                   f"{members} are healthy")

    def peer_answers(self, by):
        """Whether a member's port for other members takes whoever has the certificate of `by`."""
        context = ssl.create_default_context(cafile=self.path("ca.pem"))
        context.load_cert_chain(self.path(f"{by}.pem"), self.path(f"{by}-key.pem"))
        with socket.create_connection((ADDRESSES["etcd-0"], 2380), PATIENCE) as plain:
            try:
                with context.wrap_socket(plain, server_hostname=f"etcd-0.{DOMAIN}") as connection:
                    connection.sendall(b"GET /version HTTP/1.1\r\nHost: etcd\r\nConnection: close\r\n\r\n")
                    return b"200 OK" in connection.recv(4096)
            except (ssl.SSLError, ConnectionError):
                return False

    def test_members_find_one_another_and_serve_whom_they_know(self):
        self.assertEqual(self.ctl("put", "/greeter/greeter/config", "1"), "OK")
        self.assertNotIn("OK", self.ctl("put", "/greeter/greeter/config", "2", by=None))
        # One is lost: the others go on, once they have a leader if it was that, and it takes its place again.
        podman("kill", "--signal", "KILL", "etcd-2-etcd")
        self.wait_until_healthy(MEMBERS[:2])
        self.assertEqual(self.ctl("put", "/greeter/greeter/config", "3", endpoints=MEMBERS[:2]), "OK")
        podman("start", "etcd-2-etcd")
        wait_until(lambda: self.ctl("get", "--print-value-only", "/greeter/greeter/config", endpoints=MEMBERS[2:]) == "3",
                   "it has what it missed")

    def test_a_client_is_no_member(self):
        self.assertFalse(self.peer_answers("greeter"))


if __name__ == "__main__":
    unittest.main()
