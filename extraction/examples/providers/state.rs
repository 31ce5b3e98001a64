//! What each service does from now on, and what it was asked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use domain::document::{DocumentKind, Provider};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::faults::Fault;
use crate::told::Told;

/// What one service does.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Service {
    /// What it does wrong.
    pub fail: Fault,
    /// How often; without, always.
    pub times: Option<u32>,
    /// What kind of document every picture is.
    pub kind: Option<DocumentKind>,
    /// What it reads otherwise than it stands on the document.
    pub told: Map<String, Value>,
    /// How many documents it was sent.
    #[serde(skip_deserializing)]
    pub requests: u32,
}

/// What all of them share.
#[derive(Clone)]
pub struct State {
    told: Told,
    services: Arc<Mutex<BTreeMap<&'static str, Service>>>,
    /// Azure's results: what is to be answered, and how often it was asked for.
    pub results: Arc<Mutex<BTreeMap<u64, (Value, u32)>>>,
}

impl State {
    pub fn new(told: Told) -> Self {
        Self { told, services: Arc::default(), results: Arc::default() }
    }

    /// Changes what a service does, and tells what that was before or is now, as `change` says.
    pub fn change<T>(&self, service: Provider, change: impl FnOnce(&mut Service) -> T) -> T {
        let mut services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
        change(services.entry(service.as_str()).or_default())
    }

    /// A request that brings a document: what goes wrong with it.
    pub fn asked(&self, service: Provider) -> Fault {
        self.change(service, |does| {
            does.requests += 1;
            match does.times.as_mut() {
                Some(0) => Fault::None,
                Some(times) => {
                    *times -= 1;
                    does.fail
                }
                None => does.fail,
            }
        })
    }

    /// What a service has read in a picture.
    pub fn told(&self, service: Provider) -> Told {
        let others = self.change(service, |does| does.told.clone());
        let mut told = serde_json::to_value(&self.told).unwrap_or_default();
        if let Some(fields) = told.as_object_mut() {
            fields.extend(others);
        }
        serde_json::from_value(told).unwrap_or_else(|_| self.told.clone())
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
    Json(does): Json<Service>,
) -> Result<StatusCode, (StatusCode, &'static str)> {
    let service = service(&name).ok_or((StatusCode::NOT_FOUND, "no such service"))?;
    let mut told = serde_json::to_value(Told::default()).unwrap_or_default();
    if let Some(fields) = told.as_object_mut() {
        fields.extend(does.told.clone());
    }
    // What would be ignored later is refused now.
    serde_json::from_value::<Told>(told)
        .map_err(|_| (StatusCode::BAD_REQUEST, "told has a field or value that is none"))?;
    state.change(service, |now| *now = Service { requests: now.requests, ..does });
    Ok(StatusCode::NO_CONTENT)
}
