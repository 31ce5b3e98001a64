//! Which incidents are open, since when, and which clients report them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::{Duration, Instant};

use rdkafka::statistics::Statistics;

use super::cause::{Cause, ErrorReport};
use super::stall::Stall;

/// For so long no event of a topic may fail before its incident is resolved. Longer than an event takes to fail again:
/// in the outage of a part of the cluster, and for a while after it, some events are acknowledged while others time out.
const ACKNOWLEDGED_FOR: Duration = Duration::from_secs(30);

/// A change that is logged.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Transition {
    /// An incident opened. `explained` where an incident that is open already is its cause: it is counted, not logged.
    Opened { report: ErrorReport, explained: bool },
    /// An incident is over. `explained` where its opening was not logged either.
    Resolved { cause: Cause, after: Duration, explained: bool },
}

impl Transition {
    pub(super) const fn cause(&self) -> &Cause {
        match self {
            Self::Opened { report, .. } => &report.cause,
            Self::Resolved { cause, .. } => cause,
        }
    }
}

/// The errors that one client reports.
#[derive(Debug, Default)]
struct Client {
    /// Errors of a connection, by librdkafka's name for it.
    connections: HashMap<String, Cause>,
    /// All other errors.
    others: HashSet<Cause>,
    /// The brokers that it knows, `host:port`.
    brokers: HashSet<String>,
}

/// An incident that is not resolved.
#[derive(Debug)]
struct OpenIncident {
    began: Instant,
    /// The newest report.
    reported: Instant,
    explained: bool,
}

/// The incidents that all clients report.
#[derive(Debug, Default)]
pub(super) struct IncidentTracker {
    next: u64,
    clients: HashMap<u64, Client>,
    open: BTreeMap<Cause, OpenIncident>,
    /// When the newest connection to each broker was made.
    connected: HashMap<String, Instant>,
}

impl IncidentTracker {
    /// The number of a new client.
    pub(super) fn register(&mut self) -> u64 {
        self.next += 1;
        self.clients.insert(self.next, Client::default());
        self.next
    }

    /// Withdraws the reports of a client that is gone.
    pub(super) fn unregister(&mut self, id: u64, now: Instant) -> Vec<Transition> {
        self.clients.remove(&id);
        // Without any client there is no sign of a recovery.
        if self.clients.is_empty() {
            self.open.clear();
        }
        self.resolve_cleared(now)
    }

    pub(super) fn report_error(&mut self, id: u64, report: ErrorReport, now: Instant) -> Vec<Transition> {
        let cause = report.cause.clone();
        if let Some(client) = self.clients.get_mut(&id) {
            match &report.connection {
                Some(connection) => drop(client.connections.insert(connection.clone(), cause.clone())),
                None => drop(client.others.insert(cause.clone())),
            }
        }
        // Unacknowledged events are a consequence where no broker can be reached.
        let explained = match cause {
            Cause::Unreachable => self.open.keys().any(Cause::explains_outage),
            Cause::Unacknowledged(_) => {
                self.open.keys().any(|open| *open == Cause::Unreachable || open.explains_outage())
            }
            _ => false,
        };
        if let Some(open) = self.open.get_mut(&cause) {
            open.reported = now;
            return Vec::new();
        }
        self.open.insert(cause, OpenIncident { began: now, reported: now, explained });
        vec![Transition::Opened { report, explained }]
    }

    /// The client's work succeeds: on `topic`, or on everything in its scope.
    pub(super) fn report_success(&mut self, id: u64, topic: Option<&str>, now: Instant) -> Vec<Transition> {
        let Some(client) = self.clients.get_mut(&id) else { return Vec::new() };
        let before = client.others.len();
        client.others.retain(|cause| match (cause, topic) {
            // Other partitions are read meanwhile.
            (Cause::Unreachable | Cause::Unreadable(..), _) => true,
            (
                Cause::TopicMissing(of) | Cause::TopicForbidden(of) | Cause::Unacknowledged(of) | Cause::Other(_, of),
                Some(topic),
            ) => of != topic,
            _ => false,
        });
        if client.others.len() == before { Vec::new() } else { self.resolve_cleared(now) }
    }

    /// The partitions of `topic` that stand still for the client now.
    pub(super) fn report_stalls(&mut self, id: u64, topic: &str, stalls: Vec<Stall>, now: Instant) -> Vec<Transition> {
        let Some(client) = self.clients.get_mut(&id) else { return Vec::new() };
        client.others.retain(|cause| match cause {
            Cause::Unreadable(_, partition) => stalls.iter().any(|stall| stall.partition == *partition),
            _ => true,
        });
        let mut transitions = Vec::new();
        for Stall { partition, reason } in stalls {
            let cause = Cause::Unreadable(topic.to_owned(), partition);
            let report = ErrorReport { cause, connection: None, broker: None, reason };
            transitions.extend(self.report_error(id, report, now));
        }
        transitions.extend(self.resolve_cleared(now));
        transitions
    }

    /// Takes librdkafka's statistics of the client's connections.
    pub(super) fn observe(&mut self, id: u64, statistics: &Statistics, now: Instant) -> Vec<Transition> {
        let Some(client) = self.clients.get_mut(&id) else { return Vec::new() };
        // A connection that is not in use (INIT), or is gone, is no incident.
        client.connections.retain(|name, _| {
            statistics.brokers.get(name).is_some_and(|broker| !is_up(&broker.state) && broker.state != "INIT")
        });
        client.brokers = statistics.brokers.values().map(|broker| broker.nodename.clone()).collect();
        for broker in statistics.brokers.values().filter(|broker| is_up(&broker.state)) {
            client.others.remove(&Cause::Unreachable);
            let age = Duration::from_micros(broker.stateage.try_into().unwrap_or_default());
            let Some(since) = now.checked_sub(age) else { continue };
            let connected = self.connected.entry(broker.nodename.clone()).or_insert(since);
            *connected = since.max(*connected);
        }
        self.resolve_cleared(now)
    }

    /// The labels of the open incidents, each once, in alphabetical order.
    pub(super) fn labels(&self) -> Vec<&'static str> {
        self.open.keys().map(Cause::label).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// How many incidents of this kind are open.
    pub(super) fn count(&self, cause: &Cause) -> usize {
        self.open.keys().filter(|open| open.label() == cause.label()).count()
    }

    /// Resolves incidents that no client reports any more. An incident about connections also needs a newer connection,
    /// and one about acknowledgements a time without failures.
    fn resolve_cleared(&mut self, now: Instant) -> Vec<Transition> {
        let over: Vec<Cause> =
            self.open
                .iter()
                .filter(|(cause, open)| {
                    let complained = self.clients.values().any(|client| {
                        client.others.contains(cause) || client.connections.values().any(|of| of == *cause)
                    });
                    !complained
                        && match cause {
                            Cause::Unacknowledged(_) => now.duration_since(open.reported) >= ACKNOWLEDGED_FOR,
                            _ => !cause.is_about_connections() || self.has_recovered(cause, open.began),
                        }
                })
                .map(|(cause, _)| cause.clone())
                .collect();
        over.into_iter()
            .filter_map(|cause| {
                let OpenIncident { began, explained, .. } = self.open.remove(&cause)?;
                // The end of a whole outage is always logged.
                let explained = explained && cause != Cause::Unreachable;
                Some(Transition::Resolved { cause, after: now.saturating_duration_since(began), explained })
            })
            .collect()
    }

    fn has_recovered(&self, cause: &Cause, began: Instant) -> bool {
        let connected = |broker: &String| self.connected.get(broker).is_some_and(|since| *since > began);
        match cause {
            Cause::Broker(broker) | Cause::Name(broker) | Cause::Certificate(broker) | Cause::Tls(broker) => {
                // A broker that no client knows any more has left the cluster.
                connected(broker) || !self.clients.values().any(|client| client.brokers.contains(broker))
            }
            _ => self.connected.keys().any(connected),
        }
    }
}

/// Whether requests go over a connection in this state.
pub(super) fn is_up(state: &str) -> bool {
    matches!(state, "UP" | "UPDATE" | "REAUTH")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use rdkafka::types::RDKafkaErrorCode;

    use super::super::cause::ClientScope;
    use super::*;

    fn report(code: RDKafkaErrorCode, text: &str) -> ErrorReport {
        Cause::of(code, text, &ClientScope { topic: "topic".into(), group: "group".into() }).unwrap()
    }

    fn refused(broker: &str) -> ErrorReport {
        report(RDKafkaErrorCode::BrokerTransportFailure, &format!("{broker}/1: Connection refused"))
    }

    /// Connections by broker: state, and for how many seconds.
    fn statistics(brokers: &[(&str, &str, i64)]) -> Statistics {
        let brokers = brokers
            .iter()
            .map(|(broker, state, seconds)| {
                let broker = rdkafka::statistics::Broker {
                    name: format!("{broker}/1"),
                    nodename: (*broker).to_owned(),
                    state: (*state).to_owned(),
                    stateage: seconds * 1_000_000,
                    ..Default::default()
                };
                (broker.name.clone(), broker)
            })
            .collect();
        Statistics { brokers, ..Statistics::default() }
    }

    fn logged(transitions: Vec<Transition>) -> Vec<(Cause, Option<u64>)> {
        transitions
            .into_iter()
            .filter_map(|transition| match transition {
                Transition::Opened { explained: true, .. } | Transition::Resolved { explained: true, .. } => None,
                Transition::Opened { report, .. } => Some((report.cause, None)),
                Transition::Resolved { cause, after, .. } => Some((cause, Some(after.as_secs()))),
            })
            .collect()
    }

    #[test]
    fn incident_of_several_clients_is_logged_once() {
        let (mut tracker, start) = (IncidentTracker::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let (one, other) = (tracker.register(), tracker.register());
        let cause = Cause::Broker("a:1".into());
        assert_eq!(logged(tracker.report_error(one, refused("a:1"), at(100))), [(cause.clone(), None)]);
        assert_eq!(tracker.report_error(one, refused("a:1"), at(101)), []);
        assert_eq!(tracker.report_error(other, refused("a:1"), at(102)), []);
        assert_eq!(tracker.count(&cause), 1);
        // One client is connected again, the other is not.
        assert_eq!(tracker.observe(one, &statistics(&[("a:1", "UP", 1)]), at(111)), []);
        assert_eq!(tracker.observe(other, &statistics(&[("a:1", "TRY_CONNECT", 1)]), at(111)), []);
        assert_eq!(
            logged(tracker.observe(other, &statistics(&[("a:1", "UP", 0)]), at(112))),
            [(cause.clone(), Some(12))]
        );
        assert_eq!(tracker.count(&cause), 0);
        assert_eq!(logged(tracker.report_error(one, refused("a:1"), at(113))).len(), 1, "a new incident");
    }

    #[test]
    fn older_connection_does_not_resolve_incident() {
        let (mut tracker, start) = (IncidentTracker::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let (one, other) = (tracker.register(), tracker.register());
        let wrong = report(RDKafkaErrorCode::Authentication, "a:1/1: SASL authentication error");
        assert_eq!(logged(tracker.report_error(one, wrong, at(100))), [(Cause::Credentials, None)]);
        // The other client is connected since before the password was changed.
        assert_eq!(tracker.observe(other, &statistics(&[("a:1", "UP", 60)]), at(101)), []);
        // An unused connection is no sign of recovery either.
        assert_eq!(tracker.observe(one, &statistics(&[("a:1", "INIT", 1)]), at(102)), []);
        let over = tracker.observe(one, &statistics(&[("a:1", "UP", 1)]), at(105));
        assert_eq!(logged(over), [(Cause::Credentials, Some(5))]);
    }

    #[test]
    fn outage_with_known_cause_is_logged_by_its_cause() {
        let (mut tracker, start) = (IncidentTracker::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let one = tracker.register();
        let wrong = report(RDKafkaErrorCode::Authentication, "a:1/1: SASL authentication error");
        tracker.report_error(one, wrong, at(100));
        let away = || report(RDKafkaErrorCode::AllBrokersDown, "1/1 brokers are down");
        assert_eq!(logged(tracker.report_error(one, away(), at(100))), []);
        assert_eq!(tracker.count(&Cause::Unreachable), 1);
        let unacknowledged = report(RDKafkaErrorCode::MessageTimedOut, "timed out");
        assert_eq!(logged(tracker.report_error(one, unacknowledged, at(101))), []);
        let over = logged(tracker.observe(one, &statistics(&[("a:1", "UP", 0)]), at(107)));
        assert_eq!(over, [(Cause::Unreachable, Some(7)), (Cause::Credentials, Some(7))]);
        tracker.report_success(one, Some("topic"), at(108));
        let over = logged(tracker.observe(one, &statistics(&[("a:1", "UP", 30)]), at(137)));
        assert_eq!(over, [], "neither its opening nor its end is logged");
        assert_eq!(tracker.open.len(), 0);
        assert_eq!(
            logged(tracker.report_error(one, away(), at(110))),
            [(Cause::Unreachable, None)],
            "without a known cause"
        );
    }

    #[test]
    fn topic_incident_is_resolved_by_success_on_the_topic() {
        let (mut tracker, now) = (IncidentTracker::default(), Instant::now());
        let (publisher, consumer) = (tracker.register(), tracker.register());
        let forbidden = || report(RDKafkaErrorCode::TopicAuthorizationFailed, "no");
        let cause = Cause::TopicForbidden("topic".into());
        assert_eq!(logged(tracker.report_error(publisher, forbidden(), now)).len(), 1);
        assert_eq!(tracker.report_success(consumer, None, now), [], "read access does not prove write access");
        assert_eq!(tracker.report_success(publisher, Some("another"), now), []);
        assert_eq!(
            tracker.observe(publisher, &statistics(&[("a:1", "UP", 0)]), now),
            [],
            "a connection does not prove access"
        );
        assert_eq!(logged(tracker.report_success(publisher, Some("topic"), now)), [(cause, Some(0))]);
    }

    #[test]
    fn unreadable_partition_is_one_incident_until_it_moves_on() {
        let (mut tracker, start) = (IncidentTracker::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let one = tracker.register();
        let stall = || vec![Stall { partition: 2, reason: "it stands".into() }];
        let cause = Cause::Unreadable("topic".into(), 2);
        assert_eq!(logged(tracker.report_stalls(one, "topic", stall(), at(100))), [(cause.clone(), None)]);
        assert_eq!(tracker.labels(), ["unreadable"]);
        assert_eq!(tracker.report_success(one, None, at(101)), [], "other partitions are read");
        assert_eq!(tracker.report_stalls(one, "topic", stall(), at(102)), []);
        assert_eq!(tracker.observe(one, &statistics(&[("a:1", "UP", 60)]), at(103)), []);
        assert_eq!(logged(tracker.report_stalls(one, "topic", Vec::new(), at(110))), [(cause, Some(10))]);
        assert_eq!(tracker.labels(), [""; 0]);
    }

    #[test]
    fn unacknowledged_events_between_acknowledged_ones_are_one_incident() {
        let (mut tracker, start) = (IncidentTracker::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let one = tracker.register();
        let up = || statistics(&[("a:1", "UP", 60)]);
        let timed_out = || report(RDKafkaErrorCode::MessageTimedOut, "timed out");
        let cause = Cause::Unacknowledged("topic".into());
        assert_eq!(logged(tracker.report_error(one, timed_out(), at(100))), [(cause.clone(), None)]);
        assert_eq!(tracker.report_success(one, Some("topic"), at(101)), []);
        assert_eq!(tracker.report_error(one, timed_out(), at(110)), []);
        assert_eq!(tracker.observe(one, &up(), at(141)), [], "nothing was acknowledged since");
        assert_eq!(logged(tracker.report_success(one, Some("topic"), at(142))), [(cause.clone(), Some(42))]);
        // Without traffic the statistics resolve it.
        tracker.report_error(one, timed_out(), at(200));
        assert_eq!(tracker.report_success(one, Some("topic"), at(201)), []);
        assert_eq!(tracker.observe(one, &up(), at(229)), []);
        assert_eq!(logged(tracker.observe(one, &up(), at(230))), [(cause, Some(30))]);
    }

    #[test]
    fn removed_broker_and_dropped_client_resolve_their_incidents() {
        let (mut tracker, start) = (IncidentTracker::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let (one, other) = (tracker.register(), tracker.register());
        tracker.report_error(one, refused("a:1"), at(100));
        let over = tracker.observe(one, &statistics(&[("b:1", "UP", 50)]), at(103));
        assert_eq!(logged(over), [(Cause::Broker("a:1".into()), Some(3))]);
        let forbidden = report(RDKafkaErrorCode::GroupAuthorizationFailed, "no");
        tracker.report_error(other, forbidden, at(104));
        assert_eq!(logged(tracker.unregister(other, at(105))), [(Cause::GroupForbidden("group".into()), Some(1))]);
    }
}
