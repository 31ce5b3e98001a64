//! The three services: their simulated answers, and the providers that read from them.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_textract::config::{Credentials, Region, SharedCredentialsProvider};
use domain::document::{DocumentKind, Provider};
use extraction::{
    Azure, AzureAuth, AzureSettings, Extractor, Limits, ProviderError, Textract, TextractSettings, Vision, VisionAuth,
    VisionSettings,
};
use ocr::{Prepared, Reading};

use crate::documents::{TODAY, document};
use crate::stand::{FakeServer, Reaction, Request};

/// The credential of our requests, which no error and no log may contain.
pub const KEY: &str = "very-secret-key";

/// The text of a service's error, which our errors must not repeat.
pub const CHATTER: &str = "cannot read INGRID BRANDVOLD with very-secret-key";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    Textract,
    Vision,
    Azure,
}

/// The service's behaviour for one document.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// Answers with this file of `tests/responses`, without `.json`.
    Reads(&'static str),
    /// Answers "too many requests", with this `Retry-After` in seconds.
    Throttles(Option<u32>),
    /// Answers with status 500.
    ServerError,
    Hangs,
    Closes,
    /// Closes the connection within the answer.
    Truncates,
    NotJson,
    OtherShape,
    /// Answers with more than 10 MiB.
    TooLarge,
    Denies,
    Refuses,
    /// Azure: the result is always running.
    NeverCompletes,
    /// Azure: the result fails with this code.
    Fails(&'static str),
    /// Azure: answers with this file, but never to the deletion of the result.
    HangsOnDeletion(&'static str),
    /// Azure: names this address for the result.
    OtherOrigin(SocketAddr),
}

/// Short waits for fast tests, and long timeouts for busy machines.
pub fn limits() -> Limits {
    Limits {
        connect: Duration::from_secs(5),
        whole: Duration::from_secs(30),
        max_attempts: 3,
        first_wait: Duration::from_millis(1),
    }
}

/// A simulated service, and the provider that reads from it.
pub struct Setup {
    pub server: FakeServer,
    pub extractor: Box<dyn Extractor>,
}

impl Setup {
    pub async fn read(&self, kind: DocumentKind) -> Result<Reading, ProviderError> {
        self.read_document(&document(kind).await).await
    }

    pub async fn read_document(&self, document: &Prepared) -> Result<Reading, ProviderError> {
        let read = self.extractor.extract(document, TODAY, &|_| ()).await;
        if let Err(error) = &read {
            let text = format!("{error} {error:?}");
            for secret in ["INGRID", "Ingrid", "BRANDVOLD", KEY] {
                assert!(!text.contains(secret), "{text}");
            }
        }
        read
    }

    /// The number of documents that were sent.
    pub fn sent(&self) -> usize {
        self.server.requests().iter().filter(|request| request.method == "POST").count()
    }
}

impl Service {
    pub const fn provider(self) -> Provider {
        match self {
            Self::Textract => Provider::Textract,
            Self::Vision => Provider::GoogleVision,
            Self::Azure => Provider::AzureDocumentIntelligence,
        }
    }

    /// A provider that reads from the service at an address.
    pub fn extractor(self, address: SocketAddr, limits: Limits) -> Box<dyn Extractor> {
        let endpoint = format!("http://{address}");
        match self {
            Self::Textract => {
                let credentials = Credentials::new("AKIDEXAMPLE", KEY, None, None, "test");
                let shared = SdkConfig::builder()
                    .behavior_version(BehaviorVersion::latest())
                    .region(Region::new("eu-west-1"))
                    .credentials_provider(SharedCredentialsProvider::new(credentials))
                    .build();
                let settings = TextractSettings { endpoint: Some(endpoint), region: None, limits };
                Box::new(Textract::with(&shared, settings).unwrap())
            }
            Self::Vision => {
                let settings = VisionSettings { endpoint, auth: VisionAuth::Key(KEY.into()), limits };
                Box::new(Vision::new(settings).unwrap())
            }
            Self::Azure => {
                let settings = AzureSettings { endpoint, auth: AzureAuth::Key(KEY.into()), limits };
                Box::new(Azure::new(settings).unwrap())
            }
        }
    }

    /// Simulates one step for each document sent, and repeats the last one.
    pub async fn setup(self, steps: &[Step]) -> Setup {
        self.setup_within(steps, limits()).await
    }

    pub async fn setup_within(self, steps: &[Step], limits: Limits) -> Setup {
        let server = self.server(steps).await;
        Setup { extractor: self.extractor(server.address, limits), server }
    }

    pub async fn server(self, steps: &[Step]) -> FakeServer {
        let mut rest: VecDeque<Step> = steps.iter().copied().collect();
        let mut now = steps[0];
        let mut polls = 0;
        FakeServer::start(move |request, address| {
            if request.method == "POST" && request.path != "/token" {
                now = rest.pop_front().unwrap_or(now);
                polls = 0;
                if self != Self::Azure {
                    return self.play(now);
                }
                return match now {
                    Step::Throttles(_)
                    | Step::ServerError
                    | Step::Hangs
                    | Step::Closes
                    | Step::Denies
                    | Step::Refuses => self.play(now),
                    _ => accepted(request, address, now),
                };
            }
            polls += 1;
            match (request.method.as_str(), now) {
                ("DELETE", Step::HangsOnDeletion(_)) => Reaction::Hang,
                ("DELETE", _) => Reaction::Answer(204, vec![], vec![]),
                ("POST", _) => {
                    json(200, r#"{"access_token":"a-token","expires_in":3600,"token_type":"Bearer"}"#.to_owned())
                }
                (_, Step::NeverCompletes) => json(200, r#"{"status":"running"}"#.to_owned()),
                (_, Step::Fails(code)) => {
                    json(200, format!(r#"{{"status":"failed","error":{{"code":"{code}","message":"{CHATTER}"}}}}"#))
                }
                _ if polls == 1 => json(200, r#"{"status":"running"}"#.to_owned()),
                _ => self.play(now),
            }
        })
        .await
    }

    fn play(self, step: Step) -> Reaction {
        let error = |amazon: &str, google: (u16, &str), azure: (u16, &str)| match self {
            Self::Textract => (400, format!(r#"{{"__type":"{amazon}","Message":"{CHATTER}"}}"#)),
            Self::Vision => {
                let (code, status) = google;
                (code, format!(r#"{{"error":{{"code":{code},"message":"{CHATTER}","status":"{status}"}}}}"#))
            }
            Self::Azure => (azure.0, format!(r#"{{"error":{{"code":"{}","message":"{CHATTER}"}}}}"#, azure.1)),
        };
        let (status, body) = match step {
            Step::Reads(name) | Step::HangsOnDeletion(name) => {
                let path =
                    format!("{}/tests/responses/{}/{name}.json", env!("CARGO_MANIFEST_DIR"), self.provider().as_str());
                (200, std::fs::read_to_string(path).unwrap())
            }
            Step::Throttles(after) => {
                let (status, body) = error("ThrottlingException", (429, "RESOURCE_EXHAUSTED"), (429, "429"));
                let headers = after.map(|seconds| ("retry-after", seconds.to_string()));
                return Reaction::Answer(status, headers.into_iter().collect(), body.into_bytes());
            }
            Step::ServerError => {
                let (_, body) = error("InternalServerError", (500, "INTERNAL"), (500, "InternalServerError"));
                (500, body)
            }
            Step::Denies => error("AccessDeniedException", (403, "PERMISSION_DENIED"), (401, "401")),
            Step::Refuses => error("UnsupportedDocumentException", (400, "INVALID_ARGUMENT"), (400, "InvalidRequest")),
            Step::Hangs => return Reaction::Hang,
            Step::Closes => return Reaction::Close,
            Step::Truncates => return Reaction::Cut(b"{\"IdentityDocuments\": [".to_vec()),
            Step::NotJson => (200, "<html>INGRID BRANDVOLD</html>".to_owned()),
            Step::OtherShape => (200, r#"{"hello": ["INGRID BRANDVOLD"]}"#.to_owned()),
            Step::TooLarge => (200, format!(r#"{{"status": "{}"}}"#, "x".repeat(10 * 1024 * 1024))),
            Step::NeverCompletes | Step::Fails(_) | Step::OtherOrigin(_) => unreachable!("handled for Azure only"),
        };
        json(status, body)
    }
}

fn json(status: u16, body: String) -> Reaction {
    Reaction::Answer(status, vec![("content-type", "application/json".to_owned())], body.into_bytes())
}

/// Azure accepts a document, and returns the address of its result.
fn accepted(request: &Request, own: SocketAddr, step: Step) -> Reaction {
    let at = if let Step::OtherOrigin(address) = step { address } else { own };
    let model = request.path.trim_start_matches("/documentintelligence/documentModels/").split(':').next().unwrap();
    let place =
        format!("http://{at}/documentintelligence/documentModels/{model}/analyzeResults/17?api-version=2024-11-30");
    Reaction::Answer(202, vec![("operation-location", place), ("retry-after", "0".to_owned())], vec![])
}
