//! How long documents and the identity check take, one customer after the other.

use crate::Outcome;
use crate::browser::Browser;
use crate::figures::{row, spread};
use crate::journey::{HandIn, Papers, walk};
use crate::program::Program;
use crate::visitor::Visitor;

/// Has `journeys` customers go the whole way, each alone.
pub async fn measure(program: &Program, journeys: usize) -> Outcome<()> {
    let papers = Papers::draw()?;
    let http = reqwest::Client::new();
    let (mut documents, mut kyc) = (Vec::new(), Vec::new());
    for number in 0..journeys {
        let visitor = Visitor::register(&http, std::slice::from_ref(&program.base), number).await?;
        let mut browser = Browser::open(&visitor, &program.base, 0).await?;
        let times = walk(&visitor, &mut browser, &papers, HandIn::InTurn).await?;
        documents.extend(times.documents);
        kyc.extend(times.kyc);
        if let Some(violation) = browser.close().await?.violations.first() {
            return Err(violation.clone().into());
        }
    }
    row("A document, upload to fields seen, a passport's or a bill's picture, one at a time", &spread(documents));
    row("KYC, documents complete to decision seen", &spread(kyc));
    Ok(())
}
