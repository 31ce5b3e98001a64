"""The dashboards for Grafana: `generate` writes grafana/*.json from them.

A panel is one line: title, unit, description, and expressions with their legends. `$job` and `$instance` are the
dashboard's variables, and `$__rate_interval` is Grafana's window for rates.
"""

from slo import OBJECTIVES, PERIOD

SELECT = 'job=~"$job",instance=~"$instance"'
WIDTH = 24
HEIGHT = 8


def metric(name, labels=""):
    """A series of the selected processes."""
    return f"{name}{{{SELECT}{',' + labels if labels else ''}}}"


def eq(label, value):
    return f'{label}="{value}"'


def ne(label, value):
    return f'{label}!="{value}"'


def rate(name, labels=""):
    return f"rate({metric(name, labels)}[$__rate_interval])"


def by(label, expr):
    return f"sum by ({label}) ({expr})"


def seen(expr):
    """Only series above 0: most of many possible ones never are."""
    return f"{expr} > 0"


def quantile(share, name, label="", labels=""):
    """A quantile of a histogram, over all selected processes."""
    groups = f"le, {label}" if label else "le"
    return f"histogram_quantile({share}, sum by ({groups}) ({rate(name + '_bucket', labels)}))"


def panel(title, unit, description, *targets, kind="timeseries", width=8, thresholds=()):
    """A panel; `targets` are pairs of expression and legend, `thresholds` pairs of value and colour."""
    steps = [{"color": "green", "value": None}] + [{"color": colour, "value": value} for value, colour in thresholds]
    options = {
        "timeseries": {
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
        "stat": {
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
            "colorMode": "value",
            "graphMode": "area",
            "textMode": "auto",
        },
        "table": {"showHeader": True},
    }[kind]
    custom = {"lineWidth": 1, "fillOpacity": 8, "showPoints": "never", "spanNulls": False}
    if thresholds and kind == "timeseries":
        custom["thresholdsStyle"] = {"mode": "dashed"}
    return {
        "type": kind,
        "title": title,
        "description": description,
        "datasource": {"type": "prometheus", "uid": "${datasource}"},
        "gridPos": {"w": width, "h": HEIGHT},
        "fieldConfig": {
            "defaults": {
                "unit": unit,
                "min": 0,
                "custom": custom if kind == "timeseries" else {},
                "thresholds": {"mode": "absolute", "steps": steps},
            },
            "overrides": [],
        },
        "options": options,
        "targets": [
            {
                "refId": chr(ord("A") + at),
                "expr": expr,
                "legendFormat": legend,
                "datasource": {"type": "prometheus", "uid": "${datasource}"},
                **({"instant": True, "format": "table"} if kind == "table" else {}),
            }
            for at, (expr, legend) in enumerate(targets)
        ],
    }


def row(title, *panels):
    return title, panels


def dashboard(uid, title, description, *rows):
    """A dashboard with rows of panels, laid out from left to right."""
    panels, top = [], 0
    for heading, contents in rows:
        panels.append({
            "type": "row", "title": heading, "collapsed": False, "panels": [],
            "gridPos": {"x": 0, "y": top, "w": WIDTH, "h": 1},
        })
        top += 1
        left = 0
        for each in contents:
            width = each["gridPos"]["w"]
            if left + width > WIDTH:
                left, top = 0, top + HEIGHT
            each["gridPos"] |= {"x": left, "y": top}
            left += width
            panels.append(each)
        top += HEIGHT
    for number, each in enumerate(panels, 1):
        each["id"] = number
    return {
        "uid": uid,
        "title": title,
        "description": description,
        "tags": ["onboard-ai"],
        "editable": False,
        "graphTooltip": 1,
        "schemaVersion": 39,
        "version": 1,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "timezone": "utc",
        "annotations": {"list": []},
        "links": [{
            "type": "dashboards", "tags": ["onboard-ai"], "title": "OnboardAI", "asDropdown": True,
            "includeVars": True, "keepTime": True,
        }],
        "templating": {"list": [
            {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"},
            variable("job", "Job", "label_values(onboard_build_info, job)"),
            variable("instance", "Instance", 'label_values(onboard_build_info{job=~"$job"}, instance)'),
        ]},
        "panels": panels,
    }


def variable(name, label, query):
    return {
        "name": name, "label": label, "type": "query", "query": {"query": query, "refId": name},
        "datasource": {"type": "prometheus", "uid": "${datasource}"},
        "definition": query, "refresh": 2, "includeAll": True, "multi": True, "allValue": ".*",
        "current": {"text": "All", "value": "$__all"}, "sort": 1,
    }


def overview():
    metric_of_steps = metric("onboard_applications_total")
    return dashboard(
        "onboard-overview", "OnboardAI: overview", "Traffic, errors, latency, saturation; the funnel; the builds.",
        row("Now",
            panel("Requests", "reqps", "Answered requests a second, without those of operators.",
                  (f"sum({rate('onboard_http_requests_total')})", "requests"), kind="stat", width=4),
            panel("Answers with 5xx", "percentunit", "Share of answers with a status of 5xx. The objective is 0.1 %.",
                  (f"sum({rate('onboard_http_requests_total', eq('status', '5xx'))})"
                   f" / sum({rate('onboard_http_requests_total')})", "5xx"),
                  kind="stat", width=4, thresholds=((0.001, "orange"), (0.01, "red"))),
            panel("Oldest unpublished event", "s", "Age of the oldest event that Kafka has not acknowledged.",
                  (f"max({metric('onboard_outbox_oldest_seconds')})", "age"),
                  kind="stat", width=4, thresholds=((10, "orange"), (60, "red"))),
            panel("Parked messages", "short", "Messages that could not be handled and were not replayed.",
                  (f"max({metric('onboard_messages_parked_open')})", "open"),
                  kind="stat", width=4, thresholds=((1, "red"),)),
            panel("Open sockets", "short", "WebSockets of all instances.",
                  (f"sum({metric('onboard_sockets')})", "open"), kind="stat", width=4),
            panel("Ready", "short", "Processes that DynamoDB answers, and all processes.",
                  (f"sum({metric('onboard_ready', eq('dependency', 'dynamodb'))})", "ready"),
                  (f"count({metric('onboard_build_info')})", "processes"), kind="stat", width=4)),
        row("Traffic and latency",
            panel("Requests by status", "reqps",
                  "Answered requests by class of status; 1xx is a WebSocket that opened.",
                  (by("status", rate("onboard_http_requests_total")), "{{status}}")),
            panel("Slowest routes, 95 %", "s", "95 % of a route's requests are answered within this time.",
                  (f"topk(8, {quantile(0.95, 'onboard_http_request_seconds', 'method, route')})",
                   "{{method}} {{route}}")),
            panel("Commands, 99 %", "s", "99 % of the commands end within this time. The objective is 1 s.",
                  (quantile(0.99, "onboard_command_seconds", "command"), "{{command}}"), thresholds=((1, "red"),)),
            panel("Refused and failed commands", "ops",
                  "Commands with another outcome than ok. refused is the applicant's input or the application's state.",
                  (seen(by("command, outcome", rate("onboard_commands_total", ne("outcome", "ok")))),
                   "{{command}} {{outcome}}")),
            panel("Event to open page", "s", "Time from an event's commit to its frame on an open socket.",
                  (quantile(0.5, "onboard_event_to_socket_seconds", "way"), "50 % {{way}}"),
                  (quantile(0.99, "onboard_event_to_socket_seconds", "way"), "99 % {{way}}"),
                  thresholds=((1, "red"),)),
            panel("Limits", "ops", "Requests refused with 429, and refused connections.",
                  (by("limit", rate("onboard_client_limit_total")), "429 {{limit}}"),
                  (by("limit", rate("onboard_connections_refused_total")), "connections {{limit}}"))),
        row("Applications",
            panel("Funnel of the last day", "short",
                  "Steps of applications within 24 hours. A corrected step counts again.",
                  (f"round({by('step', f'increase({metric_of_steps}[1d])')})", "{{step}}"),
                  kind="stat", width=12),
            panel("Steps", "ops", "Steps of applications a second.",
                  (by("step", rate("onboard_applications_total")), "{{step}}"), width=12)),
        row("Saturation",
            panel("Sockets of the limit", "percentunit", "Open sockets of the limit of each instance.",
                  (f"{metric('onboard_sockets')} / {metric('onboard_sockets_limit')}", "{{instance}}"),
                  thresholds=((0.8, "red"),)),
            panel("Processor", "short", "Used cores of each process.",
                  (rate("process_cpu_seconds_total"), "{{instance}}")),
            panel("Memory", "bytes", "Resident memory of each process.",
                  (metric("process_resident_memory_bytes"), "{{instance}}")),
            panel("Requests in flight", "short", "Requests and uploads that are not answered yet.",
                  (f"sum({metric('onboard_http_requests_in_flight')})", "requests"),
                  (f"sum({metric('onboard_uploads_in_flight')})", "uploads")),
            panel("DynamoDB, 99 %", "s", "99 % of the requests to DynamoDB end within this time, retries included.",
                  (quantile(0.99, "onboard_store_request_seconds", "operation"), "{{operation}}")),
            panel("DynamoDB without success", "ops",
                  "Requests that were not carried out. conflict is a condition that was not met, and normal.",
                  (seen(by("table, outcome", rate("onboard_store_requests_total", ne("outcome", "ok")))),
                   "{{table}} {{outcome}}"))),
        row("Builds",
            panel("Processes", "short", "Build and roles of each process.",
                  (metric("onboard_build_info"), ""), kind="table", width=16),
            panel("Panics", "short", "Defects of the program within an hour.",
                  (by("instance", f"increase({metric('onboard_panics_total')}[1h])"), "{{instance}}"),
                  thresholds=((1, "red"),))),
    )


def events():
    return dashboard(
        "onboard-events", "OnboardAI: events", "From the commit of an event to its effects and to open pages.",
        row("Outbox",
            panel("Unpublished events", "short", "Events without Kafka's acknowledgement. At most 800 are counted.",
                  (f"max({metric('onboard_outbox_unpublished')})", "unpublished")),
            panel("Age of the oldest", "s", "Age of the oldest unpublished event.",
                  (f"max({metric('onboard_outbox_oldest_seconds')})", "age"), thresholds=((60, "red"),)),
            panel("Since the last sweep", "s", "Time since a relay last searched the outbox.",
                  (f"time() - max({metric('onboard_outbox_sweep_timestamp_seconds')})", "since"),
                  thresholds=((60, "red"),))),
        row("Topics",
            panel("Handled", "ops", "Messages whose handling ended, by topic.",
                  (by("topic", rate("onboard_kafka_consumed_total")), "{{topic}}")),
            panel("Lag", "short", "Messages that are not handled, told by the owners of the partitions.",
                  (by("topic", metric("onboard_kafka_consumer_lag")), "{{topic}}")),
            panel("Assigned partitions", "short", "Partitions with an owner. A topic has three.",
                  (by("topic", metric("onboard_kafka_assigned_partitions")), "{{topic}}")),
            panel("Retries", "ops", "Attempts at a message that failed and are repeated.",
                  (by("topic", rate("onboard_kafka_retries_total")), "{{topic}}")),
            panel("Parked within an hour", "short", "Messages that were parked, by reason.",
                  (by("topic, reason", f"increase({metric('onboard_messages_parked_total')}[1h])"),
                   "{{topic}} {{reason}}"), thresholds=((1, "red"),)),
            panel("Since the last message", "s", "Time since a message of the topic was handled.",
                  (f"time() - max by (topic) ({metric('onboard_kafka_handled_timestamp_seconds')} > 0)", "{{topic}}"))),
        row("Time",
            panel("Commit to effects, 99 %", "s", "Time from the commit of an event to the commit of its effects.",
                  (quantile(0.99, "onboard_event_to_effect_seconds", "topic"), "{{topic}}"),
                  thresholds=((0.5, "red"),)),
            panel("One attempt, 99 %", "s", "Time of one attempt at one message.",
                  (quantile(0.99, "onboard_kafka_handle_seconds", "topic"), "{{topic}}")),
            panel("Commit to open page, 99 %", "s", "Time from the commit to the frame, on sockets open at the commit.",
                  (quantile(0.99, "onboard_event_to_socket_seconds", "way"), "{{way}}"), thresholds=((1, "red"),))),
        row("Sockets and other instances",
            panel("Closed sockets", "ops", "By close code: 1012 restart, 1013 too slow, 1008 session ended.",
                  (by("code", rate("onboard_sockets_closed_total")), "{{code}}")),
            panel("Deliveries to other instances", "ops", "Frames for sockets that another instance holds.",
                  (by("outcome", rate("onboard_remote_deliveries_total")), "{{outcome}}")),
            panel("One delivery", "s", "Time of one request to another instance.",
                  (quantile(0.5, "onboard_remote_delivery_seconds"), "50 %"),
                  (quantile(0.99, "onboard_remote_delivery_seconds"), "99 %"))),
        row("Notifications",
            panel("Notifications", "ops", "Attempts to notify, by receiver and outcome.",
                  (by("audience, outcome", rate("onboard_notifications_total")), "{{audience}} {{outcome}}"), width=12),
            panel("One notification, 99 %", "s", "Time of one attempt.",
                  (quantile(0.99, "onboard_notification_seconds"), "99 %"), width=12)),
    )


def documents():
    return dashboard(
        "onboard-documents", "OnboardAI: documents", "The queue of documents, their reading, and the tools that read.",
        row("Queue",
            panel("Waiting documents", "short", "Documents that no instance is reading.",
                  (f"max({metric('onboard_documents_waiting')})", "waiting")),
            panel("Oldest wait", "s", "Time since the upload of the oldest waiting document.",
                  (f"max({metric('onboard_documents_oldest_wait_seconds')})", "oldest"), thresholds=((120, "red"),)),
            panel("Upload to result", "s", "Time from the upload to the recorded result, the wait included.",
                  (quantile(0.5, "onboard_document_total_seconds"), "50 %"),
                  (quantile(0.95, "onboard_document_total_seconds"), "95 %"), thresholds=((10, "red"),)),
            panel("Wait", "s", "Time from the upload to the begin of the reading.",
                  (quantile(0.95, "onboard_document_wait_seconds"), "95 %")),
            panel("Results", "ops", "Recorded documents: read, asked again, taken unread, failed.",
                  (by("outcome", rate("onboard_documents_total")), "{{outcome}}")),
            panel("Read at the first photo", "percentunit", "Share of results that are neither refused nor failed.",
                  (by("kind", rate("onboard_documents_total", eq("outcome", "read"))) + " / "
                   + by("kind", rate("onboard_documents_total")), "{{kind}}"))),
        row("Providers",
            panel("Requests", "ops", "Requests to providers by outcome.",
                  (seen(by("provider, outcome", rate("onboard_provider_requests_total"))), "{{provider}} {{outcome}}")),
            panel("One request, 95 %", "s", "Time of one request for a reading.",
                  (quantile(0.95, "onboard_provider_seconds", "provider"), "{{provider}}")),
            panel("Circuit breakers", "short", "1 while the circuit breaker of a provider is open.",
                  (f"max by (provider) ({metric('onboard_provider_open')})", "{{provider}}"),
                  thresholds=((1, "red"),))),
        row("Tools",
            panel("One run, 95 %", "s", "Time of one run of a tool.",
                  (quantile(0.95, "onboard_ocr_tool_seconds", "tool"), "{{tool}}")),
            panel("Runs", "ops", "Runs of the tools a second.",
                  (by("tool", rate("onboard_ocr_tool_seconds_count")), "{{tool}}")),
            panel("Ended runs within an hour", "short", "Runs that a limit ended.",
                  (seen(by("tool, why", f"increase({metric('onboard_ocr_tool_killed_total')}[1h])")),
                   "{{tool}} {{why}}"))),
        row("Files",
            panel("Document store, 99 %", "s", "Time of one operation on the document store.",
                  (quantile(0.99, "onboard_blob_request_seconds", "operation"), "{{operation}}")),
            panel("Operations", "ops", "Operations on the document store by outcome.",
                  (seen(by("operation, outcome", rate("onboard_blob_requests_total"))), "{{operation}} {{outcome}}")),
            panel("Late deletions", "s", "Time since the oldest day whose due files could not be deleted.",
                  (f"max({metric('onboard_deletions_due_oldest_seconds')})", "late"),
                  thresholds=((172800, "red"),))),
    )


def kyc():
    return dashboard(
        "onboard-kyc", "OnboardAI: identity check", "Decisions, checks and the sanctions list.",
        row("Decisions",
            panel("Decisions", "ops", "Identity checks by decision.",
                  (by("status", rate("onboard_kyc_decisions_total")), "{{status}}")),
            panel("Share of the last 6 hours", "percentunit", "Share of each decision.",
                  (by("status", f"increase({metric('onboard_kyc_decisions_total')}[6h])")
                   + f" / ignoring (status) group_left () sum(increase({metric('onboard_kyc_decisions_total')}[6h]))",
                   "{{status}}")),
            panel("Risk", "ops", "Identity checks by level of risk.",
                  (by("risk", rate("onboard_kyc_decisions_total")), "{{risk}}")),
            panel("Documents complete to decision", "s", "Time from the last document to the decision.",
                  (quantile(0.5, "onboard_kyc_seconds"), "50 %"), (quantile(0.99, "onboard_kyc_seconds"), "99 %"),
                  thresholds=((10, "red"),), width=12),
            panel("Checks that did not pass", "percentunit", "Share of each check that did not pass.",
                  (by("check", rate("onboard_kyc_checks_total", eq("result", "not_passed"))) + " / "
                   + by("check", rate("onboard_kyc_checks_total")), "{{check}}"), width=12)),
        row("Sanctions list",
            panel("Since the last check", "s", "Time since each list was compared with its publisher's. From 48 h on "
                  "every case goes to review.",
                  (f"time() - min by (list) ({metric('onboard_watchlist_checked_timestamp_seconds')})", "{{list}}"),
                  thresholds=((86400, "orange"), (158400, "red"))),
            panel("Entries", "short", "Entries of the lists in use, by process.",
                  (metric("onboard_watchlist_entries"), "{{instance}}")),
            panel("Loads within a day", "short", "Attempts to load the list.",
                  (by("outcome", f"increase({metric('onboard_watchlist_loads_total')}[1d])"), "{{outcome}}"))),
        row("Attempts and refusals",
            panel("Refused input", "ops", "Refused input by stage.",
                  (by("stage", rate("onboard_refused_total")), "{{stage}}"), width=12),
            panel("Access attempts within an hour", "short", "Refused attempts at what belongs to others.",
                  (by("kind", f"increase({metric('onboard_access_attempts_total')}[1h])"), "{{kind}}"), width=12)),
    )


def kafka():
    return dashboard(
        "onboard-kafka", "OnboardAI: Kafka", "Kafka as the program's clients see it.",
        row("Incidents",
            panel("Open incidents", "short", "Open incidents of Kafka by cause.",
                  (f"max by (cause) ({metric('onboard_kafka_incidents')}) > 0", "{{cause}}"),
                  thresholds=((1, "red"),), width=12),
            panel("Brokers answer", "short", "1 if brokers answer the process, asked every 10 seconds.",
                  (metric("onboard_ready", eq("dependency", "kafka")), "{{instance}}"), width=12)),
        row("Publishing",
            panel("Published", "ops", "Acknowledged events by topic.",
                  (by("topic", rate("onboard_kafka_published_total", eq("outcome", "ok"))), "{{topic}}")),
            panel("Failed publications", "ops", "Publications with another outcome than ok.",
                  (by("outcome", rate("onboard_kafka_published_total", ne("outcome", "ok"))), "{{outcome}}")),
            panel("Time to acknowledgement", "s", "Time from the send to the acknowledgement of all replicas.",
                  (quantile(0.5, "onboard_kafka_publish_seconds"), "50 %"),
                  (quantile(0.99, "onboard_kafka_publish_seconds"), "99 %"))),
        row("Consuming",
            panel("Lag by partition", "short", "Messages that are not handled.",
                  (f"sum by (topic, partition) ({metric('onboard_kafka_consumer_lag')})", "{{topic}}/{{partition}}"),
                  width=12),
            panel("Partitions by process", "short", "Partitions that each process owns.",
                  (f"sum by (instance) ({metric('onboard_kafka_assigned_partitions')})", "{{instance}}"), width=12)),
        row("Events of the store",
            panel("Conflicts", "ops", "Commits that were repeated, because the application had changed.",
                  (by("stage", rate("onboard_store_conflicts_total")), "{{stage}}"), width=12),
            panel("Transactions", "s", "Time of a transaction of state and event.",
                  (quantile(0.5, "onboard_store_request_seconds", "", eq("operation", "TransactWriteItems")), "50 %"),
                  (quantile(0.99, "onboard_store_request_seconds", "", eq("operation", "TransactWriteItems")), "99 %"),
                  width=12)),
    )


def objectives():
    def section(each):
        budget = round(1 - each.objective, 6)
        # Of the rule files, which know no instances.
        share = f'slo:bad:ratio_rate{PERIOD}{{slo="{each.name}"}}'
        return row(
            f"{each.name}: {each.objective * 100:g} % of {each.what}",
            panel("Budget left", "percentunit", f"Share of the budget of {PERIOD} that is left.",
                  (f"1 - {share} / {budget}", "left"), kind="stat", width=6,
                  thresholds=((0.25, "orange"), (0.5, "green"))),
            panel("Bad share", "percentunit", f"Share of bad {each.what.split(' ')[0]}; the budget is {budget:g}.",
                  (f'slo:bad:ratio_rate1h{{slo="{each.name}"}}', "1 h"),
                  (f'slo:bad:ratio_rate1d{{slo="{each.name}"}}', "1 d"), width=9, thresholds=((budget, "red"),)),
            panel("Burn rate", "short",
                  "How many times faster than evenly over 30 days the budget is used. Alerts: 14.4, 6, 3 and 1.",
                  (f'slo:bad:ratio_rate1h{{slo="{each.name}"}} / {budget}', "1 h"),
                  (f'slo:bad:ratio_rate6h{{slo="{each.name}"}} / {budget}', "6 h"),
                  (f'slo:bad:ratio_rate3d{{slo="{each.name}"}} / {budget}', "3 d"), width=9,
                  thresholds=((1, "orange"), (14.4, "red"))),
        )

    return dashboard(
        "onboard-slo", "OnboardAI: service level objectives",
        "Budgets of 30 days and their burn rates, from the rules in prometheus/slo.yaml.",
        *[section(each) for each in OBJECTIVES],
    )


def all_dashboards():
    return {
        "overview": overview(), "events": events(), "documents": documents(), "kyc": kyc(), "kafka": kafka(),
        "slo": objectives(),
    }
