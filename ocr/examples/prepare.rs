//! How long files take to be made ready: `cargo run -p ocr --example prepare -- KIND FILE...`. Writes the pages beside them.

use std::time::Instant;

use domain::document::DocumentKind;
use ocr::{Reader, ReaderConfig};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let kind: DocumentKind = arguments.next().and_then(|kind| kind.parse().ok()).ok_or("say which kind of document")?;
    let reader = Reader::new(ReaderConfig::default())?;
    for name in arguments {
        let file = std::fs::read(&name)?;
        let began = Instant::now();
        let prepared = reader.prepare(kind, file.into(), &|_| {}).await;
        let took = began.elapsed();
        match prepared {
            Ok(document) => {
                println!("{name}: {took:?}, {} pages, {:?}", document.pages.len(), document.issue);
                for (i, page) in document.pages.iter().enumerate() {
                    std::fs::write(format!("{name}.page-{i}.jpg"), &page.jpeg)?;
                }
            }
            Err(error) => println!("{name}: {took:?}, {error}"),
        }
    }
    Ok(())
}
