//! What is said of a wrong setting: one line with the key, where its value came from, and what it wants. Never a secret.

use figment::error::{Actual, Kind};
use figment::providers::{Format, Toml};
use figment::value::{Dict, Value};
use figment::{Figment, Metadata, Source};

use super::{DEFAULTS, environment};

/// Settings that have another name since version 0.2: the old key and the new one.
const RENAMED: [(&str, &str); 4] = [
    ("http.own_url", "http.advertised_url"),
    ("documents.at_once", "documents.max_concurrent"),
    ("documents.provider_failures", "documents.breaker_failure_threshold"),
    ("documents.provider_pause_s", "documents.breaker_open_s"),
];

/// The error in our words.
pub(super) fn told(error: &figment::Error) -> String {
    let mut key = error.path.join(".");
    let why = match &error.kind {
        Kind::InvalidType(found, wanted) | Kind::InvalidValue(found, wanted) => {
            format!("must be {}{}", kind(wanted), instead(found, wanted))
        }
        Kind::UnknownVariant(found, known) => format!("is {found:?}: one of {}", known.join(", ")),
        Kind::UnknownField(field, known) => {
            if key.rsplit('.').next() != Some(field.as_str()) {
                key = if key.is_empty() { field.clone() } else { format!("{key}.{field}") };
            }
            match RENAMED.iter().find(|(old, _)| *old == key) {
                Some((_, new)) => format!("is renamed: set {new} ({})", environment::variable(new)),
                None => format!("is no setting; known here are {}", known.join(", ")),
            }
        }
        Kind::Message(message) => without_quotation(message),
        other => other.to_string(),
    };
    let from = error.metadata.as_ref().and_then(place).map_or(String::new(), |place| format!(" ({place})"));
    match key.is_empty() {
        true => format!("{}{why}", from.trim_start().to_owned() + if from.is_empty() { "" } else { ": " }),
        false => format!("{key}{from} {}", verb(why)),
    }
}

/// The text with where the values of the settings came from that it names.
pub(super) fn with_places(text: &str, figment: &Figment) -> String {
    let named = |key: &str| {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '_';
        text.match_indices(key).any(|(at, _)| {
            let (before, after) = (text[..at].chars().next_back(), text[at + key.len()..].chars().next());
            !before.is_some_and(word) && !after.is_some_and(|c| word(c) && c != '.')
        })
    };
    let mut places: Vec<String> = keys()
        .iter()
        .filter(|key| named(key))
        .filter_map(|key| Some(format!("{key}: {}", figment.find_metadata(key).and_then(place)?)))
        .collect();
    places.dedup();
    if places.is_empty() { text.to_owned() } else { format!("{text} ({})", places.join(", ")) }
}

/// Every setting's key, with its table's name.
pub(super) fn keys() -> Vec<String> {
    fn walk(above: &str, dict: &Dict, keys: &mut Vec<String>) {
        for (name, value) in dict {
            let key = if above.is_empty() { name.clone() } else { format!("{above}.{name}") };
            match value {
                Value::Dict(_, below) => walk(&key, below, keys),
                _ => keys.push(key),
            }
        }
    }
    let mut keys = Vec::new();
    if let Ok(defaults) = Figment::from(Toml::string(DEFAULTS)).extract::<Dict>() {
        walk("", &defaults, &mut keys);
    }
    keys
}

/// Where a value came from; none for a default.
fn place(metadata: &Metadata) -> Option<String> {
    match &metadata.source {
        Some(Source::File(file)) => Some(format!("file {}", file.display())),
        _ if metadata.name.starts_with("TOML") => None,
        _ => Some(metadata.name.to_string()),
    }
}

fn kind(wanted: &str) -> &str {
    match wanted {
        "u64" | "usize" | "u32" | "u16" => "a whole number, 0 or more",
        "i32" | "i64" => "a whole number",
        "a nonzero u32" => "a whole number, 1 or more",
        "a boolean" => "true or false",
        "a string" | "string" => "text, in quotes",
        other if other.starts_with("struct ") => "a table of settings",
        other => other,
    }
}

/// What it is instead: but a text where a table should be may hold anything, a password too.
fn instead(found: &Actual, wanted: &str) -> String {
    match found {
        Actual::Str(_) if wanted.starts_with("struct ") => String::new(),
        Actual::Str(text) => format!(", not {text:?}"),
        Actual::Signed(number) => format!(", not {number}"),
        Actual::Unsigned(number) => format!(", not {number}"),
        Actual::Float(number) => format!(", not {number}"),
        Actual::Bool(yes) => format!(", not {yes}"),
        _ => String::new(),
    }
}

/// Words that follow a key as a sentence do.
fn verb(why: String) -> String {
    match ["must ", "is ", "has "].iter().any(|verb| why.starts_with(verb)) {
        true => why,
        false => format!("is wrong: {why}"),
    }
}

/// A complaint about the syntax of TOML, without the lines that it quotes: they may hold a secret.
fn without_quotation(message: &str) -> String {
    let quoted = |line: &&str| {
        let line = line.trim_start();
        line.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start().starts_with('|')
    };
    let lines: Vec<&str> =
        message.lines().filter(|line| !quoted(line)).map(str::trim).filter(|l| !l.is_empty()).collect();
    lines.join(": ")
}
