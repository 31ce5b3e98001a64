//! How much a browser fetches.

use crate::Outcome;
use crate::figures::row;
use crate::program::Program;

/// Measures the files of the page as they come over the wire.
pub async fn measure(program: &Program) -> Outcome<()> {
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
