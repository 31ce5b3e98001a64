//! Any text as a sanctions list, and anybody screened against it. The parts of the input are separated by lines of `==`:
//! SDN.CSV, ALT.CSV, and the person's given names, family name, date of birth and country, one per line.
#![no_main]

use domain::names::FullName;
use domain::watchlist::{Hit, MOST_HITS, NAME_CLOSE, NAME_HIT, ScreenedPerson, Screening, ScreeningOutcome, Watchlist};
use jiff::civil::{Date, date};
use libfuzzer_sys::fuzz_target;

const PUBLISHED: Date = date(2026, 11, 20);

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let mut parts = text.split("\n==\n");
    let mut next = || parts.next().unwrap_or_default();
    let (sdn, alt, person) = (next(), next(), person(next()));
    let Ok(list) = Watchlist::from_ofac(sdn, alt, PUBLISHED) else { return };
    assert!(list.version().starts_with("OFAC-SDN 2026-11-20 ("));
    let screening = list.screen(&person);
    check(&screening);
    assert_eq!(list.screen(&person), screening, "a screening is repeatable");

    // Whoever is on the list under this name, without a date of birth, is found.
    let Some(name) = person.names.first().filter(|name| is_plain(name)) else { return };
    let row = format!("\n4294967295,\"{}, {}\",individual,X,,,,,,,,", name.family, name.given);
    let Ok(list) = Watchlist::from_ofac(&format!("{sdn}{row}"), alt, PUBLISHED) else { return };
    let screening = list.screen(&person);
    check(&screening);
    assert_ne!(screening.outcome, ScreeningOutcome::Clear, "{name:?}");
});

fn person(text: &str) -> ScreenedPerson {
    let mut lines = text.split('\n');
    let mut next = || lines.next().unwrap_or_default();
    ScreenedPerson {
        names: vec![FullName::new(next(), next())],
        dates_of_birth: next().parse().ok().into_iter().collect(),
        countries: vec![next().to_owned()],
        ..ScreenedPerson::default()
    }
}

/// A name as people have it: words of letters, at least one of them long.
fn is_plain(name: &FullName) -> bool {
    let whole = name.whole();
    whole.chars().all(|c| c.is_ascii_alphabetic() || c == ' ')
        && whole.len() <= 200
        && name.family.split(' ').any(|word| word.len() > 4)
}

fn check(screening: &Screening) {
    let (hits, least) = match &screening.outcome {
        ScreeningOutcome::Clear => (&[][..], 0.0),
        ScreeningOutcome::Possible { hits } => (&hits[..], NAME_CLOSE),
        ScreeningOutcome::Match { hits } => (&hits[..], NAME_CLOSE),
    };
    for (hits, least) in [(hits, least), (&screening.namesakes[..], NAME_HIT)] {
        assert!(hits.len() <= MOST_HITS);
        let in_range = |hit: &Hit| (least..=1.0).contains(&hit.name_score);
        assert!(hits.iter().all(in_range), "{hits:?}");
    }
    assert!((0.0..=1.0).contains(&screening.score), "{}", screening.score);
    let shown = if hits.is_empty() { &screening.namesakes[..] } else { hits };
    let best = shown.iter().map(|hit| hit.name_score).fold(0.0, f64::max);
    assert!(screening.score >= best, "{} {best}", screening.score);
}
