#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::VecDeque;
use std::sync::{LazyLock, Mutex};

use domain::document::{Agreement, Field, FieldSource};
use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::civil::date;

use super::*;

const DEADLINE: Duration = Duration::from_secs(40);
const TODAY: Date = date(2026, 11, 21);

/// A document that nobody looks at. Made on a clock of its own, which is not held.
static DOCUMENT: LazyLock<Prepared> = LazyLock::new(|| {
    std::thread::spawn(|| {
        let mut png = std::io::Cursor::new(Vec::new());
        let chequered = image::GrayImage::from_fn(1200, 800, |x, y| {
            image::Luma([if (x / 40 + y / 40) % 2 == 0 { 30 } else { 220 }])
        });
        chequered.write_to(&mut png, image::ImageFormat::Png).unwrap();
        let reader = ocr::Reader::new(ocr::ReaderConfig::default()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(reader.prepare(DocumentKind::Passport, png.into_inner().into(), &|_| ())).unwrap()
    })
    .join()
    .unwrap()
});

/// Time that passes only while somebody waits for it, and then at once.
#[derive(Clone)]
struct Held {
    began: Instant,
    passed: Arc<Mutex<Duration>>,
}

impl Held {
    fn advance(&self, duration: Duration) {
        *self.passed.lock().unwrap() += duration;
    }

    fn passed(&self) -> Duration {
        *self.passed.lock().unwrap()
    }
}

impl Time for Held {
    fn now(&self) -> Instant {
        self.began + self.passed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        async move { self.advance(duration) }.boxed()
    }
}

/// A router whose time is held.
struct Routed {
    router: Router,
    time: Held,
}

/// What a provider does when asked.
#[derive(Clone)]
enum Does {
    Reads(&'static str, f64),
    Blames(PictureIssue),
    Fails(ProviderError),
    Hangs,
}

/// Does one thing after another, the last of them for ever.
struct Fake {
    provider: Provider,
    does: Mutex<VecDeque<Does>>,
}

impl Extractor for Fake {
    fn provider(&self) -> Provider {
        self.provider
    }

    fn extract<'a>(
        &'a self,
        _: &'a Prepared,
        _: Date,
        _: OnProgress<'a>,
    ) -> BoxFuture<'a, Result<Reading, ProviderError>> {
        let mut does = self.does.lock().unwrap();
        let next = if does.len() > 1 { does.pop_front().unwrap() } else { does[0].clone() };
        async move {
            match next {
                Does::Reads(name, confidence) => {
                    Ok(Reading { fields: fields(name, confidence, self.provider), issue: None })
                }
                Does::Blames(issue) => Ok(Reading { fields: BTreeMap::new(), issue: Some(issue) }),
                Does::Fails(error) => Err(error),
                Does::Hangs => std::future::pending().await,
            }
        }
        .boxed()
    }
}

fn fields(name: &str, confidence: f64, provider: Provider) -> BTreeMap<FieldName, Field> {
    let values = [
        (FieldName::GivenNames, "Ingrid"),
        (FieldName::FamilyName, name),
        (FieldName::DateOfBirth, "1987-03-14"),
        (FieldName::DocumentNumber, "NB4821937"),
        (FieldName::ExpiryDate, "2031-06-30"),
    ];
    values.map(|(name, value)| (name, Field::read(value, confidence, FieldSource::Provider).by(provider))).into()
}

use Does::{Blames, Fails, Hangs, Reads};
use Provider::{AzureDocumentIntelligence as Azure, Custom, GoogleVision as Vision, Textract};

fn down() -> Does {
    Fails(ProviderError::Unavailable("500".into()))
}

fn router(members: &[(Provider, &[Does])], change: impl FnOnce(&mut RouterSettings)) -> Routed {
    let mut settings = RouterSettings {
        order: members.iter().map(|(provider, _)| *provider).collect(),
        order_by_kind: BTreeMap::new(),
        second_opinion: SecondOpinion::Off,
        second_opinion_from: None,
        deadline: DEADLINE,
        breaker: BreakerSettings { failures: 2, pause: Duration::from_secs(30) },
    };
    change(&mut settings);
    let fakes = members.iter().map(|(provider, does)| {
        Arc::new(Fake { provider: *provider, does: Mutex::new(does.to_vec().into()) }) as Arc<dyn Extractor>
    });
    let time = Held { began: Instant::now(), passed: Arc::default() };
    Routed { router: Router { time: Box::new(time.clone()), ..Router::new(fakes, settings, Arc::new(|| 0.5)) }, time }
}

/// Documents are read in tasks, on any thread.
fn of_any_thread<T: Send>(future: T) -> T {
    future
}

async fn read(routed: &Routed) -> Result<Extraction, Unread> {
    of_any_thread(routed.router.extract(&DOCUMENT, TODAY, &|_| ())).await
}

fn outcomes(attempts: &[Attempt]) -> Vec<(Provider, &'static str)> {
    attempts.iter().map(|attempt| (attempt.provider, attempt.outcome.as_str())).collect()
}

fn name(extraction: &Extraction) -> &Field {
    &extraction.reading.fields[&FieldName::FamilyName]
}

#[tokio::test]
async fn the_first_of_the_order_reads_and_nobody_else_is_asked() {
    let router = router(&[(Custom, &[Reads("Brandvold", 0.95)]), (Textract, &[down()])], |_| ());
    let extraction = read(&router).await.unwrap();
    assert_eq!(extraction.provider, Custom);
    assert_eq!(outcomes(&extraction.attempts), [(Custom, "read")]);
}

#[tokio::test]
async fn a_kind_of_document_may_have_an_order_of_its_own() {
    let members: [(Provider, &[Does]); 2] = [(Custom, &[Reads("A", 0.9)]), (Azure, &[Reads("B", 0.9)])];
    let own = |kind, order| router(&members, |settings| drop(settings.order_by_kind.insert(kind, order)));
    assert_eq!(read(&own(DocumentKind::Passport, vec![Azure])).await.unwrap().provider, Azure);
    assert_eq!(read(&own(DocumentKind::ProofOfAddress, vec![Azure])).await.unwrap().provider, Custom);
    assert_eq!(read(&own(DocumentKind::Passport, vec![])).await.unwrap().provider, Custom);
}

#[tokio::test]
async fn our_own_reader_has_the_first_word_on_a_file_with_text() {
    let mut with_text = DOCUMENT.clone();
    with_text.text = Some(Arc::default());
    let members: [(Provider, &[Does]); 3] =
        [(Azure, &[Reads("A", 0.9)]), (Textract, &[Reads("B", 0.9)]), (Custom, &[down()])];
    let first = router(&members, |_| ());
    let attempts = first.router.extract(&with_text, TODAY, &|_| ()).await.unwrap().attempts;
    assert_eq!(outcomes(&attempts), [(Custom, "unavailable"), (Azure, "read")], "the others keep their order");
    let without = router(&members[..2], |_| ());
    assert_eq!(without.router.extract(&with_text, TODAY, &|_| ()).await.unwrap().provider, Azure, "nobody is added");
}

#[tokio::test]
async fn after_any_error_the_next_is_asked() {
    for error in [
        ProviderError::Throttled { after: None },
        ProviderError::Unavailable("500".into()),
        ProviderError::Timeout(Duration::from_secs(1)),
        ProviderError::Denied("403".into()),
        ProviderError::Refused("too large".into()),
        ProviderError::Malformed("no JSON".into()),
        ProviderError::Own("crashed".into()),
    ] {
        let label = Outcome::Failed(error.clone()).as_str();
        let router = router(&[(Textract, &[Fails(error)]), (Custom, &[Reads("Brandvold", 0.9)])], |_| ());
        let extraction = read(&router).await.unwrap();
        assert_eq!(extraction.provider, Custom);
        assert_eq!(name(&extraction).provider, Custom);
        assert_eq!(outcomes(&extraction.attempts), [(Textract, label), (Custom, "read")]);
    }
}

#[tokio::test]
async fn where_all_fail_each_is_told() {
    let router = router(&[(Textract, &[down()]), (Vision, &[Fails(ProviderError::Denied("403".into()))])], |_| ());
    let error = read(&router).await.unwrap_err();
    assert_eq!(outcomes(&error.attempts), [(Textract, "unavailable"), (Vision, "denied")]);
    let told = "nobody has read it: textract: it is out of order: 500; google_vision: it does not let us in: 403";
    assert_eq!(error.to_string(), told);
}

#[tokio::test]
async fn one_that_hangs_takes_its_part_of_the_time_only() {
    let both = router(&[(Textract, &[Hangs]), (Custom, &[Reads("Brandvold", 0.9)])], |_| ());
    let extraction = read(&both).await.unwrap();
    assert_eq!(outcomes(&extraction.attempts), [(Textract, "timeout"), (Custom, "read")]);
    assert_eq!(extraction.attempts[0].milliseconds, 20_000);
    assert_eq!(both.time.passed(), DEADLINE / 2);
    let hanging = router(&[(Textract, &[Hangs]), (Vision, &[Hangs]), (Azure, &[Hangs])], |_| ());
    assert_eq!(read(&hanging).await.unwrap_err().attempts.len(), 3);
    assert!(hanging.time.passed() <= DEADLINE, "{:?}", hanging.time.passed());
}

#[tokio::test]
async fn where_one_finds_no_document_the_next_looks_too() {
    use PictureIssue::{NoDocument, OtherDocument};
    let sees = router(&[(Custom, &[Blames(NoDocument)]), (Azure, &[Reads("Brandvold", 0.9)])], |_| ());
    let extraction = read(&sees).await.unwrap();
    assert_eq!((extraction.provider, extraction.reading.issue), (Azure, None));
    assert_eq!(outcomes(&extraction.attempts), [(Custom, "issue"), (Azure, "read")]);
    let none =
        router(&[(Custom, &[Blames(NoDocument)]), (Azure, &[Blames(OtherDocument)]), (Vision, &[down()])], |_| ());
    let extraction = read(&none).await.unwrap();
    assert_eq!((extraction.provider, extraction.reading.issue), (Custom, Some(NoDocument)));
}

#[tokio::test]
async fn a_service_that_keeps_failing_is_left_alone_and_tried_again() {
    let does = [down(), down(), down(), Reads("Brandvold", 0.9)];
    let router = router(&[(Textract, &does), (Custom, &[Reads("Hansen", 0.9)])], |_| ());
    for _ in 0..2 {
        assert_eq!(read(&router).await.unwrap().attempts[0].outcome.as_str(), "unavailable");
    }
    for _ in 0..3 {
        let extraction = read(&router).await.unwrap();
        assert_eq!(outcomes(&extraction.attempts), [(Textract, "resting"), (Custom, "read")]);
    }
    // The first probe fails, the second finds that it answers.
    for (pause, wanted) in [(30, "unavailable"), (30, "resting"), (30, "read"), (0, "read")] {
        router.time.advance(Duration::from_secs(pause));
        assert_eq!(read(&router).await.unwrap().attempts[0].outcome.as_str(), wanted);
    }
}

#[tokio::test]
async fn what_is_said_of_a_document_leaves_nobody_alone() {
    for (provider, error) in [
        (Textract, ProviderError::Refused("too large".into())),
        (Textract, ProviderError::Own("crashed".into())),
        // Hostile files must not stop our own reader for everybody.
        (Custom, ProviderError::Unavailable("no memory".into())),
    ] {
        let router = router(&[(provider, &[Fails(error)])], |_| ());
        for _ in 0..5 {
            assert_ne!(read(&router).await.unwrap_err().attempts[0].outcome, Outcome::Resting);
        }
    }
}

#[tokio::test]
async fn where_all_are_left_alone_the_first_is_asked_all_the_same() {
    let router = router(&[(Textract, &[down(), down(), Reads("Brandvold", 0.9)]), (Vision, &[down()])], |_| ());
    for _ in 0..2 {
        assert!(read(&router).await.is_err());
    }
    let extraction = read(&router).await.unwrap();
    assert_eq!(outcomes(&extraction.attempts), [(Textract, "resting"), (Vision, "resting"), (Textract, "read")]);
}

#[tokio::test]
async fn a_second_opinion_stands_beside_the_first() {
    let always = |second: &'static str| {
        router(&[(Custom, &[Reads("Brandvold", 0.85)]), (Textract, &[Reads(second, 0.9)])], |settings| {
            settings.second_opinion = SecondOpinion::Always;
        })
    };
    let agreed = read(&always("BRANDVOLD")).await.unwrap();
    assert_eq!((agreed.provider, agreed.attempts.len()), (Custom, 2));
    assert_eq!(name(&agreed).value, "Brandvold");
    assert!(name(&agreed).confidence > 0.9);
    assert_eq!(name(&agreed).agreement(FieldName::FamilyName), Agreement::Agrees);
    let differs = read(&always("Hansen")).await.unwrap();
    assert_eq!(
        (name(&differs).value.as_str(), name(&differs).other_readings[0].value.as_str()),
        ("Brandvold", "Hansen")
    );
    assert_eq!(name(&differs).other_readings[0].provider, Textract);
    assert!(name(&differs).confidence < DOUBTFUL_BELOW);
}

#[tokio::test]
async fn a_second_opinion_is_asked_for_where_it_is_wanted_and_from_whom() {
    let members = |sure| {
        [
            (Custom, vec![Reads("Brandvold", sure)]),
            (Textract, vec![Reads("Brandvold", 0.9)]),
            (Vision, vec![Reads("Brandvold", 0.9)]),
        ]
    };
    let asked = async |sure, second_opinion, from| {
        let members = members(sure);
        let members: Vec<(Provider, &[Does])> = members.iter().map(|(provider, does)| (*provider, &does[..])).collect();
        let router = router(&members, |settings| {
            settings.second_opinion = second_opinion;
            settings.second_opinion_from = from;
        });
        read(&router).await.unwrap().attempts.iter().map(|attempt| attempt.provider).collect::<Vec<_>>()
    };
    use SecondOpinion::{Always, Off, WhenDoubtful};
    assert_eq!(asked(0.5, Off, Some(Textract)).await, [Custom]);
    assert_eq!(asked(0.9, WhenDoubtful, None).await, [Custom]);
    assert_eq!(asked(0.5, WhenDoubtful, None).await, [Custom, Textract]);
    assert_eq!(asked(0.9, Always, Some(Vision)).await, [Custom, Vision]);
    // Whoever read first gives no second opinion of it.
    assert_eq!(asked(0.9, Always, Some(Custom)).await, [Custom, Textract]);
}

#[tokio::test]
async fn a_second_opinion_that_does_not_come_costs_nothing_but_time() {
    for (second, told) in [(down(), "unavailable"), (Blames(PictureIssue::NoDocument), "issue"), (Hangs, "timeout")] {
        let router = router(&[(Custom, &[Reads("Brandvold", 0.9)]), (Textract, &[second])], |settings| {
            settings.second_opinion = SecondOpinion::Always;
        });
        let extraction = read(&router).await.unwrap();
        assert_eq!(extraction.reading.fields, fields("Brandvold", 0.9, Custom));
        assert_eq!(outcomes(&extraction.attempts), [(Custom, "read"), (Textract, told)]);
        assert!(router.time.passed() <= DEADLINE);
    }
    // The first may take a part only, where a second is wanted.
    let hangs = router(&[(Custom, &[Hangs]), (Textract, &[Reads("Brandvold", 0.9)])], |settings| {
        settings.second_opinion = SecondOpinion::Always;
    });
    let took = read(&hangs).await.unwrap().attempts[0].milliseconds;
    // A third of the deadline is left to the second; timers round up.
    assert!((13_333..13_400).contains(&took), "{took}");
}
