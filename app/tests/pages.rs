//! Renders every page in every state as the server does, and checks the HTML.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use app::{Outbox, PageState, PartFiles, PhoneLink, content_security_policy, server_error_html, shell};
use domain::api::{OutboxMessage, Snapshot};
use leptos::prelude::*;
use leptos_router::location::RequestUrl;

#[path = "../examples/preview/samples.rs"]
mod samples;

fn options() -> LeptosOptions {
    LeptosOptions::builder().output_name("onboard-ai").build()
}

/// The page, with its content security policy in an element: the server sends it as a header.
fn html() -> String {
    let html = shell(options()).to_html();
    html.replacen("<head>", &format!("<head><meta content=\"{}\">", content_security_policy()), 1)
}

fn page(path: &str, snapshot: Option<Snapshot>, outbox: Option<Vec<OutboxMessage>>) -> String {
    Owner::new().with(|| {
        leptos::nonce::provide_nonce();
        provide_context(RequestUrl::new(path));
        provide_context(PageState(snapshot));
        provide_context(Outbox(outbox));
        html()
    })
}

fn journey(name: &str) -> String {
    let found = samples::journeys().into_iter().find(|(known, _)| *known == name);
    page("/", found.unwrap().1, None)
}

fn all() -> Vec<(String, String)> {
    let mut pages: Vec<_> = samples::journeys()
        .into_iter()
        .flat_map(|(name, snapshot)| {
            [
                (name.to_owned(), page("/", snapshot.clone(), None)),
                (format!("{name}, thank you"), page("/thank-you", snapshot, None)),
            ]
        })
        .collect();
    pages.push(("outbox".to_owned(), page("/outbox", None, Some(samples::messages()))));
    pages.push(("not found".to_owned(), page("/nowhere", None, None)));
    for (name, snapshot) in samples::journeys() {
        pages.push((format!("{name}, on the phone"), page("/phone", snapshot.map(Snapshot::redacted), None)));
    }
    for works in [true, false] {
        pages.push((format!("a link that works: {works}"), link(works)));
    }
    pages.push(("trouble".to_owned(), server_error_html(options())));
    pages
}

/// The page of a phone link.
fn link(works: bool) -> String {
    Owner::new().with(|| {
        leptos::nonce::provide_nonce();
        provide_context(RequestUrl::new("/phone/token"));
        provide_context(PhoneLink(works));
        html()
    })
}

/// The values of an attribute, in document order.
fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    let start = format!(" {attribute}=\"");
    html.split(start.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn every_page_has_one_main_heading_and_unique_ids() {
    for (name, html) in all() {
        assert_eq!(html.matches("<h1").count(), 1, "{name}");
        assert_eq!(html.matches("<main").count(), 1, "{name}");
        let ids = values(&html, "id");
        let different: BTreeSet<_> = ids.iter().collect();
        assert_eq!(ids.len(), different.len(), "{name}: {ids:?}");
    }
}

#[test]
fn every_referenced_id_exists() {
    for (name, html) in all() {
        let ids: BTreeSet<_> = values(&html, "id").into_iter().collect();
        for attribute in ["for", "aria-labelledby", "aria-controls"] {
            for id in values(&html, attribute) {
                assert!(ids.contains(id), "{name}: {attribute} {id}");
            }
        }
    }
}

#[test]
fn pages_obey_their_content_security_policy() {
    for (name, html) in all() {
        assert!(values(&html, "style").is_empty(), "{name}: an inline style");
        assert!(!html.contains("<style"), "{name}: a style element");
        assert!(!html.contains(" onclick="), "{name}: an inline handler");
        let policy = values(&html, "content").into_iter().find(|value| value.contains("script-src"));
        // The page for failures has no script, and a policy of its own.
        let Some(policy) = policy else {
            assert!(!html.contains("<script"), "{name}");
            continue;
        };
        for script in html.split("<script").skip(1) {
            let nonce = values(script.split('>').next().unwrap(), "nonce")[0];
            assert!(policy.contains(&format!("'nonce-{nonce}'")), "{name}");
        }
        for rule in ["default-src 'none'", "connect-src 'self'", "'wasm-unsafe-eval'", "base-uri 'none'"] {
            assert!(policy.contains(rule), "{name}: {rule}");
        }
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{name}");
    }
}

#[test]
fn typed_text_is_escaped() {
    let (_, mut snapshot) = samples::journeys().pop().unwrap();
    let journey = &mut snapshot.as_mut().unwrap().journey;
    journey.user_info.as_mut().unwrap().first_name = "<script>alert(1)</script>\"'&".to_owned();
    for path in ["/", "/thank-you"] {
        let html = page(path, snapshot.clone(), None);
        assert!(!html.contains("<script>alert"), "{path}");
    }
}

#[test]
fn new_visitor_gets_the_first_form() {
    let html = journey("00-new");
    assert!(html.contains("This form needs JavaScript."));
    assert!(html.contains("autocomplete=\"given-name\"") && html.contains("autocomplete=\"bday-day\""));
    assert_eq!(values(&html, "data-state").iter().filter(|state| **state == "ready").count(), 3, "tile, mark and rail");
    // There is no session to end.
    assert!(!html.contains("Leave on this device"));
}

#[test]
fn review_names_the_next_step_and_offers_the_questionnaire() {
    let html = journey("08-review");
    assert!(html.contains("data-outcome=\"review\"") && html.contains("usually within one working day"));
    assert!(html.contains("data-check-state=\"look\""));
    assert!(html.contains("as soon as a colleague has finished"));
}

#[test]
fn rejection_gives_reasons_and_the_next_step() {
    let html = journey("09-rejected");
    assert!(html.contains("The document expired on 1 February 2024."));
    assert!(html.contains("Next: if you think that we are mistaken") && html.contains("reference: "));
    assert!(!html.contains("Find my policies"));
}

#[test]
fn document_that_a_person_asks_for_can_be_handed_in_at_once() {
    let html = journey("30-asked");
    assert!(html.contains("data-asked=\"address\"") && !html.contains("data-asked=\"identity\""));
    assert!(html.contains("This document is older than three months.") && html.contains("id=\"address-file\""));
    assert!(html.contains("data-outcome=\"asked\"") && html.contains("open the step “Documents”"));
    assert!(!html.contains("Keep the document that you sent"));
}

#[test]
fn decision_of_a_person_gives_no_reason() {
    let rejected = journey("31-rejected-by-a-person");
    let outcome = rejected.split("notice notice-bad\">").nth(1).unwrap();
    let outcome = outcome.split("<ul class=\"checks\">").next().unwrap();
    assert!(outcome.contains("A colleague looked at your application.") && outcome.contains("reference: "));
    assert!(!outcome.contains("<li") && !rejected.contains("Replace this document"), "{outcome}");
    let approved = journey("32-approved-by-a-person");
    assert!(approved.contains("Confirmed by a colleague") && !approved.contains("Needs a closer look"));
}

#[test]
fn policies_are_sorted_by_score_with_price_and_cover() {
    let html = journey("11-policies");
    let scores: Vec<u8> = values(&html, "data-score").into_iter().map(|score| score.parse().unwrap()).collect();
    assert_eq!(scores.len(), 5);
    assert!(scores.is_sorted_by(|better, worse| better >= worse), "{scores:?}");
    assert!(html.contains("Why not the others") && html.contains("a month, indicative"));
    assert_eq!(html.matches("class=\"covers\"").count(), 5);
    // Nothing is preselected.
    let chosen = |html: &str| html.matches("type=\"radio\" checked").count();
    assert_eq!((chosen(&html), chosen(&journey("02-documents"))), (0, 1), "the passport is offered first");
}

#[test]
fn thank_you_page_needs_a_completed_application() {
    let (_, completed) = samples::journeys().pop().unwrap();
    let html = page("/thank-you", completed, None);
    assert!(html.contains("Your application is complete.") && html.contains("ingrid@example.org"));
    assert!(page("/thank-you", None, None).contains("Your application is not complete yet"));
}

#[test]
fn outbox_exists_only_with_a_local_notifier() {
    assert!(page("/outbox", None, Some(Vec::new())).contains("There are no messages yet."));
    assert!(page("/outbox", None, None).contains("There is no page here"));
}

/// The parts whose code a page preloads.
fn preloaded(url: &str, snapshot: Option<Snapshot>) -> Vec<String> {
    let names = ["session", "documents", "cover", "pages"];
    let files = names.map(|name| (name.to_owned(), vec![format!("code_of_{name}")]));
    let html = Owner::new().with(|| {
        leptos::nonce::provide_nonce();
        provide_context(RequestUrl::new(url));
        provide_context(PageState(snapshot));
        provide_context(PartFiles(Arc::new(BTreeMap::from(files))));
        html()
    });
    let linked = values(&html, "href").into_iter();
    linked.filter_map(|url| Some(url.strip_prefix("/pkg/code_of_")?.strip_suffix(".wasm")?.to_owned())).collect()
}

#[test]
fn page_preloads_the_parts_that_it_shows_at_once() {
    let of = |wanted: &str| samples::journeys().into_iter().find(|(name, _)| *name == wanted).unwrap().1;
    let cases: [(&str, &str, &[&str]); 8] = [
        ("/", "00-new", &[]),
        ("/", "02-documents", &["documents", "session"]),
        ("/?from=letter", "11-policies", &["cover", "session"]),
        ("/thank-you", "00-new", &["cover"]),
        ("/thank-you", "11-policies", &["cover", "session"]),
        ("/outbox", "00-new", &["pages"]),
        ("/phone", "02-documents", &["documents", "session"]),
        ("/phone/token", "00-new", &["pages"]),
    ];
    // The server's integration provides whole URLs.
    for origin in ["", "http://leptos.dev"] {
        for (path, state, parts) in cases {
            let url = format!("{origin}{path}");
            assert_eq!(preloaded(&url, of(state)), parts, "{url} in {state}");
        }
    }
}

#[test]
fn phone_link_works_without_a_script() {
    let html = link(true);
    assert!(html.contains("<form method=\"post\">") && html.contains("Continue on this phone"));
    let policy = |html: &str| {
        values(html, "content").into_iter().find(|value| value.contains("form-action")).unwrap().to_owned()
    };
    assert!(policy(&html).contains("form-action 'self';"));
    assert!(!link(false).contains("<form") && link(false).contains("This link does not work any more"));
    assert!(policy(&journey("00-new")).contains("form-action 'none';"));
}

#[test]
fn phone_page_contains_no_personal_data() {
    for (name, snapshot) in samples::journeys() {
        let html = page("/phone", snapshot.map(Snapshot::redacted), None);
        for secret in ["Ingrid", "Brandvold", "BRANDVOLD", "1987", "Storgata", "ingrid.brandvold"] {
            assert!(!html.contains(secret), "{name}: {secret}");
        }
    }
}

#[test]
fn differing_readings_are_offered_without_preselection() {
    let html = journey("22-readings-differ");
    let (from, to) = (html.find("data-to-confirm").unwrap(), html.find("data-document-fields").unwrap());
    let form = &html[from..to];
    assert_eq!(form.matches("type=\"radio\"").count(), 6, "two values and neither, twice");
    assert!(!form.contains("radio\" checked") && !form.contains(" checked"), "a reading is preselected");
    assert!(form.contains("The coded lines say this") && form.contains("Read by Google Cloud Vision"));
    assert!(form.contains("a colleague compares them with your document"));
    // The space of the images is reserved.
    assert_eq!(form.matches("data-cutout=\"coming\"").count(), 2);
}

#[test]
fn every_field_shows_its_provenance() {
    let html = journey("20-read-well");
    let summaries = html.matches("class=\"past-line\"").count();
    assert_eq!(summaries, values(&html, "data-field").len() + 1, "one a field, and the coded lines");
    assert!(html.contains("page and coded lines agree") && html.contains("read by our own reader"));
    assert!(values(&html, "data-mark").iter().all(|mark| *mark == "fine"));
    assert!(values(&journey("25-extra-differs"), "data-mark").contains(&"look"));
}

#[test]
fn correction_keeps_the_original_reading() {
    let html = journey("24-corrected");
    assert!(html.contains("We had read: 13 February 2036") && html.contains("18 February 2036"));
    assert!(html.contains("Corrected by you") && html.contains("Chosen by you, as the coded lines say"));
}

#[test]
fn outdated_document_is_reported_when_it_is_read() {
    assert!(journey("27-old-letter").contains("This is dated 2 October 2025"));
    assert!(journey("28-expired").contains("This ran out on 1 February 2025"));
    let taken = journey("23-nothing-read");
    assert!(taken.contains("Please type what your document says"));
    assert!(taken.contains("although the picture is blurred. A colleague looks at it."));
}
