//! Finding a zone in the output of general text recognisers.

use super::*;

const NOISE: [&str; 4] = ["PASSPORT / PASSEPORT", "Surname ERIKSSON", "12 AUG 1974", "Utopia (UTO)"];

fn found(lines: &[&str]) -> Option<String> {
    super::super::find(&[&NOISE[..], lines, &["x"]].concat())
}

#[test]
fn zone_is_found_among_other_lines() {
    for zone in [PASSPORT, CARD, LARGE_CARD, VISA, SMALL_VISA] {
        let lines: Vec<&str> = zone.lines().collect();
        assert_eq!(found(&lines).as_deref(), Some(zone));
        let spaced: Vec<String> = lines.iter().map(|line| format!(" {} {} ", &line[..20], &line[20..])).collect();
        assert_eq!(found(&spaced.iter().map(String::as_str).collect::<Vec<_>>()).as_deref(), Some(zone));
        // The whole zone in one line, then each line in two pieces.
        assert_eq!(found(&[&lines.concat()]).as_deref(), Some(zone));
        let pieces: Vec<&str> = lines.iter().flat_map(|line| [&line[..17], &line[17..]]).collect();
        assert_eq!(found(&pieces).as_deref(), Some(zone));
    }
    assert_eq!(found(&[]), None);
    assert_eq!(found(&["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"]), None);
}

#[test]
fn miscounted_filler_is_corrected() {
    let [names, numbers] = [PASSPORT.lines().next().unwrap(), PASSPORT.lines().last().unwrap()];
    for (names, numbers) in [
        ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<", numbers),
        ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<<<", numbers),
        ("P<UTOERIKSSON<<ANNA<MARIA«««<<<<", numbers),
        ("PUTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", numbers),
        (names, "L898902C36UTO7408122F1204159ZE184226B<<10"),
        (names, "L898902C36UTO7408122F1204159ZE184226B<<<<<<<10"),
        (names, "L898902C36UTO7408122F1204159ZE184226B‹«‹‹10"),
        (names, "L898902C36UT074O8I22F1204159ZE184226B<<<10"),
    ] {
        assert_eq!(found(&[names, numbers]).as_deref(), Some(PASSPORT), "{names} {numbers}");
    }
    let card = found(&["I<UTOD231458907<<<<<<<<<<", "7408122F1204159UTO<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<"]);
    assert_eq!(card.as_deref(), Some(CARD));
}

#[test]
fn unproven_zone_is_not_returned() {
    let numbers = PASSPORT.lines().last().unwrap();
    // One filler between the names: either a filler was lost, or there is only one name.
    assert_eq!(found(&["P<UTOERIKSSON<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", numbers]), None);
    // A missing letter, then missing filler with a wrong check digit.
    let names = PASSPORT.lines().next().unwrap();
    assert_eq!(found(&[names, "L89890C36UTO7408122F1204159ZE184226B<<<<<10"]), None);
    assert_eq!(found(&[names, "L898902C36UTO7408132F1204159ZE184226B<<10"]), None);
    // A zone of the right length is returned despite one wrong check digit.
    let spoilt = numbers.replace("7408122", "7408132");
    assert_eq!(found(&[names, &spoilt]), Some(format!("{names}\n{spoilt}")));
    // Lines with the shape of a zone, of which no check digit holds.
    assert_eq!(found(&[names, &"K".repeat(44)]), None);
}

/// All check digits also hold in two implausible zones: with filler inserted after the sex (no date of expiry), and
/// with filler removed at the end (a card's zone).
#[test]
fn filler_is_inserted_where_the_zone_becomes_plausible() {
    let zone = "P<UTOA<<A<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<\n000A0A<<<0UTO2701013<000427140<<<<<<<<<<<<88";
    let cut: Vec<String> = zone.lines().map(|line| line.replacen("<<<<<<<<", "<<", 1)).collect();
    assert_eq!(super::super::find(&[&cut[0], &cut[1]]).as_deref(), Some(zone));
}

proptest! {
    #[test]
    fn shortened_filler_gives_the_zone_or_none(holder in holder(), lost in 1_usize..8, kind in 0..3) {
        let card = Holder { document_type: "ID".into(), ..holder.clone() };
        let zone = match kind { 0 => write_td3(&holder), 1 => write_td1(&card), _ => write_td2(&card) };
        let lines: Vec<String> = zone
            .lines()
            .map(|line| {
                let run = "<".repeat(lost + 2);
                line.rfind(&run).map_or(line.to_owned(), |at| format!("{}{}", &line[..at], &line[at + lost..]))
            })
            .collect();
        let found = super::super::find(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        prop_assert!(found.is_none_or(|found| found == zone), "{zone}");
    }

    #[test]
    fn any_lines_are_searched_without_panic(
        lines in proptest::collection::vec("[PIV1]?[A-Z0-9<K ]{20,50}|.{0,60}", 0..12),
    ) {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        if let Some(zone) = super::super::find(&lines) {
            let checks = parse(&zone, TODAY).unwrap().checks;
            prop_assert!(checks.document_number || checks.date_of_birth || checks.expiry_date);
        }
    }
}
