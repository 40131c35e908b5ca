"""Pods of the overlays, run by Podman: greeted, managed, replaced and taken down."""

import copy
import json
import os
import shutil
import subprocess
import tempfile
import unittest

from manifests import ROOT, kustomize, objects, of_kind, overlay, pod_spec, with_config, workload
from podman import IMAGE, Container, greet, podman, remove_everything, wait_until

POD = "greeter-pod-0"


def playable(directory):
    """What Podman can play of what `directory` renders: its pods, as a Deployment, and what they mount."""
    rendered = objects(kustomize(directory))
    pods = copy.deepcopy(workload(rendered))
    # Podman has no StatefulSets: whose claims are volumes, and whose pods are numbered.
    claims = pods["spec"].pop("volumeClaimTemplates", [])
    pods["kind"] = "Deployment"
    spec = pod_spec([pods])
    for claim in claims:
        name = f"{claim['metadata']['name']}-{POD}"
        spec["volumes"].append({"name": claim["metadata"]["name"], "persistentVolumeClaim": {"claimName": name}})
    # Podman 4.3 mounts what a Secret has in base64; a ConfigMap does as well.
    for volume in spec["volumes"]:
        if "secret" in volume:
            volume["configMap"] = {"name": volume.pop("secret")["secretName"]}
    container, = spec["containers"]
    container["image"] = f"localhost/{IMAGE}"
    # The tests have a network of their own, which is the pods' as well; nothing is to be published.
    del container["ports"]
    return [*of_kind(rendered, "ConfigMap"), pods]


class Played:
    """What runs of `manifests` in Podman."""

    def __init__(self, manifests):
        self.file = os.path.join(os.environ["TMPDIR"], f"played-{os.getpid()}.yaml")
        with open(self.file, "w") as file:
            file.write("\n---\n".join(json.dumps(item) for item in manifests))
        podman("kube", "play", "--network", "host", self.file)
        name, = {item["metadata"]["name"] for item in of_kind(manifests, "Deployment")}
        self.container = Container(f"{name}-pod-0-greeterd")

    def down(self):
        podman("kube", "down", self.file)
        os.remove(self.file)


class Pods(unittest.TestCase):
    def tearDown(self):
        remove_everything()

    def test_dev_is_greeted_managed_and_taken_down(self):
        dev = Played(playable(overlay("dev")))
        dev.container.serves()
        self.assertEqual(greet(), "Hello world")
        dev.container.ctl("message", "set", "Back soon")
        self.assertEqual(greet(), "Back soon")
        self.assertEqual(dev.container.process("status").split("CapEff:\t")[1].split()[0], "0" * 16)
        dev.down()
        self.assertRaises(ConnectionRefusedError, greet)

    def test_a_config_with_an_error_leaves_the_old_pods_serving(self):
        old = Played(playable(overlay("dev")))
        old.container.serves()
        wrong = "listeners:\n  - name: default\n    adress: \":9190\"\n"
        with with_config("dev", wrong, nameSuffix="-next") as directory:
            new = Played(playable(directory))
        line = "greeterd: /etc/greeter/greeter.yaml:3: listeners[0].adress: unknown field; did you mean \"address\"?"
        # It is started again and again, and never gets as far as the port that would call it ready.
        wait_until(lambda: new.container.log().splitlines().count(line) > 1, "it failed twice")
        self.assertEqual(set(new.container.log().splitlines()), {line})
        self.assertEqual(greet(), "Hello world")

    def test_single_keeps_what_was_changed(self):
        first = Played(playable(overlay("single")))
        first.container.serves()
        first.container.ctl("message", "set", "Still here")
        first.container.kill()
        first.down()
        second = Played(playable(overlay("single")))
        second.container.serves()
        self.assertEqual(greet(), "Still here")

    def certificates(self):
        """A directory of those that deploy/certs makes, and a ConfigMap in place of prod's Secret."""
        directory = tempfile.mkdtemp(prefix="certificates-")
        subprocess.run([os.path.join(ROOT, "deploy", "certs"), directory, "--san", "localhost"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(shutil.rmtree, directory)

        def content(name):
            with open(os.path.join(directory, name)) as file:
                return file.read()
        return directory, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "greeter-admin"}, "data": {
            "tls.crt": content("server.pem"), "tls.key": content("server-key.pem"), "ca.crt": content("ca.pem")}}

    def test_prod_knows_its_operators_by_their_certificates(self):
        directory, secret = self.certificates()
        prod = Played([secret, *playable(overlay("prod"))])
        prod.container.serves()
        ctl = ["run", "--rm", "--network", "host", "--volume", f"{directory}:/certificates:ro", "--user", "0",
               "--entrypoint", "/usr/bin/greeterctl", IMAGE, "--server", "localhost:50051", "--ca", "/certificates/ca.pem"]

        def identity(name):
            return ["--cert", f"/certificates/{name}.pem", "--key", f"/certificates/{name}-key.pem"]
        podman(*ctl, *identity("operator"), "message", "set", "Back soon")
        self.assertEqual(greet(), "Back soon")
        refused = podman(*ctl, *identity("viewer"), "message", "set", "Mine", check=False)
        self.assertIn("--admin-operator", refused)
        self.assertEqual(greet(), "Back soon")


if __name__ == "__main__":
    unittest.main()
