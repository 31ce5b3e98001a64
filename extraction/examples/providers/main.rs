//! Plays Amazon Textract, Google Cloud Vision and Azure Document Intelligence on one local port, for tests and for trying out without
//! accounts. Whatever picture it is sent, it answers with the documents of Ingrid Brandvold, or of whom a file says.
//!
//!     cargo run -p extraction --example providers -- --listen 127.0.0.1:8600 --fail textract=throttle
//!
//! Which of the documents a picture is, it takes from the picture's shape, since all of the specimens have one of their own; `kind` settles
//! it. While it runs: `GET /admin` tells what each service was asked, `PUT /admin/{service}` with `{"fail": "slow", "times": 2, "kind": "passport",
//! "told": {"documentNumber": "XY1234567"}}` (all of them optional) changes what it does from now on, `DELETE /admin` forgets all.

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
use crate::told::Told;

/// Plays Amazon Textract, Google Cloud Vision and Azure Document Intelligence, for tests.
#[derive(Parser)]
struct Arguments {
    /// Where to listen; port 0 for any that is free.
    #[arg(long, default_value = "127.0.0.1:8600")]
    listen: SocketAddr,
    /// A JSON file that says whose documents they are. What it leaves out is Ingrid Brandvold's.
    #[arg(long)]
    person: Option<PathBuf>,
    /// What a service does wrong, for instance `textract=throttle`. May be given again.
    #[arg(long, value_name = "SERVICE=FAULT", value_parser = fault)]
    fail: Vec<(Provider, Fault)>,
    /// Prints one answer instead, for instance `textract:passport`.
    #[arg(long, value_name = "SERVICE:KIND")]
    print: Option<String>,
}

fn fault(text: &str) -> Result<(Provider, Fault), String> {
    let (service, fault) = text.split_once('=').ok_or("a service and a fault are parted by =")?;
    let service =
        state::service(service).ok_or("the services are textract, google_vision, azure_document_intelligence")?;
    Ok((service, <Fault as clap::ValueEnum>::from_str(fault, true)?))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let told: Told = match &arguments.person {
        Some(path) => serde_json::from_slice(&std::fs::read(path)?)?,
        None => Told::default(),
    };
    if let Some(print) = arguments.print {
        println!("{}", serde_json::to_string_pretty(&answer(&print, &told)?)?);
        return Ok(());
    }
    let state = State::new(told);
    for (service, fail) in arguments.fail {
        state.change(service, |does: &mut Service| does.fail = fail);
    }
    let listener = tokio::net::TcpListener::bind(arguments.listen).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app(state)).await?;
    Ok(())
}

/// All that is answered.
fn app(state: State) -> Router {
    Router::new()
        .route("/", post(service::textract))
        .route("/v1/images:annotate", post(service::vision))
        .route("/documentintelligence/documentModels/{model}", post(service::azure_hand_in))
        .route(
            "/documentintelligence/documentModels/{model}/analyzeResults/{id}",
            get(service::azure_result).delete(service::azure_forget),
        )
        .route("/admin", get(state::show).delete(state::reset))
        .route("/admin/{service}", put(state::set))
        .layer(DefaultBodyLimit::max(32 * 1024 * 1024))
        .with_state(state)
}

/// One answer, as it would be sent.
fn answer(which: &str, told: &Told) -> Result<serde_json::Value, String> {
    let (service, kind) = which.split_once(':').ok_or("a service and a kind are parted by :")?;
    let blank = kind == "no_document";
    let kind = if blank { Ok(DocumentKind::Passport) } else { kind.parse() };
    let kind: DocumentKind = kind.map_err(|()| "no such kind of document")?;
    let page = if blank { Page::empty() } else { Page::of(kind, told) };
    let address = kind == DocumentKind::ProofOfAddress;
    Ok(match state::service(service).ok_or("no such service")? {
        Provider::Textract if address => textract::analyze_document(&page),
        Provider::Textract => textract::analyze_id(kind, told, &page),
        Provider::GoogleVision => vision::annotate(&page),
        _ if address => azure::read(&page),
        _ => azure::id_document(kind, told, &page),
    })
}
