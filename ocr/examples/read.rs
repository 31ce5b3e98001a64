//! Prints the fields of files and the reading times, and writes their pages beside them: `cargo run -p ocr --example
//! read -- KIND FILE...`.

use std::time::Instant;

use domain::document::DocumentKind;
use ocr::{Reader, ReaderConfig};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let kind: DocumentKind =
        arguments.next().and_then(|kind| kind.parse().ok()).ok_or("missing or unknown kind of document")?;
    let today = jiff::Zoned::now().date();
    let reader = Reader::new(ReaderConfig::default())?;
    for name in arguments {
        let file = std::fs::read(&name)?;
        let began = Instant::now();
        let document = match reader.prepare(kind, file.into(), &|_| {}).await {
            Ok(document) => document,
            Err(error) => {
                println!("{name}: {:?}, {error}", began.elapsed());
                continue;
            }
        };
        println!("{name}: {:?}, {} pages, {:?}", began.elapsed(), document.pages.len(), document.issue);
        for (i, page) in document.pages.iter().enumerate() {
            std::fs::write(format!("{name}.page-{i}.jpg"), &page.jpeg)?;
        }
        let began = Instant::now();
        let reading = reader.read(&document, today, &|_| {}).await?;
        println!("  read in {:?}, {:?}", began.elapsed(), reading.issue);
        for (name, field) in reading.fields {
            println!("  {} {:?} ({:.2}, {:?})", name.as_str(), field.value, field.confidence, field.source);
        }
    }
    Ok(())
}
