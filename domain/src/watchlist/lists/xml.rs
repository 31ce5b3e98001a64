//! Reads large XML files record by record: one record is in memory at a time, and its size has bounds. Document type
//! declarations, and with them custom entities, are refused.

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};

use super::{ListError, MAX_BYTES};

/// The deepest nesting within a record.
const MAX_DEPTH: usize = 24;
/// The most elements of one record. The largest published entry has some hundreds.
const MAX_ELEMENTS: usize = 20_000;
/// The most characters of text and attributes of one record.
const MAX_TEXT: usize = 2 * 1024 * 1024;

/// An element of a record with everything within. Names are without their namespace prefix.
#[derive(Debug, Default)]
pub(super) struct Element {
    pub(super) name: String,
    attributes: Vec<(String, String)>,
    text: String,
    pub(super) children: Vec<Element>,
}

impl Element {
    /// An attribute; `None` if it is absent or blank.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let (_, value) = self.attributes.iter().find(|(known, _)| known == name)?;
        Some(value.trim()).filter(|value| !value.is_empty())
    }

    /// Its own text; `None` if it is blank.
    pub(super) fn text(&self) -> Option<&str> {
        Some(self.text.trim()).filter(|text| !text.is_empty())
    }

    /// The children of a name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the first child of a name that has any.
    pub(super) fn child(&self, name: &str) -> Option<&str> {
        self.children.iter().filter(|child| child.name == name).find_map(Element::text)
    }

    /// The elements of a name at any depth.
    pub(super) fn descendants<'a>(&'a self, name: &'a str) -> Vec<&'a Element> {
        let mut found = Vec::new();
        for child in &self.children {
            if child.name == name {
                found.push(child);
            }
            found.extend(child.descendants(name));
        }
        found
    }

    /// The texts of the elements of a name at any depth, without blank ones.
    pub(super) fn texts<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.descendants(name).into_iter().filter_map(Element::text)
    }
}

/// What a file has besides records.
pub(super) struct Format<'a> {
    /// The name of the file's root.
    pub(super) root: &'a str,
    /// Elements that are records; each is given to the caller when it ends.
    pub(super) records: &'a [&'a str],
}

/// Calls `each` with the root's attributes first (an element without children), then with each record in order.
///
/// # Errors
/// [`ListError`]: not XML, truncated, another root, a document type declaration, beyond the bounds, or the caller's.
pub(super) fn read(
    bytes: &[u8],
    format: &Format<'_>,
    mut each: impl FnMut(Element) -> Result<(), ListError>,
) -> Result<(), ListError> {
    if bytes.len() > MAX_BYTES {
        return Err(ListError::TooLarge);
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut reader = Reader::from_reader(bytes);
    reader.config_mut().expand_empty_elements = true;
    let mut size = Size::default();
    // The open elements of the record that is being read; empty between records.
    let mut open: Vec<Element> = Vec::new();
    let mut depth = 0_usize;
    let mut root_seen = false;
    loop {
        let malformed = |problem: &str, at: u64| ListError::Malformed {
            file: format.root.to_owned(),
            line: line_of(bytes, at),
            problem: problem.to_owned(),
        };
        let event = match reader.read_event() {
            Ok(event) => event,
            // HTML with status 200 is often no well-formed XML either.
            Err(_) if !root_seen => return Err(ListError::OtherRoot { expected: format.root.to_owned() }),
            Err(_) => return Err(malformed("not well-formed XML", reader.error_position())),
        };
        let at = reader.buffer_position();
        match event {
            Event::Start(start) => {
                depth += 1;
                let element = element(&start, &mut size).ok_or_else(|| malformed("not well-formed XML", at))?;
                if !root_seen {
                    if element.name != format.root {
                        return Err(ListError::OtherRoot { expected: format.root.to_owned() });
                    }
                    root_seen = true;
                    each(element)?;
                } else if !open.is_empty() || format.records.contains(&element.name.as_str()) {
                    if open.is_empty() {
                        size = Size::default();
                    }
                    open.push(element);
                    if open.len() > MAX_DEPTH || size.elements > MAX_ELEMENTS || size.text > MAX_TEXT {
                        return Err(malformed("an entry is larger than any that is published", at));
                    }
                }
            }
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                if let Some(ended) = open.pop() {
                    match open.last_mut() {
                        Some(parent) => parent.children.push(ended),
                        None => each(ended)?,
                    }
                }
            }
            Event::Text(text) => {
                if let Some(element) = open.last_mut() {
                    let text = text.xml_content(XmlVersion::Implicit1_0).map_err(|_| malformed("not UTF-8", at))?;
                    size.text += text.len();
                    element.text.push_str(&text);
                }
            }
            Event::CData(text) => {
                if let Some(element) = open.last_mut() {
                    let text = text.xml_content(XmlVersion::Implicit1_0).map_err(|_| malformed("not UTF-8", at))?;
                    size.text += text.len();
                    element.text.push_str(&text);
                }
            }
            Event::GeneralRef(reference) => {
                let name = reference.decode().map_err(|_| malformed("not UTF-8", at))?;
                let c = match reference.resolve_char_ref() {
                    Ok(Some(c)) => Some(c),
                    Ok(None) => predefined(&name),
                    Err(_) => None,
                };
                let c = c.ok_or_else(|| malformed("an entity that XML does not define", at))?;
                size.text += 1;
                if let Some(element) = open.last_mut() {
                    element.text.push(c);
                }
            }
            Event::DocType(_) => return Err(ListError::DocumentType),
            // Empty elements are expanded into a start and an end.
            Event::Empty(_) | Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof if !root_seen => return Err(ListError::OtherRoot { expected: format.root.to_owned() }),
            Event::Eof if depth > 0 => return Err(malformed("the file is truncated", at)),
            Event::Eof => return Ok(()),
        }
        if size.text > MAX_TEXT {
            return Err(malformed("an entry is larger than any that is published", at));
        }
    }
}

#[derive(Default)]
struct Size {
    elements: usize,
    text: usize,
}

fn element(start: &BytesStart<'_>, size: &mut Size) -> Option<Element> {
    let name = String::from_utf8(start.local_name().as_ref().to_vec()).ok()?;
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.ok()?;
        let key = String::from_utf8(attribute.key.local_name().as_ref().to_vec()).ok()?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?.into_owned();
        size.text += key.len() + value.len();
        attributes.push((key, value));
    }
    size.elements += 1;
    Some(Element { name, attributes, ..Element::default() })
}

fn predefined(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}

fn line_of(bytes: &[u8], at: u64) -> usize {
    let end = usize::try_from(at).unwrap_or(bytes.len()).min(bytes.len());
    1 + bytes.get(..end).map_or(0, |before| before.iter().filter(|byte| **byte == b'\n').count())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use super::*;

    const FORMAT: Format<'_> = Format { root: "list", records: &["entry"] };

    fn records(xml: &str) -> Result<Vec<Element>, ListError> {
        let mut found = Vec::new();
        read(xml.as_bytes(), &FORMAT, |element| {
            found.push(element);
            Ok(())
        })?;
        Ok(found)
    }

    #[test]
    fn records_have_attributes_text_and_children() {
        let xml = "\u{FEFF}<?xml version=\"1.0\"?><!-- c --><x:list xmlns:x=\"urn:x\" day=\"2026-11-20\">\
                   <head>h</head><group><x:entry a=\"1 &amp; 2\"><name> A &amp; <![CDATA[B<]]>&#233; </name>\
                   <name/><deep><name>C</name></deep></x:entry></group></x:list>";
        let found = records(xml).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].attribute("day"), Some("2026-11-20"));
        assert_eq!((found[1].attribute("a"), found[1].child("name")), (Some("1 & 2"), Some("A & B<é")));
        assert_eq!(found[1].texts("name").collect::<Vec<_>>(), ["A & B<é", "C"]);
        assert_eq!(found[1].all("name").count(), 2);
    }

    #[test]
    fn other_roots_and_html_are_refused() {
        let other = ListError::OtherRoot { expected: "list".to_owned() };
        for xml in [
            "",
            " ",
            "plain text",
            "<entry/>",
            "<html><body><p>try again<br></body></html>",
            "<html><meta charset=utf-8></html>",
        ] {
            assert_eq!(records(xml).unwrap_err(), other, "{xml}");
        }
        assert_eq!(records("<!doctype html><html></html>").unwrap_err(), ListError::DocumentType);
    }

    #[test]
    fn truncated_file_is_refused() {
        let whole = "<list><entry><name>A</name></entry><entry><name>B</name></entry></list>";
        assert!(records(whole).is_ok());
        for end in 7..whole.len() {
            assert!(records(&whole[..end]).is_err(), "{}", &whole[..end]);
        }
        assert!(records("<list><entry></name></entry></list>").is_err());
    }

    #[test]
    fn entity_bomb_is_refused() {
        let bomb = "<?xml version=\"1.0\"?><!DOCTYPE list [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>\
                    <list><entry>&b;</entry></list>";
        assert_eq!(records(bomb).unwrap_err(), ListError::DocumentType);
        assert!(records("<list><entry>&b;</entry></list>").is_err());
    }

    #[test]
    fn sizes_are_bounded() {
        let deep = format!("<list><entry>{}{}</entry></list>", "<a>".repeat(40), "</a>".repeat(40));
        assert!(records(&deep).is_err());
        let wide = format!("<list><entry>{}</entry></list>", "<a/>".repeat(MAX_ELEMENTS + 1));
        assert!(records(&wide).is_err());
        let long = format!("<list><entry>{}</entry></list>", "a".repeat(MAX_TEXT + 1));
        assert!(records(&long).is_err());
        // Many entries of a usual size are no problem.
        let many = format!("<list>{}</list>", "<entry><a>x</a></entry>".repeat(MAX_ELEMENTS));
        assert_eq!(records(&many).unwrap().len(), MAX_ELEMENTS + 1);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(xml in "(<list>|</list>|<entry|</entry>|<|>|&|;|/| a=\"|\"|\\PC){0,40}") {
            let _ = records(&xml);
        }

        #[test]
        fn text_round_trips(text in "\\PC{0,40}") {
            let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let found = records(&format!("<list><entry><a>{escaped}</a></entry></list>")).unwrap();
            prop_assert_eq!(found[1].child("a").unwrap_or_default(), text.trim());
        }
    }
}
