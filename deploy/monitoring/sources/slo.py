"""The service level objectives, as Prometheus' rules: `generate` writes prometheus/slo.yaml from them.

Each objective has a share of bad events, recorded over the windows of the alerts. Windows and factors are those of
Google's SRE Workbook, chapter 5: a page at 14.4 times (1 h and 5 m) or 6 times (6 h and 30 m) the speed that uses the
budget of 30 days, a ticket at 3 times (1 d and 2 h) or once (3 d and 6 h).
"""

WINDOWS = ["5m", "30m", "1h", "2h", "6h", "1d", "3d"]
PERIOD = "30d"
# Fewer events in the long window are no basis for an alert.
FEWEST = 20


def bucket(metric, bound):
    """Events within a bound. Prometheus 3 writes bounds as floating point numbers, Prometheus 2 as they come."""
    bounds = f"{bound}|{bound}\\\\.0" if "." not in str(bound) else str(bound).replace(".", "\\\\.")
    return f'{metric}_bucket{{le=~"{bounds}"}}'


class Events:
    """A share of events that are slower than a bound."""

    def __init__(self, name, objective, what, metric, bound):
        self.name, self.objective, self.what = name, objective, what
        self.metric, self.bound = metric, bound

    def bad(self, window):
        return (
            f"1 - sum(rate({bucket(self.metric, self.bound)}[{window}])) / sum(rate({self.metric}_count[{window}]))"
        )

    def count(self, window):
        return f"sum(increase({self.metric}_count[{window}]))"


class Answers(Events):
    """The share of answers with 5xx."""

    def __init__(self, name, objective, what):
        super().__init__(name, objective, what, "onboard_http_requests_total", None)

    def bad(self, window):
        return (
            f'sum(rate(onboard_http_requests_total{{status="5xx"}}[{window}]))'
            f" / sum(rate(onboard_http_requests_total[{window}]))"
        )

    def count(self, window):
        return f"sum(increase(onboard_http_requests_total[{window}]))"


class Minutes(Events):
    """A share of time in which a condition holds that should not."""

    def __init__(self, name, objective, what, condition):
        super().__init__(name, objective, what, None, None)
        self.condition = condition

    def bad(self, window):
        return f'avg_over_time(slo:violated:bool{{slo="{self.name}"}}[{window}])'

    def count(self, window):
        # Minutes that were recorded.
        return f'count_over_time(slo:violated:bool{{slo="{self.name}"}}[{window}])'


OBJECTIVES = [
    Answers("api", 0.999, "answers without a status of 5xx"),
    Events("commands", 0.99, "commands within 1 s", "onboard_command_seconds", 1),
    Events("live", 0.99, "events on an open socket within 1 s of their commit", "onboard_event_to_socket_seconds", 1),
    Events("effects", 0.99, "effects within 500 ms of the event's commit", "onboard_event_to_effect_seconds", 0.5),
    Events("documents", 0.95, "documents read within 10 s of their upload", "onboard_document_total_seconds", 10),
    Events("kyc", 0.99, "identity checks decided within 10 s of the last document", "onboard_kyc_seconds", 10),
    Minutes("screening", 0.999, "minutes with every sanctions list checked within 36 h",
            "max(time() - onboard_watchlist_checked_timestamp_seconds) > bool 36 * 3600"),
    Minutes("nothing_lost", 0.9995, "minutes without a parked message and with an outbox younger than 60 s",
            "clamp_max((max(onboard_messages_parked_open) > bool 0)"
            " + (max(onboard_outbox_oldest_seconds) > bool 60), 1)"),
]

# Those that page: applicants notice them at once.
PAGES = {
    "api": ("ApiSloFastBurn", "Answers with 5xx use the error budget too fast"),
    "live": ("LiveSloFastBurn", "Events reach open pages too late"),
}


def burns(selector, factor, long, short):
    """Both windows are above the factor: the long one says that it matters, the short one that it goes on."""
    budget = f"on (slo) ({factor} * slo:budget:ratio)"
    return (
        f"(slo:bad:ratio_rate{long}{{{selector}}} > {budget}"
        f" and slo:bad:ratio_rate{short}{{{selector}}} > {budget})"
    )


def rules():
    """The groups of slo.yaml."""
    conditions = [
        {"record": "slo:violated:bool", "labels": {"slo": each.name}, "expr": each.condition}
        for each in OBJECTIVES
        if isinstance(each, Minutes)
    ]
    budgets = [
        {"record": "slo:budget:ratio", "labels": {"slo": each.name}, "expr": f"vector({round(1 - each.objective, 6)})"}
        for each in OBJECTIVES
    ]
    counts = [
        {"record": "slo:events:increase1h", "labels": {"slo": each.name}, "expr": each.count("1h")}
        for each in OBJECTIVES
    ]
    shares = [
        {"record": f"slo:bad:ratio_rate{window}", "labels": {"slo": each.name}, "expr": each.bad(window)}
        for window in WINDOWS
        for each in OBJECTIVES
    ]
    period = [
        {"record": f"slo:bad:ratio_rate{PERIOD}", "labels": {"slo": each.name}, "expr": each.bad(PERIOD)}
        for each in OBJECTIVES
    ]
    enough = f"and on (slo) slo:events:increase1h >= {FEWEST}"
    alerts = [
        {
            "alert": alert,
            "expr": f'({burns(f"""slo="{name}" """.strip(), 14.4, "1h", "5m")}'
            f' or {burns(f"""slo="{name}" """.strip(), 6, "6h", "30m")}) {enough}',
            "for": "2m",
            "labels": {"severity": "page"},
            "annotations": {
                "summary": summary + ": {{ $value | humanizePercentage }} bad",
                "runbook_url": f"docs/runbooks.md#{alert.lower()}",
            },
        }
        for name, (alert, summary) in PAGES.items()
    ]
    alerts.append({
        "alert": "SloSlowBurn",
        "expr": f'{burns("", 3, "1d", "2h")} or {burns("", 1, "3d", "6h")}',
        "for": "15m",
        "labels": {"severity": "ticket"},
        "annotations": {
            "summary": "The objective {{ $labels.slo }} uses its budget too fast: {{ $value | humanizePercentage }} bad",
            "runbook_url": "docs/runbooks.md#sloslowburn",
        },
    })
    return [
        {"name": "onboard-slo-conditions", "interval": "1m", "rules": conditions + budgets + counts},
        {"name": "onboard-slo-shares", "interval": "1m", "rules": shares},
        {"name": "onboard-slo-period", "interval": "10m", "rules": period},
        {"name": "onboard-slo-alerts", "rules": alerts},
    ]
