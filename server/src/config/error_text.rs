//! The error texts for invalid settings: one line with the key, the source of its value, and a valid value. They never
//! contain a secret.

use figment::error::{Actual, Kind};
use figment::providers::{Format, Toml};
use figment::value::{Dict, Value};
use figment::{Figment, Metadata, Source};

use super::{DEFAULTS, environment};

/// Settings that were renamed in version 0.2: the old key and the new one.
const RENAMED: [(&str, &str); 4] = [
    ("http.own_url", "http.advertised_url"),
    ("documents.at_once", "documents.max_concurrent"),
    ("documents.provider_failures", "documents.breaker_failure_threshold"),
    ("documents.provider_pause_s", "documents.breaker_open_s"),
];

/// Describes an error of figment.
pub(super) fn describe(error: &figment::Error) -> String {
    let mut key = error.path.join(".");
    let why = match &error.kind {
        Kind::InvalidType(found, wanted) | Kind::InvalidValue(found, wanted) => {
            format!("must be {}{}", type_name(wanted), found_value(found, wanted))
        }
        Kind::UnknownVariant(found, known) => format!("is {found:?}: one of {}", known.join(", ")),
        Kind::UnknownField(field, known) => {
            if key.rsplit('.').next() != Some(field.as_str()) {
                key = if key.is_empty() { field.clone() } else { format!("{key}.{field}") };
            }
            match RENAMED.iter().find(|(old, _)| *old == key) {
                Some((_, new)) => format!("is renamed: set {new} ({})", environment::variable(new)),
                None => format!("is not a setting; these exist here: {}", known.join(", ")),
            }
        }
        Kind::Message(message) => without_quoted_lines(message),
        other => other.to_string(),
    };
    let from = error.metadata.as_ref().and_then(source).map_or(String::new(), |source| format!(" ({source})"));
    match key.is_empty() {
        true => format!("{}{why}", from.trim_start().to_owned() + if from.is_empty() { "" } else { ": " }),
        false => format!("{key}{from} {}", with_verb(why)),
    }
}

/// Adds the source of each setting that `text` names.
pub(super) fn with_sources(text: &str, figment: &Figment) -> String {
    let named = |key: &str| {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '_';
        text.match_indices(key).any(|(at, _)| {
            let (before, after) = (text[..at].chars().next_back(), text[at + key.len()..].chars().next());
            !before.is_some_and(word) && !after.is_some_and(|c| word(c) && c != '.')
        })
    };
    let mut sources: Vec<String> = keys()
        .iter()
        .filter(|key| named(key))
        .filter_map(|key| Some(format!("{key}: {}", figment.find_metadata(key).and_then(source)?)))
        .collect();
    sources.dedup();
    if sources.is_empty() { text.to_owned() } else { format!("{text} ({})", sources.join(", ")) }
}

/// The keys of all settings, with the names of their tables.
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

/// The source of a value; none for a default.
fn source(metadata: &Metadata) -> Option<String> {
    match &metadata.source {
        Some(Source::File(file)) => Some(format!("file {}", file.display())),
        _ if metadata.name.starts_with("TOML") => None,
        _ => Some(metadata.name.to_string()),
    }
}

fn type_name(wanted: &str) -> &str {
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

/// The value that was found. Text in the place of a table is not shown, because it may be a password.
fn found_value(found: &Actual, wanted: &str) -> String {
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

/// Lets the reason begin with a verb, so that key and reason form a sentence.
fn with_verb(why: String) -> String {
    match ["must ", "is ", "has "].iter().any(|verb| why.starts_with(verb)) {
        true => why,
        false => format!("is invalid: {why}"),
    }
}

/// A message about TOML syntax, without the lines that it quotes, because they may contain a secret.
fn without_quoted_lines(message: &str) -> String {
    let quoted = |line: &&str| {
        let line = line.trim_start();
        line.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start().starts_with('|')
    };
    let lines: Vec<&str> =
        message.lines().filter(|line| !quoted(line)).map(str::trim).filter(|l| !l.is_empty()).collect();
    lines.join(": ")
}
