"""The policies of deploy/aws/app.yaml permit every call to AWS that the roles were seen to make, and no others.

Each role runs as its task definition says, with a recorder between it and a local stand-in of AWS. The journey has
a customer, an open page, a document that is read and refused, deletions, and the commands for operators.
"""

import collections
import contextlib
import http.client
import http.server
import json
import os
import re
import signal
import subprocess
import threading
import urllib.parse

import pytest

from conftest import clean_environment, free_port, server_binary, wait_until
from test_aws import StandIn, containers, resources, variables

PDF = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]>>endobj
trailer<</Size 4/Root 1 0 R>>
"""
S3_ACTIONS = {"GET": "GetObject", "HEAD": "GetObject", "PUT": "PutObject", "DELETE": "DeleteObject",
              "POST": "DeleteObject"}
WRITES = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}


def dynamodb_calls(target, body):
    """(action, table or table/index/name) of a request."""
    operation = target.split(".")[1]
    if operation.startswith("Transact"):
        for item in body["TransactItems"]:
            [(kind, part)] = item.items()
            yield f"dynamodb:{WRITES.get(kind, 'GetItem')}", part["TableName"]
    elif operation.startswith("Batch"):
        for table in body["RequestItems"]:
            yield f"dynamodb:{operation}", table
    else:
        index = f"/index/{body['IndexName']}" if "IndexName" in body else ""
        yield f"dynamodb:{operation}", body["TableName"] + index


class Recorder(http.server.ThreadingHTTPServer):
    """Passes requests on to the stand-in, and notes what they ask for."""

    def __init__(self, upstream):
        self.upstream = urllib.parse.urlparse(upstream).netloc
        self.seen = set()
        super().__init__(("127.0.0.1", 0), Passing)
        threading.Thread(target=self.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server_port}"


class Passing(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def pass_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.seen |= set(self.calls(body))
        connection = http.client.HTTPConnection(self.server.upstream, timeout=60)
        connection.request(self.command, self.path, body, dict(self.headers))
        answer = connection.getresponse()
        content = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("content-length", "transfer-encoding", "connection", "date", "server"):
                self.send_header(name, value)
        length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(content))
        self.send_header("Content-Length", length or "0")
        self.end_headers()
        self.wfile.write(content)
        connection.close()

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = pass_on

    def calls(self, body):
        target = self.headers.get("X-Amz-Target", "")
        if target.startswith("DynamoDB"):
            return dynamodb_calls(target, json.loads(body))
        if body.startswith(b"Action=") or b"&Action=" in body:
            form = urllib.parse.parse_qs(body.decode())
            return [(f"sns:{form['Action'][0]}", form["TopicArn"][0])]
        if "list-type=2" in self.path:
            return [("s3:ListBucket", "documents")]
        return [(f"s3:{S3_ACTIONS[self.command]}", "documents/*")]

    def log_message(self, *_):
        pass


def allowed(role):
    """(action, resource) of a role's policy, as the recorder names them."""
    found = set()
    for policy in resources("app", "AWS::IAM::Role")[role]["Properties"]["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            actions, places = statement["Action"], statement["Resource"]
            for action in actions if isinstance(actions, list) else [actions]:
                for place in places if isinstance(places, list) else [places]:
                    text = place.get("Fn::Sub", place.get("Ref", ""))
                    text = text.replace("${TablesArn}/", "").replace("${Tables}", "ci")
                    text = {"DocumentsArn": "documents", "${DocumentsArn}/*": "documents/*"}.get(text, text)
                    found.add((action, text))
    return found


class System:
    """The roles of the app stack as processes."""

    def __init__(self, folder, stand_in):
        self.folder, self.binary = folder, server_binary()
        self.recorders = {role: Recorder(stand_in.endpoint) for role in
                          ("Web", "Relay", "Consumers", "Reader", "Tool")}
        self.stack = contextlib.ExitStack()
        stand_in.aws("s3api", "create-bucket", "--bucket", "invented",
                     "--create-bucket-configuration", "LocationConstraint=eu-central-1")
        self.topic = stand_in.aws("sns", "create-topic", "--name", "messages")["TopicArn"]
        self.kafka = self.start_kafka()
        self.run(None, "tables", "create", endpoint=stand_in.endpoint)
        self.run(None, "topics", "create", "--replication", "1", endpoint=stand_in.endpoint)
        self.ports = {role: self.start(role) for role in ("Web", "Relay", "Consumers", "Reader")}
        for role, port in self.ports.items():
            wait_until(lambda port=port: self.request(port, "GET", "/healthz")[0].status == 200, role, 120)

    def start_kafka(self):
        """The embedded broker alone."""
        environment = clean_environment(ONBOARD_DATA_DIR=str(self.folder / "kafka"))
        process = self.process([self.binary, "stack"], environment, "kafka")
        found = wait_until(lambda: re.search(r"KAFKA_BROKERS=(\S+)", (self.folder / "kafka.log").read_text()), "Kafka")
        assert process.poll() is None
        return found.group(1).strip("'\"")

    def process(self, command, environment, name):
        with open(self.folder / f"{name}.log", "w") as log:
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=self.folder)
        self.stack.callback(process.wait, 90)
        self.stack.callback(process.send_signal, signal.SIGTERM)
        return process

    def environment(self, role, endpoint, **more):
        task = variables(containers()[f"{role or 'Tool'}Task"])
        task = {name: self.topic if name.startswith("ONBOARD_NOTIFY__") else value for name, value in task.items()}
        # The stand-in's Kafka has no users, and its one broker holds one replica.
        for name in ("KAFKA_USERNAME", "KAFKA_PASSWORD"):
            task.pop(name, None)
        if "KAFKA_BROKERS" in task:
            task |= {"KAFKA_BROKERS": self.kafka, "ONBOARD_KAFKA__REPLICATION_FACTOR": "1"}
        # Its S3 has no such key.
        task.pop("ONBOARD_DOCUMENTS__KMS_KEY", None)
        task.pop("ONBOARD_HTTP__PUBLIC_URL", None)
        return clean_environment(**task, AWS_ENDPOINT_URL=endpoint, AWS_ACCESS_KEY_ID="test",
                                 AWS_SECRET_ACCESS_KEY="test", ONBOARD_DATA_DIR=str(self.folder / (role or "tool")),
                                 LEPTOS_SITE_ROOT=str(self.folder), **more)

    def start(self, role):
        port = free_port()
        environment = self.environment(role, self.recorders[role].url, LEPTOS_SITE_ADDR=f"127.0.0.1:{port}")
        self.process([self.binary, *containers()[f"{role}Task"]["Command"]], environment, role)
        return port

    def run(self, _, *command, endpoint=None):
        """A command as the task `tool`, or with another endpoint outside the recorder."""
        environment = self.environment(None, endpoint or self.recorders["Tool"].url)
        ran = subprocess.run([self.binary, *command], env=environment, capture_output=True, text=True, timeout=120)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    def request(self, port, method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer, b"" if answer.status == 101 else answer.read()


@pytest.fixture(scope="module")
def system(tmp_path_factory, server):
    stand_in = StandIn(tmp_path_factory.mktemp("aws"))
    system = None
    try:
        system = System(tmp_path_factory.mktemp("roles"), stand_in)
        yield system
    finally:
        if system:
            system.stack.close()
        stand_in.process.terminate()
        stand_in.process.wait(20)


def upload(kind):
    head = (f'--b\r\ncontent-disposition: form-data; name="kind"\r\n\r\n{kind}\r\n--b\r\n'
            'content-disposition: form-data; name="file"; filename="a.pdf"\r\ncontent-type: application/pdf\r\n\r\n')
    return head.encode() + PDF + b"\r\n--b--\r\n"


def journey(system):
    web = system.ports["Web"]
    address = {"line1": "Storgata 14", "city": "Oslo", "postalCode": "0184", "country": "NO"}
    customer = {"email": "ingrid@example.org", "firstName": "Ingrid", "lastName": "Brandvold",
                "dateOfBirth": "1987-03-14", "phoneNumber": "+47 22 34 56 78", "address": address}
    answer, content = system.request(web, "POST", "/api/customers", json.dumps(customer),
                                     **{"Content-Type": "application/json"})
    assert answer.status == 201, content
    own, known = {"Cookie": answer.getheader("Set-Cookie").split(";")[0]}, json.loads(content)
    application = f"/api/applications/{known['applicationId']}"
    answer, _ = system.request(web, "GET", f"/ws?customerId={known['customerId']}&after=0", **own, **{
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="})
    assert answer.status == 101
    for kind in ("passport", "proof_of_address"):
        answer, content = system.request(web, "POST", f"{application}/documents", upload(kind), **own,
                                         **{"Content-Type": "multipart/form-data; boundary=b"})
        assert answer.status == 202, content
    wait_until(lambda: system.request(web, "GET", f"{application}/events?after=0", **own)[1].count(
        b"WORKFLOW_ERROR") + system.request(web, "GET", f"{application}/events?after=0", **own)[1].count(
        b"DOCUMENTS_PROCESSED") >= 2, "two documents to be read", 180)
    wait_until(lambda: '"total":0' in system.run(None, "lag", "--json").replace(" ", ""), "all events to be handled")
    for command in ("outbox", "connections", "connections broadcast resync", "errors list", "documents due",
                    f"events --customer {known['customerId']}", f"events --application {known['applicationId']}",
                    "events --email ingrid@example.org", f"documents show {known['applicationId']}",
                    f"documents delete {known['applicationId']}", "tables describe", "topics describe",
                    "check --audit", "events republish --unhandled", "staff add rita --role reviewer", "staff list",
                    "staff roles rita --role approver", "cases list", "cases open-missing"):
        system.run(None, *command.split())
    assert system.request(web, "DELETE", "/api/session", **own)[0].status == 204


# Permitted calls that the journey does not make, with the reason. Nothing else may be permitted without being called.
CONNECTIONS, EVENTS, ERRORS = "websocket-connections-ci", "kafka-events-ci", "error-logs-ci"
CASES = "cases-ci"
RARE = {
    "Web": {
        ("dynamodb:PutItem", CONNECTIONS): "a session ends while another instance does not answer",
    },
    "Relay": {
        ("dynamodb:DeleteItem", CONNECTIONS): "a process that stops removes its record",
    },
    "Consumers": {
        ("dynamodb:Query", "audit-logs-ci"): "another process appended to a customer's audit log",
        ("s3:DeleteObject", "documents/*"): "one process checks the bucket at the first start",
        ("sns:Publish", "ApplicantTopicArn"): "an application is completed, or compliance or support is told",
        ("dynamodb:DeleteItem", CONNECTIONS): "an instance no longer has a socket",
        ("dynamodb:GetItem", EVENTS): "a message is parked, or a commit may have been written by a first attempt",
        ("dynamodb:PutItem", EVENTS): "a next step commits its event; the journey's documents are refused",
        ("dynamodb:UpdateItem", "applications-ci"): "the same",
        ("dynamodb:UpdateItem", "ai-results-ci"): "documents are read; the journey's are refused",
        ("dynamodb:UpdateItem", "kyc-results-ci"): "the same",
        ("dynamodb:UpdateItem", "policy-recommendations-ci"): "the same",
        ("dynamodb:GetItem", ERRORS): "a message is parked",
        ("dynamodb:PutItem", ERRORS): "the same",
        ("dynamodb:GetItem", CASES): "a REVIEW opens its case; the journey's documents are refused",
        ("dynamodb:PutItem", CASES): "the same",
    },
    "Reader": {
        ("dynamodb:GetItem", EVENTS): "a commit may have been written by a first attempt",
        ("s3:DeleteObject", "documents/*"): "documents are deleted after their time",
        ("dynamodb:DeleteItem", CONNECTIONS): "an instance no longer has a socket",
        ("dynamodb:PutItem", "audit-logs-ci"): "documents are deleted after their time",
        ("dynamodb:Query", "audit-logs-ci"): "the same",
    },
    "Tool": {
        ("dynamodb:Query", "cases-ci"): "`cases show` and `check --audit`, with a case",
        ("dynamodb:PutItem", EVENTS): "`cases approve`, with a case",
        ("dynamodb:PutItem", CASES): "the commands that change a case",
        ("dynamodb:GetItem", EVENTS): "`errors list` and `events republish`, with parked messages and lost events",
        ("dynamodb:GetItem", ERRORS): "`errors show`",
        ("dynamodb:UpdateItem", ERRORS): "`errors replay`",
        ("dynamodb:Query", CONNECTIONS): "`connections --customer`",
    },
}


def named(action, place):
    return (action, "ApplicantTopicArn") if action.startswith("sns:") else (action, place)


def test_policies_permit_the_calls_of_the_roles_and_no_others(system):
    journey(system)
    missing, unused = collections.defaultdict(set), collections.defaultdict(set)
    for role, recorder in system.recorders.items():
        assert recorder.seen, role
        seen = {named(action, place) for action, place in recorder.seen}
        seen |= {(action, re.sub(r"/index/.*", "/index/*", place)) for action, place in seen}
        permitted = allowed(f"{role}Role")
        missing[role] = {(action, place) for action, place in {named(*call) for call in recorder.seen} if
                         (action, place) not in permitted and
                         (action, re.sub(r"/index/.*", "/index/*", place)) not in permitted}
        # Rights on the key and the file system are used by AWS's own services.
        own = {call for call in permitted if call[0].startswith(("dynamodb:", "s3:", "sns:"))}
        unused[role] = {call for call in own - seen if call[1] not in ("ComplianceTopicArn", "SupportTopicArn")}
        unused[role] -= set(RARE.get(role, {}))
        assert set(RARE.get(role, {})) <= own, f"{role}: no longer permitted, so no longer rare"
    if os.environ.get("SHOW_CALLS"):
        print(json.dumps({role: sorted(recorder.seen) for role, recorder in system.recorders.items()}, indent=1))
    assert not any(missing.values()), f"not permitted: {dict(missing)}"
    assert not any(unused.values()), f"permitted and never called: {dict(unused)}"
