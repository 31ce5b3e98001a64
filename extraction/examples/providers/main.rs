//! Simulates Amazon Textract, Google Cloud Vision and Azure Document Intelligence on one local port, for tests and for
//! trying the product without accounts. It answers every picture with the documents of Ingrid Brandvold, or of the
//! person in a file.
//!
//!     cargo run -p extraction --example providers -- --listen 127.0.0.1:8600 --fail textract=throttle
//!
//! The kind of document follows from the picture's aspect ratio, which differs for all specimens; `kind` overrides it.
//! `GET /admin` shows the settings and the number of requests of each service. `PUT /admin/{service}` changes its
//! settings; all of them are optional: `{"fail": "slow", "times": 2, "kind": "passport", "told": {"documentNumber":
//! "XY1234567"}}`. `DELETE /admin` resets all services.

mod azure;
mod faults;
mod page;
mod service;
mod state;
#[cfg(test)]
mod tests;
mod textract;
mod told;
mod vision;

use std::net::SocketAddr;
use std::path::PathBuf;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post, put};
use clap::Parser;
use domain::document::{DocumentKind, Provider};

use crate::faults::Fault;
use crate::page::Page;
use crate::state::{Service, State};
use crate::told::Profile;

/// Simulates Amazon Textract, Google Cloud Vision and Azure Document Intelligence, for tests.
#[derive(Parser)]
struct Arguments {
    /// Address to listen on; port 0 selects a free port.
    #[arg(long, default_value = "127.0.0.1:8600")]
    listen: SocketAddr,
    /// JSON file with the person of the documents; missing fields are Ingrid Brandvold's.
    #[arg(long)]
    person: Option<PathBuf>,
    /// Fault of a service, for instance `textract=throttle`; may be repeated.
    #[arg(long, value_name = "SERVICE=FAULT", value_parser = fault)]
    fail: Vec<(Provider, Fault)>,
    /// Print one answer and exit, for instance `textract:passport`.
    #[arg(long, value_name = "SERVICE:KIND")]
    print: Option<String>,
}

fn fault(text: &str) -> Result<(Provider, Fault), String> {
    let (service, fault) = text.split_once('=').ok_or("expected SERVICE=FAULT")?;
    let service =
        state::service(service).ok_or("the services are textract, google_vision, azure_document_intelligence")?;
    Ok((service, <Fault as clap::ValueEnum>::from_str(fault, true)?))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let profile: Profile = match &arguments.person {
        Some(path) => serde_json::from_slice(&std::fs::read(path)?)?,
        None => Profile::default(),
    };
    if let Some(print) = arguments.print {
        println!("{}", serde_json::to_string_pretty(&answer(&print, &profile)?)?);
        return Ok(());
    }
    let state = State::new(profile);
    for (service, fail) in arguments.fail {
        state.change(service, |settings: &mut Service| settings.fail = fail);
    }
    let listener = tokio::net::TcpListener::bind(arguments.listen).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app(state)).await?;
    Ok(())
}

/// The routes of all services, and of the administration.
fn app(state: State) -> Router {
    Router::new()
        .route("/", post(service::textract))
        .route("/v1/images:annotate", post(service::vision))
        .route("/documentintelligence/documentModels/{model}", post(service::azure_submit))
        .route(
            "/documentintelligence/documentModels/{model}/analyzeResults/{id}",
            get(service::azure_result).delete(service::azure_delete),
        )
        .route("/admin", get(state::show).delete(state::reset))
        .route("/admin/{service}", put(state::set))
        .layer(DefaultBodyLimit::max(32 * 1024 * 1024))
        .with_state(state)
}

/// The answer of one service for one kind of document.
fn answer(which: &str, profile: &Profile) -> Result<serde_json::Value, String> {
    let (service, kind) = which.split_once(':').ok_or("expected SERVICE:KIND")?;
    let blank = kind == "no_document";
    let kind = if blank { Ok(DocumentKind::Passport) } else { kind.parse() };
    let kind: DocumentKind = kind.map_err(|()| "unknown kind of document")?;
    let page = if blank { Page::empty() } else { Page::of(kind, profile) };
    let address = kind == DocumentKind::ProofOfAddress;
    Ok(match state::service(service).ok_or("unknown service")? {
        Provider::Textract if address => textract::analyze_document(&page),
        Provider::Textract => textract::analyze_id(kind, profile, &page),
        Provider::GoogleVision => vision::annotate(&page),
        _ if address => azure::read(&page),
        _ => azure::id_document(kind, profile, &page),
    })
}
