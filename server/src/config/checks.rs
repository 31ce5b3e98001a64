//! Checks of values, beyond their types.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::Path;

use domain::case::FourEyes;
use domain::event::EventType;
use tracing_subscriber::EnvFilter;

use super::{Config, ConfigError, Documents, Role, providers};
use crate::table_names::{Table, TableNames};
use crate::watchlists::Origin;

/// The longest name of a topic or a group in Kafka, in characters.
const MAX_KAFKA_NAME: usize = 249;
/// The length of a table's name in DynamoDB, in characters.
const TABLE_NAME_LENGTH: RangeInclusive<usize> = 3..=255;

pub(super) fn wrong(key: &str, why: impl Display) -> ConfigError {
    ConfigError::Value(format!("{key} {why}"))
}

/// Checks the settings that clients of the cluster and the tables need.
pub(super) fn clients(config: &Config) -> Result<(), ConfigError> {
    if config.data_dir.as_os_str().is_empty() {
        return Err(wrong("data_dir", "is empty: name a folder"));
    }
    tables(config)?;
    kafka(config)?;
    review(config)?;
    let region = &config.aws.region;
    if region.is_empty() || !region.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
        return Err(wrong("aws.region", format!("is {region:?}, which is no AWS region; an example is eu-central-1")));
    }
    if let Err(error) = EnvFilter::try_new(&config.telemetry.log) {
        return Err(wrong(
            "telemetry.log",
            format!("(RUST_LOG) is not a valid filter: {error}; an example is info,server=debug"),
        ));
    }
    Ok(())
}

fn tables(config: &Config) -> Result<(), ConfigError> {
    let legal = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
    let environment = &config.environment;
    if environment.is_empty() || !legal(environment) {
        let why = format!("is {environment:?}, but table names contain it: use letters, digits, `.`, `_` and `-`");
        return Err(wrong("environment", why));
    }
    let overrides = config.tables.overrides();
    for (table, name) in overrides {
        if !name.is_empty() && !(legal(name) && TABLE_NAME_LENGTH.contains(&name.len())) {
            let key = format!("tables.{}", table.base_name().replace('-', "_"));
            let why = format!("is {name:?}: a table name has 3 to 255 letters, digits, `.`, `_` and `-`");
            return Err(wrong(&key, why));
        }
    }
    let names = TableNames::new(environment, &overrides);
    let mut all: Vec<&str> = Table::ALL.iter().map(|table| names.name(*table)).collect();
    if let Some(long) = all.iter().find(|name| name.len() > *TABLE_NAME_LENGTH.end()) {
        let why = format!("makes a table name of {} characters; the limit is 255", long.len());
        return Err(wrong("environment", why));
    }
    all.sort_unstable();
    match all.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(wrong("tables.*", format!("give two tables the name {}; names must differ", pair[0]))),
        None => Ok(()),
    }
}

fn kafka(config: &Config) -> Result<(), ConfigError> {
    let kafka = &config.kafka;
    for broker in kafka.brokers.split(',').map(str::trim).filter(|_| !kafka.brokers.is_empty()) {
        let valid = broker.rsplit_once(':').is_some_and(|(host, port)| {
            !host.is_empty() && !host.contains(['/', ' ', '@']) && port.parse::<u16>().is_ok_and(|port| port > 0)
        });
        if !valid {
            let why = format!("contains {broker:?}, which is no broker address: host:port, separated by commas");
            return Err(wrong("kafka.brokers", why));
        }
    }
    let legal = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
    let longest =
        EventType::ALL.map(|event_type| event_type.consumer_group().len()).into_iter().max().unwrap_or_default();
    if !legal(&kafka.prefix) || kafka.prefix.len() + longest > MAX_KAFKA_NAME {
        let most = MAX_KAFKA_NAME - longest;
        let why = format!("is {:?}: use at most {most} letters, digits, `.`, `_` and `-`", kafka.prefix);
        return Err(wrong("kafka.prefix", why));
    }
    if !legal(&kafka.group_instance_id) || kafka.group_instance_id.len() > MAX_KAFKA_NAME {
        let id = &kafka.group_instance_id;
        let why = format!("is {id:?}: use at most {MAX_KAFKA_NAME} letters, digits, `.`, `_` and `-`");
        return Err(wrong("kafka.group_instance_id", why));
    }
    within("kafka.replication_factor", kafka.replication_factor, 1..=100)?;
    if kafka.ca_file == Path::new("") {
        return Ok(());
    }
    if kafka.username.is_empty() {
        let why = "is set, but kafka.username (KAFKA_USERNAME) is not, and without a user the connections are plain \
                   text: set both or neither";
        return Err(wrong("kafka.ca_file", why));
    }
    let file = kafka.ca_file.display();
    match std::fs::read_to_string(&kafka.ca_file) {
        Err(error) => Err(wrong("kafka.ca_file", format!("names {file}, which cannot be read: {error}"))),
        Ok(text) if !text.contains("-----BEGIN CERTIFICATE-----") => {
            Err(wrong("kafka.ca_file", format!("names {file}, which contains no certificate in PEM form")))
        }
        Ok(_) => Ok(()),
    }
}

fn review(config: &Config) -> Result<(), ConfigError> {
    for hours in config.review.sla_hours {
        within("review.sla_hours", hours, 1..=8_760)?;
    }
    if config.review.four_eyes == FourEyes::Never && !config.embedded() {
        let why = "is `never`, which is for trials on the embedded stack: use `always` or `watchlist_and_high`";
        return Err(wrong("review.four_eyes", why));
    }
    Ok(())
}

/// Checks the settings that only a server needs.
pub(super) fn server(config: &Config) -> Result<(), ConfigError> {
    let http = &config.http;
    url("http.public_url", &http.public_url, "https://onboard.example")?;
    url("http.advertised_url", &http.advertised_url, "http://10.0.0.7:3000")?;
    within("http.request_timeout_s", http.request_timeout_s, 1..=3_600)?;
    within("http.upload_timeout_s", http.upload_timeout_s, 1..=86_400)?;
    within("http.session_hours", http.session_hours, 1..=8_760)?;
    within("http.heartbeat_s", http.heartbeat_s.get(), 1..=3_600)?;
    within("http.sockets_per_customer", http.sockets_per_customer, 1..=10_000)?;
    within("http.sockets", http.sockets, 1..=1_000_000)?;
    within("http.connections", http.connections, 100..=1_000_000)?;
    within("http.idle_timeout_s", http.idle_timeout_s, 5..=3_600)?;
    within("documents.timeout_s", config.documents.timeout_s, 1..=3_600)?;
    within("documents.max_concurrent", config.documents.max_concurrent, 1..=256)?;
    within("documents.keep_days", config.documents.keep_days, 1..=3_660)?;
    within("documents.keep_undecided_days", config.documents.keep_undecided_days, 1..=3_660)?;
    within("documents.keep_replaced_days", config.documents.keep_replaced_days, 1..=3_660)?;
    documents(&config.documents)?;
    config.watchlist.check_values()?;
    providers::check(config)?;
    let notify = &config.notify;
    let topics = [
        ("notify.applicant_topic", &notify.applicant_topic),
        ("notify.compliance_topic", &notify.compliance_topic),
        ("notify.support_topic", &notify.support_topic),
    ];
    for (key, arn) in topics {
        if !arn.is_empty() && !arn.starts_with("arn:") {
            return Err(wrong(key, format!("is {arn:?}, which is no SNS topic ARN: arn:aws:sns:REGION:ACCOUNT:NAME")));
        }
    }
    if config.roles.has(Role::Web) && http.address.ip().is_multicast() {
        return Err(wrong("http.address", "is a multicast address, on which a server cannot listen"));
    }
    Ok(())
}

/// Checks where documents are stored.
fn documents(settings: &Documents) -> Result<(), ConfigError> {
    let bucket = settings.bucket.as_str();
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
    if !bucket.is_empty() && !((3..=63).contains(&bucket.len()) && bucket.chars().all(allowed)) {
        let why = format!("is {bucket:?}: a bucket name has 3 to 63 lower-case letters, digits, `.` and `-`");
        return Err(wrong("documents.bucket", why));
    }
    if !bucket.is_empty() && settings.folder != Path::new("") {
        return Err(wrong("documents.bucket", "is set, and so is documents.folder: set only one of them"));
    }
    for (key, value) in [("documents.prefix", &settings.prefix), ("documents.kms_key", &settings.kms_key)] {
        if !value.is_empty() && bucket.is_empty() {
            return Err(wrong(key, "is set, but documents.bucket is not: it applies to a bucket only"));
        }
    }
    Ok(())
}

/// Checks that the files which are read at start can be opened.
pub(super) fn files(config: &Config) -> Result<(), ConfigError> {
    if config.runs_commands() {
        let settings = &config.watchlist;
        let files = [("sdn", &settings.sdn), ("alt", &settings.alt), ("comments", &settings.comments)];
        let files = files.map(|(key, file)| (key, Path::new(file).to_owned())).into_iter();
        let origins =
            settings.sources().into_iter().filter_map(|(source, key, value)| match Origin::parse(source, value) {
                Ok(Some(Origin::Path(path))) => Some((key, path)),
                _ => None,
            });
        for (key, file) in files.chain(origins) {
            if file != Path::new("")
                && let Err(error) = std::fs::File::open(&file)
            {
                let why = format!("names {}, which cannot be read: {error}", file.display());
                return Err(wrong(&format!("watchlist.{key}"), why));
            }
        }
    }
    Ok(())
}

pub(super) fn within<T: PartialOrd + Display>(
    key: &str,
    value: T,
    range: RangeInclusive<T>,
) -> Result<(), ConfigError> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(wrong(key, format!("is {value}; the range is {} to {}", range.start(), range.end())))
}

/// Checks that `text` is empty or has only a scheme, a host and optionally a port.
pub(super) fn url(key: &str, text: &str, example: &str) -> Result<(), ConfigError> {
    let valid = text.is_empty()
        || reqwest::Url::parse(text).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https")
                && url.has_host()
                && url.path() == "/"
                && url.query().is_none()
                && url.fragment().is_none()
                && url.username().is_empty()
                && url.password().is_none()
        });
    if valid {
        return Ok(());
    }
    // The value is not shown, because it may contain a password.
    Err(wrong(
        key,
        format!("is no server address: http or https, host and port without a path; an example is {example}"),
    ))
}
