//! The program is killed, while brokers are away or not.

use std::time::{Duration, Instant};

use server::store::Table;

use super::brokers;
use super::crowd::Crowd;
use super::support::{Person, eventually};
use super::trial::{Running, Trial};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the cluster: make test-cluster"]
async fn program_killed_during_an_outage_loses_no_event() {
    let Running { trial, program, crowd } = Trial::begin().await;

    brokers::broker("kill", 1).await;
    brokers::broker("kill", 2).await;
    crowd.goes_on(20).await;
    crowd.without_program();
    program.kill().await;
    let program = trial.program().await;
    crowd.with_program_at(&program.base);
    crowd.goes_on(20).await;
    brokers::start(&[1, 2], false).await;
    crowd.goes_on(20).await;

    trial.ends_well(crowd).await;
    program.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the cluster: make test-cluster"]
async fn killed_static_member_continues_after_restart() {
    let secret = ("ONBOARD_SECRET", "a secret that both of the processes share".to_owned());
    let trial = Trial::start(&[secret]).await;
    let roles = |roles: &str| ("ONBOARD_ROLES", roles.to_owned());
    let documents = ("ONBOARD_DOCUMENTS__FOLDER", trial.stack.data("documents").display().to_string());
    let web = trial.program_as("web", &[roles("[web, relay]"), documents.clone()]).await;
    let consuming = [roles("[consumers]"), documents];
    let mut consumers = trial.program_as("consumers", &consuming).await;
    trial.works(&web).await;
    let crowd = Crowd::start(&web.base, true).await;
    crowd.goes_on(10).await;

    for _ in 0..3 {
        consumers.kill().await;
        crowd.goes_on(10).await;
        let started = Instant::now();
        consumers = trial.program_as("consumers", &consuming).await;
        let ready = started.elapsed();
        // New, so neither delivered before nor waiting.
        let ingrid = Person::known(web.base.clone()).await;
        let asked = Instant::now();
        let customer = ingrid.customer().to_string();
        eventually("a new event is handled", async || {
            let rows = trial.behind.rows(Table::KafkaEvents).await;
            let own = rows.into_iter().find(|row| row["customerId"].as_s().unwrap() == &customer)?;
            own.contains_key("handledAt").then_some(())
        })
        .await;
        let milliseconds = |time: Duration| time.as_millis();
        println!(
            "consumers killed and started again: ready after {} ms; the first new event handled {} ms after that",
            milliseconds(ready),
            milliseconds(asked.elapsed())
        );
    }
    trial.ends_well(crowd).await;
    web.kill().await;
    consumers.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the cluster: make test-cluster"]
async fn second_program_of_the_same_name_ends_the_first() {
    let trial = Trial::start(&[]).await;
    let first = trial.program().await;
    trial.works(&first).await;
    let second = trial.program_as("second", &[]).await;
    let status = first.ended().await;
    assert_eq!(status.code(), Some(1));
    trial.log.says(&["onboard-ai:", "another process has the same kafka.group_instance_id"]).await;
    trial.works(&second).await;
    second.kill().await;
}
