//! Every change of a decision needs a new `RULES_VERSION`. `golden.txt` has the decisions of a fixed set of cases and
//! the version of the rules. If a decision changes and the version does not, the test fails and does not write the
//! file.
//!
//! After raising the version: `UPDATE_GOLDEN=1 cargo test -p domain golden`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::*;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/kyc/tests/golden.txt");

/// All cases by name. A case may be added at any time; existing cases must not change.
fn cases() -> Vec<(String, Case)> {
    let mut cases = Vec::new();
    let mut add = |name: &str, case: Case| cases.push((name.to_owned(), case));
    let good = Case::good;
    let passport = |holder: &Holder| Case::with_identity(DocumentKind::Passport, holder);

    add("sound passport", good());
    add(
        "sound identity card",
        Case::with_identity(DocumentKind::IdentityCard, &Holder { document_type: "I".into(), ..holder() }),
    );
    add("sound driving licence", Case::with_identity(DocumentKind::DrivingLicence, &holder()));
    add("no documents", good().change(|case| case.documents.clear()));
    add("no proof of address", good().change(|case| drop(case.documents.pop())));

    // AGE_VERIFICATION
    for (name, born) in
        [("18 today", date(2008, 3, 1)), ("18 tomorrow", date(2008, 3, 2)), ("born on a leap day", date(2008, 2, 29))]
    {
        let case = passport(&Holder { date_of_birth: born, ..holder() });
        add(&format!("age: {name}"), case.change(|case| case.info.date_of_birth = born.to_string()));
    }
    let young = Holder { date_of_birth: date(2010, 5, 6), ..holder() };
    add("age: proven zone under age", passport(&young));
    let licence = Case::with_identity(DocumentKind::DrivingLicence, &holder());
    let reading = |source| Field::read("2010-05-06", 0.95, source);
    let born = |case: &Case, field: Field| {
        case.clone().change(|case| drop(case.documents[0].extracted_fields.insert(FieldName::DateOfBirth, field)))
    };
    let page = || reading(FieldSource::PrintedZone);
    add("age: one reading under age", born(&licence, page()));
    add("age: barcode under age", born(&licence, reading(FieldSource::Barcode)));
    add("age: two readings under age", born(&licence, page().beside(&page().by(Provider::Textract))));
    for typed in ["1987-03-15", "1987-04-15", "1990-05-20"] {
        add(&format!("age: typed {typed}"), good().change(|case| case.info.date_of_birth = typed.into()));
    }
    let old = Holder { date_of_birth: date(1924, 3, 14), ..holder() };
    let old = passport(&old).change(|case| case.info.date_of_birth = "1924-03-14".into());
    add("age: two-digit year with print", old.clone());
    add("age: two-digit year without print", born(&old, Field::read("2024-03-14", 0.7, FieldSource::Mrz)));
    add("age: not read", good().unread(0, FieldName::DateOfBirth));
    add(
        "age: corrected",
        good().read(0, FieldName::DateOfBirth, "1987-03-11").confirm(0, FieldName::DateOfBirth, "1987-03-14"),
    );

    // NAME_MATCH, typed against a passport
    for (first, last, given, family) in [
        ("Ingrid", "Brandvold", "Ingrid Marie", "Brandvold"),
        ("Ingrid M.", "Brandvold", "Ingrid Marie", "Brandvold"),
        ("Ingrid", "Brandvolt", "Ingrid", "Brandvold"),
        ("Brandvold", "Ingrid", "Ingrid", "Brandvold"),
        ("Åse", "Ødegård", "Aase", "Oedegaard"),
        ("Jürgen", "Groß", "Juergen", "Gross"),
        ("Ingrid", "Hansen", "Ingrid", "Brandvold"),
        ("Kari", "Brandvold", "Ingrid", "Brandvold"),
        ("I.", "Brandvold", "Ingrid", "Brandvold"),
        ("Иван", "Петров", "Ivan", "Petrov"),
        ("Ana", "García López", "Ana", "García"),
    ] {
        let case = passport(&Holder { given_names: given.into(), family_name: family.into(), ..holder() });
        let case = case.change(|case| {
            case.info.first_name = first.into();
            case.info.last_name = last.into();
            case.documents[1] = bill(&format!("{first} {last}"), "Storgata 14, 0184 Oslo", date(2026, 2, 9));
        });
        add(&format!("name: {first} {last} against {given} {family}"), case);
    }
    add(
        "name: corrected",
        good().read(0, FieldName::FamilyName, "Brandwald").confirm(0, FieldName::FamilyName, "Brandvold"),
    );
    add("name: not read", good().unread(0, FieldName::GivenNames));
    for (typed, given, family) in [
        ("Suharto", "", "SUHARTO"),
        ("Suharto", "FNU", "SUHARTO"),
        ("Suharto", "Haji", "SUHARTO"),
        ("Suharto", "", "WIDODO"),
        ("Thant Myint U", "", "THANT MYINT U"),
    ] {
        let case = passport(&Holder { given_names: given.into(), family_name: family.into(), ..holder() });
        let case = if given.is_empty() { case.unread(0, FieldName::GivenNames) } else { case };
        let case = case.change(|case| {
            case.info.first_name = typed.into();
            case.info.last_name.clear();
            case.info.one_name = true;
            case.documents[1] = bill(typed, "Storgata 14, 0184 Oslo", date(2026, 2, 9));
        });
        add(&format!("one name: {typed} against {given} {family}"), case);
    }

    // WATCHLIST_SCREENING, against the built-in sample list
    for (first, last, born) in [
        ("Viktor", "Zarenko", "1971-08-12"),
        ("Viktor", "Zarenko", "1971-12-08"),
        ("Viktor", "Zarenko", "1985-01-02"),
        ("Wiktor", "Tsarenko", "1971-08-12"),
        ("Viktor Anna Bo Cy Di Ed Flo Gil Hal Ida Jo Kit Lee", "Zarenko", "1971-08-12"),
        ("Ingrid", "Brandvold", "1987-03-14"),
    ] {
        let person = Holder {
            given_names: first.into(),
            family_name: last.into(),
            date_of_birth: born.parse().unwrap(),
            ..holder()
        };
        let case = passport(&person).change(|case| {
            case.info.first_name = first.into();
            case.info.last_name = last.into();
            case.info.date_of_birth = born.into();
            case.documents[1] = bill(&format!("{first} {last}"), "Storgata 14, 0184 Oslo", date(2026, 2, 9));
        });
        add(&format!("watchlist: {first} {last} born {born}"), case.screened());
    }
    for days in [-2, -1, 7, 8] {
        let published = TODAY.checked_sub(jiff::Span::new().days(days)).unwrap();
        add(&format!("watchlist: {days} days old"), good().change(|case| case.screening.published = published));
    }

    // DOCUMENT_VALIDITY
    for (name, expiry) in [("today", TODAY), ("yesterday", date(2026, 2, 28))] {
        add(&format!("document: expires {name}"), passport(&Holder { expiry_date: expiry, ..holder() }));
    }
    let endless = Holder { expiry_date: crate::date::NO_EXPIRY, document_type: "I".into(), ..holder() };
    add("document: does not expire", Case::with_identity(DocumentKind::IdentityCard, &endless));
    add(
        "document: number typed",
        good().unread(0, FieldName::DocumentNumber).confirm(0, FieldName::DocumentNumber, "NB4821937"),
    );
    add("document: number differs from the zone", good().read(0, FieldName::DocumentNumber, "NB4821938"));
    add("document: letter O for a zero in the number", good().read(0, FieldName::DocumentNumber, "NB48219O7"));
    add("document: sex corrected", good().confirm(0, FieldName::Sex, "M"));
    add(
        "document: specimen state",
        passport(&Holder { issuing_state: "UTO".into(), nationality: "UTO".into(), ..holder() }),
    );
    add("document: no zone", good().unread(0, FieldName::Mrz));
    let zone = mrz::write_td3(&holder());
    add("document: wrong check digit", good().read(0, FieldName::Mrz, &format!("{}<", &zone[..zone.len() - 1])));
    add(
        "document: zone of a card in a passport",
        good().read(0, FieldName::Mrz, &mrz::write_td1(&Holder { document_type: "I".into(), ..holder() })),
    );
    add(
        "document: visa",
        good().read(0, FieldName::Mrz, &mrz::write_mrva(&Holder { document_type: "V".into(), ..holder() })),
    );
    add("document: poor picture", good().change(|case| case.documents[0].issues.push(PictureIssue::Blurred)));
    let family = |value: &str| {
        Field::read("Brandvold", 0.95, FieldSource::PrintedZone)
            .beside(&Field::read(value, 0.9, FieldSource::PrintedZone).by(Provider::Textract))
    };
    for other in ["BRANDVOLD", "Brandvolt"] {
        let case =
            good().change(|case| drop(case.documents[0].extracted_fields.insert(FieldName::FamilyName, family(other))));
        add(&format!("document: other reading {other}"), case);
    }

    // ADDRESS_VERIFICATION
    for address in [
        "Storgaten 14, 0184 OSLO",
        "Storgt. 14, N-0184 Oslo",
        "Storgata 41, 0184 Oslo",
        "Storgata 14, 0185 Oslo",
        "Kirkeveien 14, 0184 Oslo",
        "0184 Oslo",
    ] {
        add(&format!("address: {address}"), good().read(1, FieldName::Address, address));
    }
    for (name, issued) in [
        ("three months old", date(2025, 12, 1)),
        ("a day older", date(2025, 11, 30)),
        ("of tomorrow", date(2026, 3, 2)),
    ] {
        add(&format!("address: bill {name}"), good().read(1, FieldName::IssueDate, &issued.to_string()));
    }
    for (read, corrected) in [("2025-05-11", "2026-02-09"), ("2026-02-09", "2025-05-11")] {
        let case = good().read(1, FieldName::IssueDate, read).confirm(1, FieldName::IssueDate, corrected);
        add(&format!("address: date {read} corrected to {corrected}"), case);
    }
    for name in ["I. Brandvold", "Brandvold, Per", "Per Hansen", "BRANDVOLT"] {
        add(&format!("address: bill to {name}"), good().read(1, FieldName::FullName, name));
    }
    cases
}

fn written(decided: &KycVerified) -> String {
    let mut text = format!("{:?}, risk {:?}", decided.status, decided.risk_level);
    for Check { check_type, passed, score, .. } in &decided.checks {
        let passed = if *passed { "passed" } else { "failed" };
        write!(text, "\n  {check_type:?} {passed} {score:.3}").unwrap();
    }
    text
}

/// The version of the rules, and the decision of each case by its name.
fn read_file() -> (String, BTreeMap<String, String>) {
    let text = std::fs::read_to_string(FILE).unwrap_or_default();
    let mut parts = text.split("\n\n");
    let version = parts.next().and_then(|line| line.strip_prefix("RULES_VERSION ")).unwrap_or_default();
    let decisions = parts.filter_map(|part| part.trim_end().split_once('\n'));
    (version.to_owned(), decisions.map(|(name, decision)| (name.to_owned(), decision.to_owned())).collect())
}

#[test]
fn golden_decisions_change_only_with_rules_version() {
    let (version, recorded) = read_file();
    let cases = cases();
    let decisions: BTreeMap<_, _> = cases.iter().map(|(name, case)| (name.clone(), written(&case.decide()))).collect();
    assert_eq!(decisions.len(), cases.len(), "two cases have the same name");
    let changed: Vec<_> = recorded
        .iter()
        .filter_map(|(name, was)| Some((name, was, decisions.get(name)?)))
        .filter(|(_, was, is)| was != is)
        .map(|(name, was, is)| format!("{name}\nwas: {was}\nis:  {is}"))
        .collect();
    assert!(
        changed.is_empty() || version != RULES_VERSION,
        "decisions changed, so RULES_VERSION must change:\n\n{}",
        changed.join("\n\n")
    );
    if (version.as_str(), &recorded) == (RULES_VERSION, &decisions) {
        return;
    }
    assert!(
        std::env::var_os("UPDATE_GOLDEN").is_some(),
        "the golden file is of {version}, the rules are {RULES_VERSION}, {} decisions changed, {} cases are recorded \
         of {}; write it anew: UPDATE_GOLDEN=1 cargo test -p domain golden",
        changed.len(),
        recorded.len(),
        decisions.len()
    );
    let mut text = format!("RULES_VERSION {RULES_VERSION}\n");
    for (name, decision) in decisions {
        write!(text, "\n{name}\n{decision}\n").unwrap();
    }
    std::fs::write(FILE, text).unwrap();
}
