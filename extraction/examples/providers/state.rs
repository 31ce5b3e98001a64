//! The settings of each service, and its number of requests.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use domain::document::{DocumentKind, Provider};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::faults::Fault;
use crate::told::Profile;

/// The settings of one service.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Service {
    /// Its fault.
    pub fail: Fault,
    /// Number of requests with the fault; `None` for all.
    pub times: Option<u32>,
    /// Kind of document of every picture; `None` to use the aspect ratio.
    pub kind: Option<DocumentKind>,
    /// Values that it reads differently from the document.
    pub told: Map<String, Value>,
    /// Number of documents that were sent.
    #[serde(skip_deserializing)]
    pub requests: u32,
}

/// The state of the simulation.
#[derive(Clone)]
pub struct State {
    profile: Profile,
    services: Arc<Mutex<BTreeMap<&'static str, Service>>>,
    /// Azure's results by number: the answer, and how often it was polled.
    pub results: Arc<Mutex<BTreeMap<u64, (Value, u32)>>>,
}

impl State {
    pub fn new(profile: Profile) -> Self {
        Self { profile, services: Arc::default(), results: Arc::default() }
    }

    /// Changes or reads the settings of a service, and returns the value of `change`.
    pub fn change<T>(&self, service: Provider, change: impl FnOnce(&mut Service) -> T) -> T {
        let mut services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
        change(services.entry(service.as_str()).or_default())
    }

    /// Counts a request with a document, and returns its fault.
    pub fn next_fault(&self, service: Provider) -> Fault {
        self.change(service, |settings| {
            settings.requests += 1;
            match settings.times.as_mut() {
                Some(0) => Fault::None,
                Some(times) => {
                    *times -= 1;
                    settings.fail
                }
                None => settings.fail,
            }
        })
    }

    /// The person whose values a service reads.
    pub fn profile(&self, service: Provider) -> Profile {
        let others = self.change(service, |settings| settings.told.clone());
        let mut profile = serde_json::to_value(&self.profile).unwrap_or_default();
        if let Some(fields) = profile.as_object_mut() {
            fields.extend(others);
        }
        serde_json::from_value(profile).unwrap_or_else(|_| self.profile.clone())
    }
}

/// A service by its name in the configuration.
pub fn service(name: &str) -> Option<Provider> {
    Provider::ALL.into_iter().filter(|service| *service != Provider::Custom).find(|service| service.as_str() == name)
}

pub async fn show(axum::extract::State(state): axum::extract::State<State>) -> Json<BTreeMap<&'static str, Service>> {
    Json(state.services.lock().unwrap_or_else(PoisonError::into_inner).clone())
}

pub async fn reset(axum::extract::State(state): axum::extract::State<State>) -> StatusCode {
    state.services.lock().unwrap_or_else(PoisonError::into_inner).clear();
    state.results.lock().unwrap_or_else(PoisonError::into_inner).clear();
    StatusCode::NO_CONTENT
}

pub async fn set(
    axum::extract::State(state): axum::extract::State<State>,
    Path(name): Path<String>,
    Json(settings): Json<Service>,
) -> Result<StatusCode, (StatusCode, &'static str)> {
    let service = service(&name).ok_or((StatusCode::NOT_FOUND, "unknown service"))?;
    let mut profile = serde_json::to_value(Profile::default()).unwrap_or_default();
    if let Some(fields) = profile.as_object_mut() {
        fields.extend(settings.told.clone());
    }
    // Rejects unknown fields now, because they would be ignored later.
    serde_json::from_value::<Profile>(profile)
        .map_err(|_| (StatusCode::BAD_REQUEST, "unknown field or invalid value in told"))?;
    state.change(service, |now| *now = Service { requests: now.requests, ..settings });
    Ok(StatusCode::NO_CONTENT)
}
