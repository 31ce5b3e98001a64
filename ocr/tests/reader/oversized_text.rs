//! Files with far too many words or far too long values.

use std::sync::mpsc;
use std::time::Duration;

use domain::document::{DOUBTFUL_BELOW, DocumentKind, FieldName};
use domain::field_value::max_length;
use ocr::{ReadError, Reader, ReaderConfig, Reading};

use crate::support::{TODAY, page_pdf, value};

/// A PDF of one page of this width, with texts at their left and top positions, in points.
fn page(width: u32, texts: impl IntoIterator<Item = (f64, f64, String)>) -> Vec<u8> {
    let mut content = String::from("BT /F1 8 Tf\n");
    for (left, top, text) in texts {
        content += &format!("1 0 0 1 {left:.1} {:.1} Tm ({text}) Tj\n", 842.0 - top);
    }
    content += "ET";
    page_pdf(&format!("/MediaBox [0 0 {width} 842]"), &content)
}

fn bill() -> Vec<(f64, f64, String)> {
    let lines = ["Ingrid Brandvold", "Storgata 14", "0184 Oslo", "Norway"];
    let block = lines.into_iter().zip(0_u8..).map(|(line, i)| (60.0, 60.0 + 12.0 * f64::from(i), line.to_owned()));
    block.chain([(300.0, 200.0, "Invoice date: 1 November 2026".to_owned())]).collect()
}

/// Reads within the reader's time limit, on a separate thread, so that an endless reading fails the test.
fn read_in_time(file: Vec<u8>) -> Result<Reading, ReadError> {
    // Other tests may keep all cores busy for long. A reading beyond twice the limit shows that the reader ignores it.
    let limit = Duration::from_secs(120);
    let (done, ended) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let reader = Reader::new(ReaderConfig { timeout: limit, ..ReaderConfig::default() }).unwrap();
        let reading = runtime.block_on(async {
            let document = reader.prepare(DocumentKind::ProofOfAddress, file.into(), &|_| {}).await?;
            reader.read(&document, TODAY, &|_| {}).await
        });
        done.send(reading).unwrap();
    });
    ended.recv_timeout(limit * 2).unwrap()
}

#[test]
fn fields_are_found_among_twenty_thousand_scattered_words() {
    let scattered = (0_u32..20_000).map(|i| {
        // Neighbours in the file are far from each other on the page.
        let place = i.wrapping_mul(7919);
        (f64::from(place % 560) + 10.0, f64::from(place / 560 % 540) + 260.0, format!("w{i}"))
    });
    let reading = read_in_time(page(595, bill().into_iter().chain(scattered))).unwrap();
    assert_eq!(value(&reading, FieldName::FullName), "Ingrid Brandvold");
    assert_eq!(value(&reading, FieldName::Address), "Storgata 14, 0184 Oslo, Norway");
    assert_eq!(value(&reading, FieldName::IssueDate), "2026-11-01");
}

#[test]
fn address_of_half_a_megabyte_is_truncated_and_doubtful() {
    let endless = format!("Address: Storgata {}", "14".repeat(250_000));
    let name = (60.0, 40.0, "Customer name: Ingrid Brandvold".to_owned());
    let date = (60.0, 80.0, "Invoice date: 1 November 2026".to_owned());
    // Enough words to count as a text layer.
    let rest = (60.0, 400.0, "Thank you for paying by direct debit on the day it is due".to_owned());
    let reading = read_in_time(page(3_000_000, [name, date, (60.0, 120.0, endless), rest])).unwrap();
    let address = &reading.fields[&FieldName::Address];
    assert!(address.value.starts_with("Storgata 1414"), "{} characters", address.value.len());
    assert_eq!(address.value.chars().count(), max_length(FieldName::Address));
    assert!(address.confidence < DOUBTFUL_BELOW);
    assert!(reading.fields[&FieldName::FullName].confidence >= DOUBTFUL_BELOW);
}
