//! Who complains of what, and since when.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::{Duration, Instant};

use rdkafka::statistics::Statistics;

use super::cause::{Cause, Complaint};

/// What is worth telling.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum News {
    /// This was not so before. Quiet where something that was told already says why.
    Begun { complaint: Complaint, quiet: bool },
    /// This is over. Quiet where it was never told of.
    Over { cause: Cause, after: Duration, quiet: bool },
}

impl News {
    pub(super) const fn cause(&self) -> &Cause {
        match self {
            Self::Begun { complaint, .. } => &complaint.cause,
            Self::Over { cause, .. } => cause,
        }
    }
}

/// What one client complains of.
#[derive(Debug, Default)]
struct Client {
    /// Of a connection, by librdkafka's name for it.
    connections: HashMap<String, Cause>,
    /// Of anything else.
    others: HashSet<Cause>,
    /// The brokers that it knows, `host:port`.
    brokers: HashSet<String>,
}

/// A trouble that is not over.
#[derive(Debug)]
struct Open {
    began: Instant,
    quiet: bool,
}

/// The troubles of all clients.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    next: u64,
    clients: HashMap<u64, Client>,
    open: BTreeMap<Cause, Open>,
    /// When the youngest connection to each broker was made.
    connected: HashMap<String, Instant>,
}

impl Ledger {
    /// A number for a new client.
    pub(super) fn join(&mut self) -> u64 {
        self.next += 1;
        self.clients.insert(self.next, Client::default());
        self.next
    }

    /// A client is gone, and its complaints with it.
    pub(super) fn leave(&mut self, id: u64, now: Instant) -> Vec<News> {
        self.clients.remove(&id);
        // Without any client nobody can tell that something is over, or that it is not.
        if self.clients.is_empty() {
            self.open.clear();
        }
        self.settle(now)
    }

    pub(super) fn complain(&mut self, id: u64, complaint: Complaint, now: Instant) -> Vec<News> {
        let cause = complaint.cause.clone();
        if let Some(client) = self.clients.get_mut(&id) {
            match &complaint.connection {
                Some(connection) => drop(client.connections.insert(connection.clone(), cause.clone())),
                None => drop(client.others.insert(cause.clone())),
            }
        }
        // That events were not acknowledged in time is the consequence, where brokers cannot be reached.
        let known = match cause {
            Cause::Away => self.open.keys().any(Cause::explains_away),
            Cause::Unacknowledged(_) => self.open.keys().any(|open| *open == Cause::Away || open.explains_away()),
            _ => false,
        };
        if self.open.contains_key(&cause) {
            return Vec::new();
        }
        self.open.insert(cause, Open { began: now, quiet: known });
        vec![News::Begun { complaint, quiet: known }]
    }

    /// The client's work succeeds: on one topic, or on whatever it works on.
    pub(super) fn works(&mut self, id: u64, topic: Option<&str>, now: Instant) -> Vec<News> {
        let Some(client) = self.clients.get_mut(&id) else { return Vec::new() };
        let before = client.others.len();
        client.others.retain(|cause| match (cause, topic) {
            (Cause::Away, _) => true,
            (
                Cause::TopicMissing(of) | Cause::TopicForbidden(of) | Cause::Unacknowledged(of) | Cause::Other(_, of),
                Some(topic),
            ) => of != topic,
            _ => false,
        });
        if client.others.len() == before { Vec::new() } else { self.settle(now) }
    }

    /// What librdkafka knows of the client's connections.
    pub(super) fn look(&mut self, id: u64, statistics: &Statistics, now: Instant) -> Vec<News> {
        let Some(client) = self.clients.get_mut(&id) else { return Vec::new() };
        // One that is not wanted any more (INIT), or is not there any more, is no trouble.
        client.connections.retain(|name, _| {
            statistics.brokers.get(name).is_some_and(|broker| !is_up(&broker.state) && broker.state != "INIT")
        });
        client.brokers = statistics.brokers.values().map(|broker| broker.nodename.clone()).collect();
        for broker in statistics.brokers.values().filter(|broker| is_up(&broker.state)) {
            client.others.remove(&Cause::Away);
            let age = Duration::from_micros(broker.stateage.try_into().unwrap_or_default());
            let Some(since) = now.checked_sub(age) else { continue };
            let connected = self.connected.entry(broker.nodename.clone()).or_insert(since);
            *connected = since.max(*connected);
        }
        self.settle(now)
    }

    /// How many of this kind there are.
    pub(super) fn count(&self, cause: &Cause) -> usize {
        self.open.keys().filter(|open| open.label() == cause.label()).count()
    }

    /// Takes off what is over: nobody complains of it any more, and where it is about connections, one was made since.
    fn settle(&mut self, now: Instant) -> Vec<News> {
        let over: Vec<Cause> =
            self.open
                .iter()
                .filter(|(cause, open)| {
                    let complained = self.clients.values().any(|client| {
                        client.others.contains(cause) || client.connections.values().any(|of| of == *cause)
                    });
                    !complained && (!cause.is_of_connections() || self.has_recovered(cause, open.began))
                })
                .map(|(cause, _)| cause.clone())
                .collect();
        over.into_iter()
            .filter_map(|cause| {
                let Open { began, quiet } = self.open.remove(&cause)?;
                // That Kafka is back is said whatever kept it away.
                let quiet = quiet && cause != Cause::Away;
                Some(News::Over { cause, after: now.saturating_duration_since(began), quiet })
            })
            .collect()
    }

    fn has_recovered(&self, cause: &Cause, began: Instant) -> bool {
        let connected = |broker: &String| self.connected.get(broker).is_some_and(|since| *since > began);
        match cause {
            Cause::Broker(broker) | Cause::Name(broker) | Cause::Certificate(broker) | Cause::Tls(broker) => {
                // One that nobody knows any more has left the cluster.
                connected(broker) || !self.clients.values().any(|client| client.brokers.contains(broker))
            }
            _ => self.connected.keys().any(connected),
        }
    }
}

/// Whether requests go over a connection in this state.
fn is_up(state: &str) -> bool {
    matches!(state, "UP" | "UPDATE" | "REAUTH")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use rdkafka::types::RDKafkaErrorCode;

    use super::super::cause::Subject;
    use super::*;

    fn complaint(code: RDKafkaErrorCode, text: &str) -> Complaint {
        Cause::of(code, text, &Subject { topic: "topic".into(), group: "group".into() }).unwrap()
    }

    fn refused(broker: &str) -> Complaint {
        complaint(RDKafkaErrorCode::BrokerTransportFailure, &format!("{broker}/1: Connection refused"))
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

    fn told(news: Vec<News>) -> Vec<(Cause, Option<u64>)> {
        news.into_iter()
            .filter_map(|news| match news {
                News::Begun { quiet: true, .. } | News::Over { quiet: true, .. } => None,
                News::Begun { complaint, .. } => Some((complaint.cause, None)),
                News::Over { cause, after, .. } => Some((cause, Some(after.as_secs()))),
            })
            .collect()
    }

    #[test]
    fn each_trouble_is_told_once_whoever_complains_and_how_often() {
        let (mut ledger, start) = (Ledger::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let (one, other) = (ledger.join(), ledger.join());
        let cause = Cause::Broker("a:1".into());
        assert_eq!(told(ledger.complain(one, refused("a:1"), at(100))), [(cause.clone(), None)]);
        assert_eq!(ledger.complain(one, refused("a:1"), at(101)), []);
        assert_eq!(ledger.complain(other, refused("a:1"), at(102)), []);
        assert_eq!(ledger.count(&cause), 1);
        // One is through, the other not yet.
        assert_eq!(ledger.look(one, &statistics(&[("a:1", "UP", 1)]), at(111)), []);
        assert_eq!(ledger.look(other, &statistics(&[("a:1", "TRY_CONNECT", 1)]), at(111)), []);
        assert_eq!(told(ledger.look(other, &statistics(&[("a:1", "UP", 0)]), at(112))), [(cause.clone(), Some(12))]);
        assert_eq!(ledger.count(&cause), 0);
        assert_eq!(told(ledger.complain(one, refused("a:1"), at(113))).len(), 1, "again is news again");
    }

    #[test]
    fn a_connection_from_before_is_no_sign_of_recovery() {
        let (mut ledger, start) = (Ledger::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let (one, other) = (ledger.join(), ledger.join());
        let wrong = complaint(RDKafkaErrorCode::Authentication, "a:1/1: SASL authentication error");
        assert_eq!(told(ledger.complain(one, wrong, at(100))), [(Cause::Credentials, None)]);
        // The other is still connected from before the password was changed.
        assert_eq!(ledger.look(other, &statistics(&[("a:1", "UP", 60)]), at(101)), []);
        // Nor is that nobody wants the connection for the moment.
        assert_eq!(ledger.look(one, &statistics(&[("a:1", "INIT", 1)]), at(102)), []);
        let over = ledger.look(one, &statistics(&[("a:1", "UP", 1)]), at(105));
        assert_eq!(told(over), [(Cause::Credentials, Some(5))]);
    }

    #[test]
    fn an_outage_with_a_known_cause_is_told_by_the_cause() {
        let (mut ledger, start) = (Ledger::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let one = ledger.join();
        let wrong = complaint(RDKafkaErrorCode::Authentication, "a:1/1: SASL authentication error");
        ledger.complain(one, wrong, at(100));
        let away = || complaint(RDKafkaErrorCode::AllBrokersDown, "1/1 brokers are down");
        assert_eq!(told(ledger.complain(one, away(), at(100))), []);
        assert_eq!(ledger.count(&Cause::Away), 1);
        let unacknowledged = complaint(RDKafkaErrorCode::MessageTimedOut, "timed out");
        assert_eq!(told(ledger.complain(one, unacknowledged, at(101))), []);
        let over = told(ledger.look(one, &statistics(&[("a:1", "UP", 0)]), at(107)));
        assert_eq!(over, [(Cause::Away, Some(7)), (Cause::Credentials, Some(7))]);
        assert_eq!(told(ledger.works(one, Some("topic"), at(108))), [], "what was not told begun is not told over");
        assert_eq!(ledger.open.len(), 0);
        assert_eq!(told(ledger.complain(one, away(), at(110))), [(Cause::Away, None)], "without a known cause");
    }

    #[test]
    fn what_is_wrong_with_a_topic_is_over_when_it_works() {
        let (mut ledger, now) = (Ledger::default(), Instant::now());
        let (publisher, consumer) = (ledger.join(), ledger.join());
        let forbidden = || complaint(RDKafkaErrorCode::TopicAuthorizationFailed, "no");
        let cause = Cause::TopicForbidden("topic".into());
        assert_eq!(told(ledger.complain(publisher, forbidden(), now)).len(), 1);
        assert_eq!(ledger.works(consumer, None, now), [], "who may read may still not write");
        assert_eq!(ledger.works(publisher, Some("another"), now), []);
        assert_eq!(ledger.look(publisher, &statistics(&[("a:1", "UP", 0)]), now), [], "connected is not allowed");
        assert_eq!(told(ledger.works(publisher, Some("topic"), now)), [(cause, Some(0))]);
    }

    #[test]
    fn a_broker_that_has_left_and_a_client_that_has_gone_complain_no_more() {
        let (mut ledger, start) = (Ledger::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let (one, other) = (ledger.join(), ledger.join());
        ledger.complain(one, refused("a:1"), at(100));
        let over = ledger.look(one, &statistics(&[("b:1", "UP", 50)]), at(103));
        assert_eq!(told(over), [(Cause::Broker("a:1".into()), Some(3))]);
        let forbidden = complaint(RDKafkaErrorCode::GroupAuthorizationFailed, "no");
        ledger.complain(other, forbidden, at(104));
        assert_eq!(told(ledger.leave(other, at(105))), [(Cause::GroupForbidden("group".into()), Some(1))]);
    }
}
