//! PDF forms that were filled in.

use domain::document::{DocumentKind, FieldName};
use specimens::{FormLayout, Person, certificate_form};

use crate::support::{ISSUED, read, reader, value};

#[tokio::test]
async fn values_of_forms_are_read_right_of_captions_below_them_and_in_tables() {
    let person = Person::ingrid();
    for layout in FormLayout::ALL {
        for appearances in [true, false] {
            let note = format!("{layout:?}, appearances {appearances}");
            let file = certificate_form(&person, ISSUED, layout, appearances);
            let reading = read(&reader(), DocumentKind::ProofOfAddress, file.into()).await.unwrap();
            assert_eq!(value(&reading, FieldName::FullName), "Ingrid Brandvold", "{note}");
            assert_eq!(value(&reading, FieldName::Address), "Storgata 14, 0184 Oslo", "{note}");
            assert_eq!(value(&reading, FieldName::IssueDate), ISSUED.to_string(), "{note}");
        }
    }
}
