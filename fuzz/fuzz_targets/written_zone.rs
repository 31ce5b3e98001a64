//! Any values written as a machine-readable zone, in every layout, and read again. One value per line, in the order of
//! [`holder`].
#![no_main]

use domain::mrz::{
    Format, Holder, agrees, parse, transliterate, write_mrva, write_mrvb, write_td1, write_td2, write_td3,
};
use jiff::civil::{Date, date};
use libfuzzer_sys::fuzz_target;

const TODAY: Date = date(2026, 11, 26);

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let holder = holder(&text);
    for (format, kind, write) in [
        (Format::Td1, "I", write_td1 as fn(&Holder) -> String),
        (Format::Td2, "I", write_td2),
        (Format::Td3, "P", write_td3),
        (Format::MrvA, "V", write_mrva),
        (Format::MrvB, "V", write_mrvb),
    ] {
        check(format, Holder { document_type: kind.to_owned(), ..holder.clone() }, write);
    }
});

fn holder(text: &str) -> Holder {
    let mut lines = text.split('\n');
    let mut next = || lines.next().unwrap_or_default().to_owned();
    let mut day = |otherwise| next().parse().unwrap_or(otherwise);
    let (date_of_birth, expiry_date) = (day(date(1987, 3, 14)), day(date(2031, 1, 1)));
    Holder {
        date_of_birth,
        expiry_date,
        sex: next().chars().next(),
        document_type: String::new(),
        document_number: next().chars().filter(char::is_ascii_alphanumeric).collect(),
        issuing_state: next(),
        nationality: next(),
        family_name: next(),
        given_names: next(),
        optional_data: next(),
    }
}

fn check(format: Format, holder: Holder, write: fn(&Holder) -> String) {
    let text = write(&holder);
    let (lines, columns) = format.shape();
    assert_eq!(text.lines().map(str::len).collect::<Vec<_>>(), vec![columns; lines]);
    let zone = parse(&text, TODAY).expect("a written zone is a zone");
    assert_eq!(zone.format, format);
    assert!(zone.checks_pass(), "{text}: {:?}", zone.checks);

    let (number_width, optional_width, names_width) = match format {
        Format::Td1 => (22, 15, 30),
        Format::Td2 => (14, 7, 31),
        Format::Td3 => (9, 14, 39),
        Format::MrvA => (9, 16, 39),
        Format::MrvB => (9, 8, 31),
        Format::FrenchCard => return,
    };
    let cut = |text: &str, width: usize| transliterate(text).chars().take(width).collect::<String>();
    assert_eq!(zone.document_number, cut(&holder.document_number, number_width));
    assert_eq!(zone.issuing_state, cut(&holder.issuing_state, 3).replace('<', ""));
    assert_eq!(zone.nationality, cut(&holder.nationality, 3).replace('<', ""));
    if zone.document_number.len() <= 9 {
        let words = cut(&holder.optional_data, optional_width);
        assert_eq!(zone.optional_data, words.split('<').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "));
    }
    let born = holder.date_of_birth;
    if (date(1926, 11, 27)..=TODAY).contains(&born) {
        assert_eq!(zone.date_of_birth, Some(born));
    }
    if (1976..2076).contains(&holder.expiry_date.year()) {
        assert_eq!(zone.expiry_date, Some(holder.expiry_date));
    }
    let (family, given) = (transliterate(&holder.family_name), transliterate(&holder.given_names));
    let needed = family.len() + if given.is_empty() { 0 } else { 2 + given.len() };
    if !family.is_empty() {
        let agree = agrees(&holder.family_name, &zone.family_name, needed > names_width);
        assert!(agree, "{:?} {:?}", holder.family_name, zone.family_name);
    }
    if needed <= names_width {
        assert_eq!(zone.given_names, given.replace('<', " "));
    }
}
