//! Postal codes in the lines of an address.

use domain::country;

use super::super::captions::caption;
use super::super::plain;
use super::lines::STREET;

/// Whether a line is a postal code with a town: `0184 Oslo`, `10115 Berlin`, `1012 AB Amsterdam`, `London SW1A 1AA`,
/// `Springfield, IL 62704`.
pub(super) fn is_postal(text: &str) -> bool {
    let words: Vec<String> = plain(text).split(' ').map(str::to_owned).collect();
    let letters = |word: &String| word.bytes().all(|b| b.is_ascii_alphabetic());
    let digits = |word: &String| (4..=6).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_digit());
    // `1100 Main Street` begins with a house number.
    let street = words.iter().any(|word| STREET.contains(&word.as_str()));
    if words.len() < 2 || text.contains(':') || text.contains("  ") || caption(text).is_some() {
        return false;
    }
    // Towns have capitals, units of measure have none: `612 kWh`.
    let town = text.split_whitespace().skip(1).any(|word| word.len() >= 3 && word.starts_with(char::is_uppercase));
    let first = digits(&words[0]) && words.len() <= 5 && words[1..].iter().all(letters);
    // `N-0184 Oslo`, `D-10115 Berlin`
    let prefixed = words[0].len() <= 2
        && letters(&format!("{}x", words[0]))
        && words.get(1).is_some_and(digits)
        && words.len() >= 3;
    let last = words.last().is_some_and(digits) && words.len() >= 3 && words[words.len() - 2].len() == 2;
    let as_written: Vec<&str> = text.split_whitespace().map(|word| word.trim_matches([',', '.'])).collect();
    let british = as_written.windows(2).any(|two| british(two[0], two[1]).is_some());
    // `H91 E2K3`
    let irish = words.windows(2).any(|two| {
        let (routing, unique) = (two[0].as_bytes(), two[1].as_bytes());
        let is_routing =
            |a: u8, b: u8, c: u8| a.is_ascii_alphabetic() && b.is_ascii_digit() && (c.is_ascii_digit() || c == b'w');
        matches!(routing, [a, b, c] if is_routing(*a, *b, *c))
            && unique.len() == 4
            && unique.iter().any(u8::is_ascii_digit)
            && unique.iter().any(u8::is_ascii_alphabetic)
    });
    british || irish || (town && !street && (first || prefixed)) || last
}

/// The two parts of a British postcode, corrected by its form: at most one confusion between a letter and a figure, in
/// capitals. More corrections would turn words into postcodes.
fn british(outward: &str, inward: &str) -> Option<(String, String)> {
    let rule = country::by_alpha2("GB")?.postal_rule()?;
    if !(2..=4).contains(&outward.len()) || inward.len() != 3 {
        return None;
    }
    let code = |read: &str| {
        let canonical = rule.canonical(read, "GB").ok()?;
        canonical.split_once(' ').map(|(outward, inward)| (outward.to_owned(), inward.to_owned()))
    };
    let read = format!("{outward}{inward}");
    let capitals = read.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    let mended = || {
        read.char_indices().filter(|_| capitals).find_map(|(at, c)| {
            let other = match c {
                'I' => "1",
                '1' => "I",
                'O' => "0",
                '0' => "O",
                _ => return None,
            };
            code(&format!("{}{other}{}", &read[..at], &read[at + 1..]))
        })
    };
    code(&read).or_else(mended)
}

/// Corrects the British postcode at the end of a line.
pub(super) fn coded(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let [before @ .., outward, inward] = &words[..] else { return line.to_owned() };
    // A floor or a flat may look like a postcode: `b1 2nd`.
    match british(outward, inward).filter(|_| !outward.contains(char::is_lowercase)) {
        Some((outward, inward)) => {
            before.iter().copied().chain([outward.as_str(), inward.as_str()]).collect::<Vec<_>>().join(" ")
        }
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_with_postal_codes_are_recognised() {
        for text in [
            "0184 Oslo",
            "N-0184 Oslo",
            "10115 Berlin",
            "1012 AB Amsterdam",
            "London SW1A 1AA",
            "SW1A 1AA",
            "Springfield, IL 62704",
            "75001 Paris",
            "15003 A Coruña",
            "H91 E2K3",
            "SWIA 2AA",
        ] {
            assert!(is_postal(text), "{text}");
        }
        for text in [
            "198 Abbey Road",
            "1100 Main Street",
            "Storgata 14",
            "Energy 612 kWh",
            "Due date: 15 November 2026",
            "Ingrid Brandvold",
            "612 kWh 734.40",
            "SWAA 2AA",
            "Via Oro",
            "up to 100",
            "due to 1st",
        ] {
            assert!(!is_postal(text), "{text}");
        }
    }

    #[test]
    fn british_postcode_is_corrected_by_its_form() {
        for (read, coded_as) in [
            ("SWIA 2AA", "SW1A 2AA"),
            ("London SWIA 1AA", "London SW1A 1AA"),
            ("EH3 9QN", "EH3 9QN"),
            ("OX1 OAB", "OX1 0AB"),
            ("0X1 0AB", "OX1 0AB"),
            ("WIT 4JJ", "W1T 4JJ"),
        ] {
            assert_eq!(coded(read), coded_as);
        }
        for none in [
            "",
            "Oslo",
            "0184 Oslo",
            "13 Kingsway",
            "up to 100",
            "the Wit 4jj",
            "VIA ORO",
            "Flat 101",
            "b1 2nd",
            "İO 1ÅÅ",
        ] {
            assert_eq!(coded(none), none);
        }
    }
}
