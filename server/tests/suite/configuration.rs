//! Invalid configuration: the server prints one line with the error, the setting and its source, and exits.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use figment::Figment;
use figment::providers::{Format, Toml};
use figment::value::{Dict, Value};

use super::support::PATIENCE;

/// A secret that must never be printed.
const SECRET: &str = "hunter2-hunter2-hunter2-hunter2-hunter2";

/// An invalid value of every setting, and a part of the error for it. The tests set it as `ONBOARD_...` variable.
const MALFORMED: &[(&str, &str, &str)] = &[
    ("environment", "a b", "letters, digits"),
    ("data_dir", "/dev/null/data", "directory"),
    ("stack", "cloud", "embedded"),
    ("roles", "weh", "no role `weh`"),
    ("topics", "kyc", "no topic `kyc`"),
    ("secret", "short", "32 characters"),
    ("secret_file", "/nowhere/secret", "cannot be read"),
    ("previous_secrets", "short", "32 characters"),
    ("previous_secrets_file", "/nowhere/secrets", "cannot be read"),
    ("http.address", "here", "socket address"),
    ("http.public_url", "onboard.example", "https://"),
    ("http.advertised_url", "http://10.0.0.7:3000/path", "http://"),
    ("http.request_timeout_s", "0", "1 to 3600"),
    ("http.upload_timeout_s", "-1", "whole number"),
    ("http.session_hours", "0", "1 to 8760"),
    ("http.heartbeat_s", "0", "1 or more"),
    ("http.sockets_per_customer", "some", "whole number"),
    ("http.sockets", "0", "1 to 1000000"),
    ("http.trusted_proxies", "10.0.0.0/33", "10.0.0.0/8"),
    ("http.idle_timeout_s", "0", "5 to 3600"),
    ("http.connections", "10", "100 to 1000000"),
    ("http.hsts_subdomains", "perhaps", "true or false"),
    ("kafka.brokers", "nobody", "host:port"),
    ("kafka.username", "somebody", "KAFKA_PASSWORD"),
    ("kafka.password", SECRET, "KAFKA_USERNAME"),
    ("kafka.password_file", "/nowhere/password", "cannot be read"),
    ("kafka.ca_file", "/nowhere/ca.pem", "kafka.username"),
    ("kafka.prefix", "staging/", "letters, digits"),
    ("kafka.replication_factor", "0", "1 to 100"),
    ("kafka.group_instance_id", "the one", "letters, digits"),
    ("aws.region", "Frankfurt am Main", "eu-central-1"),
    ("tables.create", "perhaps", "true or false"),
    ("tables.users", "u", "3 to 255"),
    ("tables.applications", "a b c", "3 to 255"),
    ("tables.ai_results", "a/r", "3 to 255"),
    ("tables.kyc_results", "k/r", "3 to 255"),
    ("tables.policy_recommendations", "p r", "3 to 255"),
    ("tables.kafka_events", "k", "3 to 255"),
    ("tables.audit_logs", "al", "3 to 255"),
    ("tables.error_logs", "e", "3 to 255"),
    ("tables.websocket_connections", "ö-connections", "3 to 255"),
    ("tables.cases", "a/b", "3 to 255"),
    ("tables.staff", "ab", "3 to 255"),
    ("review.four_eyes", "sometimes", "watchlist_and_high"),
    ("review.sla_hours", "4,8,8", "seven whole numbers"),
    ("notify.via", "mail", "sns"),
    ("notify.applicant_topic", "applicants", "arn:aws:sns"),
    ("notify.compliance_topic", "compliance", "arn:aws:sns"),
    ("notify.support_topic", "support", "arn:aws:sns"),
    ("documents.folder", "/dev/null/documents", "directory"),
    ("documents.bucket", "Our Documents", "3 to 63"),
    ("documents.prefix", "a/", "documents.bucket"),
    ("documents.kms_key", "alias/a", "documents.bucket"),
    ("documents.keep_days", "0", "1 to 3660"),
    ("documents.keep_undecided_days", "5000", "1 to 3660"),
    ("documents.keep_replaced_days", "never", "whole number"),
    ("documents.max_concurrent", "0", "1 to 256"),
    ("documents.timeout_s", "1.5", "whole number"),
    ("documents.order", "paper", "no provider `paper`"),
    ("documents.order_by_kind.passport", "custom,custom", "twice"),
    ("documents.order_by_kind.identity_card", "azure_document_intelligence", "azure_document_intelligence.endpoint"),
    ("documents.order_by_kind.driving_licence", "google_vision", "google_vision.application_default"),
    ("documents.order_by_kind.proof_of_address", "Textract", "`textract`"),
    ("documents.second_opinion", "always", "documents.second_opinion_from"),
    ("documents.second_opinion_from", "textract", "when_doubtful"),
    ("documents.provider_timeout_s", "0", "1 to 600"),
    ("documents.breaker_failure_threshold", "0", "1 or more"),
    ("documents.breaker_open_s", "0", "1 to 3600"),
    ("textract.region", "Frankfurt am Main", "eu-central-1"),
    ("textract.endpoint", "textract", "https://"),
    ("google_vision.endpoint", "eu-vision", "https://"),
    ("google_vision.api_key_file", "/nowhere/key", "cannot be read"),
    ("google_vision.application_default", "perhaps", "true or false"),
    ("azure_document_intelligence.endpoint", "name", "https://"),
    ("azure_document_intelligence.api_key_file", "/nowhere/key", "cannot be read"),
    ("azure_document_intelligence.entra_id", "perhaps", "true or false"),
    ("watchlist.ofac_sdn", "/nowhere/sdn.xml", "cannot be read"),
    ("watchlist.ofac_consolidated", "http://lists.example/cons.xml", "https://"),
    ("watchlist.un", "/nowhere/un.xml", "cannot be read"),
    ("watchlist.eu", "ftp://lists.example/eu.xml", "https://"),
    ("watchlist.uk", "https://", "https://"),
    ("watchlist.pep", "publisher", "licence"),
    ("watchlist.fetch_every_minutes", "1", "5 to 1440"),
    ("watchlist.fetch_timeout_s", "0", "1 to 1800"),
    ("watchlist.fetch_retry_s", "61", "0 to 60"),
    ("watchlist.stale_after_hours", "0", "1 to 720"),
    ("watchlist.most_removed_percent", "101", "0 to 100"),
    ("watchlist.most_removed", "some", "whole number"),
    ("watchlist.sdn", "/nowhere/sdn.csv", "cannot be read"),
    ("watchlist.alt", "/nowhere/alt.csv", "watchlist.sdn"),
    ("watchlist.comments", "/nowhere/comments.csv", "watchlist.sdn"),
    ("watchlist.published", "yesterday", "YYYY-MM-DD"),
    ("watchlist.sample", "maybe", "true or false"),
    ("telemetry.log", "server=loudly", "filter"),
    ("telemetry.format", "xml", "json"),
    ("telemetry.access_log", "perhaps", "true or false"),
    ("limits.recorded_refusals_per_second", "0", "1 or more"),
    ("limits.requests_per_client_per_second", "-1", "whole number"),
    ("limits.applications_per_client_per_minute", "many", "whole number"),
    ("limits.uploads_per_client_per_minute", "1.5", "whole number"),
    ("limits.sockets_per_client", "some", "whole number"),
    ("limits.connections_per_client", "-1", "whole number"),
];

/// Settings that accept any text, or that other modules test.
const ANY: &[&str] = &["http.site_root", "google_vision.api_key", "azure_document_intelligence.api_key"];

/// Runs the server with only these variables, on an own data directory, until it exits.
fn program(variables: &[(&str, &str)]) -> Output {
    let data = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_server"))
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("ONBOARD_DATA_DIR", data.path())
        .env("LEPTOS_SITE_ADDR", "127.0.0.1:0")
        .env("RUST_LOG", "off")
        .envs(variables.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let until = Instant::now() + PATIENCE;
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > until {
            child.kill().unwrap();
            panic!("{variables:?}: the server did not exit");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.wait_with_output().unwrap()
}

/// Asserts that the server exits with one line of error, and returns it.
#[track_caller]
fn refused(variables: &[(&str, &str)]) -> String {
    let output = program(variables);
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(1), "{variables:?}: {out} {err}");
    assert!(out.is_empty(), "{out}");
    assert_eq!(err.lines().count(), 1, "{variables:?}: {err}");
    assert!(err.starts_with("onboard-ai: ") && !err.contains(SECRET), "{err}");
    err
}

fn variable(key: &str) -> String {
    format!("ONBOARD_{}", key.to_uppercase().replace('.', "__"))
}

fn keys() -> BTreeSet<String> {
    fn walk(above: &str, dict: &Dict, keys: &mut BTreeSet<String>) {
        for (name, value) in dict {
            match value {
                Value::Dict(_, below) => walk(&format!("{above}{name}."), below, keys),
                _ => drop(keys.insert(format!("{above}{name}"))),
            }
        }
    }
    let mut keys = BTreeSet::new();
    walk("", &Figment::from(Toml::string(server::config::DEFAULTS)).extract().unwrap(), &mut keys);
    keys
}

#[test]
fn invalid_value_is_reported_with_its_setting_and_variable() {
    for (key, value, wanted) in MALFORMED {
        let name = variable(key);
        let error = refused(&[(&name, value)]);
        for part in [*key, name.as_str(), wanted] {
            assert!(error.contains(part), "{key}={value} should name {part:?}: {error}");
        }
    }
}

/// A new setting needs an entry in [`MALFORMED`] or [`ANY`].
#[test]
fn every_setting_of_the_default_file_has_a_test() {
    let tested: BTreeSet<String> =
        MALFORMED.iter().map(|(key, ..)| *key).chain(ANY.iter().copied()).map(str::to_owned).collect();
    assert_eq!(keys(), tested);
}

#[test]
fn every_setting_has_a_comment_in_the_default_file() {
    let lines: Vec<&str> = server::config::DEFAULTS.lines().collect();
    for (at, line) in lines.iter().enumerate() {
        let setting = line.contains(" = ") && !line.starts_with('#');
        // One comment may explain the settings below it, but not those of another table.
        let above =
            lines[..at].iter().rev().find(|line| line.starts_with('#') || line.starts_with('[') || line.is_empty());
        let documented = above.is_some_and(|line| line.starts_with('#'));
        assert!(!setting || documented, "no comment above {line}");
    }
}

#[test]
fn invalid_value_of_an_unprefixed_variable_is_reported() {
    for (name, value, key) in [
        ("ENVIRONMENT", "prod env", "environment"),
        ("LEPTOS_SITE_ADDR", "3000", "http.address"),
        ("WEBSOCKET_ENDPOINT", "ws://here", "http.advertised_url"),
        ("KAFKA_BROKERS", "k:9092,", "kafka.brokers"),
        ("KAFKA_BROKERS", "k:70000", "kafka.brokers"),
        ("KAFKA_USERNAME", "u", "kafka.username"),
        ("KAFKA_PASSWORD", SECRET, "kafka.password"),
        ("AWS_REGION", "eu central", "aws.region"),
        ("USERS_TABLE", "?", "tables.users"),
        ("AUDIT_TABLE", "users-local", "tables."),
        ("RUST_LOG", "server=loudly", "telemetry.log"),
    ] {
        let error = refused(&[(name, value)]);
        assert!(error.contains(key), "{name}={value}: {error}");
        assert!(error.contains(name) || name == "AUDIT_TABLE", "{name}={value}: {error}");
    }
}

#[test]
fn contradicting_settings_are_reported_with_the_setting_to_change() {
    let external =
        [("KAFKA_BROKERS", "127.0.0.1:1"), ("ONBOARD_WATCHLIST__SAMPLE", "true"), ("ONBOARD_STACK", "external")];
    let with = |more: &[(&'static str, &'static str)]| refused(&[&external[..], more].concat());
    let error = refused(&[("ONBOARD_STACK", "external"), ("ONBOARD_WATCHLIST__SAMPLE", "true")]);
    assert!(error.contains("KAFKA_BROKERS"), "{error}");
    let error = refused(&[("KAFKA_BROKERS", "127.0.0.1:1")]);
    assert!(error.contains("watchlist.sdn"), "{error}");
    let error = with(&[("ONBOARD_ROLES", "web")]);
    assert!(error.contains("ONBOARD_SECRET") && error.contains("ONBOARD_ROLES"), "{error}");
    let error = with(&[("ONBOARD_ROLES", "web"), ("ONBOARD_SECRET", SECRET), ("ONBOARD_TOPICS", "kyc-verified")]);
    assert!(error.contains("consumers"), "{error}");
    let error = refused(&[("ONBOARD_ROLES", "relay"), ("ONBOARD_STACK", "embedded"), ("ONBOARD_SECRET", SECRET)]);
    assert!(error.contains("server stack"), "{error}");
    let error = refused(&[("ONBOARD_NOTIFY__VIA", "sns")]);
    assert!(error.contains("ONBOARD_NOTIFY__VIA") && error.contains("topic ARN"), "{error}");
    let error = refused(&[("ONBOARD_NOTIFY__SUPPORT_TOPIC", "arn:aws:sns:x:1:support")]);
    assert!(error.contains("compliance_topic"), "{error}");
    let lists = [("ONBOARD_WATCHLIST__SDN", "Cargo.toml"), ("ONBOARD_WATCHLIST__ALT", "/nowhere/alt.csv")];
    let error = refused(&lists);
    assert!(error.contains("ONBOARD_WATCHLIST__ALT") && error.contains("cannot be read"), "{error}");
    let folder = tempfile::tempdir().unwrap();
    let (missing, text) = (folder.path().join("no.pem"), folder.path().join("text.pem"));
    std::fs::write(&text, "no certificate").unwrap();
    for (file, why) in [(&missing, "cannot be read"), (&text, "PEM")] {
        let user = [("KAFKA_USERNAME", "u"), ("KAFKA_PASSWORD", SECRET)];
        let ca = [("ONBOARD_KAFKA__CA_FILE", file.to_str().unwrap())];
        let error = refused(&[&external[..], &user, &ca].concat());
        assert!(error.contains("ONBOARD_KAFKA__CA_FILE") && error.contains(why), "{error}");
    }
}

#[test]
fn unknown_setting_is_reported() {
    for name in ["ONBOARD_KAFKA__BROKER", "ONBOARD_HTPP__ADDRESS", "ONBOARD_KAFKA__PASSWORD__NEW", "ONBOARD_SECRETS"] {
        let error = refused(&[(name, SECRET)]);
        assert!(error.contains(name), "{error}");
    }
    let error = refused(&[("ONBOARD_KAFKA", SECRET)]);
    assert!(error.contains("ONBOARD_KAFKA") && error.contains("table"), "{error}");
}

#[test]
fn error_names_the_file_and_quotes_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.toml");
    let with = |content: &str, file: &Path| {
        std::fs::write(file, content).unwrap();
        let error = refused(&[("ONBOARD_CONFIG", file.to_str().unwrap())]);
        assert!(error.contains(file.to_str().unwrap()), "{error}");
        error
    };
    assert!(with("[http]\nsockets = \"many\"", &file).contains("http.sockets"));
    assert!(with("[http]\nadress = 1", &file).contains("http.adress"));
    assert!(with("[kafka]\nprefix = \"a b\"", &file).contains("kafka.prefix"));
    assert!(with(&format!("[kafka]\nusername = \"u\"\npassword = {SECRET}"), &file).contains("line 3"));
    assert!(with(&format!("[kafka]\nusername = \"u\"\npassword = \"{SECRET}\nx"), &file).contains("line 3"));
    assert!(with("[kafka]\nusername = \"u\"\npassword = 8315", &file).contains("kafka.password"));

    for missing in [folder.path().join("no.toml"), folder.path().to_owned()] {
        let error = refused(&[("ONBOARD_CONFIG", missing.to_str().unwrap())]);
        assert!(error.contains("ONBOARD_CONFIG") && error.contains(missing.to_str().unwrap()), "{error}");
    }
}

#[test]
fn invalid_flag_is_reported() {
    let data = tempfile::tempdir().unwrap();
    for (flags, wanted) in [(&["--role", "weh"][..], "--role"), (&["--topic", "kyc"], "--topic")] {
        let output = Command::new(env!("CARGO_BIN_EXE_server"))
            .args(flags)
            .env("ONBOARD_DATA_DIR", data.path())
            .output()
            .unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && error.lines().count() == 1 && error.contains(wanted), "{error}");
    }
}

#[test]
fn address_in_use_is_reported() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let error = refused(&[("LEPTOS_SITE_ADDR", &address)]);
    assert!(error.contains("LEPTOS_SITE_ADDR") && error.contains(&address), "{error}");
}

#[cfg(unix)]
#[test]
fn value_that_is_not_utf8_is_reported() {
    use std::os::unix::ffi::OsStrExt;
    let output = Command::new(env!("CARGO_BIN_EXE_server"))
        .env("ENVIRONMENT", std::ffi::OsStr::from_bytes(b"pr\xffd"))
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && error.lines().count() == 1 && error.contains("ENVIRONMENT"), "{error}");
}

#[test]
fn incomplete_provider_settings_are_reported() {
    let (google, azure) = ("google_vision", "azure_document_intelligence");
    let order = "ONBOARD_DOCUMENTS__ORDER";
    let endpoint = ("ONBOARD_AZURE_DOCUMENT_INTELLIGENCE__ENDPOINT", "https://a.cognitiveservices.azure.com");
    for (variables, wanted) in [
        (&[(order, google)][..], "ONBOARD_GOOGLE_VISION__API_KEY"),
        (&[(order, azure)], "ONBOARD_AZURE_DOCUMENT_INTELLIGENCE__ENDPOINT"),
        (&[(order, azure), endpoint], "ONBOARD_AZURE_DOCUMENT_INTELLIGENCE__API_KEY"),
        (
            &[
                (order, google),
                ("ONBOARD_GOOGLE_VISION__API_KEY", SECRET),
                ("ONBOARD_GOOGLE_VISION__APPLICATION_DEFAULT", "true"),
            ],
            "one or the other",
        ),
        // Documents are sent over TLS only.
        (
            &[
                (order, azure),
                ("ONBOARD_AZURE_DOCUMENT_INTELLIGENCE__ENDPOINT", "http://a.example"),
                ("ONBOARD_AZURE_DOCUMENT_INTELLIGENCE__API_KEY", SECRET),
            ],
            "azure_document_intelligence",
        ),
        (&[("ONBOARD_DOCUMENTS__SECOND_OPINION", "when_doubtful")], "documents.order"),
    ] {
        let error = refused(variables);
        assert!(error.contains(wanted), "{variables:?}: {error}");
    }
}

#[test]
fn settings_in_the_documents_exist() {
    let keys = keys();
    let tables: BTreeSet<&str> = keys.iter().filter_map(|key| Some(key.split_once('.')?.0)).collect();
    let files = ["../docs/operations.md", "../docs/command-line.md", "../README.md"];
    let mut found = 0;
    for file in files {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
        for word in text.split('`').skip(1).step_by(2) {
            let named = word.split_once('.').is_some_and(|(table, key)| {
                tables.contains(table) && !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase() || c == '_')
            });
            found += usize::from(named && keys.contains(word));
            // File names look the same.
            assert!(
                !named || keys.contains(word) || [".rs", ".db", ".key"].iter().any(|end| word.ends_with(end)),
                "{file}: `{word}`"
            );
        }
    }
    assert!(found > 20, "only {found} settings are named");
}
