//! Outages of brokers: orderly stops, crashes, a lost quorum, and a broker that hangs.

use std::time::Duration;

use super::brokers::{self, address};
use super::support::eventually;
use super::trial::{Running, Trial};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the cluster: make test-cluster"]
async fn broker_restart_interrupts_no_request() {
    let running = Trial::running().await;
    let Running { trial, applicants, .. } = &running;

    let stopped = trial.leader().await;
    brokers::broker("stop", stopped).await;
    applicants.expect_answers(40).await;
    brokers::start(&[stopped], false).await;
    applicants.expect_answers(20).await;

    let trial = running.verify().await;
    // A broker hands its partitions over before it stops. A client that learns of this in time logs nothing. Only the
    // stopped broker's lines are checked, because on a busy machine another one may briefly fail to answer, too.
    if trial.log.has_at_most_one(&["broker unreachable", &address(stopped)]) {
        trial.log.expect(&["INFO", "broker reachable again after", &address(stopped)]).await;
        trial.log.assert_one(&["broker reachable again after", &address(stopped)]);
    }
    trial.log.assert_none(&["kafka unreachable"]);
    trial.log.assert_none(&["publication failing"]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the cluster: make test-cluster"]
async fn killed_leader_loses_no_event() {
    let running = Trial::running().await;
    let Running { trial, applicants, .. } = &running;

    // Twice, because the second leader is another broker.
    for _ in 0..2 {
        let leader = trial.leader().await;
        brokers::broker("kill", leader).await;
        trial.log.expect(&["WARN", "broker unreachable", &address(leader)]).await;
        applicants.expect_answers(40).await;
        eventually("another broker leads", async || (trial.leader().await != leader).then_some(())).await;
        applicants.expect_answers(10).await;
        brokers::start(&[leader], false).await;
        trial.log.expect(&["INFO", "broker reachable again after", &address(leader)]).await;
        applicants.expect_answers(20).await;
    }
    let trial = running.verify().await;
    trial.log.assert_none(&["kafka unreachable"]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the cluster: make test-cluster"]
async fn requests_are_answered_without_a_quorum() {
    let running = Trial::running().await;
    let Running { applicants, .. } = &running;

    brokers::broker("kill", 1).await;
    brokers::broker("kill", 2).await;
    // Longer than the delivery timeout of an event and the session timeout of consumers.
    applicants.run_for(Duration::from_secs(20)).await;
    brokers::start(&[1, 2], false).await;
    applicants.expect_answers(20).await;

    let trial = running.verify().await;
    for killed in [1, 2] {
        trial.log.expect(&["broker reachable again after", &address(killed)]).await;
        // A restarted broker may be unreachable again during the election. That is a second incident.
        trial.log.assert_alternating(["broker unreachable", "broker reachable again after"], &address(killed));
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the cluster: make test-cluster"]
async fn outage_of_all_brokers_is_logged_once() {
    let running = Trial::running().await;
    let Running { trial, applicants, .. } = &running;

    for number in brokers::ALL {
        brokers::broker("kill", number).await;
    }
    trial.log.expect(&["ERROR", "kafka unreachable"]).await;
    applicants.run_for(Duration::from_secs(15)).await;
    brokers::start(&brokers::ALL, false).await;
    trial.log.expect(&["INFO", "kafka reachable again after"]).await;

    let trial = running.verify().await;
    trial.log.assert_one(&["kafka unreachable"]);
    trial.log.assert_one(&["kafka reachable again after"]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the cluster: make test-cluster"]
async fn hanging_broker_is_logged_once() {
    let running = Trial::running().await;
    let Running { trial, applicants, .. } = &running;

    let hung = trial.leader().await;
    brokers::broker("pause", hung).await;
    // Longer than the request timeout of the client and the delivery timeout of an event.
    applicants.run_for(Duration::from_secs(25)).await;
    brokers::broker("resume", hung).await;
    brokers::start(&[hung], false).await;
    applicants.expect_answers(20).await;

    let trial = running.verify().await;
    trial.log.assert_one(&["broker unreachable", &address(hung)]);
    trial.log.expect(&["broker reachable again after", &address(hung)]).await;
}
