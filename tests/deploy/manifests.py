"""The manifests of deploy/kubernetes, as kustomize renders them."""

import contextlib
import json
import os
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
KUBERNETES = os.path.join(ROOT, "deploy", "kubernetes")
WORKLOADS = ("Deployment", "StatefulSet")


class Refused(Exception):
    """What a tool found wrong."""


def run(command, given=None):
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise Refused(done.stderr)
    return done.stdout


def overlay(name):
    return os.path.join(KUBERNETES, "overlays", name)


def kustomize(directory):
    """The YAML that is rendered from `directory`."""
    return run(["kubectl", "kustomize", directory])


def objects(yaml, *options):
    """Its objects; with "--validate", they are valid."""
    return json.loads(run(["node", os.path.join(HERE, "manifests.mjs"), *options], yaml))


@contextlib.contextmanager
def overlay_of(name, files=(), components=(), **fields):
    """A directory with an overlay of ours, in Kustomize's fields and with `files`, over the overlay `name`."""
    with tempfile.TemporaryDirectory() as directory:
        def relative(path):
            return os.path.relpath(path, os.path.realpath(directory))
        content = {"resources": [relative(overlay(name))], **fields,
                   "components": [relative(os.path.join(KUBERNETES, "components", part)) for part in components]}
        for file, text in {**dict(files), "kustomization.yaml": json.dumps(content)}.items():
            with open(os.path.join(directory, file), "w") as opened:
                opened.write(text)
        yield directory


def with_config(name, config, **fields):
    """An overlay like `name` with another greeter.yaml."""
    return overlay_of(name, {"greeter.yaml": config}, configMapGenerator=[
        {"name": "greeter-config", "namespace": "greeter", "behavior": "merge", "files": ["greeter.yaml"]}], **fields)


def of_kind(rendered, *kinds):
    return [item for item in rendered if item["kind"] in kinds]


def workload(rendered, name="greeter"):
    """The one whose pods have that name on their label; an overlay may give it another of its own."""
    found = [item for item in of_kind(rendered, *WORKLOADS)
             if item["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/name"] == name]
    assert len(found) == 1, found
    return found[0]


def pod_spec(rendered, name="greeter"):
    return workload(rendered, name)["spec"]["template"]["spec"]


def ports_of(pod):
    return {port["name"]: port["containerPort"] for port in pod["containers"][0]["ports"]}


def environment(rendered):
    return {variable["name"]: variable["value"] for variable in pod_spec(rendered)["containers"][0]["env"]}
