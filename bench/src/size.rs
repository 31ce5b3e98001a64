//! Measures the size of a browser's downloads, and compares it with the documentation.

use crate::BenchResult;
use crate::program::Program;
use crate::report::row;

/// What a first visit loads before the first form can be used, by the names of the rows in the documentation. The code
/// that is loaded later is weighed by `scripts/page-weight`.
const FILES: [(&str, &[&str]); 4] = [
    ("WebAssembly as served (brotli)", &["/pkg/onboard-ai.wasm"]),
    ("JavaScript as served (brotli)", &["/pkg/onboard-ai.js", "/pkg/__wasm_split.______________________.js"]),
    ("Style sheet as served (brotli)", &["/pkg/onboard-ai.css"]),
    ("First page, empty (brotli)", &["/"]),
];

const DOCUMENTATION: &str = include_str!("../../docs/benchmarks.md");

/// Maximum relative difference from the documented size.
const TOLERANCE: f64 = 0.02;

/// Measures the files of the page as they are served, in kB. Returns a line for each that differs from
/// docs/benchmarks.md.
///
/// # Errors
/// If a file is not served, or not compressed with brotli.
pub async fn measure(program: &Program) -> BenchResult<Vec<String>> {
    let mut differences = Vec::new();
    for (what, paths) in FILES {
        let mut measured = 0.0;
        for path in paths {
            measured += size(program, path).await?;
        }
        row(what, &format!("{measured:.1} kB"));
        differences.extend(difference(what, measured, documented(what)));
    }
    Ok(differences)
}

/// The size of an answer in kB.
async fn size(program: &Program, path: &str) -> BenchResult<f64> {
    let request = reqwest::Client::new().get(format!("{}{path}", program.base));
    let answer = request.header("accept-encoding", "br").send().await?.error_for_status()?;
    let coding = answer.headers().get("content-encoding").and_then(|value| value.to_str().ok()).unwrap_or("none");
    if coding != "br" {
        return Err(format!("{path} was served as {coding}, not br").into());
    }
    Ok(answer.bytes().await?.len() as f64 / 1_000.0)
}

/// The documented size in kB.
fn documented(what: &str) -> Option<f64> {
    let row =
        DOCUMENTATION.lines().find_map(|line| line.strip_prefix("| ")?.strip_prefix(what)?.strip_prefix(" | "))?;
    row.split_once(" kB")?.0.parse().ok()
}

fn difference(what: &str, measured: f64, documented: Option<f64>) -> Option<String> {
    match documented {
        Some(size) if (measured - size).abs() <= size * TOLERANCE => None,
        Some(size) => Some(format!("{what}: {measured:.1} kB measured, {size:.1} kB in docs/benchmarks.md")),
        None => Some(format!("{what}: {measured:.1} kB measured, no row in docs/benchmarks.md")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_measured_file_has_a_documented_size() {
        for (what, _) in FILES {
            assert!(documented(what).is_some(), "{what}");
        }
    }

    #[test]
    fn size_beyond_the_tolerance_is_reported() {
        assert_eq!(difference("a", 509.9, Some(500.0)), None);
        assert!(difference("a", 510.1, Some(500.0)).is_some());
        assert!(difference("a", 489.0, Some(500.0)).is_some());
        assert!(difference("a", 1.0, None).is_some());
    }
}
