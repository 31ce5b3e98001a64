//! The sizes of the files that a browser fetches.

use crate::BenchResult;
use crate::program::Program;
use crate::report::row;

/// Measures the files of the page as they are transferred.
pub async fn measure(program: &Program) -> BenchResult<()> {
    for (what, path) in [
        ("WebAssembly as served (brotli)", "/pkg/onboard-ai.wasm"),
        ("JavaScript as served (brotli)", "/pkg/onboard-ai.js"),
        ("Style sheet as served (brotli)", "/pkg/onboard-ai.css"),
        ("First page, empty (brotli)", "/"),
    ] {
        let request = reqwest::Client::new().get(format!("{}{path}", program.base));
        let answer = request.header("accept-encoding", "br").send().await?.error_for_status()?;
        let coding = answer.headers().get("content-encoding").and_then(|value| value.to_str().ok()).unwrap_or("none");
        if coding != "br" {
            return Err(format!("{path} came as {coding}, not br").into());
        }
        let bytes = answer.bytes().await?.len();
        row(what, &format!("{:.1} kB", bytes as f64 / 1_000.0));
    }
    Ok(())
}
