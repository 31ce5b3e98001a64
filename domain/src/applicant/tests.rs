#![allow(clippy::unwrap_used, clippy::expect_used)]

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::invisible::tests::AROUND;
use crate::samples::ingrid;

const TODAY: Date = date(2026, 3, 1);

fn refused(change: impl FnOnce(&mut UserInfo)) -> Vec<(String, String)> {
    let mut info = ingrid();
    change(&mut info);
    let errors = Applicant::parse(&info, TODAY).unwrap_err();
    errors.into_iter().map(|error| (error.field, error.code)).collect()
}

fn one(field: &str, code: &str) -> Vec<(String, String)> {
    vec![(field.to_owned(), code.to_owned())]
}

#[test]
fn normalised_details_pass_unchanged() {
    let applicant = Applicant::parse(&ingrid(), TODAY).unwrap();
    assert_eq!(applicant.user_info(), ingrid());
    assert_eq!(applicant.date_of_birth(), date(1987, 3, 14));
    assert_eq!((applicant.first_name(), applicant.last_name()), ("Ingrid", "Brandvold"));
    assert_eq!((applicant.email(), applicant.phone_number()), ("ingrid@example.org", "+4741234567"));
    assert_eq!(applicant.address().country, "NO");
}

#[test]
fn details_are_normalised() {
    let typed = UserInfo {
        email: " Ingrid@EXAMPLE.org ".into(),
        first_name: "  A\u{30A}se   Marie ".into(),
        last_name: "O\u{2019}Brien".into(),
        one_name: false,
        date_of_birth: " 1987-03-14 ".into(),
        phone_number: "020 7946 0018".into(),
        address: Address {
            line1: " 221B  Baker Street ".into(),
            line2: Some("  ".into()),
            city: "London".into(),
            region: Some(String::new()),
            postal_code: "nw16xe".into(),
            country: "gb".into(),
        },
    };
    let info = Applicant::parse(&typed, TODAY).unwrap().user_info();
    assert_eq!(info.email, "Ingrid@example.org");
    assert_eq!((info.first_name.as_str(), info.last_name.as_str()), ("Åse Marie", "O'Brien"));
    assert_eq!(info.phone_number, "+442079460018");
    assert_eq!(info.address.line1, "221B Baker Street");
    assert_eq!((info.address.line2, info.address.region), (None, None));
    assert_eq!((info.address.postal_code.as_str(), info.address.country.as_str()), ("NW1 6XE", "GB"));
}

#[test]
fn all_missing_fields_are_reported_together() {
    let errors = Applicant::parse(&UserInfo::default(), TODAY).unwrap_err();
    let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "firstName",
            "lastName",
            "email",
            "dateOfBirth",
            "phoneNumber",
            "address.line1",
            "address.city",
            "address.country"
        ]
    );
    assert!(errors.iter().all(|error| error.code == "required" && !error.message.is_empty()), "{errors:?}");
    assert_eq!(refused(|info| info.address.postal_code.clear()), one("address.postalCode", "required"));
}

#[test]
fn personal_names_pass_and_injections_are_refused() {
    for name in ["O'Brien", "Anne-Marie", "Þórir", "王小明", "محمد", "J.", "Nguyễn Thị"] {
        let mut info = ingrid();
        info.first_name = name.into();
        info.last_name = name.into();
        assert_eq!(Applicant::parse(&info, TODAY).unwrap().first_name(), name);
    }
    for name in ["<b>", "a\0", "a\nb", "Ingrid😀", "'; DROP TABLE users; --", "123", "@", "Ingrid2"] {
        assert_eq!(refused(|info| info.first_name = name.into()), one("firstName", "invalid_character"), "{name:?}");
        assert_eq!(refused(|info| info.last_name = name.into()), one("lastName", "invalid_character"), "{name:?}");
    }
}

#[test]
fn one_name_is_enough_for_a_person_who_has_no_other() {
    let only = |first: &str, last: &str| {
        let mut info = ingrid();
        (info.first_name, info.last_name, info.one_name) = (first.into(), last.into(), true);
        info
    };
    for info in [only("Suharto", ""), only("", "Suharto"), only(" Suharto ", "\u{200E} ")] {
        let applicant = Applicant::parse(&info, TODAY).unwrap();
        assert_eq!((applicant.first_name(), applicant.last_name()), ("Suharto", ""));
        assert!(applicant.has_one_name());
        assert_eq!((applicant.name_on_letters(), applicant.full_name().whole().as_str()), ("Suharto", "Suharto"));
        let kept = applicant.user_info();
        assert_eq!((kept.full_name().as_str(), kept.one_name), ("Suharto", true));
        assert_eq!(Applicant::parse(&kept, TODAY).as_ref(), Ok(&applicant));
        assert_eq!(Applicant::accepted(&kept).as_ref(), Ok(&applicant));
    }
    let errors = |info: &UserInfo| {
        let errors = Applicant::parse(info, TODAY).unwrap_err();
        errors.into_iter().map(|error| (error.field, error.code)).collect::<Vec<_>>()
    };
    assert_eq!(errors(&only("", "")), one("firstName", "required"));
    assert_eq!(errors(&only("Suharto", "Haji")), one("lastName", "invalid"));
    // Nobody is taken for a person with one name who forgot the other.
    assert_eq!(refused(|info| info.last_name.clear()), one("lastName", "required"));
}

#[test]
fn details_of_an_earlier_version_stay_accepted() {
    // The form of version 0.1 took a telephone number and a postal code that no plan has.
    let mut info = ingrid();
    info.phone_number = "+470000000000000".into();
    info.address.postal_code = "0000".into();
    assert!(Applicant::parse(&info, TODAY).is_err());
    let applicant = Applicant::accepted(&info).unwrap();
    assert_eq!(applicant.user_info(), info);
    info.date_of_birth = "soon".into();
    assert_eq!(Applicant::accepted(&info).unwrap_err().field, "dateOfBirth");
}

#[test]
fn look_alike_letters_of_two_alphabets_are_refused() {
    assert_eq!(refused(|info| info.last_name = "Brandvоld".into()), one("lastName", "invalid"));
}

#[test]
fn postal_code_is_optional_where_addresses_do_without() {
    let mut info = ingrid();
    (info.address.country, info.address.postal_code) = ("IE".into(), String::new());
    assert_eq!(Applicant::parse(&info, TODAY).unwrap().address().postal_code, "");
    info.address.postal_code = "d02af30".into();
    assert_eq!(Applicant::parse(&info, TODAY).unwrap().address().postal_code, "D02 AF30");
    (info.address.country, info.address.postal_code) = ("XK".into(), "10000".into());
    assert_eq!(Applicant::parse(&info, TODAY).unwrap().address().country, "XK");
}

#[test]
fn invisible_characters_around_every_field_are_left_out() {
    for (before, after) in AROUND {
        let around = |text: &str| format!("{before}{text}{after}");
        let UserInfo { email, first_name, last_name, one_name, date_of_birth, phone_number, address } = ingrid();
        let typed = UserInfo {
            email: around(&email),
            first_name: around(&first_name),
            last_name: around(&last_name),
            one_name,
            date_of_birth: around(&date_of_birth),
            phone_number: around(&phone_number),
            address: Address {
                line1: around(&address.line1),
                line2: Some(around("")),
                city: around(&address.city),
                region: Some(around("Østlandet")),
                postal_code: around(&address.postal_code),
                country: around(&address.country),
            },
        };
        let mut wanted = ingrid();
        wanted.address.region = Some("Østlandet".into());
        assert_eq!(Applicant::parse(&typed, TODAY).unwrap().user_info(), wanted, "{before:?} {after:?}");
        // A national number needs the country, which has them around it, too.
        let national = UserInfo { phone_number: around("412 34 567"), ..typed };
        assert_eq!(Applicant::parse(&national, TODAY).unwrap().phone_number(), "+4741234567", "{before:?}");
    }
}

#[test]
fn hostile_address_lines_are_refused_each() {
    let bad = "x<script>";
    assert_eq!(refused(|info| info.address.line1 = bad.into()), one("address.line1", "invalid_character"));
    assert_eq!(refused(|info| info.address.line2 = Some(bad.into())), one("address.line2", "invalid_character"));
    assert_eq!(refused(|info| info.address.city = bad.into()), one("address.city", "invalid_character"));
    assert_eq!(refused(|info| info.address.region = Some(bad.into())), one("address.region", "invalid_character"));
    assert_eq!(refused(|info| info.address.postal_code = bad.into()), one("address.postalCode", "invalid_character"));
}

#[test]
fn length_limits_hold_on_both_sides() {
    let mut info = ingrid();
    info.first_name = "é".repeat(limits::NAME);
    info.address.line1 = "é".repeat(limits::ADDRESS_LINE);
    info.address.city = "é".repeat(limits::PLACE);
    assert!(Applicant::parse(&info, TODAY).is_ok());
    for length in [limits::NAME + 1, 10_000] {
        assert_eq!(refused(|info| info.first_name = "é".repeat(length)), one("firstName", "too_long"));
    }
    for length in [limits::ADDRESS_LINE + 1, 10_000] {
        assert_eq!(refused(|info| info.address.line1 = "é".repeat(length)), one("address.line1", "too_long"));
    }
    for length in [limits::POSTAL_CODE + 1, 10_000] {
        assert_eq!(
            refused(|info| info.address.postal_code = "1".repeat(length)),
            one("address.postalCode", "too_long")
        );
    }
    assert_eq!(refused(|info| info.email = "a".repeat(10_000)), one("email", "too_long"));
    assert_eq!(refused(|info| info.address.country = "a".repeat(10_000)), one("address.country", "invalid"));
    assert_eq!(refused(|info| info.date_of_birth = "1".repeat(10_000)), one("dateOfBirth", "invalid"));
}

#[test]
fn date_of_birth_limits_hold_on_both_sides() {
    for (good, wanted) in [
        ("2026-03-01", date(2026, 3, 1)),
        ("1906-03-01", date(1906, 3, 1)),
        ("2024-02-29", date(2024, 2, 29)),
        // The identity check rejects applicants under 18, not the parser.
        ("2010-01-01", date(2010, 1, 1)),
    ] {
        let mut info = ingrid();
        info.date_of_birth = good.into();
        assert_eq!(Applicant::parse(&info, TODAY).unwrap().date_of_birth(), wanted);
    }
    for (bad, code) in [
        ("2026-03-02", "in_the_future"),
        ("9999-12-31", "in_the_future"),
        ("1906-02-28", "too_long_ago"),
        ("0000-01-01", "too_long_ago"),
        ("2023-02-29", "invalid"),
        ("1987-13-01", "invalid"),
        ("1987-00-10", "invalid"),
        ("1987-3-14", "invalid"),
        ("14-03-1987", "invalid"),
        ("1987-03-14T00:00", "invalid"),
        ("1987-03-14\n1", "invalid"),
        ("+1987-03-1", "invalid"),
        ("１９８７-03-14", "invalid"),
        (" ", "required"),
    ] {
        assert_eq!(refused(|info| info.date_of_birth = bad.into()), one("dateOfBirth", code), "{bad:?}");
    }
}

#[test]
fn postal_code_follows_the_rule_of_its_country() {
    assert_eq!(refused(|info| info.address.country = "ZZ".into()), one("address.country", "invalid"));
    assert_eq!(refused(|info| info.address.postal_code = "123".into()), one("address.postalCode", "invalid"));
    let mut info = ingrid();
    info.address.country = "HK".into();
    info.address.postal_code = String::new();
    assert_eq!(Applicant::parse(&info, TODAY).unwrap().address().postal_code, "");
    info.address.postal_code = "ab 12".into();
    assert_eq!(Applicant::parse(&info, TODAY).unwrap().address().postal_code, "AB 12");
}

#[test]
fn messages_never_repeat_the_input() {
    let secret = "Zxqv<9";
    let mut info = ingrid();
    for field in [&mut info.email, &mut info.first_name, &mut info.last_name, &mut info.date_of_birth] {
        *field = secret.into();
    }
    info.phone_number = secret.into();
    info.address.line1 = secret.into();
    info.address.city = secret.into();
    info.address.postal_code = secret.into();
    info.address.country = secret.into();
    let errors = Applicant::parse(&info, TODAY).unwrap_err();
    assert_eq!(errors.len(), 9);
    assert!(errors.iter().all(|error| !error.message.contains("Zxqv")), "{errors:?}");
}

proptest! {
    #[test]
    fn any_details_parse_or_fail_and_parsing_is_idempotent(
        first in any::<String>(), last in "\\PC{0,30}", line in "\\PC{0,40}", city in "[\\p{L} .'-]{0,20}",
        code in "[A-Za-z0-9 -]{0,9}", at in 0usize..250,
    ) {
        let mut info = ingrid();
        info.first_name = first;
        info.last_name = last;
        info.address = Address {
            line1: line, line2: None, city, region: None, postal_code: code,
            country: crate::country::all()[at].alpha2.into(),
        };
        if let Ok(applicant) = Applicant::parse(&info, TODAY) {
            let again = Applicant::parse(&applicant.user_info(), TODAY).unwrap();
            prop_assert_eq!(again, applicant);
        }
    }

    #[test]
    fn any_letters_of_one_script_are_a_valid_name(
        name in "([\\p{Latin}&&\\p{Ll}--\u{2100}-\u{214F}]{1,20})|([\\p{Cyrillic}&&\\p{Ll}]{1,20})|([\\p{Greek}&&\\p{Ll}]{1,20})|([\\p{Han}&&\\p{Lo}]{1,20})"
    ) {
        let mut info = ingrid();
        info.last_name = name;
        prop_assert!(Applicant::parse(&info, TODAY).is_ok());
    }
}
