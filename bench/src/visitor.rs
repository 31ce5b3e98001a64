//! A client of the REST API, which sends its requests to one instance or to several in turn.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use domain::api::{ConfirmFields, CustomerCreated, DocumentAccepted, Selection};
use domain::document::FieldName;
use domain::event::{ApplicationId, UserInfo};
use domain::needs::{Employment, Home, Interest, Needs, Vehicle};
use reqwest::multipart::{Form, Part};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use uuid::Uuid;

use crate::BenchResult;

/// Wait before repeating an upload that an overloaded server rejected.
const RETRY_AFTER: Duration = Duration::from_millis(250);

/// Number of uploads that overloaded servers have rejected.
pub static OVERLOAD_REJECTIONS: AtomicUsize = AtomicUsize::new(0);

/// A customer with a session.
pub struct Visitor {
    /// The customer id.
    pub customer: Uuid,
    /// `name=value`, for the socket.
    pub cookie: String,
    http: Client,
    bases: Vec<String>,
    turn: AtomicUsize,
    application: ApplicationId,
}

impl Visitor {
    /// Sends the first form to the first of `bases`. Later requests go to each of them in turn.
    pub async fn register(http: &Client, bases: &[String], number: usize) -> BenchResult<Self> {
        let first = bases.first().ok_or("no server")?;
        let answer = http.post(format!("{first}/api/customers")).json(&details(number)).send().await?;
        let answer = answer.error_for_status()?;
        let cookie = answer.headers().get("set-cookie").ok_or("no session")?.to_str()?;
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        let CustomerCreated { customer_id, application_id } = answer.json().await?;
        Ok(Self {
            customer: customer_id,
            cookie,
            http: http.clone(),
            bases: bases.to_vec(),
            turn: AtomicUsize::new(1),
            application: application_id,
        })
    }

    /// Uses these addresses for all later requests, after servers were restarted.
    pub fn go_to(&mut self, bases: &[String]) {
        self.bases = bases.to_vec();
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let base = &self.bases[self.turn.fetch_add(1, Ordering::Relaxed) % self.bases.len()];
        let address = format!("{base}/api/applications/{}{path}", self.application);
        self.http.request(method, address).header("cookie", &self.cookie)
    }

    /// Uploads a file. Repeats the upload while the server is overloaded, as the page does.
    pub async fn upload_document(&self, kind: &'static str, name: &'static str, content: &[u8]) -> BenchResult<Uuid> {
        loop {
            let answer = self.upload(kind, name, content).await?;
            if answer.status() != StatusCode::SERVICE_UNAVAILABLE {
                let accepted: DocumentAccepted = answer.error_for_status()?.json().await?;
                return Ok(accepted.document_id);
            }
            retry_later().await;
        }
    }

    /// Uploads a file that is not a document. The server refuses it, and records an event.
    pub async fn upload_invalid(&self) -> BenchResult<()> {
        loop {
            let answer = self.upload("passport", "notes.txt", b"not a picture").await?;
            match answer.status() {
                StatusCode::SERVICE_UNAVAILABLE => retry_later().await,
                status if status.is_client_error() => return Ok(()),
                status => return Err(format!("a text file was accepted as a passport: {status}").into()),
            }
        }
    }

    async fn upload(&self, kind: &'static str, name: &'static str, content: &[u8]) -> BenchResult<Response> {
        let form = Form::new().text("kind", kind).part("file", Part::bytes(content.to_vec()).file_name(name));
        Ok(self.request(Method::POST, "/documents").multipart(form).send().await?)
    }

    /// Confirms or corrects fields of a document.
    pub async fn confirm(&self, document: Uuid, fields: BTreeMap<FieldName, String>) -> BenchResult<()> {
        let request = self.request(Method::PATCH, &format!("/documents/{document}"));
        request.json(&ConfirmFields { fields }).send().await?.error_for_status()?;
        Ok(())
    }

    /// Answers the questionnaire.
    pub async fn submit_needs(&self) -> BenchResult<()> {
        self.request(Method::POST, "/recommendations").json(&needs()).send().await?.error_for_status()?;
        Ok(())
    }

    /// Chooses a policy, and consents.
    pub async fn choose(&self, policy_id: String) -> BenchResult<()> {
        let choice = Selection { policy_id, consent: true };
        self.request(Method::POST, "/selection").json(&choice).send().await?.error_for_status()?;
        Ok(())
    }
}

async fn retry_later() {
    OVERLOAD_REJECTIONS.fetch_add(1, Ordering::Relaxed);
    tokio::time::sleep(RETRY_AFTER).await;
}

/// The details of the person of the specimens.
fn details(number: usize) -> UserInfo {
    UserInfo { email: format!("person{number}@example.com"), ..domain::samples::ingrid() }
}

fn needs() -> Needs {
    Needs {
        interests: vec![Interest::Home, Interest::Motor, Interest::Life],
        dependants: 2,
        employment: Employment::Employed,
        home: Home::Owner,
        vehicle: Vehicle::Car,
        trips_per_year: 2,
        pets: 0,
        smoker: false,
        monthly_budget_cents: 15_000,
    }
}
