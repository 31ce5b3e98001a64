//! Letters without their marks, in Latin script.
//!
//! The page compares readings with the same code as the server, and the tables of `any_ascii` for all scripts are 561 kB
//! of WebAssembly. So Latin, Greek and Cyrillic letters have a small table here, and the other scripts are a feature of
//! the server, `all-scripts`. Whether readings in other scripts agree, the page knows from the server
//! ([`crate::document::OtherReading::agrees`]).

use crate::text::without_mark;

/// A letter without its mark, or its usual Latin letters: `A`-`Z` and `0`-`9`, empty for a sign without a sound.
pub(crate) fn plain(c: char) -> String {
    if c.is_ascii() {
        return c.to_ascii_uppercase().to_string().replace(|c: char| !c.is_ascii_alphanumeric(), "");
    }
    if !matches!(c, '\u{80}'..='\u{52F}' | '\u{1E00}'..='\u{1EFF}') {
        return of_other_scripts(c);
    }
    let mut upper = c.to_uppercase();
    // `ß` has an upper-case form of two letters.
    let mut letter = upper.next().filter(|_| upper.next().is_none()).unwrap_or(c);
    loop {
        if let Some(spelling) = listed(letter) {
            return spelling.to_owned();
        }
        letter = match without_mark(letter) {
            Some(base) if base.is_ascii() => return base.to_ascii_uppercase().to_string(),
            Some(base) => base,
            None => return of_other_scripts(c),
        };
    }
}

#[cfg(feature = "all-scripts")]
fn of_other_scripts(c: char) -> String {
    let ascii = any_ascii::any_ascii_char(c);
    ascii.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

#[cfg(not(feature = "all-scripts"))]
fn of_other_scripts(_: char) -> String {
    String::new()
}

fn listed(letter: char) -> Option<&'static str> {
    SPELLINGS.iter().find(|(_, letters)| letters.contains(letter)).map(|(spelling, _)| *spelling)
}

/// A spelling, and the upper-case letters that have it. Letters that are one of these or of A-Z with a mark are not
/// listed, unless the mark changes the sound.
#[rustfmt::skip]
const SPELLINGS: [(&str, &str); 79] = [
    ("", "ƸɁʹϏЪЬҌԦ"),
    ("2", "Ƨ"),
    ("5", "Ƽ"),
    ("6", "Ƅ"),
    ("A", "ȺɅΑАӘӬԐԘẚ"),
    ("AE", "ÆӔ"),
    ("B", "ƁƂɃБ"),
    ("C", "ƇǀȻϬЋҸ"),
    ("CH", "ΧЧҼҾ"),
    ("D", "ÐĐƉƊƋȡΔДԀẟ"),
    ("DB", "ȸ"),
    ("DCH", "Ԭ"),
    ("DJ", "ЂԂ"),
    ("DZ", "ƻǄǱЅӠԆ"),
    ("DZH", "ЏӋӜԪ"),
    ("E", "ƎƏƐɆΕЕЭѢѦӚ"),
    ("F", "ƑΦϤФѲ"),
    ("G", "ƓƔǤΓГҐҜ"),
    ("GH", "ƢҒҔӶ"),
    ("GI", "Ӂ"),
    ("H", "ĦͰϨҲҺӀӾ"),
    ("HW", "Ƕ"),
    ("I", "ƖƗͺΐΗΙІИ"),
    ("IE", "ЄѤѨ"),
    ("IJ", "Ĳ"),
    ("IO", "Ѭ"),
    ("J", "ȷɈͿϪЈҖҶӞ"),
    ("JH", "Ҋ"),
    ("K", "ƘΚК"),
    ("KH", "Х"),
    ("KS", "Ѯ"),
    ("L", "ĿŁȴȽΛЛԒԠԮꟜ"),
    ("LH", "Ӆ"),
    ("LJ", "ǇЉԈ"),
    ("LKH", "Ԕ"),
    ("LL", "Ỻ"),
    ("M", "ΜМ"),
    ("MH", "Ӎ"),
    ("N", "ŉƝȠȵΝНԢ"),
    ("NG", "ŊҢҤӇ"),
    ("NH", "Ӊ"),
    ("NJ", "ǊЊԊ"),
    ("NY", "Ԩ"),
    ("O", "ØƆƟΟΩОѠѪѺѼӨ"),
    ("OE", "Œ"),
    ("OT", "Ѿ"),
    ("OU", "Ȣ"),
    ("P", "ƤΠП"),
    ("PH", "ҦԤ"),
    ("PS", "ΨѰ"),
    ("Q", "ĸǃɊϘϞҀҚҞҠӃԚԞ"),
    ("QC", "ǂ"),
    ("QP", "ȹ"),
    ("R", "ƦɌΡϼР"),
    ("RH", "Ҏ"),
    ("RKH", "Ԗ"),
    ("S", "ͲΣϠϹϺϽϾϿСҪẜẝⱾ"),
    ("SH", "ƩƪϢϷШ"),
    ("SHCH", "Щ"),
    ("SJ", "Ԍ"),
    ("SS", "ßẞ"),
    ("ST", "Ϛ"),
    ("T", "ŦƫƬƮȶȾΤТ"),
    ("TH", "ÞΘϴҬ"),
    ("TI", "Ϯ"),
    ("TJ", "Ԏ"),
    ("TS", "ƾЦҴ"),
    ("TSH", "Ӵ"),
    ("U", "ƱɄУѸҮҰ"),
    ("V", "ƲΒВỼ"),
    ("W", "ƜǷͶϜҨԜ"),
    ("X", "ǁΞϦӼ"),
    ("XH", "Ӻ"),
    ("Y", "ƳȜɎΥΰϒЙЫѴӪỾ"),
    ("YA", "Я"),
    ("YU", "Ю"),
    ("Z", "ƍƵȤΖЗҘⱿ"),
    ("ZH", "ƷƺЖ"),
    ("ZJ", "Ԅ"),
];

#[cfg(all(test, feature = "all-scripts"))]
mod tests {
    use super::*;

    /// The table against that of `any_ascii`.
    #[test]
    fn spellings_are_the_usual_ones() {
        let blocks = ('\u{C0}'..='\u{24F}').chain('\u{370}'..='\u{52F}').chain('\u{1E00}'..='\u{1EFF}');
        // Two forms of Greek letters in formulas, which have the spelling of the letter here.
        for c in blocks.filter(|c| c.is_alphabetic() && !matches!(c, 'ϐ' | 'ϕ')) {
            assert_eq!(plain(c), of_other_scripts(c), "{c}");
        }
        for c in '\0'..='\u{7f}' {
            assert_eq!(plain(c), of_other_scripts(c), "{c:?}");
        }
        assert_eq!(['王', 'ת', '山'].map(plain), ["WANG", "T", "SHAN"]);
    }
}
