//! Formats measurements as rows of a Markdown table.

use std::time::Duration;

/// Prints a row of the table.
pub fn row(what: &str, measured: &str) {
    println!("| {what} | {measured} |");
}

/// For instance `12.3 ms`.
pub fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1_000.0)
}

/// The 50th, 95th and 99th percentile and the maximum, by nearest rank.
pub fn spread(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let Some(last) = times.len().checked_sub(1) else { return "nothing measured".to_owned() };
    let at = |percent: usize| milliseconds(times[(times.len() * percent).div_ceil(100).saturating_sub(1)]);
    let (count, longest) = (times.len(), milliseconds(times[last]));
    format!("p50 {}, p95 {}, p99 {}, longest {longest} (n = {count})", at(50), at(95), at(99))
}

/// For instance `1234/s`.
#[allow(clippy::cast_precision_loss)] // far fewer than 2^52
pub fn rate(count: usize, time: Duration) -> String {
    format!("{:.0}/s", count as f64 / time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let times = (1..=200).rev().map(Duration::from_millis).collect();
        assert_eq!(spread(times), "p50 100.0 ms, p95 190.0 ms, p99 198.0 ms, longest 200.0 ms (n = 200)");
        let one = vec![Duration::from_millis(7)];
        assert_eq!(spread(one), "p50 7.0 ms, p95 7.0 ms, p99 7.0 ms, longest 7.0 ms (n = 1)");
    }
}
