//! Measures documents and the identity check, one customer after the other.

use crate::BenchResult;
use crate::browser::Browser;
use crate::journey::{SampleFiles, UploadOrder, walk};
use crate::program::Program;
use crate::report::{row, spread};
use crate::visitor::Visitor;

/// Runs `journeys` whole journeys in sequence.
pub async fn measure(program: &Program, journeys: usize) -> BenchResult<()> {
    let files = SampleFiles::draw()?;
    let http = reqwest::Client::new();
    let (mut documents, mut kyc) = (Vec::new(), Vec::new());
    for number in 0..journeys {
        let visitor = Visitor::register(&http, std::slice::from_ref(&program.base), number).await?;
        let mut browser = Browser::open(&visitor, &program.base, 0).await?;
        let times = walk(&visitor, &mut browser, &files, UploadOrder::Sequential).await?;
        documents.extend(times.documents);
        kyc.extend(times.kyc);
        if let Some(violation) = browser.close().await?.violations.first() {
            return Err(violation.clone().into());
        }
    }
    row("A document, upload to fields seen, one at a time", &spread(documents));
    row("KYC, documents complete to decision seen", &spread(kyc));
    Ok(())
}
