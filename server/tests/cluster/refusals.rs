//! Brokers that reject the server's credentials, and brokers whose certificates the server rejects.

use std::path::Path;

use tokio::process::Command;
use uuid::Uuid;

use super::applicants::Applicants;
use super::brokers::{self, address, cluster};
use super::trial::{Running, Trial};

/// A Kafka user that no other test uses.
fn user() -> String {
    format!("user-{}", Uuid::new_v4().simple())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the cluster: make test-cluster"]
async fn rejected_password_is_logged_once_and_recovers() {
    let user = user();
    let trial =
        Trial::start(&[("KAFKA_USERNAME", user.clone()), ("KAFKA_PASSWORD", "a secret that is right".to_owned())])
            .await;
    cluster(&["user", &user, "another secret"]).await;
    let program = trial.program().await;
    let applicants = Applicants::start(&program.base, true).await;
    let rejected = ["ERROR", "kafka credentials rejected", &user];
    trial.log.expect(&rejected).await;
    // Long enough for many failed attempts of many connections.
    applicants.expect_answers(60).await;

    cluster(&["user", &user, "a secret that is right"]).await;
    trial.log.expect(&["INFO", "kafka credentials accepted after"]).await;
    trial.verify(applicants).await;
    trial.log.assert_one(&rejected);
    trial.log.assert_one(&["kafka credentials accepted after"]);
    trial.log.assert_one(&["kafka reachable again after"]);
    trial.log.assert_none(&["kafka unreachable"]);
    trial.log.assert_none(&["a secret"]);
    program.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the cluster: make test-cluster"]
async fn changed_password_is_logged_once_and_recovers() {
    let user = user();
    let trial = Trial::start(&[("KAFKA_USERNAME", user.clone()), ("KAFKA_PASSWORD", "the old one".to_owned())]).await;
    cluster(&["user", &user, "the old one"]).await;
    let program = trial.program().await;
    trial.expect_consumption(&program).await;
    let applicants = Applicants::start(&program.base, true).await;

    cluster(&["user", &user, "the new one"]).await;
    // Kafka authenticates a connection once. The new password takes effect when the connection breaks.
    let broken = trial.leader().await;
    brokers::broker("kill", broken).await;
    brokers::start(&[broken], false).await;
    let rejected = ["ERROR", "kafka credentials rejected", &user];
    trial.log.expect(&rejected).await;
    applicants.expect_answers(60).await;

    cluster(&["user", &user, "the old one"]).await;
    trial.log.expect(&["INFO", "kafka credentials accepted after"]).await;
    trial.verify(applicants).await;
    trial.log.assert_one(&rejected);
    trial.log.assert_none(&["the old one"]);
    program.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the cluster: make test-cluster"]
async fn expired_certificates_are_logged_once_and_recover() {
    let running = Trial::running().await;
    let Running { trial, applicants, .. } = &running;

    for number in brokers::ALL {
        brokers::broker("kill", number).await;
    }
    brokers::start(&brokers::ALL, true).await;
    for number in brokers::ALL {
        trial
            .log
            .expect(&["ERROR", "kafka broker certificate rejected", &address(number), "it has expired, on 20"])
            .await;
    }
    applicants.expect_answers(60).await;

    for number in brokers::ALL {
        brokers::broker("kill", number).await;
    }
    brokers::start(&brokers::ALL, false).await;
    for number in brokers::ALL {
        trial.log.expect(&["INFO", "certificate accepted after", &address(number)]).await;
    }
    let trial = running.verify().await;
    for number in brokers::ALL {
        trial.log.assert_one(&["kafka broker certificate rejected", &address(number)]);
    }
    trial.log.assert_one(&["kafka reachable again after"]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the cluster: make test-cluster"]
async fn unknown_authority_is_logged_with_its_file() {
    let stranger = tempfile::tempdir().unwrap();
    let authority = stranger.path().join("authority.pem");
    make_authority(&authority).await;
    let trial = Trial::start(&[("ONBOARD_KAFKA__CA_FILE", authority.display().to_string())]).await;
    let program = trial.program().await;
    let applicants = Applicants::start(&program.base, false).await;
    let unknown = ["ERROR", "kafka broker certificate rejected", "no authority in", authority.to_str().unwrap()];
    trial.log.expect(&unknown).await;
    applicants.expect_answers(60).await;
    for number in brokers::ALL {
        trial.log.assert_one(&["kafka broker certificate rejected", "no authority in", &address(number)]);
    }
    applicants.tolerate_outage();
    program.kill().await;

    // With the right file the server publishes the events that wait.
    let right = ("ONBOARD_KAFKA__CA_FILE", super::stack::required_variable("ONBOARD_KAFKA__CA_FILE"));
    let program = trial.program_as("program", &[right]).await;
    applicants.continue_at(&program.base);
    trial.verify(applicants).await;
    program.kill().await;
}

/// Writes the certificate of an authority that signed none of the cluster's certificates.
async fn make_authority(file: &Path) {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"])
        .args(["-subj", "/CN=A stranger", "-keyout", "/dev/null", "-out"])
        .arg(file)
        .output()
        .await
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}
