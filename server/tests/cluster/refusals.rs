//! Brokers that are there and refuse, and brokers that are refused.

use std::path::Path;

use tokio::process::Command;
use uuid::Uuid;

use super::brokers::{self, address, cluster};
use super::crowd::Crowd;
use super::trial::{Running, Trial};

/// A user of the test's own, whom nobody else needs.
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
    let crowd = Crowd::start(&program.base, true).await;
    let refused = ["ERROR", "kafka credentials rejected", &user];
    trial.log.says(&refused).await;
    // Many attempts of many connections.
    crowd.goes_on(60).await;

    cluster(&["user", &user, "a secret that is right"]).await;
    trial.log.says(&["INFO", "kafka credentials accepted after"]).await;
    trial.ends_well(crowd).await;
    trial.log.said_once(&refused);
    trial.log.said_once(&["kafka credentials accepted after"]);
    trial.log.said_once(&["kafka reachable again after"]);
    trial.log.never_said(&["kafka unreachable"]);
    trial.log.never_said(&["a secret"]);
    program.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the cluster: make test-cluster"]
async fn changed_password_is_logged_once_and_recovers() {
    let user = user();
    let trial = Trial::start(&[("KAFKA_USERNAME", user.clone()), ("KAFKA_PASSWORD", "the old one".to_owned())]).await;
    cluster(&["user", &user, "the old one"]).await;
    let program = trial.program().await;
    trial.works(&program).await;
    let crowd = Crowd::start(&program.base, true).await;

    cluster(&["user", &user, "the new one"]).await;
    // Who is connected already is not asked again, until the connection breaks.
    let broken = trial.leader().await;
    brokers::broker("kill", broken).await;
    brokers::start(&[broken], false).await;
    let refused = ["ERROR", "kafka credentials rejected", &user];
    trial.log.says(&refused).await;
    crowd.goes_on(60).await;

    cluster(&["user", &user, "the old one"]).await;
    trial.log.says(&["INFO", "kafka credentials accepted after"]).await;
    trial.ends_well(crowd).await;
    trial.log.said_once(&refused);
    trial.log.never_said(&["the old one"]);
    program.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the cluster: make test-cluster"]
async fn expired_certificates_are_logged_once_and_recover() {
    let running = Trial::begin().await;
    let Running { trial, crowd, .. } = &running;

    for number in brokers::ALL {
        brokers::broker("kill", number).await;
    }
    brokers::start(&brokers::ALL, true).await;
    for number in brokers::ALL {
        trial
            .log
            .says(&["ERROR", "kafka broker certificate rejected", &address(number), "it has expired, on 20"])
            .await;
    }
    crowd.goes_on(60).await;

    for number in brokers::ALL {
        brokers::broker("kill", number).await;
    }
    brokers::start(&brokers::ALL, false).await;
    for number in brokers::ALL {
        trial.log.says(&["INFO", "certificate accepted after", &address(number)]).await;
    }
    let trial = running.end().await;
    for number in brokers::ALL {
        trial.log.said_once(&["kafka broker certificate rejected", &address(number)]);
    }
    trial.log.said_once(&["kafka reachable again after"]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the cluster: make test-cluster"]
async fn unknown_authority_is_logged_with_its_file() {
    let stranger = tempfile::tempdir().unwrap();
    let authority = stranger.path().join("authority.pem");
    make_authority(&authority).await;
    let trial = Trial::start(&[("ONBOARD_KAFKA__CA_FILE", authority.display().to_string())]).await;
    let program = trial.program().await;
    let crowd = Crowd::start(&program.base, false).await;
    let unknown = ["ERROR", "kafka broker certificate rejected", "no authority in", authority.to_str().unwrap()];
    trial.log.says(&unknown).await;
    crowd.goes_on(60).await;
    for number in brokers::ALL {
        trial.log.said_once(&["kafka broker certificate rejected", "no authority in", &address(number)]);
    }
    crowd.without_program();
    program.kill().await;

    // With the right file it takes up what is waiting.
    let right = ("ONBOARD_KAFKA__CA_FILE", super::stack::given("ONBOARD_KAFKA__CA_FILE"));
    let program = trial.program_as("program", &[right]).await;
    crowd.with_program_at(&program.base);
    trial.ends_well(crowd).await;
    program.kill().await;
}

/// An authority that has signed nothing here.
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
