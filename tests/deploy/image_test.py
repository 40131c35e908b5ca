"""The image: what is in it, and how greeterd runs from it."""

import io
import json
import os
import stat
import subprocess
import tarfile
import unittest

from podman import IMAGE, PATIENCE, Container, greet, inspect, podman, remove_everything, wait_until

USER = 65532
MIB = 1024 * 1024
DOCUMENTS = "usr/share/doc"
COMPOSE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "deploy", "compose.yaml")


def image_files():
    """The image as a tar file that is open to read."""
    name = podman("create", IMAGE)
    exported = subprocess.run(["podman", "export", name], stdout=subprocess.PIPE, check=True, timeout=PATIENCE).stdout
    podman("rm", name)
    return tarfile.open(fileobj=io.BytesIO(exported))


class Contents(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.files = image_files()
        cls.names = [member.name for member in cls.files if member.isfile()]
        cls.config = inspect("image", IMAGE)

    def test_it_says_what_it_is_and_how_it_runs(self):
        config = self.config["Config"]
        version = podman("run", "--rm", "--network", "none", IMAGE, "--version").split()[-1]
        labels = {key.removeprefix("org.opencontainers.image."): value for key, value in config["Labels"].items()}
        self.assertEqual(labels["version"], version)
        self.assertEqual(labels["licenses"], "Apache-2.0")
        self.assertTrue(labels["revision"] and labels["source"])
        self.assertEqual(config["User"], f"{USER}:{USER}")
        self.assertEqual(config["StopSignal"], "SIGTERM")
        self.assertEqual(self.config["Healthcheck"]["Test"][:2], ["CMD", "/usr/bin/greeterctl"])
        self.assertLessEqual(self.config["Size"], 60 * MIB)

    def test_two_programs_and_their_libraries_are_all_that_can_run(self):
        executable = {member.name for member in self.files if member.isfile() and member.mode & 0o111}
        libraries = {name for name in self.names if ".so" in name}
        self.assertEqual({name for name in executable if ".so" not in name}, {"usr/bin/greeterd", "usr/bin/greeterctl"})
        self.assertFalse([member.name for member in self.files if member.mode & (stat.S_ISUID | stat.S_ISGID)])
        needed = set()
        loader = next(name for name in libraries if "/ld-linux" in name)
        for program in ("greeterd", "greeterctl"):
            listed = podman("run", "--rm", "--network", "none", "--entrypoint", f"/{loader}", IMAGE, "--list",
                            f"/usr/bin/{program}")
            self.assertNotIn("not found", listed)
            needed |= {os.path.basename(line.split()[0]) for line in listed.splitlines()}
        self.assertEqual({os.path.basename(name) for name in libraries}, needed - {"linux-vdso.so.1"})

    def test_every_file_is_of_the_same_time(self):
        # But for what Podman adds: /etc/hosts and the like.
        ours = [member for member in self.files if member.isfile() and member.name.startswith("usr/")]
        self.assertEqual(len({member.mtime for member in ours}), 1)

    def test_the_list_of_packages_is_spdx_and_has_each_library(self):
        listed = json.load(self.files.extractfile(f"{DOCUMENTS}/greeter/greeter.spdx.json"))
        self.assertEqual((listed["spdxVersion"], listed["dataLicense"], listed["SPDXID"]),
                         ("SPDX-2.3", "CC0-1.0", "SPDXRef-DOCUMENT"))
        self.assertRegex(listed["creationInfo"]["created"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        packages = {package["SPDXID"]: package for package in listed["packages"]}
        self.assertEqual(len(packages), len(listed["packages"]))
        for package in packages.values():
            self.assertTrue(package["name"] and package["versionInfo"] and package["downloadLocation"])
            if package["name"] != "greeter":
                self.assertIn(f"{DOCUMENTS}/{package['name']}/copyright", self.names)
                self.assertRegex(package["externalRefs"][0]["referenceLocator"], r"^pkg:deb/debian/[a-z0-9.%B-]+@\S+\?arch=")
        self.assertLessEqual({"greeter", "libc6", "libssl3", "libstdc++6", "libsqlite3-0"},
                             {package["name"] for package in packages.values()})
        related = {relation["relatedSpdxElement"] for relation in listed["relationships"]}
        self.assertEqual(related, set(packages))


class Running(unittest.TestCase):
    def tearDown(self):
        remove_everything()

    def test_it_greets_and_is_managed_without_any_privilege(self):
        container = Container.run().serves()
        status = dict(line.split(":\t", 1) for line in container.process("status").splitlines())
        self.assertEqual(status["Uid"].split(), [str(USER)] * 4)
        self.assertEqual({int(status[kind], 16) for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")}, {0})
        self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"))
        self.assertEqual(greet(), "Hello world")
        container.ctl("message", "set", "Back soon")
        self.assertEqual(greet(), "Back soon")
        podman("healthcheck", "run", container.name)
        # No warning: the default seccomp profile lets it do all that it does.
        self.assertNotIn("warning", container.log())
        self.assertIn("executable file not found", podman("exec", container.name, "sh", "-c", "true", check=False))
        self.assertEqual(container.stop(), 0)

    def test_stopping_under_load_resets_nobody(self):
        container = Container.run().serves()
        load = subprocess.Popen([os.environ["GREETER_LOAD"], "127.0.0.1:9190", "--json", "--timeout", str(PATIENCE),
                                 "--duration", "15", "--in-flight", "32"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(load.wait)
        self.addCleanup(load.kill)
        wait_until(lambda: self.accepted(container) > 5000, "the load is on")
        self.assertEqual(container.stop(), 0)
        seen = json.loads(load.communicate(timeout=2 * PATIENCE)[0].splitlines()[-1])
        # It was stopped while they came, and those who came later were refused.
        self.assertGreater(seen["greeted"], 5000)
        self.assertGreater(seen["refused"], 0)
        bad = ("reset", "reset_after_whole", "short", "wrong", "timed_out", "other")
        self.assertEqual({key: seen[key] for key in bad}, dict.fromkeys(bad, 0))

    @staticmethod
    def accepted(container):
        return int(json.loads(container.ctl("-o", "json", "counts"))["total"].get("accepted", 0))

    def test_changes_are_in_the_volume_after_a_kill(self):
        container = Container.run(options=["--volume", "state:/var/lib/greeter"]).serves()
        container.ctl("message", "set", "Still here")
        container.kill()
        container.start()
        # What it says begins with what it said before.
        wait_until(lambda: container.log().count("serves on") == 2, "it serves again")
        self.assertEqual(greet(), "Still here")

    def test_compose_keeps_changes_too(self):
        def compose(*command):
            subprocess.run(["podman-compose", "--file", COMPOSE, *command], check=True, capture_output=True,
                           timeout=2 * PATIENCE)

        def up():
            compose("up", "--detach", "--no-build")
            name, = podman("ps", "--format", "{{.Names}}").split()
            return Container(name).serves()

        up()
        self.assertEqual(greet(), "Hello world")
        compose("exec", "-T", "greeter", "greeterctl", "message", "set", "Back soon")
        compose("down")
        self.assertRaises(ConnectionRefusedError, greet)
        up()
        self.assertEqual(greet(), "Back soon")

    def ends_with(self, line, *arguments, options=()):
        """greeterd refuses to start, with one line."""
        container = Container.run(*arguments, options=options)
        self.assertEqual(container.wait(), 1)
        self.assertEqual(container.log(), f"greeterd: {line}")

    def test_a_volume_that_is_read_only_is_named(self):
        self.ends_with("can't write in /var/lib/greeter: Read-only file system; give another directory with --state-dir",
                       options=["--volume", "state:/var/lib/greeter:ro"])

    def test_a_secret_that_is_missing_is_named(self):
        self.ends_with("--admin-cert /etc/greeter-admin/tls.crt: No such file or directory", "--admin", ":50051",
                       "--admin-cert", "/etc/greeter-admin/tls.crt", "--admin-key", "/etc/greeter-admin/tls.key",
                       "--admin-client-ca", "/etc/greeter-admin/ca.crt")

    def test_a_low_port_needs_its_capability(self):
        log = Container.run("80").said("can't listen on :80")
        self.assertIn("need the capability CAP_NET_BIND_SERVICE; give it to greeterd, or choose a higher port", log)
        remove_everything()
        Container.run("80", options=["--cap-add", "net_bind_service"]).serves()
        self.assertEqual(greet(("127.0.0.1", 80)), "Hello world")


if __name__ == "__main__":
    unittest.main()
