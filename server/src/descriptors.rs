//! Open files: each connection is one, and so is each file and each connection to Kafka and DynamoDB.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Open files that are not for connections of clients.
const OTHERS: usize = 512;

/// Raises this process's limit of open files to what the system permits. The usual default of 1,024 is for programs that
/// use `select`; this one does not.
pub fn raise_limit() {
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }) {
        tracing::debug!(%error, "limit of open files not raised");
    }
}

/// How many connections of clients the limit permits.
pub fn for_connections() -> usize {
    let files = getrlimit(Resource::Nofile).current.map_or(usize::MAX, |files| files.try_into().unwrap_or(usize::MAX));
    files.saturating_sub(OTHERS).max(OTHERS)
}
