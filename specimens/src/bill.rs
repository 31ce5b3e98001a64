//! An electricity bill on A4, as a picture; [`crate::text_pdf`] has the same lines.

use image::{Rgb, RgbImage};
use jiff::civil::Date;

use crate::canvas::{INK, Sheet, long_date};
use crate::fonts::{FontError, Fonts};
use crate::{Person, Theme};

/// The values of a bill besides its addressee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bill {
    /// The company.
    pub issuer: String,
    /// When it was issued.
    pub issue_date: Date,
    /// The issue date as printed, if not in words: `11/05/2026`.
    pub date_in_figures: Option<String>,
    /// The lines of the address, if not in the Norwegian format.
    pub address: Option<Vec<String>>,
}

impl Bill {
    /// A bill of the invented Nordlys Energi AS.
    pub fn issued(issue_date: Date) -> Self {
        Self { issuer: "Nordlys Energi AS".into(), issue_date, date_in_figures: None, address: None }
    }

    /// This bill with the address lines of another country.
    #[must_use]
    pub fn sent_to(self, address: Vec<String>) -> Self {
        Self { address: Some(address), ..self }
    }

    /// The texts of this bill for a person: left edge, baseline and size of the em in millimetres, on A4.
    pub fn texts(&self, person: &Person) -> Vec<(f32, f32, f32, String)> {
        runs(person, self).into_iter().map(|run| (run.x, run.y, run.size, run.text)).collect()
    }

    /// This bill with its date in figures.
    #[must_use]
    pub fn dated(self, figures: &str) -> Self {
        Self { date_in_figures: Some(figures.to_owned()), ..self }
    }
}

/// A run of text on A4: millimetres from the upper left corner, size of the em in millimetres, whether bold.
pub(crate) struct Run {
    pub x: f32,
    pub y: f32,
    pub size: f32,
    pub bold: bool,
    pub text: String,
}

pub(crate) fn runs(person: &Person, bill: &Bill) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut put = |x: f32, y: f32, size: f32, bold: bool, text: &str| {
        runs.push(Run { x, y, size, bold, text: text.to_owned() });
    };
    put(20.0, 24.0, 7.0, true, &bill.issuer);
    put(20.0, 30.0, 3.4, false, "Postboks 1100 Sentrum, 0104 Oslo");
    put(20.0, 52.0, 4.2, false, &person.full_name());
    let town = || format!("{} {}", person.postal_code, person.city);
    let usual = || vec![person.line1.clone(), town(), person.country.clone()];
    for (line, i) in bill.address.clone().unwrap_or_else(usual).iter().zip(0_u8..) {
        put(20.0, 58.0 + 6.0 * f32::from(i), 4.2, false, line);
    }
    let issued = bill.date_in_figures.clone().unwrap_or_else(|| long_date(bill.issue_date));
    put(125.0, 52.0, 4.2, false, &format!("Invoice date: {issued}"));
    put(125.0, 58.0, 4.2, false, "Invoice number: 40021877");
    let due = bill.issue_date.saturating_add(jiff::Span::new().days(14));
    put(125.0, 64.0, 4.2, false, &format!("Due date: {}", long_date(due)));
    put(20.0, 92.0, 5.6, true, "Electricity bill");
    let rows = [
        ("Description", "Quantity", "Amount (NOK)"),
        ("Energy", "612 kWh", "734.40"),
        ("Grid rental", "1 month", "310.00"),
        ("Consumption tax", "612 kWh", "100.98"),
        ("Total to pay", "", "1 145.38"),
    ];
    for (i, (what, quantity, amount)) in rows.into_iter().enumerate() {
        let (y, bold) = (106.0 + 9.0 * i as f32, i == 0 || i == rows.len() - 1);
        put(20.0, y, 4.2, bold, what);
        put(100.0, y, 4.2, bold, quantity);
        put(150.0, y, 4.2, bold, amount);
    }
    put(20.0, 170.0, 3.6, false, "Thank you for paying on time. This is a specimen of an invented company.");
    runs
}

/// Draws a utility bill.
///
/// # Errors
/// [`FontError`], if a font is not installed.
pub fn draw_utility_bill(person: &Person, bill: &Bill, theme: &Theme) -> Result<RgbImage, FontError> {
    let fonts = Fonts::find()?;
    // 200 dots per inch, as in usual scans.
    let mut sheet = Sheet::new(210.0, 297.0, 200.0 / 25.4, Rgb([253, 253, 252]));
    sheet.text(&fonts.bold, 30.0, 230.0, 26.0, Rgb([243, 243, 243]), "SPECIMEN");
    for y in [109.0, 145.0] {
        sheet.fill([20.0, y - 0.15, 190.0, y + 0.15], INK, |_, _| true);
    }
    for run in runs(person, bill) {
        let font = if run.bold { &fonts.bold } else { &fonts.plain };
        sheet.text(font, run.x, run.y, run.size, INK, &run.text);
    }
    Ok(theme.apply(sheet.image))
}
