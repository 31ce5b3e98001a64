//! An applicant's browser: the API with a session cookie.

use domain::api::{CustomerCreated, DocumentAccepted, Events, Problem, Snapshot};
use domain::event::{ApplicationId, Envelope, UserInfo};
use domain::needs::{Employment, Home, Interest, Needs, Vehicle};
use reqwest::header::HeaderMap;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use super::{Socket, eventually};

/// An HTTP answer.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    #[track_caller]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {} {}", self.status, self.body))
    }

    /// The problem in the body. Panics if the answer is not one.
    #[track_caller]
    pub fn problem(&self) -> Problem {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{} {}", self.status, self.body);
        let problem: Problem = self.json();
        assert_eq!(problem.status, self.status.as_u16());
        problem
    }

    /// The status and code of the problem, and the field and code of each field error.
    #[track_caller]
    pub fn codes(&self) -> (u16, String, Vec<(String, String)>) {
        let problem = self.problem();
        let fields = problem.errors.into_iter().map(|error| (error.field, error.code)).collect();
        (problem.status, problem.code, fields)
    }

    #[track_caller]
    pub fn is(self, status: StatusCode) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }
}

/// The details of Ingrid Brandvold of Oslo, as on her specimens.
pub fn details() -> UserInfo {
    UserInfo { email: "ingrid@example.com".into(), phone_number: "+4722334455".into(), ..domain::samples::ingrid() }
}

/// The needs of an applicant with a home, a car and a family.
pub fn needs() -> Needs {
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

pub struct Person {
    pub http: reqwest::Client,
    pub base: String,
    ids: Option<CustomerCreated>,
    cookie: String,
}

impl Person {
    pub fn new(base: String) -> Self {
        let http = reqwest::Client::builder().build().unwrap();
        Self { http, base, ids: None, cookie: String::new() }
    }

    /// An applicant who has submitted their details.
    pub async fn known(base: String) -> Self {
        let mut person = Self::new(base);
        person.submit(&details()).await;
        person
    }

    pub async fn submit(&mut self, info: &UserInfo) -> Answer {
        let answer = self.post("/api/customers", info).await.is(StatusCode::CREATED);
        self.adopt(&answer);
        answer
    }

    /// Keeps the session and the ids of an answer to `POST /api/customers`.
    pub fn adopt(&mut self, answer: &Answer) {
        let cookie = answer.headers["set-cookie"].to_str().unwrap();
        self.cookie = cookie.split(';').next().unwrap().to_owned();
        self.ids = Some(answer.json());
    }

    pub fn customer(&self) -> Uuid {
        self.ids.as_ref().unwrap().customer_id
    }

    pub fn application(&self) -> ApplicationId {
        self.ids.as_ref().unwrap().application_id.clone()
    }

    pub fn cookie(&self) -> &str {
        &self.cookie
    }

    /// A path below the applicant's application.
    pub fn own(&self, path: &str) -> String {
        format!("/api/applications/{}{path}", self.application())
    }

    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        if self.cookie.is_empty() { request } else { request.header("cookie", &self.cookie) }
    }

    pub async fn send(request: reqwest::RequestBuilder) -> Answer {
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        Answer { status, headers, body: answer.text().await.unwrap() }
    }

    pub async fn get(&self, path: &str) -> Answer {
        Self::send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &impl Serialize) -> Answer {
        Self::send(self.request(Method::POST, path).json(body)).await
    }

    pub async fn upload(&self, kind: &str, name: &str, content: Vec<u8>) -> Answer {
        let file = Part::bytes(content).file_name(name.to_owned());
        let form = Form::new().text("kind", kind.to_owned()).part("file", file);
        Self::send(self.request(Method::POST, &self.own("/documents")).multipart(form)).await
    }

    /// Uploads a document and waits until its reading has ended, with or without success.
    pub async fn hand_in(&self, kind: &str, name: &str, content: Vec<u8>) -> Uuid {
        let before = self.events().await.len();
        let accepted: DocumentAccepted = self.upload(kind, name, content).await.is(StatusCode::ACCEPTED).json();
        eventually("a document is read", async || {
            let snapshot = self.snapshot().await;
            let read = snapshot.pending.iter().all(|pending| pending.document_id != accepted.document_id);
            (read && self.events().await.len() > before).then_some(())
        })
        .await;
        accepted.document_id
    }

    /// Confirms every doubtful field with the value in `otherwise`, or else with the value that was read.
    pub async fn confirm_doubtful(&self, otherwise: &[(&str, &str)]) {
        for document in self.snapshot().await.journey.documents {
            let doubtful: Vec<_> = document.to_confirm();
            let mut fields: serde_json::Map<String, Value> = doubtful
                .iter()
                .filter_map(|name| {
                    let value = document.value(*name)?;
                    Some((serde_json::to_value(name).unwrap().as_str()?.to_owned(), value.into()))
                })
                .collect();
            for (name, value) in otherwise {
                if doubtful.iter().any(|field| serde_json::to_value(field).unwrap() == *name) {
                    fields.insert((*name).to_owned(), (*value).into());
                }
            }
            if !fields.is_empty() {
                let path = self.own(&format!("/documents/{}", document.document_id));
                let body = serde_json::json!({ "fields": fields });
                Self::send(self.request(Method::PATCH, &path).json(&body)).await.is(StatusCode::OK);
            }
        }
    }

    pub async fn snapshot(&self) -> Snapshot {
        self.get(&self.own("")).await.is(StatusCode::OK).json()
    }

    /// All events so far, from the REST API.
    pub async fn events(&self) -> Vec<Envelope> {
        let mut all: Vec<Envelope> = Vec::new();
        loop {
            let after = all.last().map_or(0, |event| event.sequence);
            let page: Events = self.get(&self.own(&format!("/events?after={after}"))).await.is(StatusCode::OK).json();
            if page.events.is_empty() {
                return all;
            }
            all.extend(page.events);
        }
    }

    pub async fn socket(&self, after: u64) -> Socket {
        Socket::open(&self.base, self.customer(), after, Some(&self.cookie), None).await.unwrap()
    }
}
