"""Kubernetes' Pod Security Standards, level "restricted", and a root that is read-only."""

VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
SYSCTLS = {"kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start",
           "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "net.ipv4.ip_local_reserved_ports",
           "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
           "net.ipv4.tcp_keepalive_probes"}
SELINUX_TYPES = {None, "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}


def seccomp_is_fine(context):
    return context.get("seccompProfile", {}).get("type") in ("RuntimeDefault", "Localhost")


def violations_of_contexts(context):
    """What a pod's and a container's context both may have."""
    if context.get("runAsUser") == 0:
        yield "runAsUser is root"
    selinux = context.get("seLinuxOptions", {})
    if selinux.get("type") not in SELINUX_TYPES or "user" in selinux or "role" in selinux:
        yield "seLinuxOptions"
    if context.get("appArmorProfile", {}).get("type") == "Unconfined":
        yield "appArmorProfile is Unconfined"
    if context.get("seccompProfile", {}).get("type") == "Unconfined":
        yield "seccompProfile is Unconfined"
    if context.get("windowsOptions", {}).get("hostProcess"):
        yield "hostProcess"


def violations_of_container(container, pod_context):
    context = container.get("securityContext", {})
    yield from violations_of_contexts(context)
    if context.get("privileged"):
        yield "privileged"
    if context.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation is not false"
    if context.get("readOnlyRootFilesystem") is not True:
        yield "readOnlyRootFilesystem is not true"
    capabilities = context.get("capabilities", {})
    if "ALL" not in capabilities.get("drop", []):
        yield "not all capabilities are dropped"
    if set(capabilities.get("add", [])) - {"NET_BIND_SERVICE"}:
        yield "capabilities are added"
    if context.get("procMount", "Default") != "Default":
        yield "procMount"
    if not context.get("runAsNonRoot", pod_context.get("runAsNonRoot")):
        yield "runAsNonRoot is not true"
    if not seccomp_is_fine(context) and not seccomp_is_fine(pod_context):
        yield "no seccompProfile"
    if any(port.get("hostPort") for port in container.get("ports", [])):
        yield "hostPort"


def violations(pod):
    """What is wrong with a pod's spec, one string each."""
    context = pod.get("securityContext", {})
    found = [field for field in ("hostNetwork", "hostPID", "hostIPC") if pod.get(field)]
    found += violations_of_contexts(context)
    found += [f"sysctl {entry['name']}" for entry in context.get("sysctls", []) if entry["name"] not in SYSCTLS]
    for volume in pod.get("volumes", []):
        found += [f"volume of {kind}" for kind in set(volume) - {"name"} - VOLUMES]
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        for container in pod.get(kind, []):
            found += violations_of_container(container, context)
    return found
