//! The repository's documents: links, lengths, the lists of "Where to add" in CONTRIBUTING.md, the log messages and
//! metrics that docs/operations.md quotes, and the tests that docs/asvs.md names.
//!
//! It is a test and not a script, so that `cargo test -p domain` finds a broken link in seconds.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The most columns of a line. Rows of tables are exempt, because Markdown cannot break them.
const COLUMNS: usize = 120;
/// The most bytes of ARCHITECTURE.md, so that it stays a map.
const MAP_BYTES: usize = 14 * 1024;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Adds the files below `folder` to `files`, as paths relative to `root`, except built, installed and hidden ones.
fn walk(root: &Path, folder: &Path, files: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
        if path.is_dir() {
            let built = matches!(name.as_str(), "target" | "node_modules" | "test-results" | "playwright-report");
            let run = folder == root && name == "data";
            if !built && !run && !name.starts_with('.') {
                walk(root, &path, files);
            }
        } else {
            files.push(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned());
        }
    }
}

fn files() -> Vec<String> {
    let mut files = Vec::new();
    walk(&root(), &root(), &mut files);
    files
}

/// The Markdown documents with their texts, by path.
fn documents() -> BTreeMap<String, String> {
    let paths = files().into_iter().filter(|path| path.ends_with(".md"));
    let documents: BTreeMap<_, _> =
        paths.map(|path| (path.clone(), fs::read_to_string(root().join(path)).unwrap())).collect();
    assert!(documents.contains_key("README.md") && documents.contains_key("docs/operations.md"), "{documents:?}");
    documents
}

/// The lines of a document outside fenced code.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut fenced = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    })
}

/// The targets of the links in `text`.
fn links(text: &str) -> Vec<String> {
    text.match_indices("](").filter_map(|(at, _)| Some(text[at + 2..].split_once(')')?.0.to_owned())).collect()
}

/// The anchors that GitHub gives to the headings of a document.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    for heading in prose(text).filter(|line| line.starts_with('#')) {
        let title = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        let slug: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        let free = (0..).map(|n| if n == 0 { slug.clone() } else { format!("{slug}-{n}") });
        anchors.extend(free.into_iter().find(|anchor| !anchors.contains(anchor)));
    }
    anchors
}

/// `target` resolved against the document at `from`, without `.` and `..`.
fn resolve(from: &str, target: &str) -> String {
    let mut path = PathBuf::from(from);
    path.pop();
    for component in Path::new(target).components() {
        match component {
            Component::ParentDir => assert!(path.pop(), "{from}: {target} leaves the repository"),
            Component::CurDir => {}
            other => path.push(other),
        }
    }
    path.to_str().unwrap().to_owned()
}

#[test]
fn every_link_inside_the_repository_has_a_target() {
    let documents = documents();
    let mut dead = Vec::new();
    for (from, text) in &documents {
        let text: String = prose(text).flat_map(|line| [line, "\n"]).collect();
        for link in links(&text) {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let (target, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let path = if target.is_empty() { from.clone() } else { resolve(from, target) };
            let alive = root().join(&path).exists()
                && (anchor.is_empty() || documents.get(&path).is_some_and(|text| anchors(text).contains(anchor)));
            if !alive {
                dead.push(format!("{from}: {link}"));
            }
        }
    }
    assert!(dead.is_empty(), "dead links:\n{}", dead.join("\n"));
}

#[test]
fn document_lines_fit_the_column_limit() {
    let mut long = Vec::new();
    for (path, text) in documents() {
        for (at, line) in text.lines().enumerate() {
            if line.chars().count() > COLUMNS && !line.trim_start().starts_with('|') {
                long.push(format!("{path}:{}", at + 1));
            }
        }
    }
    assert!(long.is_empty(), "longer than {COLUMNS} columns:\n{}", long.join("\n"));
}

#[test]
fn functions_and_fields_named_in_documents_exist() {
    let sources = files().into_iter().filter(|path| path.ends_with(".rs"));
    let sources: String = sources.map(|path| fs::read_to_string(root().join(path)).unwrap()).collect();
    let mut named = 0;
    for (path, text) in documents() {
        for code in text.split('`').skip(1).step_by(2) {
            let Some((kind, member)) = code.split_once("::") else { continue };
            let letters = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphabetic() || c == '_');
            if !kind.starts_with(char::is_uppercase) || !letters(member) || member.starts_with(char::is_uppercase) {
                continue;
            }
            named += 1;
            let exists = has_word(&sources, kind)
                && (has_word(&sources, &format!("fn {member}")) || has_word(&sources, &format!("pub {member}")));
            assert!(exists, "{path}: `{code}` is in no source");
        }
    }
    assert!(named > 5, "only {named}");
}

/// The number of requirements of level 1 in OWASP ASVS 5.0.0.
const ASVS_LEVEL_1: usize = 70;

/// The names of all tests in Rust: functions with the attribute `test`, also in `proptest!`.
fn tests() -> BTreeSet<String> {
    let mut tests = BTreeSet::new();
    for path in files().into_iter().filter(|path| path.ends_with(".rs")) {
        let mut marked = false;
        for line in fs::read_to_string(root().join(path)).unwrap().lines().map(str::trim_start) {
            marked |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
            if let Some(rest) = line.strip_prefix("async fn ").or_else(|| line.strip_prefix("fn "))
                && std::mem::take(&mut marked)
            {
                tests.extend(rest.split(['(', '<']).next().map(str::to_owned));
            }
        }
    }
    tests
}

#[test]
fn asvs_table_has_every_level_1_requirement_and_names_existing_tests() {
    let text = fs::read_to_string(root().join("docs/asvs.md")).unwrap();
    let tests = tests();
    let (mut numbers, mut first_level) = (BTreeSet::new(), 0);
    let mut wrong = Vec::new();
    for section in text.split("\n## ") {
        for row in section.lines().filter(|line| line.starts_with("| ")) {
            let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
            let number: Vec<_> = cells[0].split('.').filter_map(|part| part.parse::<u8>().ok()).collect();
            if number.len() != 3 {
                continue;
            }
            first_level += usize::from(section.starts_with("Level 1\n"));
            let [_, _, state, proof] = cells[..] else { panic!("{row}: not four cells") };
            assert!(numbers.insert(number), "{row}: its number has two rows");
            // Names of functions have an underscore; settings have a dot, headers and attributes a hyphen or capitals.
            let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            let quoted: Vec<_> = proof.split('`').skip(1).step_by(2).collect();
            let functions: Vec<_> =
                quoted.iter().filter(|name| name.contains('_') && name.chars().all(letter)).collect();
            let specs: Vec<_> = quoted.iter().filter(|name| name.ends_with(".spec.ts")).collect();
            wrong.extend(functions.iter().filter(|name| !tests.contains(**name as &str)).map(|name| name.to_string()));
            let exists = |spec: &str| root().join("end2end/specs").join(spec).is_file();
            wrong.extend(specs.iter().filter(|spec| !exists(spec)).map(|spec| spec.to_string()));
            let named = functions.len() + specs.len();
            let complete = match state {
                "tested" => named > 0,
                "documented" => !links(proof).is_empty(),
                "no test" | "deviation" | "not applicable" => !proof.is_empty(),
                _ => false,
            };
            assert!(complete, "{row}: no such state, or nothing that supports it");
        }
    }
    assert!(wrong.is_empty(), "docs/asvs.md names tests that do not exist: {wrong:?}");
    assert_eq!(first_level, ASVS_LEVEL_1, "requirements of level 1");
}

#[test]
fn architecture_document_fits_its_size_limit() {
    let bytes = fs::metadata(root().join("ARCHITECTURE.md")).unwrap().len();
    assert!(bytes <= MAP_BYTES as u64, "ARCHITECTURE.md has {bytes} bytes, more than {MAP_BYTES}");
}

/// One section of "Where to add".
struct Section {
    title: String,
    /// The words of its `git grep`; empty if it has no search.
    words: Vec<String>,
    /// The folders or files that it searches.
    folders: Vec<String>,
    /// The files that its list names in front of a colon.
    named: BTreeSet<String>,
}

fn section(text: &str) -> Section {
    let (title, body) = text.split_once('\n').unwrap();
    let body = body.replace("\\\n", "");
    let command = body.lines().find_map(|line| line.trim().strip_prefix("git grep -lw ")).unwrap_or_default();
    let (terms, folders) = command.split_once(" -- ").unwrap_or_default();
    let folders = folders.split_whitespace().filter(|folder| !folder.starts_with('\''));
    // A list item runs to the next one or to an empty line; its links in front of the colon are the files.
    let items = body
        .split("\n\n")
        .flat_map(|block| format!("\n{block}").split("\n- ").skip(1).map(str::to_owned).collect::<Vec<_>>());
    Section {
        title: title.to_owned(),
        words: terms.split_whitespace().filter(|term| *term != "-e").map(str::to_owned).collect(),
        folders: folders.map(str::to_owned).collect(),
        named: items.flat_map(|item| links(item.split(": ").next().unwrap())).collect(),
    }
}

/// Whether `text` has `word` without a letter, digit or underscore on either side, as for `git grep -w`.
fn has_word(text: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        !text[..at].chars().next_back().is_some_and(part) && !text[at + word.len()..].chars().next().is_some_and(part)
    })
}

#[test]
fn where_to_add_names_the_files_that_the_search_finds() {
    let text = fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap();
    let sections = text.split("\n## Where to add\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let sections: Vec<_> = sections.split("\n### ").skip(1).map(section).collect();
    let sources: Vec<_> =
        files().into_iter().filter(|path| !path.contains("tests") && !path.ends_with(".md")).collect();
    let mut searched = 0;
    for section in sections.iter().filter(|section| !section.words.is_empty()) {
        searched += 1;
        let under = |path: &str| section.folders.iter().any(|folder| Path::new(path).starts_with(folder));
        let found: BTreeSet<_> = sources
            .iter()
            .filter(|path| under(path))
            .filter(|path| {
                fs::read_to_string(root().join(path))
                    .is_ok_and(|text| section.words.iter().any(|word| has_word(&text, word)))
            })
            .cloned()
            .collect();
        assert!(!found.is_empty(), "{}: the search finds nothing", section.title);
        let lacking: Vec<_> = found.difference(&section.named).collect();
        let surplus: Vec<_> = section.named.difference(&found).collect();
        assert!(
            lacking.is_empty() && surplus.is_empty(),
            "{}: not named {lacking:?}, not found {surplus:?}",
            section.title
        );
    }
    assert!(searched >= 9, "only {searched} sections with a search");
}

/// The only name with the prefix of metrics that is not a metric.
const SESSION_COOKIE: &str = "onboard_session";

/// The source of the program, with the continued lines of its texts joined.
fn program() -> String {
    let folders = ["server/src", "extraction/src", "ocr/src", "embedded/src"];
    let sources = files()
        .into_iter()
        .filter(|path| path.ends_with(".rs") && folders.iter().any(|folder| path.starts_with(folder)));
    let text: String = sources.map(|path| fs::read_to_string(root().join(path)).unwrap()).collect();
    text.split("\\\n").map(str::trim_start).collect()
}

/// The code in the first cell of each row below a heading of docs/operations.md, up to a bracket.
fn first_cells(heading: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join("docs/operations.md")).unwrap();
    let section = text.split(&format!("\n## {heading}\n")).nth(1).unwrap().split("\n## ").next().unwrap();
    let cells = section.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    let codes = cells
        .flat_map(|cell| cell.split(" (").next().unwrap().split('`').step_by(2).map(str::to_owned).collect::<Vec<_>>());
    let codes: Vec<_> = codes.filter(|code| !code.is_empty()).collect();
    assert!(codes.len() > 5, "{heading}: {codes:?}");
    codes
}

#[test]
fn operations_quotes_log_messages_as_the_program_writes_them() {
    let program = program();
    let quoted = ["Logs", "Incidents of Kafka"].into_iter().flat_map(first_cells);
    let absent: Vec<_> = quoted.filter(|message| !program.contains(&format!("\"{message}"))).collect();
    assert!(absent.is_empty(), "no log message begins with {absent:?}");
}

#[test]
fn operations_lists_every_metric() {
    let program = program();
    let literals = program.split('"').filter(|text| text.starts_with("onboard_") && *text != SESSION_COOKIE);
    let name = |text: &&str| text.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let written: BTreeSet<String> = literals.filter(name).map(str::to_owned).collect();
    let listed: BTreeSet<String> = first_cells("Metrics").into_iter().collect();
    assert_eq!(written, listed);
    let monitoring = fs::read_to_string(root().join("deploy/monitoring/metrics.txt")).unwrap();
    let known: BTreeSet<String> = monitoring.lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect();
    assert_eq!(known, listed, "deploy/monitoring/metrics.txt");
}
