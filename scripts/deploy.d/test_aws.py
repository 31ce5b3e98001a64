"""deploy/aws: the templates are valid, the settings are known, and the script works against a local stand-in of AWS."""

import functools
import http.client
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading

import pytest
from cfnlint.decode import cfn_yaml

from conftest import DEPLOY, ROOT, clean_environment, free_port, wait_until

AWS = DEPLOY / "aws"
TEMPLATES = sorted(AWS.glob("*.yaml"))
HERE = pathlib.Path(__file__).parent
IMAGE = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/onboard-ai-ci:1"
CONFIGURATION = """app.DomainName=onboarding.example.org
app.CertificateArn=arn:aws:acm:eu-central-1:111122223333:certificate/00000000-0000-0000-0000-000000000000
"""


def resources(stack, kind):
    found = cfn_yaml.load(str(AWS / f"{stack}.yaml"))["Resources"]
    return {name: resource for name, resource in found.items() if resource["Type"] == kind}


# --- Templates ---


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_cfn_lint_finds_nothing(template):
    linted = subprocess.run(["cfn-lint", "--regions", "eu-central-1", "--template", str(template)],
                            capture_output=True, text=True)
    assert linted.returncode == 0, linted.stdout + linted.stderr


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_template_can_be_sent_without_a_bucket(template):
    assert template.stat().st_size <= 51_200


def test_tables_are_protected_and_recoverable():
    tables = resources("data", "AWS::DynamoDB::Table")
    assert len(tables) == 11
    for name, table in tables.items():
        properties = table["Properties"]
        assert properties["DeletionProtectionEnabled"] is True, name
        assert properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True, name
        assert properties["SSESpecification"]["SSEType"] == "KMS", name
        assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain"), name
    with_ttl = [name for name, table in tables.items() if "TimeToLiveSpecification" in table["Properties"]]
    assert with_ttl == ["WebsocketConnections"]


def test_what_must_outlive_a_stack_is_retained():
    kinds = ["AWS::KMS::Key", "AWS::S3::Bucket", "AWS::SecretsManager::Secret", "AWS::EFS::FileSystem",
             "AWS::ECR::Repository"]
    for kind in kinds:
        found = resources("data", kind)
        assert found, kind
        for name, resource in found.items():
            assert resource["UpdateReplacePolicy"] == "Retain", name
            assert resource["DeletionPolicy"] == "RetainExceptOnCreate", name


def test_no_role_has_a_wildcard_action_or_resource():
    for name, role in resources("app", "AWS::IAM::Role").items():
        for policy in role["Properties"]["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
                assert not [action for action in actions if action.endswith(":*") or action == "*"], name
                assert statement["Resource"] != "*", name


def test_brokers_accept_scram_over_tls_only():
    [cluster] = resources("kafka", "AWS::MSK::Cluster").values()
    properties = cluster["Properties"]
    assert properties["EncryptionInfo"]["EncryptionInTransit"] == {"ClientBroker": "TLS", "InCluster": True}
    assert properties["ClientAuthentication"]["Sasl"]["Scram"]["Enabled"] is True
    assert properties["ClientAuthentication"]["Unauthenticated"]["Enabled"] is False
    [rule] = resources("kafka", "AWS::EC2::SecurityGroupIngress").values()
    assert (rule["Properties"]["FromPort"], rule["Properties"]["ToPort"]) == (9096, 9096)
    secrets = [secret["Properties"]["Name"]["Fn::Sub"] for secret in
               resources("data", "AWS::SecretsManager::Secret").values() if "MSK" in str(secret["Properties"]["Name"])]
    assert len(secrets) == 2 and all(name.startswith("AmazonMSK_") for name in secrets), "MSK refuses other names"


def test_balancer_passes_the_public_routes_only():
    [default] = [listener for listener in resources("app", "AWS::ElasticLoadBalancingV2::Listener").values()
                 if listener["Properties"]["Port"] == 443]
    assert default["Properties"]["DefaultActions"][0]["FixedResponseConfig"]["StatusCode"] == "404"
    passed = set()
    for rule in resources("app", "AWS::ElasticLoadBalancingV2::ListenerRule").values():
        [condition] = rule["Properties"]["Conditions"]
        values = condition["PathPatternConfig"]["Values"]
        assert len(values) <= 5, "a rule has at most five values"
        passed |= set(values)
    assert passed == {"/", "/thank-you", "/phone", "/phone/*", "/pkg/*", "/favicon.svg", "/robots.txt", "/api/*", "/ws"}
    [balancer] = resources("app", "AWS::ElasticLoadBalancingV2::LoadBalancer").values()
    attributes = {item["Key"]: item["Value"] for item in balancer["Properties"]["LoadBalancerAttributes"]}
    defaults = (ROOT / "server/src/config.default.toml").read_text()
    idle = int(re.search(r"^idle_timeout_s = (\d+)", defaults, re.MULTILINE).group(1))
    assert int(attributes["idle_timeout.timeout_seconds"]) < idle


def test_alarms_name_what_the_program_has():
    """Its log line, its groups and topics, and the services of the app stack."""
    sources = "".join(path.read_text() for path in (ROOT / "server/src").rglob("*.rs"))
    filters = resources("watch", "AWS::Logs::MetricFilter").values()
    patterns = [found["Properties"]["FilterPattern"] for found in filters]
    [line] = [re.search('"(.*)"', pattern).group(1) for pattern in patterns if "message" in pattern]
    assert f'"{line}"' in sources
    events = (ROOT / "domain/src/event.rs").read_text()
    services = {found["Properties"]["ServiceName"] for found in resources("app", "AWS::ECS::Service").values()}
    topics, running = set(), set()
    for name, alarm in resources("watch", "AWS::CloudWatch::Alarm").items():
        assert alarm["Properties"]["AlarmActions"] == [{"Ref": "AlarmTopicArn"}], name
        dimensions = {item["Name"]: item["Value"] for item in alarm["Properties"].get("Dimensions", [])}
        if topic := dimensions.get("Topic"):
            topics.add(topic)
            assert dimensions["Consumer Group"] == f"onboard-ai-consumer-{topic}"
            assert f'"{topic}"' in events
        running |= {dimensions["ServiceName"]} if "ServiceName" in dimensions else set()
    assert len(topics) == 6 and "onboard-ai-consumer-" in sources
    assert running == services


# --- Tasks ---


def containers():
    return {name: task["Properties"]["ContainerDefinitions"][0] for name, task in
            resources("app", "AWS::ECS::TaskDefinition").items()}


def variables(container):
    """Its environment, with invented values where the template refers to others, and a list that is there."""
    topics = {f"ONBOARD_NOTIFY__{audience}_TOPIC": "arn:aws:sns:eu-central-1:111122223333:topic"
              for audience in ("APPLICANT", "COMPLIANCE", "SUPPORT")}
    invented = topics | {"KAFKA_BROKERS": "127.0.0.1:1", "ONBOARD_HTTP__PUBLIC_URL": "https://onboarding.example.org",
                "AWS_REGION": "eu-central-1", "ENVIRONMENT": "ci", "ONBOARD_SECRET": "s" * 64,
                "ONBOARD_PREVIOUS_SECRETS": "p" * 64}
    named = {item["Name"]: item["Value"] for item in container["Environment"]}
    # A secret under a condition counts as there.
    secrets = [item["Fn::If"][1] if "Fn::If" in item else item for item in container.get("Secrets", [])]
    named |= {item["Name"]: {} for item in secrets}
    values = {name: value if isinstance(value, str) else invented.get(name, "invented")
              for name, value in named.items()}
    assert all(values[name].startswith("/lists/") for name in values if "WATCHLIST" in name)
    here = ROOT / "server/data/sanctions"
    return {name: str(here / pathlib.Path(value).name) if value.startswith("/lists/") else value
            for name, value in values.items()}


def test_tasks_get_the_previous_secret_and_one_user_of_kafka():
    for name, container in containers().items():
        secrets = container.get("Secrets", [])
        previous = [item["Fn::If"] for item in secrets if "Fn::If" in item]
        if name != "ListsTask":
            assert [item[0] for item in previous] == ["HasPreviousSecret"], name
            assert previous[0][1]["ValueFrom"] == {"Fn::Sub": "${SecretArn}::AWSPREVIOUS:"}, name
            assert any(item["Name"] == "SECRET_VERSION" for item in container["Environment"]), name
        users = [item["ValueFrom"]["Fn::If"][0] for item in secrets if item.get("Name", "").startswith("KAFKA_")]
        assert set(users) == ({"ToolUserB"} if name == "ToolTask" else {"UserB"} if users else set()), name


@pytest.mark.parametrize("task", ["WebTask", "RelayTask", "ConsumersTask", "ReaderTask", "ToolTask"])
def test_program_accepts_the_command_and_every_variable_of_a_task(task, server, tmp_path):
    """It starts as far as the tables, which are not there."""
    container = containers()[task]
    endpoint = f"http://127.0.0.1:{free_port()}"
    environment = clean_environment(
        **variables(container), AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_MAX_ATTEMPTS="1",
        AWS_ENDPOINT_URL=endpoint, ONBOARD_DATA_DIR=str(tmp_path), LEPTOS_SITE_ADDR="127.0.0.1:0")
    command = ["tables", "describe"] if task == "ToolTask" else container["Command"]
    started = subprocess.run([server, *command], env=environment, capture_output=True, text=True, timeout=120)
    assert started.returncode == 1, started.stderr
    assert "configuration:" not in started.stderr and "DynamoDB" in started.stderr, started.stderr


def test_lists_are_replaced_only_when_they_are_complete(tmp_path):
    """The task's own script, with another folder, and a server whose second list is missing at first."""
    source = tmp_path / "source"
    target = tmp_path / "lists"
    source.mkdir(), target.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(source)))
    threading.Thread(target=web.serve_forever, daemon=True).start()
    container = containers()["ListsTask"]
    script = container["Command"][0].replace("/lists/", f"{target}/").replace("--retry 5", "--retry 0")
    address = f"http://127.0.0.1:{web.server_port}"
    environment = os.environ | {"SDN_URL": f"{address}/sdn.csv", "ALT_URL": f"{address}/alt.csv"}

    def run():
        return subprocess.run([*container["EntryPoint"], script], env=environment, capture_output=True)

    (target / "sdn.csv").write_text("old")
    (source / "sdn.csv").write_text("new")
    assert run().returncode != 0
    assert (target / "sdn.csv").read_text() == "old"
    (source / "alt.csv").write_text("")
    assert run().returncode != 0, "an empty list is no list"
    (source / "alt.csv").write_text("names")
    assert run().returncode == 0
    assert {path.name: path.read_text() for path in target.iterdir()} == {"sdn.csv": "new", "alt.csv": "names"}
    web.shutdown()


# --- The script, against a stand-in ---


class StandIn:
    """A local AWS, and the script with a command line that talks to it."""

    def __init__(self, folder):
        self.folder = folder
        port = free_port()
        for name in ("bin", "data", "tmp"):
            (folder / name).mkdir()
        self.log = folder / "calls"
        self.configuration = folder / "ci.conf"
        self.configuration.write_text(CONFIGURATION)
        wrapper = folder / "bin/aws"
        wrapper.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{HERE}/stand_in.py" "$@"\n')
        wrapper.chmod(0o755)
        self.endpoint = f"http://127.0.0.1:{port}"
        self.environment = clean_environment(
            PATH=f"{folder}/bin:{os.environ['PATH']}", AWS_ENDPOINT_URL=self.endpoint, AWS_ACCESS_KEY_ID="test",
            AWS_SECRET_ACCESS_KEY="test", AWS_REGION="eu-central-1", AWS_DEFAULT_REGION="eu-central-1",
            STAND_IN_AWS=shutil.which("aws"), STAND_IN_LOG=str(self.log))
        # Without Docker and MQTT: it would look for containers of others, and listen on all addresses.
        own = clean_environment(BIND_HOST="127.0.0.1", MINISTACK_HOST="127.0.0.1", GATEWAY_PORT=str(port),
                                MINISTACK_REGION="eu-central-1", DOCKER_HOST="unix:///nonexistent",
                                IOT_MTLS_ENABLED="0", TMPDIR=str(folder / "tmp"))
        with open(folder / "output", "w") as output:
            self.process = subprocess.Popen([os.environ["STAND_IN_PYTHON"], "-m", "ministack"], env=own,
                                            cwd=folder / "data", stdout=output, stderr=output)
        wait_until(lambda: self.answers(port), "the stand-in of AWS")
        self.printed = ""

    @staticmethod
    def answers(port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        connection.request("GET", "/")
        connection.getresponse().read()
        return True

    def command(self, *arguments):
        return [str(AWS / "deploy"), "ci", "--config", str(self.configuration), *arguments]

    def deploy(self, *arguments):
        ran = subprocess.run(self.command(*arguments), env=self.environment, capture_output=True, text=True)
        self.printed += ran.stdout + ran.stderr
        return ran

    def aws(self, *arguments):
        asked = subprocess.run(["aws", *arguments, "--output", "json"], env=self.environment | {
            "PATH": os.environ["PATH"]}, capture_output=True, text=True)
        assert asked.returncode == 0, asked.stderr
        return json.loads(asked.stdout) if asked.stdout else None

    def stacks(self):
        found = self.aws("cloudformation", "describe-stacks")["Stacks"]
        return {stack["StackName"].removeprefix("onboard-ai-ci-"): stack for stack in found}

    def calls(self):
        lines = [json.loads(line) for line in self.log.read_text().splitlines()] if self.log.exists() else []
        return [line for line in lines if isinstance(line, list)]


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory):
    started = StandIn(tmp_path_factory.mktemp("aws"))
    yield started
    started.process.terminate()
    started.process.wait(20)


# The following tests are one story, in this order.


def test_1_plan_of_nothing_changes_nothing(stand_in):
    planned = stand_in.deploy("--plan")
    assert planned.returncode == 0, planned.stderr
    assert "onboard-ai-ci-data:\n" in planned.stdout and "AWS::DynamoDB::Table\tUsers" in planned.stdout
    assert "onboard-ai-ci-kafka: not planned, because onboard-ai-ci-network does not exist yet" in planned.stdout
    assert stand_in.stacks() == {}


def test_2_wrong_configuration_is_refused_before_anything_happens(stand_in):
    stand_in.configuration.write_text(CONFIGURATION + "app.DomainNam=x\n")
    refused = stand_in.deploy("--only", "data")
    stand_in.configuration.write_text(CONFIGURATION)
    assert refused.returncode == 1 and "'app.DomainNam=x' names no parameter" in refused.stderr
    assert stand_in.stacks() == {}


def test_3_a_killed_run_is_continued(stand_in):
    with open(stand_in.folder / "killed", "w") as output:
        killed = subprocess.Popen(stand_in.command("--image", IMAGE), env=stand_in.environment, stdout=output,
                                  stderr=output, start_new_session=True)
    wait_until(lambda: "data" in stand_in.stacks() or killed.poll() is not None, "the data stack", 120)
    assert killed.poll() is None
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    assert "app" not in stand_in.stacks()
    completed = stand_in.deploy("--image", IMAGE)
    assert completed.returncode == 0, completed.stderr
    states = {name: stack["StackStatus"] for name, stack in stand_in.stacks().items()}
    assert states.keys() == {"network", "data", "kafka", "app", "watch"}
    assert set(states.values()) <= {"CREATE_COMPLETE", "UPDATE_COMPLETE"}, states
    tasks = [call for call in stand_in.calls() if call[:2] == ["ecs", "run-task"]]
    assert ["topics" in str(call) for call in tasks] == [False, False, True], "lists, tables, topics"


def test_4_a_second_run_changes_nothing(stand_in):
    before, calls = stand_in.stacks(), len(stand_in.calls())
    again = stand_in.deploy()
    assert again.returncode == 0, again.stderr
    assert again.stderr.count("No changes to deploy") == 5
    assert stand_in.stacks() == before
    assert not [call for call in stand_in.calls()[calls:] if call[:2] == ["ecs", "run-task"]]


def test_5_program_finds_its_tables_as_expected(stand_in, server):
    environment = clean_environment(ENVIRONMENT="ci", ONBOARD_STACK="external", AWS_ENDPOINT_URL=stand_in.endpoint,
                                    AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_REGION="eu-central-1")
    described = subprocess.run([server, "tables", "describe", "--json"], env=environment, capture_output=True,
                               text=True, timeout=120)
    assert described.returncode == 0, described.stderr
    tables = json.loads(described.stdout)["tables"]
    assert len(tables) == 11
    assert [table for table in tables if table["differences"] or table["status"] != "ACTIVE"] == []


def test_6_command_of_the_program_runs_as_a_task(stand_in):
    ran = stand_in.deploy("run", "--", "errors", "show", 'a "quoted" word')
    assert ran.returncode == 0 and "a line of the task" in ran.stdout
    [overrides] = [call[call.index("--overrides") + 1] for call in stand_in.calls() if "quoted" in str(call)]
    [container] = json.loads(overrides)["containerOverrides"]
    assert container == {"name": "tool", "command": ["errors", "show", 'a "quoted" word']}
    stand_in.environment["STAND_IN_EXIT_CODE"] = "3"
    assert stand_in.deploy("run", "--", "lag").returncode == 3
    del stand_in.environment["STAND_IN_EXIT_CODE"]


def parameters(stand_in, stack):
    return {item["ParameterKey"]: item["ParameterValue"] for item in stand_in.stacks()[stack]["Parameters"]}


def test_6_settings_of_tasks_are_printed_without_secrets(stand_in, tmp_path):
    printed = stand_in.deploy("config", "web")
    assert printed.returncode == 0, printed.stderr
    lines = printed.stdout.splitlines()
    assert "ENVIRONMENT=ci" in lines and "ONBOARD_STACK=external" in lines
    assert [line for line in lines if line.startswith("# ONBOARD_SECRET is in ")]
    assert not [line for line in lines if line.startswith(("ONBOARD_SECRET", "KAFKA_PASSWORD", "SECRET_VERSION"))]
    (tmp_path / "web.env").write_text(printed.stdout)
    sourced = subprocess.run(["bash", "-euc", f". {tmp_path}/web.env && printf %s \"$ONBOARD_HTTP__PUBLIC_URL\""],
                             capture_output=True, text=True, check=True)
    assert sourced.stdout == "https://onboarding.example.org"
    assert stand_in.deploy("config", "nothing").returncode == 1


def test_6_rollback_returns_to_the_image_before(stand_in):
    assert stand_in.deploy("rollback").returncode == 1, "there is none yet"
    newer = IMAGE.replace(":1", ":2")
    assert stand_in.deploy("--only", "app", "--image", newer).returncode == 0
    assert stand_in.deploy().returncode == 0, "a run in between"
    assert (parameters(stand_in, "app")["Image"], parameters(stand_in, "app")["PreviousImage"]) == (newer, IMAGE)
    for expected in (IMAGE, newer, IMAGE):
        rolled_back = stand_in.deploy("rollback")
        assert rolled_back.returncode == 0, rolled_back.stderr
        assert parameters(stand_in, "app")["Image"] == expected


def value_of(stand_in, secret, stage="AWSCURRENT"):
    return stand_in.aws("secretsmanager", "get-secret-value", "--secret-id", secret, "--version-stage",
                        stage)["SecretString"]


def put_calls(stand_in):
    return [call for call in stand_in.calls() if call[:2] == ["secretsmanager", "put-secret-value"]]


def test_6_secret_is_rotated_once(stand_in):
    name = "onboard-ai/ci/secret"
    before, version = value_of(stand_in, name), parameters(stand_in, "app")["SecretVersion"]
    rotated = stand_in.deploy("rotate", "secret")
    assert rotated.returncode == 0, rotated.stderr
    after = value_of(stand_in, name)
    assert after != before and re.fullmatch(r"[A-Za-z0-9]{64}", after)
    assert value_of(stand_in, name, "AWSPREVIOUS") == before
    now = parameters(stand_in, "app")
    assert now["SecretVersion"] != version and now["PreviousSecret"] == "yes"
    refused = stand_in.deploy("rotate", "secret")
    assert refused.returncode == 1 and "could no longer be decrypted" in refused.stderr
    assert value_of(stand_in, name) == after
    # A run that ended before the tasks had the new version is continued, and no further one is made.
    stand_in.aws("secretsmanager", "put-secret-value", "--secret-id", name, "--secret-string", "i" * 64)
    puts = len(put_calls(stand_in))
    continued = stand_in.deploy("rotate", "secret")
    assert continued.returncode == 0 and "continuing" in continued.stderr, continued.stderr
    assert len(put_calls(stand_in)) == puts and value_of(stand_in, name) == "i" * 64
    assert parameters(stand_in, "app")["SecretVersion"] not in (version, now["SecretVersion"])


def test_6_kafka_user_is_tried_before_the_services_use_it(stand_in):
    a, b = "AmazonMSK_onboard-ai-ci", "AmazonMSK_onboard-ai-ci-b"
    before = {secret: value_of(stand_in, secret) for secret in (a, b)}
    stand_in.environment |= {"ROTATE_PAUSE": "0", "ROTATE_ATTEMPTS": "2", "STAND_IN_EXIT_CODE": "1"}
    failed = stand_in.deploy("rotate", "kafka")
    assert failed.returncode == 1 and "does not accept user b" in failed.stderr
    assert (parameters(stand_in, "app")["KafkaUser"], parameters(stand_in, "app")["ToolKafkaUser"]) == ("a", "b")
    del stand_in.environment["STAND_IN_EXIT_CODE"]
    assert stand_in.deploy("rotate", "kafka").returncode == 0
    assert parameters(stand_in, "app")["KafkaUser"] == "b"
    after = json.loads(value_of(stand_in, b))
    assert after["username"] == "onboard-ai-b" and len(after["password"]) == 40
    assert after != json.loads(before[b]) and value_of(stand_in, a) == before[a]
    assert stand_in.deploy("rotate", "kafka").returncode == 0
    assert parameters(stand_in, "app")["KafkaUser"] == "a" and value_of(stand_in, a) != before[a]
    assert json.loads(value_of(stand_in, a))["username"] == "onboard-ai"


def test_6_tables_are_restored_under_other_names(stand_in, server):
    moment = "2026-11-21T11:00:00Z"
    assert stand_in.deploy("restore", "--to", moment).returncode == 1, "it asks for the name"
    assert stand_in.deploy("restore", "--to", "yesterday", "--yes", "ci").returncode == 1
    arguments = ("restore", "--to", moment, "--yes", "ci")
    calls = len(stand_in.calls())
    with open(stand_in.folder / "killed", "w") as output:
        killed = subprocess.Popen(stand_in.command(*arguments), env=stand_in.environment, stdout=output,
                                  stderr=output, start_new_session=True)
    names = lambda: stand_in.aws("dynamodb", "list-tables")["TableNames"]
    wait_until(lambda: "applications-ci-r1" in names() or killed.poll() is not None, "a restored table", 120)
    assert killed.poll() is None
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    assert (parameters(stand_in, "app")["Tables"], parameters(stand_in, "app")["Running"]) == ("ci", "no")
    restored = stand_in.deploy(*arguments)
    assert restored.returncode == 0, restored.stderr
    assert (parameters(stand_in, "app")["Tables"], parameters(stand_in, "app")["Running"]) == ("ci-r1", "yes")
    assert len([name for name in names() if name.endswith("-ci-r1")]) == 11
    ran = [json.loads(call[call.index("--overrides") + 1]) for call in stand_in.calls()[calls:]
           if call[:2] == ["ecs", "run-task"]]
    commands = [" ".join(task["containerOverrides"][0]["command"]) for task in ran if "containerOverrides" in task]
    assert commands[:4] == ["tables describe", "topics create --replication 3", "check --audit",
                            "events republish --unhandled"]
    backups = stand_in.aws("dynamodb", "describe-continuous-backups", "--table-name", "kafka-events-ci-r1")
    status = backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
    assert status == "ENABLED"
    ttl = stand_in.aws("dynamodb", "describe-time-to-live", "--table-name", "websocket-connections-ci-r1")
    assert ttl["TimeToLiveDescription"]["AttributeName"] == "expiresAt"
    environment = clean_environment(ENVIRONMENT="ci-r1", ONBOARD_STACK="external", AWS_REGION="eu-central-1",
                                    AWS_ENDPOINT_URL=stand_in.endpoint, AWS_ACCESS_KEY_ID="test",
                                    AWS_SECRET_ACCESS_KEY="test")
    described = subprocess.run([server, "tables", "describe", "--json"], env=environment, capture_output=True,
                               text=True, timeout=120)
    assert described.returncode == 0, described.stderr
    assert [table for table in json.loads(described.stdout)["tables"] if table["differences"]] == []
    # Once more changes no table.
    again = stand_in.deploy(*arguments)
    assert again.returncode == 0 and "continuing" in again.stderr, again.stderr
    assert len(names()) == 22


def test_6_restored_tables_that_disagree_stop_everything(stand_in):
    stand_in.environment["STAND_IN_FAILS"] = "check"
    stopped = stand_in.deploy("restore", "--to", "2026-11-22T11:00:00Z", "--yes", "ci")
    del stand_in.environment["STAND_IN_FAILS"]
    assert stopped.returncode == 1 and "do not agree" in stopped.stderr, stopped.stderr
    assert (parameters(stand_in, "app")["Tables"], parameters(stand_in, "app")["Running"]) == ("ci-r2", "no")
    assert stand_in.deploy().returncode == 0
    assert (parameters(stand_in, "app")["Tables"], parameters(stand_in, "app")["Running"]) == ("ci-r2", "yes")


def test_7_destroy_keeps_the_data_and_asks_for_the_name(stand_in):
    assert stand_in.deploy("destroy").returncode == 1
    assert len(stand_in.stacks()) == 5
    destroyed = stand_in.deploy("destroy", "--yes", "ci")
    assert destroyed.returncode == 0, destroyed.stderr
    assert stand_in.stacks().keys() == {"data"}
    assert "users-ci" in stand_in.aws("dynamodb", "list-tables")["TableNames"]


def test_8_no_secret_was_printed_or_asked_for(stand_in):
    for secret in ("onboard-ai/ci/secret", "AmazonMSK_onboard-ai-ci", "AmazonMSK_onboard-ai-ci-b"):
        value = value_of(stand_in, secret)
        value = json.loads(value)["password"] if value.startswith("{") else value
        assert len(value) >= 32
        assert value not in stand_in.printed
        assert value not in stand_in.log.read_text(), "arguments are visible to every user of the machine"
    assert not [call for call in stand_in.calls() if "get-secret-value" in call]


# --- Costs ---


def test_costs_add_up_and_follow_the_parameters(tmp_path):
    def costs(*lines):
        (tmp_path / "ci.conf").write_text(CONFIGURATION + "".join(f"{line}\n" for line in lines))
        ran = subprocess.run([AWS / "deploy", "ci", "--config", tmp_path / "ci.conf", "cost"], capture_output=True,
                             text=True, env={"PATH": "/usr/bin:/bin"})
        assert ran.returncode == 0, ran.stderr
        rows = [line.rsplit(None, 1) for line in ran.stdout.split("\nand by use")[0].splitlines()[2:] if line]
        return {name.strip(): float(amount) for name, amount in rows}

    usual = costs()
    assert abs(sum(usual.values()) - 2 * usual["Always"]) < 0.06, usual
    trial = re.findall(r"(?m)^#(\w+\.\w+=.*)$", (AWS / "environments/example.conf").read_text())
    told = re.search(r"\*\*USD a month\*\* \| \*\*(\d+)\*\* \| \*\*(\d+)\*\*", (ROOT / "docs/cost.md").read_text())
    # A few more alarms change the sum by less.
    assert abs(int(told[1]) - usual["Always"]) < 5 and abs(int(told[2]) - costs(*trial)["Always"]) < 5
    small = costs("kafka.BrokerType=kafka.t3.small", "kafka.BrokerStorageGiB=20", "app.ReaderCount=1")
    assert small["Kafka, 3 x 20 GiB"] == 6.0 and "Fargate, 1 x reader (2 vCPU, 4 GB)" in small
    assert small["Always"] < usual["Always"] / 2


def test_price_of_every_broker_in_the_example_is_known():
    example = (AWS / "environments/example.conf").read_text()
    prices = (AWS / "prices.conf").read_text()
    for broker in re.findall(r"kafka\.BrokerType=(\S+)", example):
        assert f"broker_hour_{broker}=" in prices
