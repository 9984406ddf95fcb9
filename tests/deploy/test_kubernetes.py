"""The Kubernetes manifests are valid, consistent, and run the commands of the image."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import kubernetes_validate
import pytest
import yaml

from smartscheduler import BASE_DIR
from smartscheduler.core.env import Environment
from tests.deploy.test_container import COMMANDS

FOLDER = BASE_DIR / "deploy" / "kubernetes"
KUSTOMIZATION = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
# The oldest supported version, and the newest one that the validator knows.
VERSIONS = ["1.29", kubernetes_validate.latest_version()]
COMPONENT = "app.kubernetes.io/component"
Manifest = dict[str, Any]


def manifests() -> Iterator[Manifest]:
    """Every manifest, with the labels that kustomize adds."""
    (added,) = KUSTOMIZATION["labels"]
    for name in KUSTOMIZATION["resources"]:
        for manifest in yaml.safe_load_all((FOLDER / name).read_text()):
            label(manifest["metadata"], added["pairs"])
            if added["includeTemplates"] and "template" in manifest.get("spec", {}):
                label(manifest["spec"]["template"]["metadata"], added["pairs"])
            yield manifest


def label(metadata: Manifest, pairs: dict[str, str]) -> None:
    metadata["labels"] = metadata.get("labels", {}) | pairs


ALL = {(manifest["kind"], manifest["metadata"]["name"]): manifest for manifest in manifests()}
PODS = {
    name.removeprefix("smartscheduler-"): manifest["spec"]["template"]
    for (kind, name), manifest in ALL.items()
    if kind in {"Deployment", "Job"}
}


def container(pod: Manifest) -> Manifest:
    (only,) = pod["spec"]["containers"]
    return dict(only)


def matched_by(labels: dict[str, str]) -> set[str]:
    return {name for name, pod in PODS.items() if labels.items() <= pod["metadata"]["labels"].items()}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("manifest", ALL.values(), ids=["/".join(key) for key in ALL])
def test_kubernetes_accepts_it(manifest: dict[str, Any], version: Any) -> None:
    kubernetes_validate.validate(manifest, version, strict=True)


def test_every_file_is_named() -> None:
    named = set(KUSTOMIZATION["resources"]) | {"kustomization.yaml"}
    assert named == {file.name for file in FOLDER.iterdir()}


def test_all_run_what_the_image_runs() -> None:
    commands = {name: container(pod).get("command") for name, pod in PODS.items()}
    assert commands == {
        "web": None,
        "migrate": ["python", "manage.py", "migrate", "--noinput"],
        **{name: ["python", *COMMANDS[name]] for name in ("worker", "worker-files", "worker-plans", "beat", "relay")},
    }
    assert {container(pod)["image"] for pod in PODS.values()} == {KUSTOMIZATION["images"][0]["name"]}


@pytest.mark.parametrize("name", PODS)
def test_nothing_may_more_than_it_must(name: Any) -> None:
    pod = PODS[name]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    assert container(PODS[name])["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container(PODS[name])["resources"]["limits"]["memory"]


def test_secrets_are_named_and_not_written_down() -> None:
    assert not [kind for kind, _ in ALL if kind == "Secret"]
    for pod in PODS.values():
        assert {"secretRef": {"name": "smartscheduler"}} in container(pod)["envFrom"]
    plain = ALL["ConfigMap", "smartscheduler"]["data"]
    assert not plain.keys() & {"SECRET_KEY", "DATABASE_URL", "REDIS_URL", "METRICS_TOKEN", "EMAIL_URL", "SENTRY_DSN"}


def test_the_configuration_is_what_the_settings_read(monkeypatch: pytest.MonkeyPatch) -> None:
    example = (BASE_DIR / ".env.example").read_text()
    environment = Environment()
    for name, value in ALL["ConfigMap", "smartscheduler"]["data"].items():
        assert f"# {name}=" in example
        monkeypatch.setenv(name, value)
        environment.flag(name, True) if name == "DEBUG" else environment.text(name, "")
    assert environment.problems == []


def test_selectors_find_whom_they_mean() -> None:
    for (kind, name), manifest in ALL.items():
        component = name.removeprefix("smartscheduler-")
        if kind in {"Deployment", "PodDisruptionBudget"}:
            assert matched_by(manifest["spec"]["selector"]["matchLabels"]) == {component}
        if kind == "Service":
            assert matched_by(manifest["spec"]["selector"]) == {component}
    assert matched_by(ALL["NetworkPolicy", "smartscheduler-web"]["spec"]["podSelector"]["matchLabels"]) == {"web"}
    outward = ALL["NetworkPolicy", "smartscheduler-outward"]["spec"]["podSelector"]["matchLabels"]
    assert matched_by(outward) == set(PODS)


def test_there_is_one_beat_even_while_it_is_replaced_and_a_relay_that_stands_by() -> None:
    beat, relay = (ALL["Deployment", f"smartscheduler-{name}"]["spec"] for name in ("beat", "relay"))
    assert (beat["replicas"], beat["strategy"]["type"]) == (1, "Recreate")
    assert relay["replicas"] == 2
    assert "replicas" not in ALL["Deployment", "smartscheduler-web"]["spec"]
    assert ALL["HorizontalPodAutoscaler", "smartscheduler-web"]["spec"]["minReplicas"] == 2


def test_probes_ask_for_a_host_that_is_allowed() -> None:
    allowed = ALL["ConfigMap", "smartscheduler"]["data"]["ALLOWED_HOSTS"].split(",")
    web = container(PODS["web"])
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        (header,) = web[probe]["httpGet"]["httpHeaders"]
        assert header == {"name": "Host", "value": "localhost"}
        assert header["value"] in allowed
    assert web["livenessProbe"]["httpGet"]["path"].endswith("/live")
    assert web["readinessProbe"]["httpGet"]["path"].endswith("/ready")


def test_the_way_in_leads_to_the_web() -> None:
    ingress = ALL["Ingress", "smartscheduler"]
    backend = ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]
    assert (backend["name"], backend["port"]["name"]) == ("smartscheduler-web", "http")
    assert ingress["spec"]["rules"][0]["host"] in ALL["ConfigMap", "smartscheduler"]["data"]["ALLOWED_HOSTS"]
    patience = ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-read-timeout"]
    assert int(patience) >= 3600


def test_the_way_in_writes_no_addresses_and_limits_connections() -> None:
    annotations = ALL["Ingress", "smartscheduler"]["metadata"]["annotations"]
    assert annotations["nginx.ingress.kubernetes.io/enable-access-log"] == "false"
    assert int(annotations["nginx.ingress.kubernetes.io/limit-connections"]) > 0


def test_temporary_folders_have_a_size() -> None:
    for pod in PODS.values():
        for volume in pod["spec"].get("volumes", []):
            if "emptyDir" in volume:
                assert volume["emptyDir"]["sizeLimit"], volume["name"]


def test_what_kustomize_makes_of_it_is_the_same() -> None:
    """With kubectl; without it, `manifests` above stands for it."""
    if not shutil.which("kubectl"):
        assert len(ALL) == 17
        return
    built = subprocess.run(
        [str(shutil.which("kubectl")), "kustomize", str(FOLDER)],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    ).stdout
    made = {(manifest["kind"], manifest["metadata"]["name"]): manifest for manifest in yaml.safe_load_all(built)}
    assert made.keys() == ALL.keys()
    for name, manifest in made.items():
        assert manifest["metadata"]["labels"].items() >= ALL[name]["metadata"]["labels"].items()
        kubernetes_validate.validate(json.loads(json.dumps(manifest)), VERSIONS[-1], strict=True)
