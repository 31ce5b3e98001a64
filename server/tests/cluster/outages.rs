//! Brokers that go away: in good order, at once, too many of them, or only seemingly.

use std::time::Duration;

use super::brokers::{self, address};
use super::support::eventually;
use super::trial::{Running, Trial};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the cluster: make test-cluster"]
async fn broker_restart_interrupts_no_request() {
    let running = Trial::begin().await;
    let Running { trial, crowd, .. } = &running;

    let gone = trial.leader().await;
    brokers::broker("stop", gone).await;
    crowd.goes_on(40).await;
    brokers::start(&[gone], false).await;
    crowd.goes_on(20).await;

    let trial = running.end().await;
    // It gives its partitions away before it goes: who hears of that in time does not miss it, and has nothing to say. Of this one:
    // on a busy machine another may fail to answer for a moment, too.
    if trial.log.says_at_most_once(&["broker unreachable", &address(gone)]) {
        trial.log.says(&["INFO", "broker reachable again after", &address(gone)]).await;
        trial.log.said_once(&["broker reachable again after", &address(gone)]);
    }
    trial.log.never_said(&["kafka unreachable"]);
    trial.log.never_said(&["publication failing"]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the cluster: make test-cluster"]
async fn killed_leader_loses_no_event() {
    let running = Trial::begin().await;
    let Running { trial, crowd, .. } = &running;

    // Twice, since the second time it is another.
    for _ in 0..2 {
        let leader = trial.leader().await;
        brokers::broker("kill", leader).await;
        trial.log.says(&["WARN", "broker unreachable", &address(leader)]).await;
        crowd.goes_on(40).await;
        eventually("another leads", async || (trial.leader().await != leader).then_some(())).await;
        crowd.goes_on(10).await;
        brokers::start(&[leader], false).await;
        trial.log.says(&["INFO", "broker reachable again after", &address(leader)]).await;
        crowd.goes_on(20).await;
    }
    let trial = running.end().await;
    trial.log.never_said(&["kafka unreachable"]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the cluster: make test-cluster"]
async fn requests_are_answered_without_a_quorum() {
    let running = Trial::begin().await;
    let Running { crowd, .. } = &running;

    brokers::broker("kill", 1).await;
    brokers::broker("kill", 2).await;
    // Longer than an event may wait for its acknowledgement, and than consumers may be silent.
    crowd.goes_on_for(Duration::from_secs(20)).await;
    brokers::start(&[1, 2], false).await;
    crowd.goes_on(20).await;

    let trial = running.end().await;
    for gone in [1, 2] {
        trial.log.says(&["broker reachable again after", &address(gone)]).await;
        // One that is back may be silent once more while they vote: that is another outage, and as long as one lasts it is told once.
        trial.log.said_in_turn(["broker unreachable", "broker reachable again after"], &address(gone));
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the cluster: make test-cluster"]
async fn outage_of_all_brokers_is_logged_once() {
    let running = Trial::begin().await;
    let Running { trial, crowd, .. } = &running;

    for number in brokers::ALL {
        brokers::broker("kill", number).await;
    }
    trial.log.says(&["ERROR", "kafka unreachable"]).await;
    crowd.goes_on_for(Duration::from_secs(15)).await;
    brokers::start(&brokers::ALL, false).await;
    trial.log.says(&["INFO", "kafka reachable again after"]).await;

    let trial = running.end().await;
    trial.log.said_once(&["kafka unreachable"]);
    trial.log.said_once(&["kafka reachable again after"]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the cluster: make test-cluster"]
async fn hanging_broker_is_logged_once() {
    let running = Trial::begin().await;
    let Running { trial, crowd, .. } = &running;

    let hung = trial.leader().await;
    brokers::broker("pause", hung).await;
    // Longer than any request may take, and than an event may wait for its acknowledgement.
    crowd.goes_on_for(Duration::from_secs(25)).await;
    brokers::broker("resume", hung).await;
    brokers::start(&[hung], false).await;
    crowd.goes_on(20).await;

    let trial = running.end().await;
    trial.log.said_once(&["broker unreachable", &address(hung)]);
    trial.log.says(&["broker reachable again after", &address(hung)]).await;
}
