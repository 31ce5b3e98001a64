//! A document as words with positions, which all three services return.

use domain::document::DocumentKind;

use crate::told::{Profile, letters, points};

/// A page, in pixels.
pub struct Page {
    pub width: f64,
    pub height: f64,
    pub lines: Vec<Line>,
}

/// Words at one height.
pub struct Line {
    pub words: Vec<Word>,
}

/// A word and its box.
pub struct Word {
    pub text: String,
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Line {
    fn new(x: f64, y: f64, size: f64, text: &str) -> Self {
        let advance = size * 0.55;
        let mut left = x;
        let words = text.split(' ').filter(|word| !word.is_empty()).map(|word| {
            let right = left + advance * word.chars().count() as f64;
            let word = Word { text: word.to_owned(), left, top: y - size * 0.8, right, bottom: y + size * 0.1 };
            left = right + advance * 0.8;
            word
        });
        Self { words: words.collect() }
    }

    /// Its words, separated by spaces.
    pub fn text(&self) -> String {
        self.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// The box around its words.
    pub fn sides(&self) -> [f64; 4] {
        let words = || self.words.iter();
        [
            words().map(|word| word.left).fold(f64::MAX, f64::min),
            words().map(|word| word.top).fold(f64::MAX, f64::min),
            words().map(|word| word.right).fold(0.0, f64::max),
            words().map(|word| word.bottom).fold(0.0, f64::max),
        ]
    }
}

impl Page {
    /// An empty page.
    pub fn empty() -> Self {
        Self { width: 1000.0, height: 700.0, lines: Vec::new() }
    }

    /// The document's page.
    pub fn of(kind: DocumentKind, profile: &Profile) -> Self {
        match kind {
            DocumentKind::Passport => passport(profile),
            DocumentKind::IdentityCard => card(profile),
            DocumentKind::DrivingLicence => licence(profile),
            DocumentKind::ProofOfAddress => bill(profile),
        }
    }

    /// The line that begins with a text.
    pub fn line(&self, beginning: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.text().starts_with(beginning))
    }

    fn put(&mut self, x: f64, y: f64, size: f64, text: &str) {
        self.lines.push(Line::new(x, y, size, text));
    }

    fn pair(&mut self, x: f64, y: f64, caption: &str, value: &str) {
        self.put(x, y, 21.0, caption);
        self.put(x, y + 40.0, 36.0, value);
    }

    fn zone(&mut self, x: f64, y: f64, zone: &str) {
        for (row, line) in zone.lines().enumerate() {
            self.put(x, y + 65.0 * row as f64, 46.0, line);
        }
    }
}

fn passport(profile: &Profile) -> Page {
    let mut page = Page { width: 1250.0, height: 880.0, lines: Vec::new() };
    page.put(50.0, 75.0, 42.0, "PASS / PASSPORT / PASSEPORT");
    page.pair(430.0, 120.0, "Type / Type", "P");
    page.pair(620.0, 120.0, "Code / Code", &profile.nationality);
    page.pair(860.0, 120.0, "Pass nr. / Passport No.", &profile.document_number);
    page.pair(430.0, 205.0, "Etternavn / Surname", &profile.family_name.to_uppercase());
    page.pair(430.0, 285.0, "Fornavn / Given names", &profile.given_names.to_uppercase());
    page.pair(430.0, 365.0, "Statsborgerskap / Nationality", &profile.nationality);
    page.pair(960.0, 365.0, "Kjønn / Sex", &profile.sex.to_string());
    page.pair(430.0, 445.0, "Fødselsdato / Date of birth", &letters(profile.date_of_birth));
    page.pair(900.0, 445.0, "Fødested / Place of birth", &profile.place_of_birth.to_uppercase());
    page.pair(430.0, 525.0, "Utstedt / Date of issue", &letters(profile.issue_date));
    page.pair(900.0, 525.0, "Utløper / Date of expiry", &letters(profile.expiry_date));
    page.zone(66.0, 745.0, &profile.zone(DocumentKind::Passport).unwrap_or_default());
    page
}

fn card(profile: &Profile) -> Page {
    let mut page = Page { width: 856.0, height: 1120.0, lines: Vec::new() };
    page.put(40.0, 65.0, 36.0, "IDENTITETSKORT / IDENTITY CARD");
    page.pair(310.0, 130.0, "Etternavn / Surname", &profile.family_name);
    page.pair(310.0, 210.0, "Fornavn / Given names", &profile.given_names);
    page.pair(310.0, 290.0, "Statsborgerskap / Nationality", &profile.nationality);
    page.pair(710.0, 290.0, "Kjønn / Sex", &profile.sex.to_string());
    page.pair(310.0, 370.0, "Fødselsdato / Date of birth", &points(profile.date_of_birth));
    page.pair(310.0, 450.0, "Utløper / Date of expiry", &points(profile.expiry_date));
    page.pair(40.0, 450.0, "Kortnr. / Card No.", &profile.document_number);
    page.pair(40.0, 640.0, "Adresse / Address", &profile.line1);
    page.put(40.0, 720.0, 36.0, &format!("{} {}", profile.postal_code, profile.city));
    page.zone(46.0, 935.0, &profile.zone(DocumentKind::IdentityCard).unwrap_or_default());
    page
}

fn licence(profile: &Profile) -> Page {
    let mut page = Page { width: 856.0, height: 540.0, lines: Vec::new() };
    page.put(300.0, 70.0, 40.0, "DRIVING LICENCE");
    let lines = [
        format!("1. {}", profile.family_name),
        format!("2. {}", profile.given_names),
        format!("3. {} {}", points(profile.date_of_birth), profile.place_of_birth),
        format!("4a. {} 4c. Trafikkstasjon", points(profile.issue_date)),
        format!("4b. {}", points(profile.expiry_date)),
        format!("5. {}", profile.document_number),
        format!("8. {}, {} {}", profile.line1, profile.postal_code, profile.city),
        "9. B".to_owned(),
    ];
    for (row, line) in lines.iter().enumerate() {
        page.put(300.0, 135.0 + 49.0 * row as f64, 34.0, line);
    }
    page
}

fn bill(profile: &Profile) -> Page {
    let mut page = Page { width: 2100.0, height: 2970.0, lines: Vec::new() };
    page.put(200.0, 240.0, 70.0, &profile.issuer);
    page.put(200.0, 300.0, 34.0, "Postboks 1100 Sentrum, 0104 Oslo");
    page.put(200.0, 520.0, 42.0, &format!("{} {}", profile.given_names, profile.family_name));
    page.put(200.0, 580.0, 42.0, &profile.line1);
    page.put(200.0, 640.0, 42.0, &format!("{} {}", profile.postal_code, profile.city));
    page.put(200.0, 700.0, 42.0, &profile.country);
    let billed = profile.billed();
    page.put(1250.0, 520.0, 42.0, &format!("Invoice date: {}", billed.strftime("%d %B %Y")));
    page.put(1250.0, 580.0, 42.0, "Invoice number: 40021877");
    let due = billed.saturating_add(jiff::Span::new().days(14));
    page.put(1250.0, 640.0, 42.0, &format!("Due date: {}", due.strftime("%d %B %Y")));
    page.put(200.0, 920.0, 56.0, "Electricity bill");
    for (row, (what, amount)) in
        [("Energy", "734.40"), ("Grid rental", "310.00"), ("Total to pay", "1 145.38")].into_iter().enumerate()
    {
        page.put(200.0, 1150.0 + 90.0 * row as f64, 42.0, what);
        page.put(1500.0, 1150.0 + 90.0 * row as f64, 42.0, amount);
    }
    page
}
