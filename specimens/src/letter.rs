//! Proofs of address on A4: bills, statements and official letters in five languages and several layouts.

use std::collections::BTreeMap;

use domain::document::FieldName;
use image::Rgb;
use jiff::civil::Date;
use rand::Rng;
use rand::rngs::StdRng;

use crate::canvas::{Sheet, shade};
use crate::fonts::{Family, Fonts};
use crate::letter_words::{Words, words};
use crate::specimen::caseless;
use crate::{FontError, Paper, Person, Specimen, pick};

/// The positions of the parts of a page.
struct Layout {
    name: &'static str,
    /// Left and baseline of the company's name, and the size of its letters.
    issuer: (f32, f32, f32),
    /// Left and first baseline of the address.
    address: (f32, f32),
    /// Left and first baseline of the block of dates and numbers.
    facts: (f32, f32),
    /// Arrangement of captions and values in that block.
    pairs: Pairs,
    /// Whether the sender's address is a small line above the addressee, for an envelope's window.
    window: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Pairs {
    /// `Caption: value`
    Colon,
    /// In two columns.
    Columns,
    /// A row of captions, with the values below them.
    Table,
    /// The date alone after the place: `Oslo, 14. mars 2026`.
    PlaceAndDate,
}

const LAYOUTS: [Layout; 5] = [
    Layout {
        name: "facts-right",
        issuer: (20.0, 24.0, 7.0),
        address: (20.0, 52.0),
        facts: (125.0, 52.0),
        pairs: Pairs::Colon,
        window: false,
    },
    Layout {
        name: "window",
        issuer: (125.0, 22.0, 5.2),
        address: (25.0, 55.0),
        facts: (125.0, 40.0),
        pairs: Pairs::Columns,
        window: true,
    },
    Layout {
        name: "address-right",
        issuer: (20.0, 22.0, 6.0),
        address: (115.0, 52.0),
        facts: (20.0, 52.0),
        pairs: Pairs::Colon,
        window: false,
    },
    Layout {
        name: "table",
        issuer: (70.0, 20.0, 6.4),
        address: (20.0, 46.0),
        facts: (20.0, 84.0),
        pairs: Pairs::Table,
        window: false,
    },
    Layout {
        name: "place-and-date",
        issuer: (20.0, 20.0, 5.6),
        address: (22.0, 58.0),
        facts: (125.0, 84.0),
        pairs: Pairs::PlaceAndDate,
        window: true,
    },
];

/// Draws a letter to a person, in the language of their home.
pub(crate) fn draw(paper: Paper, person: Person, today: Date, rng: &mut StdRng) -> Result<Specimen, FontError> {
    let words = words(person.language());
    let layout = pick(rng, &LAYOUTS);
    let family = *pick(rng, Family::LETTERS);
    let fonts = Fonts::of(family)?;
    // Applicants mostly upload letters of the last three months.
    let days = if rng.random_bool(0.8) { rng.random_range(1..90) } else { rng.random_range(90..500) };
    let issued = today.saturating_sub(jiff::Span::new().days(days));
    let issuer = *pick(rng, words.issuers(paper));
    let capitals = rng.random_bool(0.2);
    let letters = |text: &str| if capitals { text.to_uppercase() } else { text.to_owned() };
    let accent = shade(rng.random_range(0.0..6.0), 0.7, rng.random_range(0.25..0.6));
    let ink = shade(0.0, 0.0, rng.random_range(0.05..0.2));
    let size = if family == Family::Mono { 3.6 } else { rng.random_range(3.5..4.2) };
    // 300 dots per inch.
    let mut sheet = Sheet::new(210.0, 297.0, 300.0 / 25.4, Rgb([253, 253, 252]));
    sheet.text(&fonts.bold, 30.0, 240.0, 26.0, Rgb([240, 240, 240]), "SPECIMEN");
    let mut page = Page { sheet: &mut sheet, fonts: &fonts, size, ink };

    // The sender.
    let (x, y, issuer_size) = layout.issuer;
    if rng.random() {
        page.sheet.fill([x, y + 2.0, (x + 60.0).min(195.0), y + 2.6], accent, |_, _| true);
    }
    page.sheet.text_within(&fonts.bold, (x, y), issuer_size, 195.0 - x, accent, issuer);
    let sender = words.sender;
    if layout.window {
        page.small(layout.address.0, layout.address.1 - 7.0, &format!("{issuer} · {sender}"));
    } else {
        page.small(x, y + 6.0, sender);
    }

    // The addressee.
    let country = rng.random_bool(0.35);
    let mut address = person.address_lines();
    if country {
        address.push(person.country.clone());
    }
    let title = rng.random_bool(0.2).then_some(if person.sex == 'M' { words.titles.1 } else { words.titles.0 });
    let name = letters(&person.full_name());
    let mut lines: Vec<String> = match title {
        // German letters have the title on a separate line.
        Some(title) if title.ends_with('\n') => vec![letters(title.trim()), name],
        Some(title) => vec![format!("{} {name}", letters(title))],
        None => vec![name],
    };
    lines.extend(address.iter().map(|line| letters(line)));
    let leading = size * rng.random_range(1.3..1.55);
    // Limits the width, so that no name overlaps its neighbour.
    let (left, top) = layout.address;
    let room = if layout.facts.0 > left { layout.facts.0 - 6.0 } else { 196.0 } - left;
    for (i, line) in lines.iter().enumerate() {
        page.sheet.text_within(&fonts.plain, (left, top + leading * i as f32), size, room, ink, line);
    }

    facts(&mut page, layout, &words, paper, issued, rng);
    body(&mut page, layout, &words, paper, issued, &person, rng);
    page.small(20.0, 284.0, &format!("{issuer} · {sender} · {}", words.footer));
    page.small(20.0, 289.0, "This is a specimen of an invented sender to an invented person.");

    let truth = BTreeMap::from([
        (FieldName::FullName, person.full_name()),
        (FieldName::Address, address.join(", ")),
        (FieldName::IssueDate, issued.to_string()),
        (FieldName::Issuer, issuer.to_owned()),
    ]);
    Ok(Specimen {
        paper,
        person,
        layout: layout.name,
        truth,
        optional: BTreeMap::new(),
        capitals: caseless(capitals),
        picture: sheet.image,
    })
}

struct Page<'a> {
    sheet: &'a mut Sheet,
    fonts: &'a Fonts,
    size: f32,
    ink: Rgb<u8>,
}

impl Page<'_> {
    fn plain(&mut self, x: f32, y: f32, text: &str) {
        self.sheet.text_within(&self.fonts.plain, (x, y), self.size, 196.0 - x, self.ink, text);
    }

    fn bold(&mut self, x: f32, y: f32, text: &str) {
        self.sheet.text_within(&self.fonts.bold, (x, y), self.size, 196.0 - x, self.ink, text);
    }

    fn small(&mut self, x: f32, y: f32, text: &str) {
        self.sheet.text_within(&self.fonts.plain, (x, y), self.size * 0.68, 196.0 - x, self.ink, text);
    }
}

/// Writes dates and numbers, including dates that are not the date of issue.
fn facts(page: &mut Page<'_>, layout: &Layout, words: &Words, paper: Paper, issued: Date, rng: &mut StdRng) {
    let form = rng.random_range(0..3);
    let date = |date: Date| words.date(date, form);
    let due = issued.saturating_add(jiff::Span::new().days(14));
    let number = crate::person::pattern("########", rng);
    let mut pairs = vec![(*pick(rng, words.number), number), (words.issue_caption(paper, rng), date(issued))];
    if paper != Paper::BankStatement {
        pairs.push((words.due, date(due)));
    }
    // The date of issue is at a random position among them.
    let turn = rng.random_range(0..pairs.len());
    pairs.rotate_left(turn);
    let (x, y) = layout.facts;
    match layout.pairs {
        Pairs::Colon => {
            for (i, (caption, value)) in pairs.iter().enumerate() {
                page.plain(x, y + 6.0 * i as f32, &format!("{caption}: {value}"));
            }
        }
        Pairs::Columns => {
            for (i, (caption, value)) in pairs.iter().enumerate() {
                let y = y + 6.0 * i as f32;
                let size = page.size * 0.9;
                page.sheet.text_within(&page.fonts.plain, (x, y), size, 36.0, page.ink, caption);
                page.sheet.text_within(&page.fonts.plain, (x + 38.0, y), size, 34.0, page.ink, value);
            }
        }
        Pairs::Table => {
            for (i, (caption, value)) in pairs.iter().enumerate() {
                let x = x + 58.0 * i as f32;
                page.sheet.text_within(&page.fonts.bold, (x, y), page.size * 0.85, 54.0, page.ink, caption);
                page.plain(x, y + 5.5, value);
            }
        }
        Pairs::PlaceAndDate => page.plain(x, y, &format!("{}, {}", words.place, words.place_date(issued))),
    }
}

/// Writes the heading, the period and the body of the letter.
fn body(
    page: &mut Page<'_>,
    layout: &Layout,
    words: &Words,
    paper: Paper,
    issued: Date,
    person: &Person,
    rng: &mut StdRng,
) {
    let top = if layout.pairs == Pairs::Table { 106.0 } else { 102.0 };
    let heading = words.heading(paper);
    page.sheet.text(&page.fonts.bold, 20.0, top, page.size * 1.35, page.ink, heading);
    let (from, to) =
        (issued.saturating_sub(jiff::Span::new().days(36)), issued.saturating_sub(jiff::Span::new().days(6)));
    page.plain(20.0, top + 8.0, &format!("{}: {} - {}", words.period, words.date(from, 0), words.date(to, 0)));
    if rng.random() {
        page.plain(20.0, top + 16.0, &format!("{} {},", words.dear, person.full_name()));
    }
    let rows = rng.random_range(4..9);
    let bottom = 126.0 + 8.0 * (rows + 1) as f32;
    page.sheet.fill([20.0, 129.0, 190.0, 129.3], page.ink, |_, _| true);
    page.sheet.fill([20.0, bottom - 6.0, 190.0, bottom - 5.7], page.ink, |_, _| true);
    for (i, column) in words.columns.iter().enumerate() {
        page.bold(20.0 + 60.0 * i as f32 + if i == 2 { 20.0 } else { 0.0 }, 127.0, column);
    }
    let mut total = 0;
    for row in 0..rows {
        let y = 135.0 + 8.0 * row as f32 - 1.0;
        let amount = rng.random_range(500..90_000);
        total += amount;
        let what = pick(rng, words.goods);
        if paper == Paper::BankStatement {
            let day = issued.saturating_sub(jiff::Span::new().days(rng.random_range(7..36)));
            page.plain(20.0, y, &format!("{}  {what}", words.date(day, 0)));
        } else {
            page.plain(20.0, y, what);
            page.plain(80.0, y, &rng.random_range(1..900).to_string());
        }
        page.plain(160.0, y, &words.amount(amount));
    }
    page.bold(20.0, bottom, words.total);
    page.bold(160.0, bottom, &words.amount(total));
    page.plain(20.0, bottom + 14.0, words.closing);
}
