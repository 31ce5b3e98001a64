#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::VecDeque;
use std::sync::{LazyLock, Mutex};

use domain::document::{Agreement, Field, FieldSource, PictureIssue};
use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::civil::date;

use super::*;

const DEADLINE: Duration = Duration::from_secs(40);
const TODAY: Date = date(2026, 11, 21);

/// A document whose content does not matter. It is prepared in a separate runtime with real time.
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

/// A clock that advances only by the timers that are awaited, and without waiting.
#[derive(Clone)]
struct TestClock {
    began: Instant,
    passed: Arc<Mutex<Duration>>,
}

impl TestClock {
    fn advance(&self, duration: Duration) {
        *self.passed.lock().unwrap() += duration;
    }

    fn passed(&self) -> Duration {
        *self.passed.lock().unwrap()
    }
}

impl Time for TestClock {
    fn now(&self) -> Instant {
        self.began + self.passed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        async move { self.advance(duration) }.boxed()
    }
}

/// A router with a test clock.
struct TestRouter {
    router: Router,
    time: TestClock,
}

/// How a provider answers.
#[derive(Clone)]
enum Answer {
    Reads(&'static str, f64),
    FindsIssue(PictureIssue),
    Fails(ProviderError),
    Hangs,
}

/// Gives the answers in order, and repeats the last one.
struct Fake {
    provider: Provider,
    answers: Mutex<VecDeque<Answer>>,
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
        let mut answers = self.answers.lock().unwrap();
        let next = if answers.len() > 1 { answers.pop_front().unwrap() } else { answers[0].clone() };
        async move {
            match next {
                Answer::Reads(name, confidence) => {
                    Ok(Reading { fields: fields(name, confidence, self.provider), issue: None })
                }
                Answer::FindsIssue(issue) => Ok(Reading { fields: BTreeMap::new(), issue: Some(issue) }),
                Answer::Fails(error) => Err(error),
                Answer::Hangs => std::future::pending().await,
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

use Answer::{Fails, FindsIssue, Hangs, Reads};
use Provider::{AzureDocumentIntelligence as Azure, Custom, GoogleVision as Vision, Textract};

fn down() -> Answer {
    Fails(ProviderError::Unavailable("500".into()))
}

fn router(members: &[(Provider, &[Answer])], change: impl FnOnce(&mut RouterSettings)) -> TestRouter {
    let mut settings = RouterSettings {
        order: members.iter().map(|(provider, _)| *provider).collect(),
        order_by_kind: BTreeMap::new(),
        second_opinion: SecondOpinion::Off,
        second_opinion_from: None,
        deadline: DEADLINE,
        breaker: BreakerSettings { failure_threshold: 2, open_duration: Duration::from_secs(30) },
    };
    change(&mut settings);
    let fakes = members.iter().map(|(provider, answers)| {
        Arc::new(Fake { provider: *provider, answers: Mutex::new(answers.to_vec().into()) }) as Arc<dyn Extractor>
    });
    let time = TestClock { began: Instant::now(), passed: Arc::default() };
    TestRouter {
        router: Router { time: Box::new(time.clone()), ..Router::new(fakes, settings, Arc::new(|| 0.5)) },
        time,
    }
}

/// Fails to compile unless the future can move between threads.
fn assert_send<T: Send>(future: T) -> T {
    future
}

async fn read(router: &TestRouter) -> Result<Extraction, ExtractionFailed> {
    assert_send(router.router.extract(&DOCUMENT, TODAY, &|_| ())).await
}

fn outcomes(attempts: &[Attempt]) -> Vec<(Provider, &'static str)> {
    attempts.iter().map(|attempt| (attempt.provider, attempt.outcome.as_str())).collect()
}

fn name(extraction: &Extraction) -> &Field {
    &extraction.reading.fields[&FieldName::FamilyName]
}

#[tokio::test]
async fn first_provider_of_the_order_reads_alone() {
    let router = router(&[(Custom, &[Reads("Brandvold", 0.95)]), (Textract, &[down()])], |_| ());
    let extraction = read(&router).await.unwrap();
    assert_eq!(extraction.provider, Custom);
    assert_eq!(outcomes(&extraction.attempts), [(Custom, "read")]);
}

#[tokio::test]
async fn order_of_the_kind_overrides_the_default_order() {
    let members: [(Provider, &[Answer]); 2] = [(Custom, &[Reads("A", 0.9)]), (Azure, &[Reads("B", 0.9)])];
    let own = |kind, order| router(&members, |settings| drop(settings.order_by_kind.insert(kind, order)));
    assert_eq!(read(&own(DocumentKind::Passport, vec![Azure])).await.unwrap().provider, Azure);
    assert_eq!(read(&own(DocumentKind::ProofOfAddress, vec![Azure])).await.unwrap().provider, Custom);
    assert_eq!(read(&own(DocumentKind::Passport, vec![])).await.unwrap().provider, Custom);
}

#[tokio::test]
async fn file_with_text_goes_to_the_local_reader_first() {
    let mut with_text = DOCUMENT.clone();
    with_text.text = Some(Arc::default());
    let members: [(Provider, &[Answer]); 3] =
        [(Azure, &[Reads("A", 0.9)]), (Textract, &[Reads("B", 0.9)]), (Custom, &[down()])];
    let first = router(&members, |_| ());
    let attempts = first.router.extract(&with_text, TODAY, &|_| ()).await.unwrap().attempts;
    assert_eq!(outcomes(&attempts), [(Custom, "unavailable"), (Azure, "read")], "the others keep their order");
    let without = router(&members[..2], |_| ());
    assert_eq!(
        without.router.extract(&with_text, TODAY, &|_| ()).await.unwrap().provider,
        Azure,
        "the local reader is not added to the order"
    );
}

#[tokio::test]
async fn any_error_falls_back_to_the_next_provider() {
    for error in [
        ProviderError::Throttled { after: None },
        ProviderError::Unavailable("500".into()),
        ProviderError::Timeout(Duration::from_secs(1)),
        ProviderError::Denied("403".into()),
        ProviderError::Refused("too large".into()),
        ProviderError::Malformed("no JSON".into()),
        ProviderError::Internal("crashed".into()),
    ] {
        let label = AttemptOutcome::Failed(error.clone()).as_str();
        let router = router(&[(Textract, &[Fails(error)]), (Custom, &[Reads("Brandvold", 0.9)])], |_| ());
        let extraction = read(&router).await.unwrap();
        assert_eq!(extraction.provider, Custom);
        assert_eq!(name(&extraction).provider, Custom);
        assert_eq!(outcomes(&extraction.attempts), [(Textract, label), (Custom, "read")]);
    }
}

#[tokio::test]
async fn error_names_every_attempt_when_all_providers_fail() {
    let router = router(&[(Textract, &[down()]), (Vision, &[Fails(ProviderError::Denied("403".into()))])], |_| ());
    let error = read(&router).await.unwrap_err();
    assert_eq!(outcomes(&error.attempts), [(Textract, "unavailable"), (Vision, "denied")]);
    let expected = "no provider has read the document: textract: the service is unavailable: 500; \
                google_vision: the service denies access: 403";
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn provider_that_hangs_uses_only_its_part_of_the_deadline() {
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
async fn picture_issue_falls_back_to_the_next_provider() {
    use PictureIssue::{NoDocument, OtherDocument};
    let sees = router(&[(Custom, &[FindsIssue(NoDocument)]), (Azure, &[Reads("Brandvold", 0.9)])], |_| ());
    let extraction = read(&sees).await.unwrap();
    assert_eq!((extraction.provider, extraction.reading.issue), (Azure, None));
    assert_eq!(outcomes(&extraction.attempts), [(Custom, "issue"), (Azure, "read")]);
    let none = router(
        &[(Custom, &[FindsIssue(NoDocument)]), (Azure, &[FindsIssue(OtherDocument)]), (Vision, &[down()])],
        |_| (),
    );
    let extraction = read(&none).await.unwrap();
    assert_eq!((extraction.provider, extraction.reading.issue), (Custom, Some(NoDocument)));
}

#[tokio::test]
async fn breaker_opens_after_failures_and_closes_after_a_successful_probe() {
    let answers = [down(), down(), down(), Reads("Brandvold", 0.9)];
    let router = router(&[(Textract, &answers), (Custom, &[Reads("Hansen", 0.9)])], |_| ());
    for _ in 0..2 {
        assert_eq!(read(&router).await.unwrap().attempts[0].outcome.as_str(), "unavailable");
    }
    for _ in 0..3 {
        let extraction = read(&router).await.unwrap();
        assert_eq!(outcomes(&extraction.attempts), [(Textract, "circuit_open"), (Custom, "read")]);
    }
    // The first probe fails, and the second succeeds.
    for (pause, wanted) in [(30, "unavailable"), (30, "circuit_open"), (30, "read"), (0, "read")] {
        router.time.advance(Duration::from_secs(pause));
        assert_eq!(read(&router).await.unwrap().attempts[0].outcome.as_str(), wanted);
    }
}

#[tokio::test]
async fn failures_of_single_documents_do_not_open_the_breaker() {
    for (provider, error) in [
        (Textract, ProviderError::Refused("too large".into())),
        (Textract, ProviderError::Internal("crashed".into())),
        // Hostile files must not stop the local reader for all applicants.
        (Custom, ProviderError::Unavailable("no memory".into())),
    ] {
        let router = router(&[(provider, &[Fails(error)])], |_| ());
        for _ in 0..5 {
            assert_ne!(read(&router).await.unwrap_err().attempts[0].outcome, AttemptOutcome::CircuitOpen);
        }
    }
}

#[tokio::test]
async fn first_provider_is_tried_when_all_breakers_are_open() {
    let router = router(&[(Textract, &[down(), down(), Reads("Brandvold", 0.9)]), (Vision, &[down()])], |_| ());
    for _ in 0..2 {
        assert!(read(&router).await.is_err());
    }
    let extraction = read(&router).await.unwrap();
    assert_eq!(
        outcomes(&extraction.attempts),
        [(Textract, "circuit_open"), (Vision, "circuit_open"), (Textract, "read")]
    );
}

#[tokio::test]
async fn second_opinion_is_kept_beside_the_first_reading() {
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
async fn second_opinion_follows_its_settings() {
    let members = |sure| {
        [
            (Custom, vec![Reads("Brandvold", sure)]),
            (Textract, vec![Reads("Brandvold", 0.9)]),
            (Vision, vec![Reads("Brandvold", 0.9)]),
        ]
    };
    let asked = async |sure, second_opinion, from| {
        let members = members(sure);
        let members: Vec<(Provider, &[Answer])> =
            members.iter().map(|(provider, answers)| (*provider, &answers[..])).collect();
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
    // The provider of the first reading gives no second opinion.
    assert_eq!(asked(0.9, Always, Some(Custom)).await, [Custom, Textract]);
}

#[tokio::test]
async fn failed_second_opinion_keeps_the_first_reading() {
    for (second, label) in
        [(down(), "unavailable"), (FindsIssue(PictureIssue::NoDocument), "issue"), (Hangs, "timeout")]
    {
        let router = router(&[(Custom, &[Reads("Brandvold", 0.9)]), (Textract, &[second])], |settings| {
            settings.second_opinion = SecondOpinion::Always;
        });
        let extraction = read(&router).await.unwrap();
        assert_eq!(extraction.reading.fields, fields("Brandvold", 0.9, Custom));
        assert_eq!(outcomes(&extraction.attempts), [(Custom, "read"), (Textract, label)]);
        assert!(router.time.passed() <= DEADLINE);
    }
    // The first provider may use only a part of the deadline if a second opinion is wanted.
    let hangs = router(&[(Custom, &[Hangs]), (Textract, &[Reads("Brandvold", 0.9)])], |settings| {
        settings.second_opinion = SecondOpinion::Always;
    });
    let took = read(&hangs).await.unwrap().attempts[0].milliseconds;
    // Three shares: both providers and the second opinion; timers round up.
    assert!((13_333..13_400).contains(&took), "{took}");
}
