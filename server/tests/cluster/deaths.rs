//! The server is killed, during an outage of brokers or without one.

use std::time::{Duration, Instant};

use server::store::Table;

use super::applicants::Applicants;
use super::brokers;
use super::support::{Person, eventually};
use super::trial::{Running, Trial};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the cluster: make test-cluster"]
async fn program_killed_during_an_outage_loses_no_event() {
    let Running { trial, program, applicants } = Trial::running().await;

    brokers::broker("kill", 1).await;
    brokers::broker("kill", 2).await;
    applicants.expect_answers(20).await;
    applicants.tolerate_outage();
    program.kill().await;
    let program = trial.program().await;
    applicants.continue_at(&program.base);
    applicants.expect_answers(20).await;
    brokers::start(&[1, 2], false).await;
    applicants.expect_answers(20).await;

    trial.verify(applicants).await;
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
    trial.expect_consumption(&web).await;
    let applicants = Applicants::start(&web.base, true).await;
    applicants.expect_answers(10).await;

    for _ in 0..3 {
        consumers.kill().await;
        applicants.expect_answers(10).await;
        let started = Instant::now();
        consumers = trial.program_as("consumers", &consuming).await;
        let ready = started.elapsed();
        // The event is new, so it was neither delivered before nor waiting.
        let ingrid = Person::known(web.base.clone()).await;
        let created = Instant::now();
        let customer = ingrid.customer().to_string();
        eventually("a new event is handled", async || {
            let rows = trial.behind.rows(Table::KafkaEvents).await;
            let own = rows.into_iter().find(|row| row["customerId"].as_s().unwrap() == &customer)?;
            own.contains_key("handledAt").then_some(())
        })
        .await;
        let milliseconds = |time: Duration| time.as_millis();
        println!(
            "consumers killed and restarted: ready after {} ms; first new event handled {} ms later",
            milliseconds(ready),
            milliseconds(created.elapsed())
        );
    }
    trial.verify(applicants).await;
    web.kill().await;
    consumers.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the cluster: make test-cluster"]
async fn second_process_with_the_same_group_instance_id_ends_the_first() {
    let trial = Trial::start(&[]).await;
    let first = trial.program().await;
    trial.expect_consumption(&first).await;
    let second = trial.program_as("second", &[]).await;
    let status = first.ended().await;
    assert_eq!(status.code(), Some(1));
    trial.log.expect(&["onboard-ai:", "another process has the same kafka.group_instance_id"]).await;
    trial.expect_consumption(&second).await;
    second.kill().await;
}
