//! `stack`.

use std::io::Write;

use serde_json::{Map, Value};
use tokio::signal::unix::{SignalKind, signal};

use super::CliError;
use crate::backends::Backends;
use crate::config::Config;
use crate::keys::Keys;
use crate::stack_file::{StackAddresses, StackFile};
use crate::store::{TableNames, Tables};
use crate::{private, telemetry};

/// Runs the embedded stack until SIGTERM or Ctrl-C. Prints the variables as soon as the stack answers.
pub(super) async fn run(config: &Config, json: bool) -> Result<String, CliError> {
    telemetry::init_logs(&config.telemetry).map_err(CliError::new)?;
    let unusable = |error: std::io::Error| {
        CliError::new(format!("data_dir (ONBOARD_DATA_DIR) {}: {error}", config.data_dir.display()))
    };
    let listening = |kind| signal(kind).map_err(CliError::new);
    let (mut terminate, mut interrupt) = (listening(SignalKind::terminate())?, listening(SignalKind::interrupt())?);
    private::folder(&config.data_dir).map_err(unusable)?;
    let stack = embedded::Stack::start(&config.data_dir).await.map_err(CliError::new)?;
    let file = StackFile::write(&config.data_dir, &stack).map_err(unusable)?;
    // The tables are created here, so that instances do not race to create them.
    let addresses = StackAddresses::of(&stack);
    let client = aws_sdk_dynamodb::Client::new(&Backends::embedded(config, &addresses).aws);
    let names = TableNames::new(&config.environment, &config.tables.overrides());
    Tables { client: &client, names: &names }.ensure().await?;

    let documents = std::path::absolute(config.documents_folder()).map_err(unusable)?;
    let keys = Keys::from_file(&config.data_dir.join("session.key")).map_err(unusable)?;
    let secret = hex::encode(keys.session.master());
    let lines = [
        ("KAFKA_BROKERS", addresses.kafka.as_str()),
        ("ONBOARD_KAFKA__REPLICATION_FACTOR", "1"),
        ("AWS_ENDPOINT_URL_DYNAMODB", &addresses.dynamodb),
        ("AWS_REGION", &config.aws.region),
        ("AWS_ACCESS_KEY_ID", &addresses.access_key_id),
        ("AWS_SECRET_ACCESS_KEY", &addresses.secret_access_key),
        ("ENVIRONMENT", &config.environment),
        // The secret belongs to this stack and persists, so that documents can be decrypted after a restart.
        ("ONBOARD_SECRET", &secret),
        ("ONBOARD_DOCUMENTS__FOLDER", &documents.to_string_lossy()),
        ("ONBOARD_WATCHLIST__SAMPLE", "true"),
    ];
    let text = match json {
        true => {
            let members = lines.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value)));
            format!("{:#}\n", Value::Object(Map::from_iter(members)))
        }
        false => lines.iter().map(|(name, value)| format!("{name}={}\n", quoted(value))).collect(),
    };
    let mut out = std::io::stdout();
    // A closed standard output does not stop the stack.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    let failed = tokio::select! {
        _ = terminate.recv() => None,
        _ = interrupt.recv() => None,
        error = stack.failed() => Some(error),
    };
    drop(file);
    stack.stop().await;
    failed.map_or(Ok(String::new()), |error| Err(CliError::new(error)))
}

/// Quotes a value for a shell.
fn quoted(value: &str) -> String {
    let plain = value.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:,@".contains(c));
    if plain { value.to_owned() } else { format!("'{}'", value.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn values_survive_a_shell() {
        assert_eq!(quoted("http://127.0.0.1:1"), "http://127.0.0.1:1");
        assert_eq!(quoted("Zoë's data"), r"'Zoë'\''s data'");
    }
}
