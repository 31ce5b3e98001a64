//! Units in address lines: flats and suites that OCR has joined with their neighbours.

/// Names of units that precede a number.
const UNITS: &[&str] = &["flat", "apartment", "apt", "unit", "suite"];

/// Last words of American streets in capitals, as on envelopes (USPS Publication 28, appendix C1).
const AMERICAN_WAYS: &[&str] = &["AVE", "BLVD", "CIR", "CT", "DR", "HWY", "LN", "PKWY", "PL", "RD", "ST", "TER", "WAY"];

/// Restores the space after the abbreviation of a Spanish street. OCR loses it or reads another stroke: `C/Peñón`, `C/I
/// Peñón`.
fn calle(line: &str) -> String {
    match line.strip_prefix("C/") {
        Some(street) if !street.starts_with(' ') && !["o", "O"].contains(&street.split(' ').next().unwrap_or("")) => {
            format!("C/ {}", street.strip_prefix("I ").unwrap_or(street))
        }
        _ => line.to_owned(),
    }
}

/// Splits `Apt5` into two words and `DRAPT 4` into three, because OCR loses narrow spaces.
pub(crate) fn split_units(line: &str) -> String {
    let is_unit = |name: &str| UNITS.iter().any(|unit| name.eq_ignore_ascii_case(unit));
    let line = &calle(line);
    let words: Vec<&str> = line.split(' ').collect();
    let part = |(i, word): (usize, &&str)| {
        let numbered = words.get(i + 1).is_some_and(|next| next.starts_with(|c: char| c.is_ascii_digit()));
        let ways = AMERICAN_WAYS.iter().map(|way| way.len()).filter(|at| {
            word.is_char_boundary(*at) && AMERICAN_WAYS.contains(&&word[..*at]) && is_unit(&word[*at..]) && numbered
        });
        // OCR reads a 5 at the end of a line as a letter.
        if words.len() == 1 && word.eq_ignore_ascii_case("apts") {
            return format!("{} 5", &word[..3]);
        }
        let figure = word.find(|c: char| c.is_ascii_digit()).filter(|at| is_unit(&word[..*at]));
        match figure.or(ways.min()) {
            Some(at) => format!("{} {}", &word[..at], &word[at..]),
            None => (*word).to_owned(),
        }
    };
    words.iter().enumerate().map(part).collect::<Vec<_>>().join(" ")
}
