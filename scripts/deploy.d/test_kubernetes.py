"""deploy/kubernetes: each overlay is valid for old and new clusters, restricted, and known to the program."""

import shutil
import subprocess

import kubernetes_validate
import pytest
import yaml

from conftest import DEPLOY, assert_known_settings, public_routes

OVERLAYS = DEPLOY / "kubernetes/overlays"
VERSIONS = ("1.33", "1.37")
WORKLOADS = {"Deployment", "StatefulSet", "Job", "CronJob"}


def rendered(overlay):
    kustomize = ["kubectl", "kustomize"] if shutil.which("kubectl") else ["kustomize", "build"]
    if shutil.which(kustomize[0]) is None:
        pytest.skip("neither kubectl nor kustomize is installed")
    built = subprocess.run([*kustomize, str(OVERLAYS / overlay)], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return list(yaml.safe_load_all(built.stdout))


@pytest.fixture(scope="module", params=sorted(path.name for path in OVERLAYS.iterdir()))
def objects(request):
    return rendered(request.param)


def pod(found):
    spec = found["spec"]
    spec = spec["jobTemplate"]["spec"] if found["kind"] == "CronJob" else spec
    return spec["template"]


def pods(objects):
    return {found["metadata"]["name"]: pod(found) for found in objects if found["kind"] in WORKLOADS}


def containers(template):
    return template["spec"].get("initContainers", []) + template["spec"]["containers"]


@pytest.mark.parametrize("version", VERSIONS)
def test_objects_are_valid(objects, version):
    for found in objects:
        kubernetes_validate.validate(found, version, strict=True)


def test_validation_finds_unknown_keys(objects):
    broken = next(found for found in objects if found["kind"] == "Deployment")
    broken = broken | {"spec": broken["spec"] | {"replica": 2}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, VERSIONS[0], strict=True)


def test_everything_is_in_the_namespace(objects):
    assert {found["metadata"].get("namespace") for found in objects if found["kind"] != "Namespace"} == {"onboard-ai"}


def test_pods_are_restricted_and_get_no_service_links(objects):
    for name, template in pods(objects).items():
        spec = template["spec"]
        assert spec["enableServiceLinks"] is False, name
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for container in containers(template):
            own = container["securityContext"]
            assert own["allowPrivilegeEscalation"] is False and own["readOnlyRootFilesystem"] is True, name
            assert own["capabilities"] == {"drop": ["ALL"]}, name
            assert container["resources"]["limits"]["memory"] and container["resources"]["requests"]["cpu"], name


def test_servers_drain_and_are_asked_for_life_only(objects):
    servers = [template for name, template in pods(objects).items() if name not in ("setup", "lists")]
    assert len(servers) == 4
    for template in servers:
        [container] = template["spec"]["containers"]
        wait = container["lifecycle"]["preStop"]["sleep"]["seconds"]
        assert template["spec"]["terminationGracePeriodSeconds"] >= wait + 60, "docs/operations.md, Start and stop"
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            assert container[probe]["httpGet"]["path"] == "/healthz", "an outage of DynamoDB must not end the pods"


def test_services_and_budgets_select_pods(objects):
    labels = [template["metadata"]["labels"] for template in pods(objects).values()]
    selectors = [found["spec"]["selector"] for found in objects if found["kind"] == "Service"]
    selectors += [found["spec"]["selector"]["matchLabels"] for found in objects
                  if found["kind"] == "PodDisruptionBudget"]
    assert selectors
    for selector in selectors:
        assert any(selector.items() <= found.items() for found in labels), selector


def test_ingress_passes_the_public_routes_only(objects):
    [ingress] = [found for found in objects if found["kind"] == "Ingress"]
    [rule] = ingress["spec"]["rules"]
    passed = {(path["path"], path["pathType"]) for path in rule["http"]["paths"]}
    prefixes = {"/phone", "/pkg", "/api"}
    assert passed == {(path, "Prefix" if path in prefixes else "Exact") for path, _ in passed}
    # A prefix of paths, as Kubernetes defines it, covers the path itself and those below it.
    assert {path.rstrip("/") or "/" for path in public_routes()} == {path for path, _ in passed}


def test_no_secret_is_in_an_object_or_in_the_environment(objects):
    assert not [found for found in objects if found["kind"] == "Secret"]
    for template in pods(objects).values():
        for container in containers(template):
            for variable in container.get("env", []):
                assert "secretKeyRef" not in variable.get("valueFrom", {}), variable


def test_program_knows_every_command_and_variable(objects, server, tmp_path):
    settings = {found["metadata"]["name"]: found["data"] for found in objects if found["kind"] == "ConfigMap"}
    tried = 0
    for name, template in pods(objects).items():
        for container in containers(template):
            if "command" in container:
                continue
            variables = {}
            for source in container.get("envFrom", []):
                variables |= settings[source["configMapRef"]["name"]]
            for variable in container.get("env", []):
                variables[variable["name"]] = variable.get("value", f"{name}-0")
            folder = tmp_path / container["name"]
            folder.mkdir()
            assert_known_settings(server, container["args"], variables, folder)
            tried += 1
    assert tried == 6
