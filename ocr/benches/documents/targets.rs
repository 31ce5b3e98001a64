//! Compares the results with the quality targets.

use std::time::Duration;

use specimens::Degradation;

use crate::tally::Tally;
use crate::{Condition, Tallies};

/// Prints each target with its result, and returns whether all are met. A target without measurements is skipped.
pub fn print(tallies: &Tallies) -> bool {
    let sum = |wanted: &dyn Fn(Condition) -> bool| {
        let mut sum = Tally::default();
        tallies.iter().filter(|((_, condition), _)| wanted(*condition)).for_each(|(_, tally)| sum.join(tally));
        sum
    };
    let clean = sum(&|condition| condition == Condition::Degradation(Degradation::Clean));
    let phone = sum(&|condition| condition == Condition::Degradation(Degradation::PhoneLike));
    let all = sum(&|condition| matches!(condition, Condition::Degradation(_)));
    println!("\n{:<52} {:>10} {:>10}", "target", "required", "measured");
    let mut kept = true;
    for (name, part, whole, least) in [
        ("Fields exact, clean scans", clean.exact, clean.fields, 99.0),
        ("Machine-readable zones exact, clean scans", clean.exact_zones, clean.zones, 99.0),
        ("Fields exact, phone-like", phone.exact, phone.fields, 90.0),
        ("Machine-readable zones exact, phone-like", phone.exact_zones, phone.zones, 95.0),
    ] {
        if whole > 0 {
            let share = 100.0 * f64::from(part) / f64::from(whole);
            kept &= row(name, &format!("{least} %"), &format!("{share:.2} %"), share >= least);
        }
    }
    let values = all.fields + all.zones;
    if values > 0 {
        let share = 100.0 * f64::from(all.false_accepts) / f64::from(values);
        let measured = format!("{share:.3} %");
        kept &= row("Wrong with confidence above 0.9, all degradations", "< 0.1 %", &measured, share < 0.1);
        let p95 = all.percentile(95);
        let measured = format!("{:.2} s", p95.as_secs_f32());
        kept &= row("Time for a page, p95, all degradations", "< 5 s", &measured, p95 < Duration::from_secs(5));
    }
    kept
}

fn row(name: &str, promised: &str, measured: &str, kept: bool) -> bool {
    println!("{name:<52} {promised:>10} {measured:>10}{}", if kept { "" } else { "  MISSED" });
    kept
}
