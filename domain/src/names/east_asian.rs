//! Whether a name is Chinese or Korean, in Latin letters: then other romanisations hold than elsewhere.

/// Syllables of Chinese and Korean names, and the surnames that tell such a name from others of short syllables.
const INITIALS: [&str; 33] = [
    "TSCH", "CH", "SH", "ZH", "HS", "TZ", "TS", "KK", "TT", "PP", "SS", "JJ", "SZ", "B", "P", "M", "F", "D", "T", "N",
    "L", "G", "K", "H", "J", "Q", "X", "R", "Z", "C", "S", "Y", "W",
];
const FINALS: [&str; 10] = ["NG", "N", "K", "L", "M", "P", "T", "H", "R", ""];
const SURNAMES: &str = " WANG LI ZHANG LIU CHEN YANG HUANG ZHAO WU ZHOU XU SUN MA ZHU HU GUO HE LIN GAO LUO ZHENG LIANG \
    XIE SONG TANG XU DENG HAN FENG CAO PENG ZENG XIAO TIAN DONG PAN YUAN CAI JIANG YU DU YE CHENG WEI SU LU DING REN \
    LV YAO SHEN ZHONG CUI TAN LU FAN JIN SHI LIAO JIA XIA FU FANG BAI ZOU MENG XIONG QIN QIU YIN XUE YAN LEI HOU LONG \
    DUAN SHAO QIAN KONG MAO GU LAI WAN QIAO HSIEH HSU HSIAO TSAI TSENG CHANG CHAO CHOU CHU KUO HO KAO LO CHENG TENG \
    CHIANG CHIEN CHIU CHIA PAI TSOU CHUNG TSUI LIAO YEH LU WONG CHAN LAM CHEUNG LEUNG NG CHOW KWOK LAU TSANG YEUNG TAM \
    KIM LEE PARK CHOI JUNG KANG CHO YOON JANG LIM SHIN YOO KWON HWANG AHN SONG HONG YANG KO MOON SON BAE BAEK HEO NAM \
    SIM SHIM NOH HA JEON SEO MIN RYU NA CHUN JEONG OH O AN IM CHONG PAK RI KWAK SUNG CHA JOO WOO KU GU CHIN PYO BYUN YI \
    YUN CHOE JO GIM BAK HAN NO SIN SO RO RYOM THAE HYON KIL PYON MUN TONG TO PANG UM OM ";

/// Whether all parts are syllables of Chinese or Korean names and one at an end is a surname there.
pub(crate) fn is_name(parts: &[&str]) -> bool {
    let is_surname = |part: Option<&&str>| part.is_some_and(|part| SURNAMES.contains(&format!(" {part} ")));
    (2..=5).contains(&parts.len())
        && (is_surname(parts.first()) || is_surname(parts.last()))
        && parts.iter().all(|part| is_syllables(part, 2))
}

/// Whether a word is up to so many syllables.
pub(crate) fn is_syllables(word: &str, most: usize) -> bool {
    if word.is_empty() {
        return true;
    }
    if most == 0 {
        return false;
    }
    let initials = INITIALS.iter().chain(&[""]).filter_map(|initial| word.strip_prefix(initial));
    let mut after_initials = initials.filter(|rest| rest.starts_with(['A', 'E', 'I', 'O', 'U', 'Y', 'W']));
    let after_vowels = after_initials.next().map(|rest| {
        let vowels =
            rest.bytes().take_while(|byte| matches!(byte, b'A' | b'E' | b'I' | b'O' | b'U' | b'Y' | b'W')).count();
        rest.split_at_checked(vowels.min(4)).map_or("", |(_, after)| after)
    });
    match after_vowels {
        Some(after) => {
            FINALS.iter().any(|end| after.strip_prefix(end).is_some_and(|rest| is_syllables(rest, most - 1)))
        }
        // `Ng` and `M` are syllables without a vowel.
        None => matches!(word, "NG" | "M"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_and_korean_names_are_known_by_syllables_and_surname() {
        for name in ["KIM JONG UN", "SEUNGHOON LEE", "XIE ZIQING", "HSIEH TZU CHING", "PAK CHOL SU", "NG WAI"] {
            assert!(is_name(&name.split(' ').collect::<Vec<_>>()), "{name}");
        }
        for name in ["MARIA ROSSI", "TINA TURNER", "KIM ANDERSSON", "VIKTOR ZARENKO", "LEE", "ALI HASSAN"] {
            assert!(!is_name(&name.split(' ').collect::<Vec<_>>()), "{name}");
        }
    }
}
