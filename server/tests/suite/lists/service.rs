//! Lists from a publisher: requests, refusals, acceptance, and several processes.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::watchlist::Source;
use serde_json::Value;
use server::store::{ACCEPTED, LISTS, verify_chain};
use server::watchlists::Checked;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::super::command_line::{both, refused, run};
use super::super::support::eventually;
use super::{PEOPLE, Publisher, Reply, Service, readiness, server, status, un, until_fresh, whole};

#[tokio::test(flavor = "multi_thread")]
async fn shrunk_issue_is_compared_accepted_and_audited() {
    let publisher = Publisher::start(Reply::List(whole())).await;
    let (server, environment) = server(&publisher).await;
    until_fresh(&server).await;
    assert!(refused(&environment, &["lists", "accept", "UN", "--by", "Keller"]).await.contains("no issue of UN"));

    publisher.say([Reply::List(un("2026-11-21", &[PEOPLE[0], ("QDi.902", "KNOWN NOBODY", "1951-02-03")]))]);
    assert_eq!(run(&environment, &["lists", "fetch"]).await.code, Some(1));
    let (text, json) = both(&environment, &["lists", "diff", "UN"]).await;
    assert!(text.contains("refused: 0 added, 1 changed, 2 removed"), "{text}");
    let removed: Vec<&str> =
        json["removed"].as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap()).collect();
    assert_eq!((removed, &json["changed"][0]["name"]), (vec!["QDi.903", "QDi.904"], &"KNOWN NOBODY".into()));

    let other = refused(&environment, &["lists", "accept", "UN", "--by", "Keller", "--sha256", "0000"]).await;
    assert!(other.contains("another one"), "{other}");
    assert_eq!(run(&environment, &["lists", "accept", "UN"]).await.code, Some(2), "nobody accepts it");
    let accepted = run(&environment, &["lists", "accept", "UN", "--by", "M. Keller", "--json"]).await;
    assert_eq!(accepted.code, Some(0), "{}", accepted.err);
    let list = status(&environment).await;
    assert_eq!((&list["cause"], &list["inUse"]["entries"]), (&Value::Null, &2.into()), "{list}");
    let last = list["history"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["what"], &last["by"], &last["removed"]), (&"accepted".into(), &"M. Keller".into(), &2.into()));

    let audit = server.behind().await.store().audit_log(LISTS).await.unwrap();
    assert!(audit.len() == 1 && audit[0].topic == ACCEPTED && verify_chain(&audit), "{audit:?}");
    let detail: Value = serde_json::from_str(audit[0].detail.as_deref().unwrap()).unwrap();
    assert_eq!((&detail["by"], &detail["cause"]), (&"M. Keller".into(), &"shrunk".into()));
    assert_eq!(detail["sha256"], list["inUse"]["sha256"]);

    // Without settings of lists, as on a machine for commands only, the stored states are shown all the same.
    let (text, _) = both(&server.environment(), &["lists", "status"]).await;
    assert!(text.contains("fresh") && text.contains("/list"), "{text}");
    assert!(refused(&server.environment(), &["lists", "fetch"]).await.contains("is off"));

    // The publisher still has it: no second refusal.
    assert_eq!(run(&environment, &["lists", "fetch", "UN"]).await.code, Some(0));
    let (text, _) = both(&environment, &["lists", "diff", "UN"]).await;
    assert!(text.contains("in use: 0 added, 1 changed, 2 removed"), "{text}");
    assert!(refused(&environment, &["lists", "fetch", "EU"]).await.contains("EU is off"));
    assert_eq!(run(&environment, &["lists", "fetch", "NOWHERE"]).await.code, Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn list_survives_a_restart_while_its_publisher_is_away() {
    let publisher = Publisher::start(Reply::List(whole())).await;
    let (server, environment) = server(&publisher).await;
    until_fresh(&server).await;
    publisher.say([Reply::Status(503)]);
    let server = server.restart().await;
    let (status_code, ready) = readiness(&server).await;
    assert_eq!((status_code, &ready["lists"]["UN"]["state"]), (200, &"fresh".into()), "{ready}");
    assert_eq!(status(&environment).await["inUse"]["entries"], 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn unchanged_list_is_a_check_without_a_download() {
    let publisher = Publisher::start(Reply::List(whole())).await;
    let service = Service::start().await;
    let keeper = service.keeper(&format!("watchlist.un = '{}'", publisher.url()));
    let taken = keeper.check(Source::Un).await.unwrap();
    assert!(matches!(&taken, Checked::Taken { changes, .. } if changes.added.len() == 4), "{taken:?}");
    assert!(!publisher.requests()[0].contains("if-none-match"));

    service.clock.set("2026-11-27T10:00:00Z");
    assert_eq!(keeper.check(Source::Un).await.unwrap(), Checked::Unchanged);
    assert!(publisher.requests()[1].contains("if-none-match"));
    let state = keeper.state(Source::Un).await.unwrap();
    assert_eq!(state.checked, Some("2026-11-27T10:00:00Z".parse().unwrap()));
    assert_eq!((state.history.len(), state.in_use.unwrap().origin.contains("token")), (1, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_bytes_are_fetched_again() {
    let publisher = Publisher::start(Reply::List(whole())).await;
    let service = Service::start().await;
    let settings = format!("watchlist.un = '{}'", publisher.url());
    let keeper = service.keeper(&settings);
    keeper.check(Source::Un).await.unwrap();
    std::fs::remove_dir_all(service.stack.data("documents").join("lists")).unwrap();
    let without = service.open(&settings).await;
    assert_eq!(without.health(jiff::Timestamp::now())[0].word(), "missing");
    assert_eq!(keeper.check(Source::Un).await.unwrap(), Checked::Unchanged);
    without.refresh().await.unwrap();
    assert!(without.health(jiff::Timestamp::now())[0].loaded);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_several_processes_checks_a_list_and_all_use_it() {
    let publisher = Publisher::start(Reply::List(whole())).await;
    let service = Service::start().await;
    let settings = format!("watchlist.un = '{}'", publisher.url());
    let stop = CancellationToken::new();
    let mut processes = Vec::new();
    for _ in 0..3 {
        let lists = service.open(&settings).await;
        processes.push((lists.clone(), tokio::spawn(lists.follow(Uuid::new_v4(), stop.clone()))));
    }
    for (lists, _) in &processes {
        eventually("the process uses the list", async || {
            lists.health(service.clock_now()).iter().all(|list| list.word() == "fresh").then_some(())
        })
        .await;
    }
    assert_eq!(publisher.requests().len(), 1);
    stop.cancel();
    for (_, task) in processes {
        tokio::time::timeout(Duration::from_secs(10), task).await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_tell_checks_refusals_and_changes() {
    let publisher = Publisher::start(Reply::List(whole())).await;
    let service = Service::start().await;
    server::telemetry::start(&service.settings("watchlist.sdn = 'none'"));
    let keeper = service.keeper(&format!("watchlist.un = '{}'", publisher.url()));
    let value = |series: &str| -> f64 {
        let text = server::telemetry::render();
        let line =
            text.lines().find(|line| line.starts_with(&format!("{series} "))).unwrap_or_else(|| panic!("{series}"));
        line.rsplit(' ').next().unwrap().parse().unwrap()
    };
    let series = [
        "onboard_watchlist_checks_total{outcome=\"taken\"}",
        "onboard_watchlist_checks_total{outcome=\"refused\"}",
        "onboard_watchlist_refusals_total{cause=\"no_date\"}",
        "onboard_watchlist_changes_total{change=\"added\"}",
    ];
    let before: BTreeMap<&str, f64> = series.iter().map(|series| (*series, value(series))).collect();
    keeper.check(Source::Un).await.unwrap();
    publisher.say([Reply::List(String::from_utf8(whole()).unwrap().replace("dateGenerated", "made").into_bytes())]);
    keeper.check(Source::Un).await.unwrap();
    // Other tests of this process may have counted too.
    for (series, more) in series.iter().zip([1.0, 1.0, 1.0, 4.0]) {
        assert!(value(series) >= before[series] + more, "{series}");
    }
}
