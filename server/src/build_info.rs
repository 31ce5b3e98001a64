//! Which build this is.

use std::sync::LazyLock;

/// The version in `Cargo.toml`.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The revision that was built: `BUILD_REVISION` in the compiler's environment, for instance a commit. `None` if it was
/// not set.
pub const REVISION: Option<&str> = option_env!("BUILD_REVISION");

/// Version and revision, `0.1.0 (9ec4054)`.
pub fn version() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| match REVISION {
        Some(revision) if !revision.is_empty() => format!("{VERSION} ({revision})"),
        _ => VERSION.to_owned(),
    });
    &TEXT
}
