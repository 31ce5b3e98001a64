//! Files of office scanners and banks: pages on their side with digital words, TIFF in fax code or with a palette, long
//! statements.

use domain::document::{DocumentKind, FieldName};
use image::imageops;
use specimens::{Bill, CaptureQuality, Person, Theme};

use crate::support::{ISSUED, draw, read, reader, value};

#[tokio::test]
async fn digital_words_do_not_stop_turning_of_a_scanned_page() {
    let person = Person::ingrid();
    let bill = draw(DocumentKind::ProofOfAddress, &person, &Theme::new(CaptureQuality::Light, 4));
    let side = imageops::rotate90(&bill);
    for words in [0, 11, 12, 30] {
        let file = specimens::stamped_pdf(&side, words).unwrap();
        let reading = read(&reader(), DocumentKind::ProofOfAddress, file.into()).await.unwrap();
        assert_eq!(reading.issue, None, "{words} words");
        assert_eq!(value(&reading, FieldName::FullName), "Ingrid Brandvold", "{words} words");
        assert_eq!(value(&reading, FieldName::IssueDate), ISSUED.to_string(), "{words} words");
    }
}

#[tokio::test]
async fn first_pages_of_a_long_statement_are_read() {
    let file = specimens::long_text_pdf(&Person::ingrid(), &Bill::issued(ISSUED), 12);
    let reading = read(&reader(), DocumentKind::ProofOfAddress, file.into()).await.unwrap();
    assert_eq!(value(&reading, FieldName::FullName), "Ingrid Brandvold");
    assert_eq!(value(&reading, FieldName::Address), "Storgata 14, 0184 Oslo, Norway");
    assert_eq!(value(&reading, FieldName::IssueDate), ISSUED.to_string());
}
