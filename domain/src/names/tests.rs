#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;

use super::*;

fn score(typed: (&str, &str), read: (&str, &str)) -> f64 {
    matched(typed, read).score
}

fn matched(typed: (&str, &str), read: (&str, &str)) -> NameMatch {
    compare(&FullName::new(typed.0, typed.1), &FullName::new(read.0, read.1))
}

#[test]
fn accents_case_and_transliteration_keep_the_full_score() {
    for (typed, read) in [
        (("Ingrid", "Brandvold"), ("INGRID", "BRANDVOLD")),
        (("Åse", "Ødegård"), ("AASE", "OEDEGAARD")),
        (("Åse", "Ødegård"), ("ASE", "ODEGARD")),
        (("Jürgen", "Müller"), ("JUERGEN", "MUELLER")),
        (("Jürgen", "Weiß"), ("JURGEN", "WEISS")),
        (("Þórir", "Ægisson"), ("THORIR", "AEGISSON")),
        (("Iñigo", "Núñez"), ("INXXIGO", "NUNEZ")),
        (("Юлия", "Щукина"), ("IULIIA", "SHCHUKINA")),
        (("Anne-Marie", "O'Brien"), ("ANNE MARIE", "OBRIEN")),
        (("Maria", "De la Cruz"), ("MARIA", "DELACRUZ")),
        (("小明", "王"), ("XIAOMING", "WANG")),
    ] {
        let result = matched(typed, read);
        assert_eq!((result.score, result.reason.as_str()), (1.0, "The names agree."), "{typed:?} {read:?}");
    }
}

#[test]
fn order_initials_and_missing_middle_names_agree_with_a_reason() {
    for (typed, read, wanted, why) in [
        (("Brandvold", "Ingrid"), ("INGRID", "BRANDVOLD"), 0.97, "changed places"),
        (("Ingrid", "Brandvold"), ("INGRID MARIE", "BRANDVOLD"), 0.95, "middle name"),
        (("Ingrid Marie", "Brandvold"), ("INGRID", "BRANDVOLD"), 0.95, "middle name"),
        (("Marie", "Brandvold"), ("INGRID MARIE", "BRANDVOLD"), 0.9, "first of the given names"),
        (("Ingrid M.", "Brandvold"), ("INGRID MARIE", "BRANDVOLD"), 0.9, "initial"),
        (("I", "Brandvold"), ("INGRID", "BRANDVOLD"), 0.9, "initial"),
        (("Ana", "Garcia"), ("ANA", "GARCIA LOPEZ"), 0.92, "family names"),
        (("Ingrid", "Marie Brandvold"), ("INGRID MARIE", "BRANDVOLD"), 0.93, "divided differently"),
    ] {
        let result = matched(typed, read);
        assert_eq!(result.score, wanted, "{typed:?} {read:?}");
        assert_eq!(result.verdict(), Verdict::Same);
        assert!(result.reason.contains(why), "{}", result.reason);
    }
}

#[test]
fn one_typing_error_agrees_from_nine_letters_on() {
    let nine = matched(("Ingrid", "Brandvold"), ("INGRID", "BRANDVALD"));
    assert_eq!((nine.score, nine.verdict()), (0.889, Verdict::Same));
    assert!(nine.reason.contains("letter"));
    let eight = matched(("Ingrid", "Johansen"), ("INGRID", "JOHANSON"));
    assert_eq!((eight.score, eight.verdict()), (0.875, Verdict::Doubtful));
    assert_eq!(matched(("Anna", "Berg"), ("ANNE", "BERG")).verdict(), Verdict::Doubtful);
}

#[test]
fn different_people_do_not_agree() {
    for (typed, read) in [
        (("Ingrid", "Brandvold"), ("PER", "BRANDVOLD")),
        (("Ingrid", "Brandvold"), ("INGRID", "HALVORSEN")),
        (("Ingrid", "Brandvold"), ("INGRID BRANDVOLD", "")),
        (("Ingrid", "Marie"), ("INGRID MARIE", "BRANDVOLD")),
        (("K", "Brandvold"), ("INGRID", "BRANDVOLD")),
        (("Ingrid", "Brandvold"), ("BRANDVOLD", "HALVORSEN")),
        (("Ingrid", ""), ("INGRID", "BRANDVOLD")),
    ] {
        let result = matched(typed, read);
        if typed.1 == "Brandvold" && read.1.is_empty() {
            // Undivided, but whole: the same person.
            assert_eq!(result.verdict(), Verdict::Same);
        } else {
            assert_eq!(result.verdict(), Verdict::Different, "{typed:?} {read:?} {result:?}");
        }
    }
    assert_eq!(score(("", ""), ("INGRID", "BRANDVOLD")), 0.0);
    assert_eq!(score(("Ingrid", "Brandvold"), ("", "")), 0.0);
}

#[test]
fn matching_names_do_not_outweigh_a_different_one() {
    for (typed, read) in [
        (("Anna Maria Sofia", "de la Cruz Santos"), ("ANNE MARIA SOFIA", "DE LA CRUZ SANTOS")),
        (("Anna Maria", "Cruz Santos Lima"), ("ANNE MARIA CRUZ", "SANTOS LIMA")),
        (("Maria", "Garcia Lopez"), ("MARIA", "GARCIA GOMEZ")),
    ] {
        assert_ne!(matched(typed, read).verdict(), Verdict::Same, "{typed:?} {read:?}");
    }
    assert_eq!(matched(("Ingrid", "Brandvold Berg"), ("ASTRID", "BRANDVOLD BERG")).verdict(), Verdict::Different);
}

#[test]
fn single_names_are_compared() {
    assert_eq!(score(("Suharto", ""), ("SUHARTO", "")), 1.0);
    assert_eq!(matched(("Suharto", ""), ("", "SUHARTO")).verdict(), Verdict::Same);
}

#[test]
fn zone_may_truncate_names_but_not_change_them() {
    let agrees = |read: (&str, &str), zone: (&str, &str)| {
        agrees_with_mrz(&FullName::new(read.0, read.1), &FullName::new(zone.0, zone.1))
    };
    assert!(agrees(("Ingrid", "Brandvold"), ("INGRID", "BRANDVOLD")));
    assert!(agrees(("Nilavadhanananda", "Chayapa Dejthamrong Krasuang"), ("NI", "CHAYAPA DEJTHAMRONG KRASUANG")));
    assert!(agrees(("Åse Marie", "Ødegård"), ("AASE MAR", "OEDEGAARD")));
    assert!(agrees(
        ("Papandropoulous", "Bennelong Wooloomooloo Warrandyte W"),
        ("", "BENNELONG WOOLOOMOOLOO WARRANDYTE W")
    ));
    assert!(!agrees(("Ingrid", "Brandvold"), ("PER", "BRANDVOLD")));
    assert!(!agrees(("Ingrid", "Brandvold"), ("INGRID", "BERG")));
    assert!(!agrees(("Ingrid", "Brandvold"), ("", "BRANDVOLD")));
}

#[test]
fn tied_pairings_score_symmetrically() {
    let (a, b) = (FullName::new("A AD AA DA", "Berg"), FullName::new("BA DBB DAA AA", "Berg"));
    assert_eq!(compare(&a, &b).score, compare(&b, &a).score);
}

#[test]
fn family_name_is_found_on_a_bill() {
    for text in ["Ms I Brandvold", "BRANDVOLD INGRID", "Ingrid Brandvold & Per Berg", "Berg/Brandvold", "Brand-vold"] {
        assert!(family_name_in("Brandvold", text) >= SAME_FROM, "{text}");
    }
    assert!(family_name_in("De la Cruz", "Maria Delacruz") >= SAME_FROM);
    assert!(family_name_in("Ødegård", "A OEDEGAARD") >= SAME_FROM);
    for text in ["Ingrid Berg", "", "B", "I B"] {
        assert!(family_name_in("Brandvold", text) < DOUBTFUL_FROM, "{text}");
    }
}

proptest! {
    #[test]
    fn comparison_is_reflexive_and_symmetric(
        a in "\\p{L}{1,10}( \\p{L}{1,10}){0,3}", b in "\\p{L}{1,10}( \\p{L}{1,10}){0,3}",
        c in "[A-D]{1,3}( [A-D]{1,3}){0,3}", d in "[A-D]{1,3}( [A-D]{1,3}){0,3}",
    ) {
        let (x, y) = (FullName::new(a, c), FullName::new(b, d));
        prop_assert_eq!(compare(&x, &x).score, 1.0);
        let (there, back) = (compare(&x, &y).score, compare(&y, &x).score);
        prop_assert!((there - back).abs() < 0.0011, "{there} {back}");
        prop_assert!((0.0..=1.0).contains(&there));
    }

    #[test]
    fn any_text_is_parsed_without_panic(a in any::<String>(), b in any::<String>()) {
        let result = compare(&FullName::new(&a, &b), &FullName::new(&b, &a));
        prop_assert!((0.0..=1.0).contains(&result.score));
        prop_assert!((0.0..=1.0).contains(&family_name_in(&a, &b)));
        agrees_with_mrz(&FullName::new(a, ""), &FullName::new(b, ""));
    }

    #[test]
    fn truncated_long_name_agrees(given in "[A-Z]{3,12}", family in "[A-Z]{3,12}", keep in 2usize..12) {
        let zone = FullName::new(given.chars().take(keep).collect::<String>(), family.clone());
        prop_assert!(agrees_with_mrz(&FullName::new(given, family), &zone));
    }
}
