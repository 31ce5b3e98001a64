"""The rules, alerts and dashboards of deploy/monitoring: programs of Prometheus read them, and names must agree."""

import importlib.machinery
import importlib.util
import json
import re
import subprocess
import urllib.request

import pytest
import yaml

from conftest import DEPLOY, ROOT, clean_environment, free_port, wait_until

MONITORING = DEPLOY / "monitoring"
PROMETHEUS = MONITORING / "prometheus"
RULES = sorted(path for path in PROMETHEUS.glob("*.yaml") if path.name in ("alerts.yaml", "slo.yaml"))
TESTS = sorted(PROMETHEUS.glob("*.test.yaml"))
DASHBOARDS = sorted((MONITORING / "grafana").glob("*.json"))
# Series of Prometheus itself and of the operating system's process.
OTHERS = {"up", "process_cpu_seconds_total", "process_resident_memory_bytes"}
# Labels that Prometheus adds.
ADDED = {"job", "instance"}


def run(*command, **options):
    return subprocess.run([str(part) for part in command], text=True, capture_output=True, check=False, **options)


def succeeds(*command, **options):
    done = run(*command, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def catalogue():
    """The program's metrics: kind and labels by name, as a test of the program keeps them."""
    lines = (MONITORING / "metrics.txt").read_text().splitlines()
    rows = [line.split("\t") for line in lines]
    return {name: (kind, set(labels.split(",")) - {"-"}) for name, kind, labels, _ in rows}


def rules(path):
    return [rule for group in yaml.safe_load(path.read_text())["groups"] for rule in group["rules"]]


def alerts():
    return {rule["alert"]: rule for path in RULES for rule in rules(path) if "alert" in rule}


def recorded():
    return {rule["record"] for path in RULES for rule in rules(path) if "record" in rule}


def selectors(expression):
    """Names of series, with the labels of their matchers."""
    # Strings may contain anything, and are no names.
    bare = re.sub(r'"(\\.|[^"\\])*"', '""', expression)
    found = re.findall(r"\b((?:onboard|process)_\w+|up|slo:[\w:]+)\b(?!\s*\()(?:\{([^}]*)\})?", bare)
    return [(name, set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", labels))) for name, labels in found]


def unknown_names(expression):
    """What an expression names and the program or the rules do not have."""
    metrics, wrong = catalogue(), []
    for name, labels in selectors(expression):
        if name in OTHERS or name in recorded():
            continue
        base = re.sub(r"_(bucket|count|sum)$", "", name)
        kind, known = metrics.get(name) or metrics.get(base) or (None, set())
        if kind is None or (name != base and name not in metrics and kind != "histogram"):
            wrong.append(name)
        elif labels - known - ADDED - ({"le"} if name.endswith("_bucket") else set()):
            wrong.append(f"{name}{{{', '.join(sorted(labels - known))}}}")
    return wrong


def panels(dashboard):
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def with_values(expression):
    """The expression as Grafana sends it."""
    return (
        expression.replace("$__rate_interval", "1m").replace("$job", ".*").replace("$instance", ".*")
    )


def test_rules_and_configurations_are_valid():
    succeeds("promtool", "check", "rules", "--lint=all", "--lint-fatal", *RULES)
    succeeds("promtool", "check", "config", PROMETHEUS / "prometheus.yaml")
    succeeds("amtool", "check-config", PROMETHEUS / "alertmanager.yaml")


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_unit_tests_of_rules_pass(path):
    succeeds("promtool", "test", "rules", path)


def test_every_alert_has_a_test_in_which_it_fires_and_one_in_which_it_does_not():
    cases = [case for path in TESTS for case in yaml.safe_load(path.read_text())["tests"]]
    expected = {}
    for case in cases:
        for each in case["promql_expr_test"]:
            alert = re.search(r'alertname="(\w+)"', each["expr"])[1]
            expected.setdefault(alert, set()).add(bool(each["exp_samples"]))
    assert expected == {alert: {True, False} for alert in alerts()}


def test_every_alert_has_severity_summary_and_a_section_of_the_runbooks():
    sections = re.findall(r"^## (\w+)$", (ROOT / "docs/runbooks.md").read_text(), re.MULTILINE)
    assert sorted(sections) == sorted(alerts()), "sections and alerts"
    for name, rule in alerts().items():
        assert rule["labels"]["severity"] in ("page", "ticket"), name
        assert rule["annotations"]["summary"] and len(rule["annotations"]["summary"]) < 110, name
        assert rule["annotations"]["runbook_url"] == f"docs/runbooks.md#{name.lower()}", name


def test_severity_in_the_runbooks_is_that_of_the_alert():
    text = (ROOT / "docs/runbooks.md").read_text()
    told = dict(re.findall(r"^## (\w+)\n\n- \*\*Severity\*\*: (\w+)$", text, re.MULTILINE))
    assert told == {name: rule["labels"]["severity"] for name, rule in alerts().items()}


def test_inhibition_names_alerts():
    inhibited = yaml.safe_load((PROMETHEUS / "alertmanager.yaml").read_text())["inhibit_rules"]
    for rule in inhibited:
        for matcher in rule["source_matchers"] + rule["target_matchers"]:
            for name in re.search(r'"(.*)"', matcher)[1].split("|"):
                assert any(re.fullmatch(name, alert) for alert in alerts()), f"{matcher}: no alert {name}"


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_rules_name_metrics_of_the_program(path):
    wrong = {rule.get("alert") or rule["record"]: unknown_names(rule["expr"]) for rule in rules(path)}
    assert {name: names for name, names in wrong.items() if names} == {}


def test_unknown_metrics_and_labels_are_found():
    assert unknown_names("sum(rate(onboard_nothing_total[5m]))") == ["onboard_nothing_total"]
    assert unknown_names('onboard_sockets{limit="x"}') == ["onboard_sockets{limit}"]
    assert unknown_names("onboard_sockets_bucket") == ["onboard_sockets_bucket"]
    assert unknown_names("slo:nothing:ratio > 1") == ["slo:nothing:ratio"]
    assert unknown_names('onboard_command_seconds_bucket{le="1",command="x",job=~"y"}') == []


def test_generated_files_are_current():
    spec = importlib.util.spec_from_loader("generate", importlib.machinery.SourceFileLoader(
        "generate", str(MONITORING / "generate")))
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    for path, text in generate.files().items():
        assert (MONITORING / path).read_text() == text, f"{path}: run deploy/monitoring/generate"
    assert {f"grafana/{path.name}" for path in DASHBOARDS} < set(generate.files()), "no other dashboards"


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_dashboard_is_complete_and_its_expressions_are_valid(path, tmp_path):
    dashboard = json.loads(path.read_text())
    expressions = []
    for panel in panels(dashboard):
        title = panel["title"]
        assert panel["description"].endswith(".") and panel["fieldConfig"]["defaults"]["unit"], title
        assert panel["targets"], title
        expressions += [target["expr"] for target in panel["targets"]]
    wrong = {expression: names for expression in expressions if (names := unknown_names(with_values(expression)))}
    assert wrong == {}
    records = [{"record": f"panel:{at}", "expr": with_values(each)} for at, each in enumerate(expressions)]
    file = tmp_path / "panels.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": records}]}))
    succeeds("promtool", "check", "rules", "--lint=none", file)


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_panels_do_not_overlap(path):
    dashboard = json.loads(path.read_text())
    taken, identifiers = {}, [panel["id"] for panel in dashboard["panels"]]
    assert len(set(identifiers)) == len(identifiers)
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert taken.setdefault((x, y), panel["id"]) == panel["id"], panel["title"]


def test_every_metric_of_an_alert_is_on_a_dashboard():
    shown = {
        name for path in DASHBOARDS for panel in panels(json.loads(path.read_text())) for target in panel["targets"]
        for name, _ in selectors(target["expr"])
    }
    # Dashboards show the wait itself; that somebody counts is for the alert alone. Objectives are shown by their share.
    left_out = {"onboard_documents_counted_timestamp_seconds", "up"}
    bases = {name for rule in alerts().values() for name, _ in selectors(rule["expr"]) if not name.startswith("slo:")}
    assert bases - shown - left_out == set()


@pytest.fixture(scope="module")
def metrics_of_a_server(server, tmp_path_factory):
    """/metrics of a server with the embedded stack, right after its start."""
    port = free_port()
    environment = clean_environment(
        ONBOARD_DATA_DIR=str(tmp_path_factory.mktemp("data")),
        LEPTOS_SITE_ADDR=f"127.0.0.1:{port}",
        LEPTOS_SITE_ROOT=str(ROOT / "target/site"),
        RUST_LOG="off",
    )
    with subprocess.Popen([server], env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            def scraped():
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
                    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
                    text = answer.read().decode()
                # What is watched comes with the first look.
                return text if "onboard_messages_parked_open" in text and "onboard_outbox_oldest" in text else None

            yield wait_until(scraped, "the metrics of a started server")
        finally:
            process.terminate()
            process.wait(timeout=60)


def test_metrics_of_the_program_have_no_complaint_and_a_bounded_number(metrics_of_a_server):
    complaints = run("promtool", "check", "metrics", input=metrics_of_a_server)
    assert complaints.returncode == 0, complaints.stderr
    series = [line for line in metrics_of_a_server.splitlines() if not line.startswith("#") and line]
    assert 500 < len(series) <= 1500, len(series)


def test_metrics_of_the_program_are_those_of_the_list(metrics_of_a_server):
    found = dict(re.findall(r"^# TYPE (onboard_\w+) (\w+)$", metrics_of_a_server, re.MULTILINE))
    known = {name: kind for name, (kind, _) in catalogue().items()}
    assert {name: known.get(name) for name in found} == found
    # These have no series before something happens: a sanctions list, a reading, a retention sweep.
    later = {
        "onboard_watchlist_published_timestamp_seconds",
        "onboard_watchlist_checked_timestamp_seconds",
        "onboard_document_seconds",
        "onboard_deletions_due_oldest_seconds",
        "onboard_kafka_consumer_lag",
    }
    assert set(known) - set(found) <= later, set(known) - set(found)
