"""The manifests of deploy/kubernetes: valid, restricted, and consistent with one another and greeterd."""

import copy
import os
import re
import unittest

from manifests import (ROOT, WORKLOADS, Refused, environment, kustomize, objects, of_kind, overlay, overlay_of, pod_spec,
                       ports_of, with_config, workload)
from pod_security import violations

OVERLAYS = ("dev", "single", "prod", "fleet")
MONITORING = {"kubernetes.io/metadata.name": "monitoring"}
OPERATORS = {"kubernetes.io/metadata.name": "operators", "greeter-admin": "allowed"}
STRANGERS = {"kubernetes.io/metadata.name": "default"}


def seconds(duration):
    assert re.fullmatch(r"\d+s", duration), duration
    return int(duration[:-1])


def admits(policies, namespace, port):
    """Whether a pod of a namespace with these labels reaches the port of that name."""
    for policy in policies:
        for rule in policy["spec"].get("ingress", []):
            named = any(entry["port"] == port for entry in rule["ports"])
            peers = [peer["namespaceSelector"]["matchLabels"] for peer in rule.get("from", [])]
            if named and ("from" not in rule or any(labels.items() <= namespace.items() for labels in peers)):
                return True
    return False


def for_each_overlay(test):
    """The test, for everything that is rendered."""
    def tests(self):
        for name, rendered in self.rendered.items():
            with self.subTest(name):
                test(self, rendered)
    return tests


class EveryOverlay(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rendered = {name: objects(kustomize(overlay(name)), "--validate") for name in OVERLAYS}
        with overlay_of("prod", components=["cert-manager", "service-monitor"]) as everything:
            cls.rendered["prod and all components"] = objects(kustomize(everything), "--validate")
        with overlay_of("fleet", components=["etcd-cert-manager", "mutual-tls", "cert-manager", "service-monitor"]) as everything:
            cls.rendered["fleet and all components"] = objects(kustomize(everything), "--validate")

    @for_each_overlay
    def test_pods_are_restricted(self, rendered):
        for found in of_kind(rendered, *WORKLOADS):
            pod = found["spec"]["template"]["spec"]
            self.assertEqual(violations(pod), [])
            self.assertIs(pod["automountServiceAccountToken"], False)
        self.assertEqual(of_kind(rendered, "Namespace")[0]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"],
                         "restricted")
        self.assertIs(of_kind(rendered, "ServiceAccount")[0]["automountServiceAccountToken"], False)

    @for_each_overlay
    def test_everything_is_in_the_namespace(self, rendered):
        namespace = of_kind(rendered, "Namespace")[0]["metadata"]["name"]
        self.assertEqual({item["metadata"].get("namespace") for item in rendered if item["kind"] != "Namespace"},
                         {namespace})

    @for_each_overlay
    def test_names_that_refer_to_something_do(self, rendered):
        def selected_by(labels):
            """The one workload whose pods these labels select."""
            found = [item for item in of_kind(rendered, *WORKLOADS)
                     if labels.items() <= item["spec"]["template"]["metadata"]["labels"].items()]
            self.assertEqual(len(found), 1, labels)
            return found[0]["spec"]["template"]["spec"]

        pod = pod_spec(rendered)
        names = {(item["kind"], item["metadata"]["name"]) for item in rendered}
        for service in of_kind(rendered, "Service"):
            ports = ports_of(selected_by(service["spec"]["selector"]))
            for port in service["spec"]["ports"]:
                self.assertEqual(ports[port["targetPort"]], port["port"])
        for policy in of_kind(rendered, "NetworkPolicy"):
            ports = ports_of(selected_by(policy["spec"]["podSelector"]["matchLabels"]))
            for rule in policy["spec"].get("ingress", []):
                self.assertLessEqual({port["port"] for port in rule["ports"]}, set(ports))
        for budget in of_kind(rendered, "PodDisruptionBudget"):
            selected_by(budget["spec"]["selector"]["matchLabels"])
        for found in of_kind(rendered, "StatefulSet"):
            self.assertIn(("Service", found["spec"]["serviceName"]), names)
        for scaler in of_kind(rendered, "HorizontalPodAutoscaler"):
            target = scaler["spec"]["scaleTargetRef"]
            self.assertIn((target["kind"], target["name"]), names)
            self.assertNotIn("replicas", workload(rendered)["spec"])
        for volume in pod["volumes"]:
            if "configMap" in volume:
                self.assertIn(("ConfigMap", volume["configMap"]["name"]), names)
        self.assertIn(("ServiceAccount", pod["serviceAccountName"]), names)

    def test_monitors_find_the_metrics(self):
        rendered = self.rendered["prod and all components"]
        monitor, = of_kind(rendered, "ServiceMonitor")
        watched = [service for service in of_kind(rendered, "Service")
                   if monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()]
        self.assertEqual(len(watched), 1)
        self.assertIn(monitor["spec"]["endpoints"][0]["port"], [port["name"] for port in watched[0]["spec"]["ports"]])

    def test_certificates_are_the_ones_that_are_mounted(self):
        for name in ("prod and all components", "fleet and all components"):
            rendered = self.rendered[name]
            made = {item["spec"]["secretName"] for item in of_kind(rendered, "Certificate")}
            mounted = {volume["secret"]["secretName"] for found in of_kind(rendered, *WORKLOADS)
                       for volume in found["spec"]["template"]["spec"]["volumes"] if "secret" in volume}
            self.assertLessEqual(mounted, made)
            operators = {item["spec"]["commonName"] for item in of_kind(rendered, "Certificate")
                         if item["spec"].get("usages", [])[1:] == ["client auth"] and item["spec"]["issuerRef"]["name"] == "greeter-ca"}
            self.assertEqual(operators, {environment(rendered)["GREETER_ADMIN_OPERATOR"],
                                         environment(rendered)["GREETER_ADMIN_VIEWER"]})

    @for_each_overlay
    def test_ports_are_what_greeterd_is_told(self, rendered):
        pod, told = pod_spec(rendered), environment(rendered)
        ports = ports_of(pod)
        self.assertEqual(told["GREETER_HEALTH"], f":{ports['health']}")
        self.assertEqual(told["GREETER_HTTP"], f":{ports['metrics']}")
        self.assertIn(told.get("GREETER_ADMIN", "127.0.0.1:50051"), (f":{ports['admin']}", f"127.0.0.1:{ports['admin']}"))
        config = of_kind(rendered, "ConfigMap")[0]["data"]["greeter.yaml"]
        self.assertIn(f'address: ":{ports["greeting"]}"', config)
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            self.assertEqual(pod["containers"][0][probe]["grpc"]["port"], ports["health"])
        self.assertEqual(pod["containers"][0]["readinessProbe"]["grpc"]["service"], "greeter.data")
        self.assertNotIn("service", pod["containers"][0]["livenessProbe"]["grpc"])

    @for_each_overlay
    def test_a_pod_has_the_time_to_end(self, rendered):
        told = environment(rendered)
        needed = seconds(told["GREETER_SHUTDOWN_DELAY"]) + seconds(told["GREETER_DRAIN_TIMEOUT"]) + 1
        self.assertGreater(pod_spec(rendered)["terminationGracePeriodSeconds"], needed)
        if told["GREETER_SHUTDOWN_DELAY"] != "0s":
            # Two failed probes, and then the proxies of all nodes.
            probe = pod_spec(rendered)["containers"][0]["readinessProbe"]
            self.assertGreater(seconds(told["GREETER_SHUTDOWN_DELAY"]),
                               probe["periodSeconds"] * probe["failureThreshold"])

    @for_each_overlay
    def test_who_reaches_what(self, rendered):
        policies = [policy for policy in of_kind(rendered, "NetworkPolicy")
                    if policy["spec"]["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": "greeter"}]
        reach = {port: [admits(policies, namespace, port) for namespace in (STRANGERS, OPERATORS, MONITORING)]
                 for port in ("greeting", "admin", "metrics", "health")}
        self.assertEqual(reach, {"greeting": [True, True, True], "admin": [False, True, False],
                                 "metrics": [False, False, True], "health": [False, False, False]})
        calls = {port["port"] for policy in policies for rule in policy["spec"].get("egress", []) for port in rule["ports"]}
        self.assertEqual(calls, {"client", 53} if "GREETER_FLEET" in environment(rendered) else set())
        self.assertIn("Egress", [kind for policy in policies for kind in policy["spec"]["policyTypes"]])

    @for_each_overlay
    def test_a_pod_that_is_stopped_is_found_by_operators(self, rendered):
        admin, = [service for service in of_kind(rendered, "Service") if service["metadata"]["name"] == "greeter-admin"]
        self.assertEqual((admin["spec"]["clusterIP"], admin["spec"]["publishNotReadyAddresses"]), ("None", True))

    def test_another_config_is_a_rollout_that_loses_nobody(self):
        config = of_kind(self.rendered["prod"], "ConfigMap")[0]["data"]["greeter.yaml"]
        with with_config("prod", config.replace("Hello world", "Back soon")) as changed:
            other = objects(kustomize(changed), "--validate")
        self.assertIn("Back soon", of_kind(other, "ConfigMap")[0]["data"]["greeter.yaml"])
        self.assertNotEqual(pod_spec(other), pod_spec(self.rendered["prod"]))
        self.assertEqual(workload(other)["spec"]["strategy"]["rollingUpdate"], {"maxSurge": 1, "maxUnavailable": 0})

    @for_each_overlay
    def test_the_image_is_of_this_version(self, rendered):
        with open(os.path.join(ROOT, "CMakeLists.txt")) as lists:
            version = re.search(r"project\(greeter VERSION ([\d.]+)", lists.read())[1]
        self.assertEqual(pod_spec(rendered)["containers"][0]["image"], f"greeter:{version}")
        for name in ("compose.yaml", "compose-fleet.yaml"):
            with open(os.path.join(ROOT, "deploy", name)) as compose:
                self.assertIn(f"image: ${{GREETER_IMAGE:-greeter:{version}}}\n", compose.read())


class Mistakes(unittest.TestCase):
    """These tests would notice."""

    def test_a_field_that_no_schema_knows(self):
        with overlay_of("dev", patches=[{"target": {"kind": "Deployment"}, "patch":
                        '[{"op": "add", "path": "/spec/template/spec/hostNetwrok", "value": true}]'}]) as directory:
            with self.assertRaisesRegex(Refused, "Deployment greeter: /spec/template/spec/hostNetwrok: unknown field"):
                objects(kustomize(directory), "--validate")

    def test_a_value_of_another_type(self):
        with overlay_of("dev", patches=[{"target": {"kind": "Deployment"}, "patch":
                        '[{"op": "replace", "path": "/spec/replicas", "value": "one"}]'}]) as directory:
            with self.assertRaisesRegex(Refused, "replicas must be integer"):
                objects(kustomize(directory), "--validate")

    def test_pods_that_are_not_restricted(self):
        fine = pod_spec(objects(kustomize(overlay("prod"))))
        container = {"containers": [{"securityContext": {"privileged": True}}]}
        self.assertEqual(set(violations(container)), {
            "privileged", "allowPrivilegeEscalation is not false", "readOnlyRootFilesystem is not true",
            "not all capabilities are dropped", "runAsNonRoot is not true", "no seccompProfile"})
        for change, violation in (
            ({"hostNetwork": True}, "hostNetwork"),
            ({"volumes": [{"name": "x", "hostPath": {"path": "/"}}]}, "volume of hostPath"),
        ):
            self.assertEqual(violations({**fine, **change}), [violation])
        for context, violation in (
            ({"runAsUser": 0}, "runAsUser is root"),
            ({"capabilities": {"drop": ["ALL"], "add": ["NET_ADMIN"]}}, "capabilities are added"),
            ({"seccompProfile": {"type": "Unconfined"}}, "seccompProfile is Unconfined"),
            ({"procMount": "Unmasked"}, "procMount"),
        ):
            worse = copy.deepcopy(fine)
            worse["containers"][0]["securityContext"].update(context)
            self.assertEqual(violations(worse), [violation])


if __name__ == "__main__":
    unittest.main()
