"""docker-compose.yml, the Dockerfile and deploy/: as far as they can be checked where no container runs."""

import json
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROFILES = ("", "growth", "postgresql", "mongodb")
ALONE = {"": {"sbdash"}, "mongodb": {"sbdash", "mongodb"}}
DEBIANS = "/usr/bin/python3"
"""The Python that Debian's docker-compose runs on: it has a reader for YAML."""
Services = dict[str, dict[str, Any]]


@cache
def composed(profile: str) -> Services:
    """The services that `docker-compose --profile … up` starts; a configuration that is wrong fails here."""
    chosen = ["--profile", profile] if profile else []
    done = subprocess.run(["docker-compose", *chosen, "config"], cwd=ROOT, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    read = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)"
    found = json.loads(subprocess.run([DEBIANS, "-c", read], input=done.stdout, capture_output=True, check=True).stdout)
    services: Services = found["services"]
    return {name: each for name, each in services.items() if profile in each.get("profiles", [profile])}


def ours(services: Services) -> Services:
    return {name: service for name, service in services.items() if service["image"] == "sbdash"}


def settings(file: Path) -> dict[str, str]:
    lines = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


@pytest.mark.parametrize("profile", PROFILES)
def test_every_service_has_a_health_check_and_comes_back_after_it_died(profile: str) -> None:
    for name, service in composed(profile).items():
        assert service.get("healthcheck", {}).get("test"), name
        assert service["restart"] == ("on-failure" if name.endswith("-migrate") else "unless-stopped"), name


@pytest.mark.parametrize("profile", PROFILES)
def test_every_service_is_nobody_in_particular_and_writes_nothing_but_its_data(profile: str) -> None:
    for name, service in composed(profile).items():
        assert service["read_only"] is True, name
        assert int(service["user"].partition(":")[0]) > 0, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert any(place.partition(":")[0] == "/tmp" for place in service["tmpfs"]), name


@pytest.mark.parametrize("profile", PROFILES)
def test_no_two_services_take_the_same_port(profile: str) -> None:
    taken = [str(port) for service in composed(profile).values() for port in service.get("ports", [])]
    assert len(set(taken)) == len(taken)


@pytest.mark.parametrize(("profile", "names"), ALONE.items())
def test_without_a_profile_there_is_one_container(profile: str, names: set[str]) -> None:
    assert set(composed(profile)) == names


@pytest.mark.parametrize(("profile", "database"), [("growth", "mongodb"), ("postgresql", "postgresql")])
def test_a_profile_has_two_of_each_and_one_that_migrates_first(profile: str, database: str) -> None:
    services = composed(profile)
    doers = [f"{profile}-{kind}-{number}" for kind in ("web", "worker") for number in (1, 2)]
    first = f"{profile}-migrate"
    assert set(services) == {"sbdash", database, "redis", first, *doers, f"{profile}-proxy"}
    assert set(services[first]["depends_on"]) == {database, "redis"}
    for name in doers:
        assert services[name]["depends_on"][first] == {"condition": "service_completed_successfully"}


@pytest.mark.parametrize("profile", ["growth", "postgresql"])
def test_those_who_work_together_share_their_secrets_and_settings(profile: str) -> None:
    together = {name: service for name, service in ours(composed(profile)).items() if name != "sbdash"}
    assert len(together) == 5
    assert {json.dumps(service["volumes"]) for service in together.values()} == {f'["{profile}-data:/data:rw"]'}
    known = settings(ROOT / "deploy" / f"{profile}.env")
    assert known["PIPELINE"] == "elsewhere"
    for service in together.values():
        assert known.items() <= service["environment"].items()


@pytest.mark.parametrize("profile", ["growth", "postgresql"])
def test_databases_are_on_a_network_without_a_way_out(profile: str) -> None:
    for name, service in composed(profile).items():
        if name in ("mongodb", "postgresql", "redis"):
            assert list(service["networks"]) == ["inside"]
            assert "ports" not in service


def test_the_files_of_settings_name_only_what_stands_in_the_table() -> None:
    named = set(re.findall(r"`([A-Z][A-Z_]+)`", (ROOT / "docs" / "operate.md").read_text()))
    files = sorted((ROOT / "deploy").glob("*.env"))
    assert [file.stem for file in files] == ["default", "growth", "postgresql"]
    for file in files:
        assert sorted(set(settings(file)) - named) == [], file.name


def test_the_image_is_made_of_files_that_there_are_and_runs_as_nobody() -> None:
    words = (ROOT / "Dockerfile").read_text()
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", words, re.MULTILINE)
    sources = [source for line in copied for source in line.split()]
    assert {"manage.py", "sbdash", "monitoring", "requirements-postgres.txt"} <= set(sources)
    assert [source for source in sources if not (ROOT / source).exists()] == []
    kept = (ROOT / ".dockerignore").read_text().splitlines()
    assert [source for source in sources if f"!{source}" not in kept] == []
    assert re.findall(r"^USER (\d+)", words, re.MULTILINE) == ["10001"]
    assert "HEALTHCHECK" in words


def test_the_proxy_takes_the_configuration(tmp_path: Path) -> None:
    subprocess.run([ROOT / "deploy" / "certificate", tmp_path], check=True)
    names = {"PROXY_LISTEN": "127.0.0.1:8443", "PROXY_CERTIFICATE": f"{tmp_path}/tls.pem", "PATH": "/usr/sbin:/usr/bin"}
    names |= {"PROXY_ALIVE": "127.0.0.1:8404", "WEB_1": "127.0.0.1:8001", "WEB_2": "127.0.0.1:8002"}
    check = ["haproxy", "-c", "-f", str(ROOT / "deploy" / "haproxy.cfg")]
    done = subprocess.run(check, env=names, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    assert b"WARNING" not in done.stderr
