"""Stands in for the AWS command line in the checks of deploy/aws/deploy.

It passes commands to the real one, which talks to a local stand-in of AWS. That stand-in refuses templates with types
that it does not know, so these resources, and those that refer to them, are taken out of templates first. It runs no
containers and no Kafka, so the answers about tasks and brokers come from here. Every call is appended to STAND_IN_LOG.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

UNKNOWN = {
    "AWS::EC2::EIP", "AWS::EC2::NatGateway", "AWS::EC2::SecurityGroupEgress", "AWS::EC2::SecurityGroupIngress",
    "AWS::MSK::BatchScramSecret", "AWS::MSK::Cluster", "AWS::MSK::Configuration",
    "AWS::ApplicationAutoScaling::ScalableTarget", "AWS::ApplicationAutoScaling::ScalingPolicy",
} | set(filter(None, os.environ.get("STAND_IN_UNKNOWN", "").split(",")))
CLUSTER = "arn:aws:kafka:eu-central-1:111122223333:cluster/stand-in/1"
BROKERS = "b-1.example.org:9096,b-2.example.org:9096,b-3.example.org:9096"
TASK = "arn:aws:ecs:eu-central-1:111122223333:task/stand-in/0123456789abcdef"


def blocks(text):
    """The entries of a section: name and text. Text before the first one has no name."""
    named = r"(?m)^  ([A-Za-z0-9]+):"
    parts = re.split(r"(?m)^(?=  [A-Za-z0-9]+:)", text)
    return [(found.group(1) if (found := re.match(named, part)) else None, part) for part in parts]


def refers(text, name):
    return re.search(rf"!(Ref|GetAtt) {name}\b|\$\{{{name}[.}}]|\[[^]]*!Ref {name}\b", text) is not None


def reduced(template):
    """The template without what the stand-in does not know, and the names of what was taken out."""
    before, resources = template.split("\nResources:\n", 1)
    resources, outputs = resources.split("\nOutputs:\n", 1)
    kept, gone = blocks(resources), []
    while True:
        leaving = [name for name, text in kept if name and (
            re.search(r"(?m)^    Type: (.*)$", text).group(1) in UNKNOWN or any(refers(text, other) for other in gone))]
        if not leaving:
            break
        gone += leaving
        kept = [(name, text) for name, text in kept if name not in leaving]
    kept_text = "".join(text for _, text in kept)
    kept_text = re.sub(r"DependsOn: \[(.*)\]", lambda found: "DependsOn: [" + ", ".join(
        name for name in found.group(1).split(", ") if name not in gone) + "]", kept_text)
    # It computes with the count of a service, and a parameter is a text.
    kept_text = re.sub(r"!If \[Runs, !Ref \w+Count, 0\]", "!If [Runs, 2, 0]", kept_text)
    outputs = "".join(text if not any(refers(text, other) for other in gone) else f"  {name}: {{ Value: {CLUSTER} }}\n"
                      for name, text in blocks(outputs) if name)
    if not any(name for name, _ in kept):
        kept_text = "  Nothing: { Type: AWS::CloudFormation::WaitConditionHandle }\n"
    return f"{before}\nResources:\n{kept_text}\nOutputs:\n{outputs}", gone


def answer(arguments):
    """The answer of this program itself; None if the real command line is asked."""
    # The stand-in of AWS loses the secrets of a task.
    if arguments[:2] == ["ecs", "describe-task-definition"] and ".secrets" in " ".join(arguments):
        return "ONBOARD_SECRET\tarn:aws:secretsmanager:eu-central-1:111122223333:secret:stand-in"
    match arguments[:2]:
        case ["kafka", "get-bootstrap-brokers"]:
            return BROKERS
        case ["ecs", "run-task"]:
            overrides = json.loads(arguments[arguments.index("--overrides") + 1])
            command = overrides.get("containerOverrides", [{}])[0].get("command", ["lists"])
            return f"{TASK}/{command[0]}"
        case ["ecs", "wait"]:
            return ""
        case ["ecs", "describe-tasks"]:
            # The task's id ends with its command.
            fails = arguments[arguments.index("--tasks") + 1].endswith("/" + os.environ.get("STAND_IN_FAILS", "none"))
            return "1" if fails else os.environ.get("STAND_IN_EXIT_CODE", "0")
        case ["logs", "get-log-events"]:
            return "a line of the task"
    return None


def main():
    arguments = sys.argv[1:]
    with open(os.environ["STAND_IN_LOG"], "a") as log:
        log.write(json.dumps(arguments) + "\n")
    own = answer(arguments)
    if own is not None:
        print(own)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        if "--template-file" in arguments:
            at = arguments.index("--template-file") + 1
            text, gone = reduced(pathlib.Path(arguments[at]).read_text())
            arguments[at] = os.path.join(folder, os.path.basename(arguments[at]))
            pathlib.Path(arguments[at]).write_text(text)
            with open(os.environ["STAND_IN_LOG"], "a") as log:
                log.write(json.dumps({"gone": gone, "template": os.path.basename(arguments[at])}) + "\n")
        return subprocess.run([os.environ["STAND_IN_AWS"], *arguments]).returncode


if __name__ == "__main__":
    sys.exit(main())
