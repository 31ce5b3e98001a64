//! The three services as they are played, and as they are read with.

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
use crate::stand::{Asked, Play, Stand};

/// What our requests carry to say who we are; no error and no log may have it.
pub const KEY: &str = "very-secret-key";

/// What services may say in the text of an error; nothing of ours may repeat it.
pub const CHATTER: &str = "cannot read INGRID BRANDVOLD with very-secret-key";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    Textract,
    Vision,
    Azure,
}

/// What becomes of one document that is sent.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// It is read: the file of `tests/responses`, without `.json`.
    Reads(&'static str),
    /// Too many requests; ask again after so many seconds.
    Throttles(Option<u32>),
    /// 500.
    Breaks,
    Hangs,
    Closes,
    /// In the middle of the answer.
    Cuts,
    NotJson,
    OtherShape,
    /// More than 10 MiB.
    Endless,
    Denies,
    Refuses,
    /// Azure: the result is never there.
    Never,
    /// Azure: it fails later, with this code.
    Fails(&'static str),
    /// Azure: it is read, and who asks to have the result deleted hears nothing.
    Keeps(&'static str),
    /// Azure: the result is said to be at this address.
    Elsewhere(SocketAddr),
}

/// So short that a test is, so long that a busy machine does not matter.
pub fn limits() -> Limits {
    Limits {
        connect: Duration::from_secs(5),
        whole: Duration::from_secs(30),
        max_attempts: 3,
        first_wait: Duration::from_millis(1),
    }
}

/// A service at work.
pub struct Scene {
    pub stand: Stand,
    pub extractor: Box<dyn Extractor>,
}

impl Scene {
    pub async fn read(&self, kind: DocumentKind) -> Result<Reading, ProviderError> {
        self.read_this(&document(kind).await).await
    }

    pub async fn read_this(&self, document: &Prepared) -> Result<Reading, ProviderError> {
        let read = self.extractor.extract(document, TODAY, &|_| ()).await;
        if let Err(error) = &read {
            let told = format!("{error} {error:?}");
            for secret in ["INGRID", "Ingrid", "BRANDVOLD", KEY] {
                assert!(!told.contains(secret), "{told}");
            }
        }
        read
    }

    /// How many documents were sent.
    pub fn sent(&self) -> usize {
        self.stand.asked().iter().filter(|asked| asked.method == "POST").count()
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

    /// Reads at an address.
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

    /// Plays one step for each document sent, the last for all further ones.
    pub async fn scene(self, steps: &[Step]) -> Scene {
        self.scene_within(steps, limits()).await
    }

    pub async fn scene_within(self, steps: &[Step], limits: Limits) -> Scene {
        let stand = self.stand(steps).await;
        Scene { extractor: self.extractor(stand.address, limits), stand }
    }

    pub async fn stand(self, steps: &[Step]) -> Stand {
        let mut rest: VecDeque<Step> = steps.iter().copied().collect();
        let mut now = steps[0];
        let mut polls = 0;
        Stand::start(move |asked, address| {
            if asked.method == "POST" && asked.path != "/token" {
                now = rest.pop_front().unwrap_or(now);
                polls = 0;
                if self != Self::Azure {
                    return self.play(now);
                }
                return match now {
                    Step::Throttles(_) | Step::Breaks | Step::Hangs | Step::Closes | Step::Denies | Step::Refuses => {
                        self.play(now)
                    }
                    _ => accepted(asked, address, now),
                };
            }
            polls += 1;
            match (asked.method.as_str(), now) {
                ("DELETE", Step::Keeps(_)) => Play::Hang,
                ("DELETE", _) => Play::Answer(204, vec![], vec![]),
                ("POST", _) => {
                    json(200, r#"{"access_token":"a-token","expires_in":3600,"token_type":"Bearer"}"#.to_owned())
                }
                (_, Step::Never) => json(200, r#"{"status":"running"}"#.to_owned()),
                (_, Step::Fails(code)) => {
                    json(200, format!(r#"{{"status":"failed","error":{{"code":"{code}","message":"{CHATTER}"}}}}"#))
                }
                _ if polls == 1 => json(200, r#"{"status":"running"}"#.to_owned()),
                _ => self.play(now),
            }
        })
        .await
    }

    fn play(self, step: Step) -> Play {
        let error = |amazon: &str, google: (u16, &str), azure: (u16, &str)| match self {
            Self::Textract => (400, format!(r#"{{"__type":"{amazon}","Message":"{CHATTER}"}}"#)),
            Self::Vision => {
                let (code, status) = google;
                (code, format!(r#"{{"error":{{"code":{code},"message":"{CHATTER}","status":"{status}"}}}}"#))
            }
            Self::Azure => (azure.0, format!(r#"{{"error":{{"code":"{}","message":"{CHATTER}"}}}}"#, azure.1)),
        };
        let (status, body) = match step {
            Step::Reads(name) | Step::Keeps(name) => {
                let path =
                    format!("{}/tests/responses/{}/{name}.json", env!("CARGO_MANIFEST_DIR"), self.provider().as_str());
                (200, std::fs::read_to_string(path).unwrap())
            }
            Step::Throttles(after) => {
                let (status, body) = error("ThrottlingException", (429, "RESOURCE_EXHAUSTED"), (429, "429"));
                let headers = after.map(|seconds| ("retry-after", seconds.to_string()));
                return Play::Answer(status, headers.into_iter().collect(), body.into_bytes());
            }
            Step::Breaks => {
                let (_, body) = error("InternalServerError", (500, "INTERNAL"), (500, "InternalServerError"));
                (500, body)
            }
            Step::Denies => error("AccessDeniedException", (403, "PERMISSION_DENIED"), (401, "401")),
            Step::Refuses => error("UnsupportedDocumentException", (400, "INVALID_ARGUMENT"), (400, "InvalidRequest")),
            Step::Hangs => return Play::Hang,
            Step::Closes => return Play::Close,
            Step::Cuts => return Play::Cut(b"{\"IdentityDocuments\": [".to_vec()),
            Step::NotJson => (200, "<html>INGRID BRANDVOLD</html>".to_owned()),
            Step::OtherShape => (200, r#"{"hello": ["INGRID BRANDVOLD"]}"#.to_owned()),
            Step::Endless => (200, format!(r#"{{"status": "{}"}}"#, "x".repeat(10 * 1024 * 1024))),
            Step::Never | Step::Fails(_) | Step::Elsewhere(_) => unreachable!("only of Azure"),
        };
        json(status, body)
    }
}

fn json(status: u16, body: String) -> Play {
    Play::Answer(status, vec![("content-type", "application/json".to_owned())], body.into_bytes())
}

/// Azure takes a document, and says where its result will be.
fn accepted(asked: &Asked, own: SocketAddr, step: Step) -> Play {
    let at = if let Step::Elsewhere(address) = step { address } else { own };
    let model = asked.path.trim_start_matches("/documentintelligence/documentModels/").split(':').next().unwrap();
    let place =
        format!("http://{at}/documentintelligence/documentModels/{model}/analyzeResults/17?api-version=2024-11-30");
    Play::Answer(202, vec![("operation-location", place), ("retry-after", "0".to_owned())], vec![])
}
