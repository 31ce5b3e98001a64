//! The pages as the server renders them.

use super::support::{Person, TestServer};

/// The parts in the state of a page, as JSON.
async fn parts(person: &Person, path: &str) -> String {
    // The state is JSON in a string of a script.
    let page = person.get(path).await.body.replace('\\', "");
    let (_, rest) = page.split_once("\"parts\":").unwrap_or_else(|| panic!("{path} has no state: {page}"));
    rest.split_inclusive(']').next().unwrap().to_owned()
}

/// The browser loads them before hydration. A page that shows another part would not hydrate.
#[tokio::test(flavor = "multi_thread")]
async fn page_names_the_parts_that_it_shows_at_once() {
    let server = TestServer::start().await;
    let visitor = server.person();
    for (path, expected) in [
        ("/", "[]"),
        ("/?from=letter", "[]"),
        ("/thank-you", r#"["cover"]"#),
        ("/outbox", r#"["pages"]"#),
        ("/phone", r#"["documents"]"#),
        ("/phone/guessed", r#"["pages"]"#),
        ("/nothing", "[]"),
    ] {
        assert_eq!(parts(&visitor, path).await, expected, "{path}");
    }
    let known = Person::known(server.base()).await;
    for (path, expected) in [
        ("/", r#"["session","documents"]"#),
        ("/thank-you", r#"["session","cover"]"#),
        ("/outbox", r#"["session","pages"]"#),
    ] {
        assert_eq!(parts(&known, path).await, expected, "{path}");
    }
}
