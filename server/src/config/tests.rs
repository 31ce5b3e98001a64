//! Valid and invalid settings.

#![allow(clippy::unwrap_used)]

use jiff::civil::Date;

use super::*;

#[test]
fn defaults_are_complete() {
    let config = Config::with("").unwrap();
    assert_eq!(config.http.address.to_string(), "127.0.0.1:3000");
}

#[test]
fn error_names_the_invalid_key() {
    let unknown = Config::with("[http]\nadress = \"x\"").unwrap_err().to_string();
    assert!(unknown.contains("adress"), "{unknown}");
    let kind = Config::with("[http]\nsockets = \"many\"").unwrap_err().to_string();
    assert!(kind.contains("http.sockets"), "{kind}");
}

#[test]
fn old_key_names_the_new_one() {
    for (old, new) in [
        ("http.own_url", "http.advertised_url"),
        ("documents.at_once", "documents.max_concurrent"),
        ("documents.provider_failures", "documents.breaker_failure_threshold"),
        ("documents.provider_pause_s", "documents.breaker_open_s"),
    ] {
        let wrong = refused(&format!("{old} = 3"));
        assert!(wrong.contains(&format!("{old} is renamed: set {new}")), "{wrong}");
    }
}

fn refused(overrides: &str) -> String {
    Config::with(overrides).unwrap_err().to_string()
}

const EXTERNAL: &str = "stack = 'external'\nkafka.brokers = 'k:9092'\n";

fn external(overrides: &str) -> String {
    format!("{EXTERNAL}{overrides}")
}

#[test]
fn contradictions_are_refused() {
    assert!(refused("stack = 'external'").contains("kafka.brokers"));
    assert!(refused("kafka.username = 'someone'").contains("kafka.password"));
    assert!(refused("secret = 'short'").contains("32"));
    assert!(refused("notify.via = 'sns'").contains("topic ARN"));
    assert!(refused("documents.max_concurrent = 0").contains("documents.max_concurrent"));
}

#[test]
fn external_stack_uses_the_sample_list_only_on_request() {
    assert!(refused(EXTERNAL).contains("watchlist.sdn"));
    assert!(Config::with(&external("watchlist.sample = true")).is_ok());
    assert!(Config::with(&external("watchlist.sdn = 'sdn.csv'")).is_ok());
    assert!(Config::with("stack = 'embedded'").is_ok());
    assert!(refused(&external("watchlist.sdn = 'sdn.csv'\nwatchlist.sample = true")).contains("watchlist.sample"));
    assert!(refused("stack = 'embedded'\nwatchlist.alt = 'alt.csv'").contains("watchlist.alt"));
    assert!(refused("stack = 'embedded'\nwatchlist.published = '2026-11-20'").contains("watchlist.published"));
}

#[test]
fn published_must_be_a_day() {
    let with = |published| Config::with(&format!("watchlist.sdn = 'sdn.csv'\nwatchlist.published = '{published}'"));
    assert_eq!(with("2026-11-20").unwrap().watchlist.published, Some(Date::constant(2026, 11, 20)));
    assert_eq!(with("").unwrap().watchlist.published, None);
    let wrong = with("20.11.2026").unwrap_err().to_string();
    assert!(wrong.contains("watchlist.published") && wrong.contains("YYYY-MM-DD"), "{wrong}");
}

#[test]
fn notification_topics_are_set_together() {
    let topics = |names: &[&str]| {
        let set: Vec<_> = names.iter().map(|name| format!("notify.{name}_topic = 'arn:{name}'")).collect();
        Config::with(&set.join("\n"))
    };
    assert!(!topics(&[]).unwrap().notify.named());
    assert!(topics(&["applicant", "compliance", "support"]).unwrap().notify.named());
    for some in [&["applicant"][..], &["compliance"], &["support"], &["applicant", "support"]] {
        assert!(topics(some).unwrap_err().to_string().contains("[notify]"), "{some:?}");
    }
    assert!(Config::with("notify.via = 'local'\nnotify.support_topic = 'arn:x'").is_ok());
}

#[test]
fn error_does_not_show_a_secret() {
    let wrong = Config::with("kafka.username = 'u'\nkafka.password = 8315").unwrap_err();
    assert!(wrong.to_string().contains("kafka.password"), "{wrong}");
    assert!(!format!("{wrong} {wrong:?}").contains("8315"), "{wrong}");
}
