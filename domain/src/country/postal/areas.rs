//! Which codes of the right form can exist, after the patterns of libaddressinput. Only whole areas that no country's post
//! ever assigned are refused, so that a new code is never refused.

/// The areas of British postcodes, with those of the Crown dependencies.
const BRITISH: &str = " AB AL B BA BB BD BF BH BL BN BR BS BT BX CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT \
    DY E EC EH EN EX FK FY G GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK \
    ML N NE NG NN NP NR NW OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ \
    TR TS TW UB W WA WC WD WF WN WR WS WV YO ZE ";

/// What the codes of a country begin with; empty where anything goes.
fn beginnings(alpha2: &str) -> &'static [&'static str] {
    match alpha2 {
        "AX" => &["22"],
        "GF" => &["973", "983"],
        "GG" => &["GY"],
        "GL" => &["39"],
        "GP" => &["970", "971", "980", "981"],
        "IM" => &["IM"],
        "JE" => &["JE"],
        "LI" => &["948", "949"],
        "MC" => &["980"],
        "ME" => &["8"],
        "MQ" => &["972", "982"],
        "RE" => &["974", "984"],
        "SM" => &["4789"],
        "VA" => &["00120"],
        "YT" => &["976"],
        _ => &[],
    }
}

/// What no code of a country begins with.
fn never(alpha2: &str) -> &'static [&'static str] {
    match alpha2 {
        "US" => &["000", "001", "002", "003", "004"],
        "BR" | "DE" | "ES" | "TR" | "UA" => &["00"],
        "AT" | "BE" | "BG" | "CH" | "CY" | "EE" | "HR" | "HU" | "IN" | "LU" | "NL" | "PT" | "SE" | "SI" => &["0"],
        "XK" => &["0", "8", "9"],
        _ => &[],
    }
}

/// Whether a canonical code of the country can exist.
pub(super) fn exists(code: &str, alpha2: &str) -> bool {
    let begins = |with: &[&str]| with.iter().any(|beginning| code.starts_with(beginning));
    let known = beginnings(alpha2);
    if (!known.is_empty() && !begins(known)) || begins(never(alpha2)) {
        return false;
    }
    match alpha2 {
        "GB" | "GG" | "IM" | "JE" => british(code),
        "CA" => canadian(code),
        "IE" => code.chars().all(|c| !c.is_ascii_alphabetic() || "ACDEFHKNPRTVWXY".contains(c)),
        // `0000` and the like: nowhere.
        _ => code.chars().any(|c| c.is_ascii_alphabetic() || matches!(c, '1'..='9')),
    }
}

/// A known area, and none of the letters that look like others in the inward part. Forces' numbers have no area.
fn british(code: &str) -> bool {
    if code.starts_with("BFPO") || code == "GIR 0AA" {
        return true;
    }
    let area = code.split(|c: char| c.is_ascii_digit()).next().unwrap_or_default();
    let inward = code.rsplit(' ').next().unwrap_or_default();
    BRITISH.contains(&format!(" {area} ")) && !inward.contains(['C', 'I', 'K', 'M', 'O', 'V'])
}

/// Canada Post uses no letter that looks like another one, and W and Z not in front.
fn canadian(code: &str) -> bool {
    !code.contains(['D', 'F', 'I', 'O', 'Q', 'U']) && !code.starts_with(['W', 'Z'])
}
