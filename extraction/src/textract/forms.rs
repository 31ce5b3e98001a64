//! The form fields that `AnalyzeDocument` finds on a page: pairs of a caption and a value.

use std::collections::BTreeMap;

use aws_sdk_textract::types::{Block, BlockType, EntityType, RelationshipType};
use domain::document::FieldName;

use crate::reconcile::Fields;
use crate::regions;
use crate::values::{FieldNormaliser, RawValue};

/// Captions of bills and statements, in lower case, most specific first. Other values are found among the words.
const CAPTIONS: [(FieldName, &[&str]); 3] = [
    (FieldName::FullName, &["account holder", "customer name", "account name", "name"]),
    (FieldName::Address, &["service address", "supply address", "customer address", "address"]),
    (FieldName::IssueDate, &["issue date", "date of issue", "invoice date", "bill date", "statement date"]),
];

/// The fields among the pairs of one page, counted from 0.
pub(super) fn found(normaliser: FieldNormaliser, blocks: &[Block], page: usize) -> Fields {
    let by_id: BTreeMap<&str, &Block> = blocks.iter().filter_map(|block| Some((block.id()?, block))).collect();
    let pairs: Vec<_> = blocks
        .iter()
        .filter(|block| is(block, &BlockType::KeyValueSet) && block.entity_types().contains(&EntityType::Key))
        .filter_map(|key| {
            let caption = text(key, &by_id).to_lowercase();
            let value = related(key, &RelationshipType::Value, &by_id).next()?;
            Some((caption.trim_matches(|c: char| !c.is_alphanumeric()).to_owned(), key, value))
        })
        .collect();
    let of_field = |(name, captions): (FieldName, &[&str])| {
        // The most specific caption wins: "account holder" before "name".
        let (_, key, value) = captions.iter().find_map(|caption| pairs.iter().find(|(text, ..)| text == caption))?;
        let text = text(value, &by_id);
        let confidences = [key, value].map(|block| f64::from(block.confidence().unwrap_or_default()) / 100.0);
        let region = super::words::sides(value).and_then(|sides| regions::from_fractions(page, sides));
        let raw = RawValue { text: &text, date: None, confidence: confidences[0].min(confidences[1]), region };
        normaliser.field(name, raw).map(|field| (name, field))
    };
    CAPTIONS.into_iter().filter_map(of_field).collect()
}

fn is(block: &Block, of: &BlockType) -> bool {
    block.block_type() == Some(of)
}

fn related<'a>(
    block: &'a Block,
    by: &'a RelationshipType,
    all: &'a BTreeMap<&str, &Block>,
) -> impl Iterator<Item = &'a Block> {
    let of_kind = block.relationships().iter().filter(move |relation| relation.r#type() == Some(by));
    of_kind.flat_map(|relation| relation.ids()).filter_map(|id| all.get(id.as_str()).copied())
}

/// The words of a block, with a line break before each word that begins a line.
fn text(block: &Block, all: &BTreeMap<&str, &Block>) -> String {
    let mut text = String::new();
    let mut bottom: Option<f64> = None;
    for word in related(block, &RelationshipType::Child, all).filter(|block| is(block, &BlockType::Word)) {
        let sides = super::words::sides(word);
        if !text.is_empty() {
            let below = sides.zip(bottom).is_some_and(|([_, top, ..], bottom)| top >= bottom);
            text.push(if below { '\n' } else { ' ' });
        }
        text.push_str(word.text().unwrap_or_default());
        bottom = sides.map(|[.., bottom]| bottom);
    }
    text
}
