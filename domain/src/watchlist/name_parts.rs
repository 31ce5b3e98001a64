//! A name as it is searched for: its parts in Latin letters, with the particles of the languages that have them.

use crate::names::east_asian::is_name as is_east_asian;
use crate::names::fold;
use crate::names::romanise;

/// Particles: parts that are not names by themselves and are often omitted.
const PARTICLES: [&str; 24] = [
    "AL", "EL", "UL", "BIN", "IBN", "BINT", "BEN", "VAN", "VON", "DE", "DER", "DEN", "DEL", "LA", "LAS", "LOS", "DI",
    "DA", "DAS", "DOS", "DO", "TER", "TEN", "O",
];

/// Particles that state a father: the name before and the name after are two people.
const PATRONYMIC: [&str; 3] = ["BIN", "IBN", "BINT"];

/// Titles, which documents do not have and applicants sometimes write.
const TITLES: [&str; 26] = [
    "DR",
    "MR",
    "MRS",
    "MS",
    "MISS",
    "SIR",
    "DAME",
    "LORD",
    "LADY",
    "PROF",
    "PROFESSOR",
    "SHEIKH",
    "SHAYKH",
    "SHEIK",
    "HAJJI",
    "HAJI",
    "HADJI",
    "MULLAH",
    "MULLA",
    "MAULAVI",
    "MAWLAWI",
    "GENERAL",
    "GEN",
    "COLONEL",
    "COL",
    "ENG",
];

/// The beginnings of `servant of`, which is one name with the word after it.
const SERVANT: [&str; 6] = ["ABDUL", "ABDEL", "ABDAL", "ABDOUL", "ABDOL", "ABD"];
const ARTICLES: [&str; 4] = ["AL", "EL", "UL", "OL"];

/// The most parts that are searched for. A name of a hundred characters has no more.
pub(super) const MOST_PARTS: usize = 60;

/// A part of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Its spellings, at least one, the plain one first.
    pub(super) spellings: Vec<String>,
    /// Whether it is omitted as often as not.
    pub(super) is_particle: bool,
}

/// A name in parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct NameParts {
    /// The parts in the order in which the person writes them.
    pub(super) parts: Vec<Part>,
    /// Whether it is a Chinese or Korean name.
    pub(super) is_east_asian: bool,
    /// Whether it states the father between two names.
    pub(super) has_patronymic: bool,
}

impl NameParts {
    /// Divides a name, given names first.
    pub(super) fn of(natural: &str) -> Self {
        let words = fold::words(natural);
        let mut parts: Vec<Part> = fold::all_tokens(natural)
            .into_iter()
            .zip(words)
            .map(|(token, word)| {
                let mut spellings = token.spellings;
                for spelling in romanise::spellings(&word) {
                    if !spellings.contains(&spelling) {
                        spellings.push(spelling);
                    }
                }
                Part { spellings, is_particle: false }
            })
            .take(MOST_PARTS)
            .collect();
        leave_out_titles(&mut parts);
        join_servants(&mut parts);
        let plain: Vec<&str> = parts.iter().map(Part::plain).collect();
        let is_east_asian = is_east_asian(&plain);
        let is_vietnamese =
            plain.iter().any(|part| matches!(*part, "NGUYEN" | "TRAN" | "PHAM" | "HUYNH" | "VO" | "DANG"));
        let inner = 1..parts.len().saturating_sub(1);
        let has_patronymic = !is_east_asian
            && plain.iter().enumerate().any(|(at, part)| inner.contains(&at) && PATRONYMIC.contains(part));
        if !is_east_asian && !is_vietnamese {
            mark_particles(&mut parts);
            parts.iter_mut().for_each(add_without_article);
        }
        Self { parts, is_east_asian, has_patronymic }
    }
}

impl Part {
    pub(super) fn plain(&self) -> &str {
        self.spellings.first().map_or("", String::as_str)
    }
}

fn leave_out_titles(parts: &mut Vec<Part>) {
    let is_title = |part: &Part| TITLES.contains(&part.plain());
    let names = parts.iter().filter(|part| !is_title(part)).count();
    if names >= 2 {
        parts.retain(|part| !is_title(part));
    }
}

/// `Abd al-Rahim`, `Abdul Rahim` and `Abdelrahim` are one part, `ABDULRAHIM`.
fn join_servants(parts: &mut Vec<Part>) {
    let mut joined: Vec<Part> = Vec::with_capacity(parts.len());
    let mut rest = parts.drain(..).peekable();
    while let Some(part) = rest.next() {
        let is_servant = SERVANT.contains(&part.plain());
        if is_servant && rest.peek().is_some_and(|next| ARTICLES.contains(&next.plain())) {
            let article = rest.next();
            if rest.peek().is_none() {
                joined.push(part);
                joined.extend(article);
                continue;
            }
        }
        match rest.peek() {
            Some(next) if is_servant && next.plain().len() >= 3 => {
                let spelling = format!("ABDUL{}", next.plain());
                rest.next();
                joined.push(Part { spellings: vec![spelling], is_particle: false });
            }
            _ => {
                let stem = SERVANT.iter().find_map(|servant| {
                    let stem = part.plain().strip_prefix(servant)?;
                    (stem.len() >= 3 && *servant != "ABD").then(|| format!("ABDUL{stem}"))
                });
                joined.push(stem.map_or(part, |stem| Part { spellings: vec![stem], is_particle: false }));
            }
        }
    }
    drop(rest);
    *parts = joined;
}

/// A particle stands before a name. At the end it is a name itself, and so is one without any other part.
fn mark_particles(parts: &mut [Part]) {
    let is_particle = |part: &Part| PARTICLES.contains(&part.plain());
    if parts.iter().filter(|part| !is_particle(part)).count() < 1 {
        return;
    }
    let last = parts.len().saturating_sub(1);
    for at in 0..last {
        let longer_follows = parts.get(at + 1..).unwrap_or_default().iter().any(|part| !is_particle(part));
        if let Some(part) = parts.get_mut(at) {
            part.is_particle = is_particle(part) && longer_follows;
        }
    }
}

/// `Alhaddar` is `al-Haddar` where a list has it so. The plain spelling stays the first.
fn add_without_article(part: &mut Part) {
    let stem = ["AL", "EL", "UL"].iter().find_map(|article| part.plain().strip_prefix(article));
    if let Some(stem) = stem.filter(|stem| stem.len() >= 4).map(str::to_owned) {
        part.spellings.push(stem);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(name: &str) -> String {
        let parts = NameParts::of(name);
        let part = |part: &Part| if part.is_particle { format!("({})", part.plain()) } else { part.plain().to_owned() };
        let shown: Vec<String> = parts.parts.iter().map(part).collect();
        let mut shown = shown.join(" ");
        if parts.is_east_asian {
            shown.push_str(" east");
        }
        if parts.has_patronymic {
            shown.push_str(" patronymic");
        }
        shown
    }

    #[test]
    fn particles_count_only_where_the_language_has_them() {
        for (name, wanted) in [
            ("Qasim al-Haddar", "QASIM (AL) HADDAR"),
            ("Hamad bin Rashid", "HAMAD (BIN) RASHID patronymic"),
            ("José de la Rosa", "JOSE (DE) (LA) ROSA"),
            ("Cormac Ó Dálaigh", "CORMAC (O) DALAIGH"),
            ("Ludwig van Beethoven", "LUDWIG (VAN) BEETHOVEN"),
            ("Yun Bin Seo", "YUN BIN SEO east"),
            ("Jin O", "JIN O east"),
            ("Nguyễn Văn Minh", "NGUYEN VAN MINH"),
            ("Al", "AL"),
            ("Weird Al", "WEIRD AL"),
            ("Abd al-Rahim Muhammadi", "ABDULRAHIM MUHAMMADI"),
            ("Abdul Karim", "ABDULKARIM"),
            ("Abdelkarim Haddad", "ABDULKARIM HADDAD"),
            ("Karim Abdul", "KARIM ABDUL"),
            ("Dr. Viktor Zarenko", "VIKTOR ZARENKO"),
            ("Sheikh", "SHEIKH"),
            ("General Motors", "GENERAL MOTORS"),
        ] {
            assert_eq!(shown(name), wanted, "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_divided(name in any::<String>()) {
            let parts = NameParts::of(&name);
            prop_assert!(parts.parts.iter().all(|part| !part.plain().is_empty()));
        }

        #[test]
        fn a_name_keeps_a_part_that_is_no_particle(name in "[A-Za-z]{2,9}( [A-Za-z]{1,9}){0,4}") {
            prop_assert!(NameParts::of(&name).parts.iter().any(|part| !part.is_particle));
        }
    }
}
