//! Brokers that go away: in good order, at once, too many of them, or only seemingly.

use std::time::Duration;

use super::brokers::{self, address};
use super::crowd::Crowd;
use super::support::eventually;
use super::trial::Trial;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the cluster: make test-cluster"]
async fn a_broker_is_stopped_and_started_again() {
    let trial = Trial::start(&[]).await;
    let program = trial.program().await;
    trial.works(&program).await;
    let crowd = Crowd::start(&program.base, true).await;
    crowd.goes_on(10).await;

    let gone = trial.leader().await;
    brokers::broker("stop", gone).await;
    crowd.goes_on(40).await;
    brokers::start(&[gone], false).await;
    crowd.goes_on(20).await;

    trial.ends_well(crowd).await;
    // It gives its partitions away before it goes: who hears of that in time does not miss it, and has nothing to say. Of this one:
    // on a busy machine another may fail to answer for a moment, too.
    if trial.log.says_at_most_once(&["broker does not answer", &address(gone)]) {
        trial.log.says(&["INFO", "broker is back after", &address(gone)]).await;
        trial.log.said_once(&["broker is back after", &address(gone)]);
    }
    trial.log.never_said(&["no broker of kafka"]);
    trial.log.never_said(&["events wait in the outbox"]);
    program.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the cluster: make test-cluster"]
async fn the_leader_is_killed_in_the_middle_of_traffic() {
    let trial = Trial::start(&[]).await;
    let program = trial.program().await;
    trial.works(&program).await;
    let crowd = Crowd::start(&program.base, true).await;
    crowd.goes_on(10).await;

    // Twice, since the second time it is another.
    for _ in 0..2 {
        let leader = trial.leader().await;
        brokers::broker("kill", leader).await;
        trial.log.says(&["WARN", "broker does not answer", &address(leader)]).await;
        crowd.goes_on(40).await;
        eventually("another leads", async || (trial.leader().await != leader).then_some(())).await;
        crowd.goes_on(10).await;
        brokers::start(&[leader], false).await;
        trial.log.says(&["INFO", "broker is back after", &address(leader)]).await;
        crowd.goes_on(20).await;
    }
    trial.ends_well(crowd).await;
    trial.log.never_said(&["no broker of kafka"]);
    program.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the cluster: make test-cluster"]
async fn without_a_quorum_requests_are_answered_all_the_time() {
    let trial = Trial::start(&[]).await;
    let program = trial.program().await;
    trial.works(&program).await;
    let crowd = Crowd::start(&program.base, true).await;
    crowd.goes_on(10).await;

    brokers::broker("kill", 1).await;
    brokers::broker("kill", 2).await;
    // Longer than an event may wait for its acknowledgement, and than consumers may be silent.
    crowd.goes_on_for(Duration::from_secs(20)).await;
    brokers::start(&[1, 2], false).await;
    crowd.goes_on(20).await;

    trial.ends_well(crowd).await;
    for gone in [1, 2] {
        trial.log.says(&["broker is back after", &address(gone)]).await;
        // One that is back may be silent once more while they vote: that is another outage, and as long as one lasts it is told once.
        trial.log.said_in_turn(["broker does not answer", "broker is back after"], &address(gone));
    }
    program.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the cluster: make test-cluster"]
async fn all_brokers_are_killed() {
    let trial = Trial::start(&[]).await;
    let program = trial.program().await;
    trial.works(&program).await;
    let crowd = Crowd::start(&program.base, true).await;
    crowd.goes_on(10).await;

    for number in brokers::ALL {
        brokers::broker("kill", number).await;
    }
    trial.log.says(&["ERROR", "no broker of kafka can be reached"]).await;
    crowd.goes_on_for(Duration::from_secs(15)).await;
    brokers::start(&brokers::ALL, false).await;
    trial.log.says(&["INFO", "kafka is back after"]).await;

    trial.ends_well(crowd).await;
    trial.log.said_once(&["no broker of kafka can be reached"]);
    trial.log.said_once(&["kafka is back after"]);
    program.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the cluster: make test-cluster"]
async fn a_broker_hangs_and_goes_on() {
    let trial = Trial::start(&[]).await;
    let program = trial.program().await;
    trial.works(&program).await;
    let crowd = Crowd::start(&program.base, true).await;
    crowd.goes_on(10).await;

    let hung = trial.leader().await;
    brokers::broker("pause", hung).await;
    // Longer than any request may take, and than an event may wait for its acknowledgement.
    crowd.goes_on_for(Duration::from_secs(25)).await;
    brokers::broker("resume", hung).await;
    brokers::start(&[hung], false).await;
    crowd.goes_on(20).await;

    trial.ends_well(crowd).await;
    trial.log.said_once(&["broker does not answer", &address(hung)]);
    trial.log.says(&["broker is back after", &address(hung)]).await;
    program.kill().await;
}
