//! What is not taken, and why.

use domain::event::KycStatus;
use domain::watchlist::{RefusalCause, Source};
use serde_json::Value;
use server::watchlists::Checked;
use specimens::Person as Shown;

use super::super::command_line::run;
use super::super::decisions::decided;
use super::super::support::{Person, eventually};
use super::{DAY, PEOPLE, Publisher, Reply, Service, readiness, server, status, un, until_fresh, whole};

fn cause(checked: &Checked) -> Option<RefusalCause> {
    match checked {
        Checked::Refused(refusal) | Checked::Failed(refusal) => Some(refusal.cause),
        Checked::Taken { .. } | Checked::Unchanged => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_issue_keeps_the_list_in_use_and_names_its_cause() {
    let publisher = Publisher::start(Reply::List(whole())).await;
    let (server, environment) = server(&publisher).await;
    until_fresh(&server).await;
    let in_use = status(&environment).await["inUse"]["sha256"].clone();

    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let bomb = format!("<!DOCTYPE l [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>{}", text(whole()));
    let doubled = un(DAY, &[PEOPLE[0], PEOPLE[1], PEOPLE[2], PEOPLE[2]]);
    let whole_text = text(whole());
    for (issue, expected) in [
        ("<!doctype html><html><body>Please try again later.</body></html>".to_owned(), "other_file"),
        (whole_text[..whole_text.len() - 40].to_owned(), "malformed"),
        (text(un(DAY, &PEOPLE[..2])), "shrunk"),
        (whole_text.replace("dateGenerated", "made"), "no_date"),
        (bomb, "document_type"),
        (text(doubled), "doubled_id"),
        (text(un("2026-11-19", &PEOPLE)), "older"),
        (text(un("2036-11-19", &PEOPLE)), "dated_ahead"),
        ("<CONSOLIDATED_LIST dateGenerated=\"2026-11-20T00:00:00Z\"/>".to_owned(), "empty"),
    ] {
        publisher.say([Reply::List(issue.into_bytes())]);
        let fetched = run(&environment, &["lists", "fetch", "UN", "--json"]).await;
        assert_eq!(fetched.code, Some(1), "{expected}: {} {}", fetched.out, fetched.err);
        assert!(fetched.err.contains(expected), "{expected}: {}", fetched.err);
        let list = status(&environment).await;
        assert_eq!((&list["cause"], &list["state"]), (&expected.into(), &"fresh".into()), "{list}");
        assert_eq!((&list["inUse"]["sha256"], &list["refused"]["times"]), (&in_use, &1.into()), "{list}");
    }
    // Every cause stays in the history, and the server knows the last one and is ready.
    let list = status(&environment).await;
    assert_eq!(list["history"].as_array().unwrap().len(), 10, "{list}");
    eventually("readiness names the cause", async || {
        let (status, ready) = readiness(&server).await;
        assert_eq!((status, &ready["dynamodb"]), (200, &"ok".into()));
        (ready["lists"]["UN"]["cause"] == "empty").then_some(())
    })
    .await;

    let ingrid = Person::known(server.base()).await;
    let kyc = decided(&ingrid, &Shown::ingrid()).await;
    assert_eq!((kyc.status, kyc.list_version.as_str()), (KycStatus::Approved, "UN 2026-11-20 (4 entries)"), "{kyc:?}");
    let stored = server.behind().await.store().application(&ingrid.application()).await.unwrap().unwrap();
    let screening = stored.screening.unwrap();
    assert_eq!((screening.fresh, &Value::from(screening.lists[0].sha256.clone())), (Some(true), &in_use));
    assert!(screening.lists[0].checked.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn burst_of_errors_is_outlasted_and_a_longer_one_is_a_failed_check() {
    let publisher = Publisher::start(Reply::Status(500)).await;
    let service = Service::start().await;
    let keeper = service.keeper(&format!("watchlist.un = '{}'", publisher.url()));
    let burst = vec![Reply::Status(500), Reply::Status(503), Reply::Cut(whole()), Reply::Status(500)];
    publisher.say([burst, vec![Reply::List(whole())]].concat());
    assert!(matches!(keeper.check(Source::Un).await.unwrap(), Checked::Taken { .. }));
    assert_eq!(publisher.requests().len(), 5);

    service.clock.set("2026-11-27T10:00:00Z");
    for (reply, expected, requests) in [
        (Reply::Status(500), RefusalCause::Status, 5),
        (Reply::Cut(whole()), RefusalCause::Unreachable, 5),
        // Another attempt would be answered alike.
        (Reply::Status(404), RefusalCause::Status, 1),
        (Reply::Redirect("http://192.0.2.1/list".to_owned()), RefusalCause::Redirect, 1),
        (Reply::Redirect(publisher.url()), RefusalCause::Redirect, 4),
    ] {
        publisher.say([reply.clone()]);
        let checked = keeper.check(Source::Un).await.unwrap();
        assert_eq!((cause(&checked), publisher.requests().len()), (Some(expected), requests), "{reply:?}: {checked:?}");
        let state = keeper.state(Source::Un).await.unwrap();
        assert_eq!((state.cause(), state.in_use.as_ref().map(|list| list.entries)), (Some(expected.as_str()), Some(4)));
        // A failed check is none.
        assert_eq!(state.checked, Some("2026-11-27T08:00:00Z".parse().unwrap()));
    }
    publisher.say([Reply::List(whole())]);
    assert_eq!(keeper.check(Source::Un).await.unwrap(), Checked::Unchanged);
    assert_eq!(keeper.state(Source::Un).await.unwrap().cause(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn redirect_is_followed_and_silence_times_out() {
    let target = Publisher::start(Reply::List(whole())).await;
    let publisher = Publisher::start(Reply::Redirect(target.url())).await;
    let service = Service::start().await;
    let keeper = service.keeper(&format!("watchlist.fetch_timeout_s = 1\nwatchlist.un = '{}'", publisher.url()));
    assert!(matches!(keeper.check(Source::Un).await.unwrap(), Checked::Taken { .. }));
    publisher.say([Reply::Silence]);
    assert_eq!(cause(&keeper.check(Source::Un).await.unwrap()), Some(RefusalCause::Timeout));
    assert_eq!(publisher.requests().len(), 5);
}
