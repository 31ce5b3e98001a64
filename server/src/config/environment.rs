//! Settings from the environment.

use figment::providers::Serialized;
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};

/// The prefix of variables.
const PREFIX: &str = "ONBOARD_";

/// Variables with the prefix that are not settings, or are in [`NAMED`].
const OTHERS: [&str; 6] = [
    "ONBOARD_CONFIG",
    "ONBOARD_DATA_DIR",
    "ONBOARD_TOOLS",
    "ONBOARD_FONT_DIR",
    "ONBOARD_CLUSTER",
    "ONBOARD_TEST_STACK",
];

/// Variables with other names, which come from the system that this one replaces or from a tool.
const NAMED: [(&str, &str); 16] = [
    ("ENVIRONMENT", "environment"),
    ("LEPTOS_SITE_ADDR", "http.address"),
    ("LEPTOS_SITE_ROOT", "http.site_root"),
    ("WEBSOCKET_ENDPOINT", "http.advertised_url"),
    ("KAFKA_BROKERS", "kafka.brokers"),
    ("KAFKA_USERNAME", "kafka.username"),
    ("KAFKA_PASSWORD", "kafka.password"),
    ("KAFKA_PASSWORD_FILE", "kafka.password_file"),
    ("AWS_REGION", "aws.region"),
    ("USERS_TABLE", "tables.users"),
    ("APPLICATIONS_TABLE", "tables.applications"),
    ("KYC_RESULTS_TABLE", "tables.kyc_results"),
    ("AUDIT_TABLE", "tables.audit_logs"),
    ("WEBSOCKET_TABLE", "tables.websocket_connections"),
    ("RUST_LOG", "telemetry.log"),
    ("ONBOARD_DATA_DIR", "data_dir"),
];

/// One variable; a provider of its own, so that errors name the variable.
struct Variable {
    name: String,
    setting: Serialized<Value>,
}

impl Provider for Variable {
    fn metadata(&self) -> Metadata {
        Metadata::named(format!("environment variable {}", self.name))
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        self.setting.data()
    }
}

/// Whether Kubernetes sets this variable for a service whose name begins with `onboard-`, in the way of Docker's links:
/// `{NAME}_SERVICE_HOST`, `{NAME}_SERVICE_PORT[_{PORT}]`, and `{NAME}_PORT[_{NUMBER}_{PROTOCOL}[_PROTO|_PORT|_ADDR]]`
/// with an address as its value.
fn is_service_link(name: &str, value: &str) -> bool {
    // Two underscores separate the parts of a setting.
    if name.contains("__") {
        return false;
    }
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_address = ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme));
    let parts: Vec<&str> = name.split('_').collect();
    let of_protocol = |part: &[&str]| matches!(part, ["PORT", number, "TCP" | "UDP" | "SCTP"] if is_number(number));
    name.ends_with("_SERVICE_HOST")
        || name.ends_with("_SERVICE_PORT")
        || name.contains("_SERVICE_PORT_")
        || (name.ends_with("_PORT") && is_address)
        || parts.windows(3).any(of_protocol)
}

/// The variable with the prefix that sets `key`.
pub(super) fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_ascii_uppercase())
}

/// Whether the variable `name` is a setting.
pub(super) fn is_setting(name: &str) -> bool {
    NAMED.iter().any(|(named, _)| *named == name) || (name.starts_with(PREFIX) && !OTHERS.contains(&name))
}

/// Merges the settings among `variables` (name and value) into `figment`, which contains the defaults. A setting whose
/// default is text stays text, even if the value looks like a number.
pub(super) fn merge(mut figment: Figment, variables: impl Iterator<Item = (String, String)>) -> Figment {
    let variables: Vec<(String, String)> = variables.filter(|(name, value)| !is_service_link(name, value)).collect();
    let named = NAMED.iter().filter_map(|(variable, key)| {
        let (name, value) = variables.iter().find(|(name, value)| name == variable && !value.is_empty())?;
        Some((name, (*key).to_owned(), value))
    });
    let prefixed = variables.iter().filter_map(|(name, value)| {
        let key = name.strip_prefix(PREFIX).filter(|_| !OTHERS.contains(&name.as_str()))?;
        Some((name, key.to_ascii_lowercase().replace("__", "."), value))
    });
    for (name, key, value) in named.chain(prefixed) {
        let is_text = matches!(figment.find_value(&key), Ok(Value::String(..)));
        let value = if is_text { Value::from(value.as_str()) } else { parsed(value) };
        figment = figment.merge(Variable { name: name.clone(), setting: Serialized::default(&key, value) });
    }
    figment
}

fn parsed(value: &str) -> Value {
    match value.parse() {
        Ok(value) => value,
        Err(never) => match never {},
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use figment::providers::{Format, Toml};
    use secrecy::ExposeSecret;

    use super::super::{Config, ConfigError, DEFAULTS};
    use super::*;

    fn load(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::checked(&merge(Figment::from(Toml::string(DEFAULTS)), variables), Default::default())
    }

    #[test]
    fn named_and_prefixed_variables_set_their_settings() {
        let config = load(&[
            ("LEPTOS_SITE_ADDR", "127.0.0.1:4000"),
            ("ONBOARD_HTTP__SOCKETS", "7"),
            ("ONBOARD_TABLES__CREATE", "true"),
            ("ONBOARD_DATA_DIR", "elsewhere"),
            ("ONBOARD_TOOLS", "not a setting"),
            ("ENVIRONMENT", ""),
            ("HOME", "/root"),
        ])
        .unwrap();
        assert_eq!((config.http.address.port(), config.http.sockets, config.tables.create), (4000, 7, true));
        assert_eq!((config.data_dir.to_str(), config.environment.as_str()), (Some("elsewhere"), "local"));
    }

    #[test]
    fn variables_of_kubernetes_for_a_service_are_no_settings() {
        for (name, value) in [
            ("ONBOARD_AI_SERVICE_HOST", "10.96.0.7"),
            ("ONBOARD_AI_SERVICE_PORT", "3000"),
            ("ONBOARD_AI_SERVICE_PORT_HTTP", "3000"),
            ("ONBOARD_AI_PORT", "tcp://10.96.0.7:3000"),
            ("ONBOARD_AI_PORT_3000_TCP", "tcp://10.96.0.7:3000"),
            ("ONBOARD_AI_PORT_3000_TCP_PROTO", "tcp"),
            ("ONBOARD_AI_PORT_3000_TCP_PORT", "3000"),
            ("ONBOARD_AI_PORT_3000_TCP_ADDR", "10.96.0.7"),
        ] {
            load(&[(name, value)]).unwrap();
        }
        for (name, value) in [
            ("ONBOARD_PORT", "3000"),
            ("ONBOARD_HTTP__PORT", "tcp://10.96.0.7:3000"),
            ("ONBOARD_HTTP__SERVICE_HOST", "10.96.0.7"),
            ("ONBOARD_AI_PORT_X_TCP", "tcp://10.96.0.7:3000"),
        ] {
            let wrong = load(&[(name, value)]).unwrap_err().to_string();
            assert!(wrong.contains(name), "{wrong}");
        }
    }

    #[test]
    fn value_of_text_setting_is_never_parsed() {
        for password in ["12345", "true", "[1, 2]", "\"quoted\"", " a = b ", "1e9"] {
            for name in ["KAFKA_PASSWORD", "ONBOARD_KAFKA__PASSWORD"] {
                let config = load(&[("ONBOARD_KAFKA__USERNAME", "007"), (name, password)]).unwrap();
                assert_eq!((config.kafka.username.as_str(), config.kafka.password.expose_secret()), ("007", password));
            }
        }
    }

    #[test]
    fn error_names_the_invalid_variable() {
        for (name, value) in
            [("ONBOARD_HTTP__SOCKETS", "many"), ("ONBOARD_HTTP__ADRESS", "x"), ("LEPTOS_SITE_ADDR", "x")]
        {
            let wrong = load(&[(name, value)]).unwrap_err().to_string();
            assert!(wrong.contains(name), "{wrong}");
        }
        // A secret has no keys below it, and the value is not shown.
        let wrong = load(&[("ONBOARD_KAFKA__PASSWORD__NEW", "8315")]).unwrap_err();
        assert!(!format!("{wrong} {wrong:?}").contains("8315"), "{wrong}");
    }

    #[test]
    fn old_variable_names_the_new_one() {
        for (old, new) in [
            ("ONBOARD_HTTP__OWN_URL", "ONBOARD_HTTP__ADVERTISED_URL"),
            ("ONBOARD_DOCUMENTS__AT_ONCE", "ONBOARD_DOCUMENTS__MAX_CONCURRENT"),
            ("ONBOARD_DOCUMENTS__PROVIDER_FAILURES", "ONBOARD_DOCUMENTS__BREAKER_FAILURE_THRESHOLD"),
            ("ONBOARD_DOCUMENTS__PROVIDER_PAUSE_S", "ONBOARD_DOCUMENTS__BREAKER_OPEN_S"),
        ] {
            let wrong = load(&[(old, "3")]).unwrap_err().to_string();
            assert!(wrong.contains(old) && wrong.contains(new), "{wrong}");
        }
        let config = load(&[("WEBSOCKET_ENDPOINT", "http://10.0.0.7:3000")]).unwrap();
        assert_eq!(config.http.advertised_url, "http://10.0.0.7:3000");
    }

    #[test]
    fn example_variable_in_the_default_file_exists() {
        let example = DEFAULTS.split_once("(ONBOARD_").unwrap().1.split_once(')').unwrap().0;
        let (name, value) = example.split_once('=').unwrap();
        load(&[(&format!("ONBOARD_{name}"), value)]).unwrap();
    }
}
