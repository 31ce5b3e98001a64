"""The client side of `scripts/cluster`: waits for the parts of a cluster, and configures them.

Every wait polls, fails at once when the process has ended, and has a time limit.
"""

import json
import os
import random
import socket
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as xml
from pathlib import Path

# In seconds. On a busy machine a start takes up to a minute instead of seconds.
TIMEOUT = 120.0
POLL_INTERVAL = 0.05
# The number of consecutive ports of a cluster.
BLOCK = 16

AUDIENCES = {
    # One topic is FIFO, since the program publishes to both kinds.
    "applicant": "onboard-applicant",
    "compliance": "onboard-compliance.fifo",
    "support": "onboard-support",
}


def fail(why):
    sys.exit(why)


def wait_for(what, attempt, alive=lambda: True):
    """Returns the first result of `attempt` that is not None."""
    end = time.monotonic() + TIMEOUT
    while True:
        answer = attempt()
        if answer is not None:
            return answer
        if not alive():
            fail(f"{what}: the process has ended")
        if time.monotonic() > end:
            fail(f"{what}: not within {TIMEOUT:.0f} s")
        time.sleep(POLL_INTERVAL)


def running(process):
    """Whether the process (`pid starttime`) exists, and is not a zombie."""
    pid, began = process.split()
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False
    return fields[19] == began and fields[0] not in "ZX"


class Cluster:
    def __init__(self, folder):
        self.folder = Path(folder)
        lines = (self.folder / "ports").read_text().split()
        self.ports = {name: int(port) for name, port in (line.split("=") for line in lines)}

    def address(self, listener, broker):
        return f"127.0.0.1:{self.ports[f'{listener}_{broker}']}"

    def alive(self, part):
        return lambda: running((self.folder / part / "pid").read_text())


# --- Ports -------------------------------------------------------------------------------------------------------


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def ports():
    """Returns the first of a block of free ports below the ephemeral ones: else a connection could take the port of a
    stopped broker before it starts again. The first port of a block is in use as long as its cluster runs, so no other
    cluster takes the block."""
    try:
        lowest_ephemeral = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except OSError:
        lowest_ephemeral = 32768
    highest = lowest_ephemeral if lowest_ephemeral > 12000 else 65536
    blocks = list(range(10000, highest - BLOCK, BLOCK))
    random.shuffle(blocks)
    for first in blocks:
        if all(is_free(port) for port in range(first, first + BLOCK)):
            return first
    fail("no free ports")


# --- Kafka -------------------------------------------------------------------------------------------------------

FAST_TIMEOUTS = {
    "log_level": 0,
    "socket.connection.setup.timeout.ms": 2000,
    "socket.timeout.ms": 5000,
    "reconnect.backoff.ms": 50,
    "reconnect.backoff.max.ms": 200,
}


def admin(bootstrap, **more):
    from confluent_kafka.admin import AdminClient

    settings = {**FAST_TIMEOUTS, "bootstrap.servers": bootstrap, "error_cb": lambda _: None, **more}
    return AdminClient(settings, logger=silent())


def silent():
    import logging

    logger = logging.getLogger("kafka")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    return logger


def metadata(client):
    from confluent_kafka import KafkaException

    try:
        return client.list_topics(timeout=1)
    except KafkaException:
        return None


def as_client(cluster, broker, name, password, check_certificate=True):
    return admin(
        cluster.address("CLIENTS", broker),
        **{
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": name,
            "sasl.password": password,
            "ssl.ca.location": str(cluster.folder / "tls/ca.pem"),
            "ssl.endpoint.identification.algorithm": "https" if check_certificate else "none",
            "enable.ssl.certificate.verification": "true" if check_certificate else "false",
        },
    )


def ready(cluster, name, password):
    """Waits until each broker accepts a client, and lists all three brokers."""
    for broker in (1, 2, 3):
        client = as_client(cluster, broker, name, password)

        def attempt():
            known = metadata(client)
            return known if known and len(known.brokers) == 3 else None

        wait_for(f"broker {broker} did not start", attempt, cluster.alive(f"broker-{broker}"))


def rejoined(cluster, broker):
    """Waits until a restarted broker is in sync for all its replicas, and leads the partitions that it led before.

    The request goes to the broker itself: it answers only after its registration, so the answer is current."""
    client = admin(cluster.address("INTERNAL", broker))

    def attempt():
        known = metadata(client)
        if known is None or broker not in known.brokers:
            return None
        partitions = (p for topic in known.topics.values() for p in topic.partitions.values())
        return True if all(is_restored(broker, p) for p in partitions if broker in p.replicas) else None

    wait_for(f"broker {broker} did not rejoin", attempt, cluster.alive(f"broker-{broker}"))


def is_restored(broker, partition):
    """Whether the broker is in sync, and leads the partition if it is the preferred leader."""
    if partition.leader == -1:
        # A stopped broker has the only in-sync replica: until it is back there is no leader to follow.
        return broker not in partition.isrs
    return broker in partition.isrs and (partition.leader == broker or partition.replicas[0] != broker)


def user(cluster, brokers, name, password):
    """Sets a password, and waits until each of `brokers` (the running ones) accepts it."""
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion

    client = admin(",".join(cluster.address("INTERNAL", broker) for broker in brokers))
    credential = UserScramCredentialUpsertion(
        name, ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096), password.encode()
    )

    def attempt():
        try:
            client.alter_user_scram_credentials([credential], request_timeout=10)[name].result()
        except KafkaException:
            return None
        return True

    wait_for(f"the password of {name} could not be set", attempt)
    for broker in brokers:
        # A test may have started the broker with an expired certificate.
        known = as_client(cluster, broker, name, password, check_certificate=False)
        wait_for(f"broker {broker} does not accept the password of {name}", lambda: metadata(known))


# --- DynamoDB, SNS, SQS ------------------------------------------------------------------------------------------


def call(url, body, headers):
    """Returns the text of the answer, or None if there is no connection yet."""
    request = urllib.request.Request(url, data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        fail(f"{url} answered {error.code}: {error.read().decode()}")
    except OSError:
        return None


def dynamodb(cluster):
    """Waits until DynamoDB Local lists its tables, which also loads its native library."""
    scope = "Credential=test/20200101/eu-central-1/dynamodb/aws4_request"
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": "DynamoDB_20120810.ListTables",
        "Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=none",
    }
    url = f"http://127.0.0.1:{cluster.ports['DYNAMODB']}"
    wait_for("DynamoDB Local did not start", lambda: call(url, b"{}", headers), cluster.alive("dynamodb"))


def action(cluster, name, **parameters):
    """Calls an action of the query protocol. Returns the texts of the answer's elements by name."""
    body = urllib.parse.urlencode({"Action": name, **parameters}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = call(f"http://127.0.0.1:{cluster.ports['SNS']}/", body, headers)
    if answer is None:
        fail(f"SNS does not answer {name}")
    return {element.tag.rpartition("}")[2]: element.text for element in xml.fromstring(answer).iter()}


def topics(cluster):
    """Creates the topics, each with a queue of the same name that keeps the published messages. Prints lines for the
    environment."""
    health = f"http://127.0.0.1:{cluster.ports['SNS']}/_ministack/health"
    wait_for("SNS did not start", lambda: call(health, None, {}), cluster.alive("sns"))
    for audience, name in AUDIENCES.items():
        fifo = {}
        if name.endswith(".fifo"):
            fifo = {"topic": {"Attributes.entry.1.key": "FifoTopic", "Attributes.entry.1.value": "true"},
                    "queue": {"Attribute.1.Name": "FifoQueue", "Attribute.1.Value": "true"}}
        topic = action(cluster, "CreateTopic", Name=name, **fifo.get("topic", {}))["TopicArn"]
        url = action(cluster, "CreateQueue", QueueName=name, **fifo.get("queue", {}))["QueueUrl"]
        of_queue = {"QueueUrl": url, "AttributeName.1": "QueueArn"}
        queue = action(cluster, "GetQueueAttributes", **of_queue)["Value"]
        action(cluster, "Subscribe", TopicArn=topic, Protocol="sqs", Endpoint=queue)
        print(f"ONBOARD_NOTIFY__{audience.upper()}_TOPIC={topic}")
        print(f"CLUSTER_PUBLISHED_{audience.upper()}={published_url(cluster, url)}")


def published_url(cluster, queue):
    query = urllib.parse.urlencode({"QueueUrl": queue})
    return f"http://127.0.0.1:{cluster.ports['SNS']}/_ministack/sqs/messages?{query}"


def messages(audience):
    """Prints the messages published for an audience, one JSON object a line, oldest first. The queue keeps them."""
    url = os.environ[f"CLUSTER_PUBLISHED_{audience.upper()}"]
    answer = call(url, None, {})
    if answer is None:
        fail("SNS does not answer")
    for regions in json.loads(answer)["messages"].values():
        for queues in regions.values():
            for kept in queues.values():
                for message in kept:
                    print(json.dumps(unwrap(message), ensure_ascii=False))


def unwrap(message):
    envelope = json.loads(message["Body"])
    attributes = {name: value["Value"] for name, value in envelope.get("MessageAttributes", {}).items()}
    return {
        "subject": envelope.get("Subject"),
        "message": envelope["Message"],
        **attributes,
        "group": message["MessageGroupId"],
        "deduplication": message["MessageDeduplicationId"],
    }


# -----------------------------------------------------------------------------------------------------------------


def main(what, *rest):
    match what:
        case "ports":
            print(ports())
        case "messages":
            messages(*rest)
        case "ready":
            folder, name = rest
            ready(Cluster(folder), name, sys.stdin.readline().rstrip("\n"))
        case "rejoined":
            folder, broker = rest
            rejoined(Cluster(folder), int(broker))
        case "user":
            folder, name, *brokers = rest
            user(Cluster(folder), brokers, name, sys.stdin.readline().rstrip("\n"))
        case "dynamodb":
            dynamodb(Cluster(*rest))
        case "topics":
            topics(Cluster(*rest))
        case _:
            fail(f"unknown: {what}")


if __name__ == "__main__":
    main(*sys.argv[1:])
