"""What `scripts/cluster` asks and tells the parts of a cluster. See there for the run folder.

Every wait asks again and again, ends early when the process asked is gone, and has a limit.
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

# A machine may be busy with other things: what takes seconds alone may take a minute then.
LIMIT = 120.0
PAUSE = 0.05
# How many ports a cluster has, side by side.
BLOCK = 16

AUDIENCES = {
    # One of them keeps the order of a customer's messages: the program publishes to both kinds of topic.
    "applicant": "onboard-applicant",
    "compliance": "onboard-compliance.fifo",
    "support": "onboard-support",
}


def fail(why):
    sys.exit(why)


def until(what, attempt, alive=lambda: True):
    """The first answer of `attempt` that is not None."""
    end = time.monotonic() + LIMIT
    while True:
        answer = attempt()
        if answer is not None:
            return answer
        if not alive():
            fail(f"{what}: it has ended")
        if time.monotonic() > end:
            fail(f"{what}: not within {LIMIT:.0f} s")
        time.sleep(PAUSE)


def running(process):
    """Whether the process (`pid starttime`) is there, and not just a dead one that nobody has asked for."""
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
    """The first of a block of free ports, from below those that the system gives to whoever asks for any: else the port
    of a broker that is stopped could be taken by a connection before it starts again. The first port of a block is in
    use as long as its cluster is, so no other cluster takes the block."""
    try:
        lowest_given = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except OSError:
        lowest_given = 32768
    highest = lowest_given if lowest_given > 12000 else 65536
    blocks = list(range(10000, highest - BLOCK, BLOCK))
    random.shuffle(blocks)
    for first in blocks:
        if all(is_free(port) for port in range(first, first + BLOCK)):
            return first
    fail("no free ports")


# --- Kafka -------------------------------------------------------------------------------------------------------

QUICK = {
    "log_level": 0,
    "socket.connection.setup.timeout.ms": 2000,
    "socket.timeout.ms": 5000,
    "reconnect.backoff.ms": 50,
    "reconnect.backoff.max.ms": 200,
}


def admin(bootstrap, **more):
    from confluent_kafka.admin import AdminClient

    settings = {**QUICK, "bootstrap.servers": bootstrap, "error_cb": lambda _: None, **more}
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
    """Waits until each broker lets a client in, and knows of all three."""
    for broker in (1, 2, 3):
        client = as_client(cluster, broker, name, password)

        def attempt():
            known = metadata(client)
            return known if known and len(known.brokers) == 3 else None

        until(f"broker {broker} did not start", attempt, cluster.alive(f"broker-{broker}"))


def rejoined(cluster, broker):
    """Waits until a broker that was away has every copy it should have, and leads again what it led.

    The broker itself is asked: it answers only once it is registered anew, so what it says is not from before."""
    client = admin(cluster.address("INTERNAL", broker))

    def attempt():
        known = metadata(client)
        if known is None or broker not in known.brokers:
            return None
        partitions = (p for topic in known.topics.values() for p in topic.partitions.values())
        return True if all(at_its_place(broker, p) for p in partitions if broker in p.replicas) else None

    until(f"broker {broker} did not rejoin", attempt, cluster.alive(f"broker-{broker}"))


def at_its_place(broker, partition):
    """Whether the broker has a copy that counts, and leads if it is the first who should."""
    if partition.leader == -1:
        # Another broker that is away had the last copy that counts: until it is back there is nothing to join.
        return broker not in partition.isrs
    return broker in partition.isrs and (partition.leader == broker or partition.replicas[0] != broker)


def user(cluster, brokers, name, password):
    """Sets a password, and waits until each of `brokers` (those that run) takes it."""
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

    until(f"the password of {name} could not be set", attempt)
    for broker in brokers:
        # The certificate may be one of those that no client should take.
        known = as_client(cluster, broker, name, password, check_certificate=False)
        until(f"broker {broker} does not take the password of {name}", lambda: metadata(known))


# --- DynamoDB, SNS, SQS ------------------------------------------------------------------------------------------


def call(url, body, headers):
    """The answer's text, or None when there is nobody to answer yet."""
    request = urllib.request.Request(url, data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        fail(f"{url} answered {error.code}: {error.read().decode()}")
    except OSError:
        return None


def dynamodb(cluster):
    """Waits until DynamoDB Local lists its tables, which also takes its native library."""
    scope = "Credential=test/20200101/eu-central-1/dynamodb/aws4_request"
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": "DynamoDB_20120810.ListTables",
        "Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=none",
    }
    url = f"http://127.0.0.1:{cluster.ports['DYNAMODB']}"
    until("DynamoDB Local did not start", lambda: call(url, b"{}", headers), cluster.alive("dynamodb"))


def action(cluster, name, **parameters):
    """What an action of the query protocol answers: the text of its elements by name."""
    body = urllib.parse.urlencode({"Action": name, **parameters}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = call(f"http://127.0.0.1:{cluster.ports['SNS']}/", body, headers)
    if answer is None:
        fail(f"SNS is gone while asked for {name}")
    return {element.tag.rpartition("}")[2]: element.text for element in xml.fromstring(answer).iter()}


def topics(cluster):
    """Makes the topics, each with a queue of the same name that keeps what was published. Prints lines for the
    environment."""
    health = f"http://127.0.0.1:{cluster.ports['SNS']}/_ministack/health"
    until("SNS did not start", lambda: call(health, None, {}), cluster.alive("sns"))
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
    """Prints what was published for an audience, a JSON object a line, oldest first. Takes nothing away."""
    url = os.environ[f"CLUSTER_PUBLISHED_{audience.upper()}"]
    answer = call(url, None, {})
    if answer is None:
        fail("SNS does not answer")
    for regions in json.loads(answer)["messages"].values():
        for queues in regions.values():
            for kept in queues.values():
                for message in kept:
                    print(json.dumps(opened(message), ensure_ascii=False))


def opened(message):
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
