# SPDX-License-Identifier: Apache-2.0
"""Reads what /metrics has answered with the parser of Prometheus' own client library for Python.
Exit status 1 and the reasons when something is wrong."""

import math
import sys

from prometheus_client.parser import text_string_to_metric_families

NEEDED = {
    "workflow_execution_duration_seconds": "histogram",
    "node_execution_duration_seconds": "histogram",
    "workflow_executions": "counter",
    "workflow_errors": "counter",
    "active_workflow_executions": "gauge",
}


def check_histogram(family, wrong):
    """Buckets rise with their bounds up to the count."""
    buckets, counts = {}, {}
    for sample in family.samples:
        labels = dict(sample.labels)
        bound = labels.pop("le", None)
        series = tuple(sorted(labels.items()))
        if sample.name.endswith("_bucket"):
            buckets.setdefault(series, []).append((float(bound), sample.value))
        elif sample.name.endswith("_count"):
            counts[series] = sample.value
    for series, values in buckets.items():
        values.sort()
        if [count for _, count in values] != sorted(count for _, count in values):
            wrong.append(f"{family.name}{series}: buckets fall")
        if values[-1] != (math.inf, counts.get(series)):
            wrong.append(f"{family.name}{series}: the last bucket is not the count")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        families = list(text_string_to_metric_families(file.read()))
    wrong = []
    types = {family.name: family.type for family in families}
    if len(types) != len(families):
        wrong.append("a family is there twice")
    for name, kind in NEEDED.items():
        if types.get(name) != kind:
            wrong.append(f"{name} is {types.get(name)} and not a {kind}")
    for family in families:
        if not family.documentation:
            wrong.append(f"{family.name} has no help")
        if family.type == "unknown":
            wrong.append(f"{family.name} has no type")
        series = [(sample.name, tuple(sorted(sample.labels.items()))) for sample in family.samples]
        if len(set(series)) != len(series):
            wrong.append(f"{family.name}: a series is there twice")
        if family.type == "histogram":
            check_histogram(family, wrong)
    for reason in wrong:
        print(reason, file=sys.stderr)
    print(f"metrics: {len(families)} families, {len(wrong)} mistakes")
    return 1 if wrong else 0


sys.exit(main())
