//! Secrets from files: what Docker, Kubernetes and systemd hand to a process, so that no secret is in its environment.

use std::io::Read;
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use super::checks::wrong;
use super::{Config, ConfigError};

/// The size of the largest file that is read, in bytes.
const MAX_FILE: u64 = 64 * 1024;

/// Reads the secrets that `*_file` settings name into the settings beside them.
///
/// # Errors
/// [`ConfigError`] if a file cannot be read or is empty, or if a secret and its file are both set. No error contains
/// the content of a file.
pub(super) fn read(config: &mut Config) -> Result<(), ConfigError> {
    one("secret", &config.secret_file, &mut config.secret)?;
    one("kafka.password", &config.kafka.password_file, &mut config.kafka.password)?;
    one("google_vision.api_key", &config.google_vision.api_key_file, &mut config.google_vision.api_key)?;
    let azure = &mut config.azure_document_intelligence;
    one("azure_document_intelligence.api_key", &azure.api_key_file, &mut azure.api_key)?;
    several("previous_secrets", &config.previous_secrets_file, &mut config.previous_secrets)
}

fn one(key: &str, file: &Path, secret: &mut SecretString) -> Result<(), ConfigError> {
    if file == Path::new("") {
        return Ok(());
    }
    unset(key, secret.expose_secret().is_empty())?;
    let text = content(key, file)?;
    let text = text.trim();
    if text.is_empty() {
        return Err(wrong(&format!("{key}_file"), format!("names {}, which is empty", file.display())));
    }
    *secret = text.into();
    Ok(())
}

/// One secret a line. The file may be empty, because there is no earlier secret at first.
fn several(key: &str, file: &Path, secrets: &mut Vec<SecretString>) -> Result<(), ConfigError> {
    if file == Path::new("") {
        return Ok(());
    }
    unset(key, secrets.is_empty())?;
    let text = content(key, file)?;
    *secrets = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(SecretString::from).collect();
    Ok(())
}

fn unset(key: &str, is_unset: bool) -> Result<(), ConfigError> {
    if is_unset {
        return Ok(());
    }
    Err(wrong(key, format!("and {key}_file are both set: set only one of them")))
}

fn content(key: &str, file: &Path) -> Result<String, ConfigError> {
    let unreadable = |why: String| wrong(&format!("{key}_file"), format!("names {}, which {why}", file.display()));
    let opened = std::fs::File::open(file).map_err(|error| unreadable(format!("cannot be read: {error}")))?;
    let mut bytes = Vec::new();
    opened
        .take(MAX_FILE + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(format!("cannot be read: {error}")))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_FILE) {
        return Err(unreadable(format!("is longer than {MAX_FILE} bytes")));
    }
    String::from_utf8(bytes).map_err(|_| unreadable("is not UTF-8 text".to_owned()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs::write;

    use super::*;

    const SECRET: &str = "hunter2-hunter2-hunter2-hunter2-hunter2";

    fn with(key: &str, content: &[u8], more: &str) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        write(&file, content).unwrap();
        Config::with(&format!("{key} = '{}'\n{more}", file.display()))
    }

    #[test]
    fn secrets_are_read_without_the_end_of_the_line() {
        let config = with("secret_file", format!("{SECRET}\n").as_bytes(), "").unwrap();
        assert_eq!(config.secret.expose_secret(), SECRET);
        let config = with("kafka.password_file", b"pass word\r\n", "kafka.username = 'u'").unwrap();
        assert_eq!(config.kafka.password.expose_secret(), "pass word");
        let config = with("previous_secrets_file", format!("{SECRET}\n\n{SECRET}x\n").as_bytes(), "").unwrap();
        let previous: Vec<&str> = config.previous_secrets.iter().map(ExposeSecret::expose_secret).collect();
        assert_eq!(previous, [SECRET, &format!("{SECRET}x")]);
        assert!(with("previous_secrets_file", b"", "").unwrap().previous_secrets.is_empty());
    }

    #[test]
    fn secret_of_a_file_is_checked_as_any_other() {
        assert!(with("secret_file", b"short", "").unwrap_err().to_string().contains("32 characters"));
        assert!(with("kafka.password_file", b"p", "").unwrap_err().to_string().contains("kafka.username"));
    }

    #[test]
    fn error_names_the_file_and_not_its_content() {
        let both = with("secret_file", SECRET.as_bytes(), &format!("secret = '{SECRET}'")).unwrap_err().to_string();
        assert!(both.contains("secret and secret_file are both set") && !both.contains("hunter2"), "{both}");
        for (content, why) in [(&b" \n"[..], "is empty"), (b"\xff\xfe", "UTF-8"), (&[b'x'; 70_000], "longer than")] {
            let wrong = with("secret_file", content, "").unwrap_err().to_string();
            assert!(wrong.contains("secret_file") && wrong.contains(why), "{wrong}");
        }
        let missing = Config::with("secret_file = '/nowhere/secret'").unwrap_err().to_string();
        assert!(missing.contains("/nowhere/secret") && missing.contains("cannot be read"), "{missing}");
    }
}
