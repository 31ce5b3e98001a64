//! Converts Textract's blocks to the words of a page.

use aws_sdk_textract::types::{Block, BlockType, IdentityDocument};
use ocr::{Page, PageText, Word};

/// The words of one page.
pub(super) fn of(page: &Page, blocks: &[Block]) -> PageText {
    // Boxes are in fractions of width and height, which differ.
    let (width, height) = crate::regions::page_size(page);
    let words = blocks.iter().filter(|block| block.block_type() == Some(&BlockType::Word)).filter_map(|block| {
        let [left, top, right, bottom] = sides(block)?.map(|side| side as f32);
        Some(Word {
            text: block.text()?.to_owned(),
            confidence: f64::from(block.confidence()?) / 100.0,
            left: left * width,
            top: top * height,
            right: right * width,
            bottom: bottom * height,
        })
    });
    PageText { words: words.collect(), width, height }
}

/// The words of each page that was sent. `AnalyzeID` returns one document for each page, possibly without words.
pub(super) fn by_document(pages: &[Page], documents: &[IdentityDocument]) -> Vec<PageText> {
    pages
        .iter()
        .enumerate()
        .map(|(index, page)| {
            let of_page = |document: &&IdentityDocument| {
                document.document_index().and_then(|index| usize::try_from(index).ok()) == Some(index + 1)
            };
            documents.iter().find(of_page).map(|document| of(page, document.blocks())).unwrap_or_default()
        })
        .collect()
}

/// Left, top, right and bottom of a block, in fractions of the page.
pub(super) fn sides(block: &Block) -> Option<[f64; 4]> {
    let space = block.geometry()?.bounding_box()?;
    let [left, top, width, height] = [space.left(), space.top(), space.width(), space.height()].map(f64::from);
    Some([left, top, left + width, top + height])
}
