//! Starts everything in its order, and stops it in the reverse.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::event::EventType;
use domain::policy::Catalogue;
use futures::FutureExt;
use leptos::prelude::LeptosOptions;
use secrecy::ExposeSecret;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::clock::{Clock, SystemClock};
use crate::commands::{Commands, Refusals};
use crate::config::{Config, NotifyVia};
use crate::consumers::Consumer;
use crate::documents::{Blobs, Custom, Reader, Reading};
use crate::http::{AppState, session};
use crate::kafka::{EventPublisher, KafkaConfig};
use crate::live::{Hub, Live};
use crate::notify::{LocalNotifier, Notifier, SnsNotifier, SnsTopics};
use crate::outbox::{Outbox, Relay};
use crate::store::{Store, TableNames, Tables};
use crate::watchlists::{LOOK_EVERY, Watchlists};
use crate::{aws, http, kafka, private, telemetry};

/// How long a stop waits for each part: requests under way, effects under way, events on their way to Kafka.
const DRAIN: Duration = Duration::from_secs(10);
/// How often a cluster that was away at the start is asked again.
const TOPICS_AGAIN: Duration = Duration::from_secs(5);

/// Why the server did not start; the message is for the operator.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be bound.
    #[error("http.address (LEPTOS_SITE_ADDR) {address}: {error}")]
    Address {
        /// The address.
        address: SocketAddr,
        /// Why.
        error: std::io::Error,
    },
    /// A folder or file under `data_dir` cannot be used.
    #[error("data_dir {folder}: {error}")]
    Data {
        /// The folder.
        folder: String,
        /// Why.
        error: std::io::Error,
    },
    /// Settings ask for the embedded stack, which this build leaves out.
    #[error("this build has no embedded stack: set KAFKA_BROKERS and AWS's settings, or build with it")]
    NotEmbedded,
    /// A part did not start.
    #[error("{part}: {error}")]
    Part {
        /// Which.
        part: &'static str,
        /// Why.
        error: Box<dyn std::error::Error + Send + Sync>,
    },
}

fn part<E: std::error::Error + Send + Sync + 'static>(part: &'static str) -> impl Fn(E) -> StartError {
    move |error| StartError::Part { part, error: Box::new(error) }
}

/// A running server.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    stops: Stops,
    http: JoinSet<()>,
    workers: JoinSet<()>,
    relay: JoinSet<()>,
    publisher: Arc<EventPublisher>,
    failed: watch::Receiver<Option<String>>,
    #[cfg(feature = "embedded")]
    stack: Option<embedded::Stack>,
}

/// Where the embedded stack listens, for `kcat` and the `aws` command.
#[cfg(feature = "embedded")]
pub struct EmbeddedAddresses<'a> {
    /// The broker, host:port.
    pub kafka: &'a str,
    /// The DynamoDB API, a URL.
    pub dynamodb: &'a str,
}

/// What is told to stop, in this order.
#[derive(Clone, Default)]
struct Stops {
    http: CancellationToken,
    workers: CancellationToken,
    relay: CancellationToken,
}

/// The two ways out of the process.
struct Backends {
    kafka: KafkaConfig,
    aws: aws_config::SdkConfig,
}

impl Server {
    /// Starts a server; when this returns, it answers.
    ///
    /// # Errors
    /// [`StartError`], naming what is wrong.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        telemetry::metrics();
        let config = Arc::new(config);
        let address = config.http.address;
        let listener = TcpListener::bind(address).await.map_err(|error| StartError::Address { address, error })?;
        let address = listener.local_addr().map_err(|error| StartError::Address { address, error })?;
        let data = config.data_dir.as_path();
        let data_error = |error| StartError::Data { folder: data.display().to_string(), error };
        private::folder(data).map_err(data_error)?;
        let key = session::key(&data.join("session.key")).map_err(data_error)?;

        #[cfg(feature = "embedded")]
        let stack = start_stack(&config).await?;
        #[cfg(feature = "embedded")]
        let backends = match &stack {
            Some(stack) => Backends {
                kafka: KafkaConfig::embedded(&stack.kafka_bootstrap),
                aws: aws::embedded(&config.aws.region, &stack.dynamodb_endpoint),
            },
            None => Backends::external(&config).await,
        };
        #[cfg(not(feature = "embedded"))]
        let backends =
            if config.embedded() { return Err(StartError::NotEmbedded) } else { Backends::external(&config).await };

        let store = connect_store(&config, &backends).await?;
        let replication = if backends.kafka.embedded { 1 } else { config.kafka.replication_factor };
        let publisher = Arc::new(EventPublisher::new(backends.kafka.clone()));
        let topics = kafka::ensure_topics(&backends.kafka, replication).await;
        // Connects now, so that the first event need not wait for it; and not before, because asking for a topic that
        // is not there makes some brokers create it their way.
        if let Err(error) = publisher.ping().await {
            tracing::warn!(%error, "kafka does not answer yet");
        }
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);

        let stops = Stops::default();
        let mut workers = JoinSet::new();
        match topics {
            Ok(_) => {}
            // A cluster that is away keeps nobody from applying: events wait in the outbox.
            Err(error) if !backends.kafka.embedded => {
                tracing::error!(%error, "kafka is away; events wait until it is back");
                let (kafka, stop) = (backends.kafka.clone(), stops.workers.clone());
                workers.spawn(async move {
                    let _ = stop.run_until_cancelled(ensure_topics_later(kafka, replication)).await;
                });
            }
            Err(error) => return Err(part("kafka topics")(error)),
        }
        let (outbox, relay) = Outbox::new(store.clone(), publisher.clone());
        let (reading, to_read) = Reading::new();
        let commands = Commands {
            store: store.clone(),
            outbox,
            blobs: Blobs::in_folder(&data.join("documents")).map_err(data_error)?,
            reading,
            catalogue: Arc::new(Catalogue::parse(domain::policy::BUILTIN).map_err(part("catalogue"))?),
            watchlists: Watchlists::load(&config.watchlist, clock.today()).map_err(part("watchlist"))?,
            refusals: Arc::new(Refusals::per_second(config.limits.recorded_refusals_per_second)),
            secret: key.master().into(),
            clock: clock.clone(),
        };
        let hub = Hub::new(config.http.sockets_per_customer, config.http.sockets, stops.http.child_token());
        let (notifier, messages) = notifier(&config, &backends, data, address).map_err(data_error)?;

        let (fail, failed) = watch::channel(None);
        let reader = reader(&config, &commands, &hub)?;
        let reading = reader.run(to_read, stops.workers.clone()).map(Ok::<(), Infallible>);
        workers.spawn(watched("document reader", reading, fail.clone()));
        workers.spawn(commands.watchlists.clone().follow(LOOK_EVERY, stops.workers.clone()));
        for event_type in EventType::ALL {
            let consumer =
                Consumer { event_type, commands: commands.clone(), hub: hub.clone(), notifier: notifier.clone() };
            let run = kafka::run(backends.kafka.clone(), event_type, Arc::new(consumer), stops.workers.clone());
            workers.spawn(watched(event_type.topic(), run, fail.clone()));
        }
        let mut relaying = JoinSet::new();
        let relay = Relay::run(relay, stops.relay.clone()).map(Ok::<(), Infallible>);
        relaying.spawn(watched("relay", relay, fail.clone()));

        let live = Live { hub, store, clock, instance: address.to_string().into() };
        let uploads = Arc::new(Semaphore::new(http::UPLOADS_AT_ONCE));
        let leptos = leptos_options(&config, address);
        let state = AppState { commands, live, config, leptos, key, messages, kafka: publisher.clone(), uploads };
        let serving =
            axum::serve(listener, http::router(state)).with_graceful_shutdown(stops.http.clone().cancelled_owned());
        let mut http = JoinSet::new();
        http.spawn(watched("http", serving.into_future(), fail));
        Ok(Self {
            address,
            stops,
            http,
            workers,
            relay: relaying,
            publisher,
            failed,
            #[cfg(feature = "embedded")]
            stack,
        })
    }

    /// Where the embedded stack listens, if it runs here.
    #[cfg(feature = "embedded")]
    pub fn embedded_addresses(&self) -> Option<EmbeddedAddresses<'_>> {
        let stack = self.stack.as_ref()?;
        Some(EmbeddedAddresses { kafka: &stack.kafka_bootstrap, dynamodb: &stack.dynamodb_endpoint })
    }

    /// Waits until a part fails that the server cannot do without, and tells which.
    pub async fn failed(&self) -> String {
        let mut failed = self.failed.clone();
        let own = async {
            match failed.wait_for(Option::is_some).await {
                Ok(reason) => reason.clone().unwrap_or_default(),
                Err(_) => std::future::pending().await,
            }
        };
        #[cfg(feature = "embedded")]
        if let Some(stack) = &self.stack {
            return tokio::select! { reason = own => reason, error = stack.failed() => error.to_string() };
        }
        own.await
    }

    /// Stops: takes no more, finishes what is under way, publishes what is committed, leaves the consumer groups.
    pub async fn stop(mut self) {
        self.stops.http.cancel();
        drain("http", &mut self.http).await;
        self.stops.workers.cancel();
        drain("consumers and readers", &mut self.workers).await;
        self.stops.relay.cancel();
        drain("relay", &mut self.relay).await;
        let publisher = self.publisher.clone();
        if let Err(error) = publisher.flush(DRAIN).await {
            tracing::warn!(%error, "events on their way to Kafka are published after the next start");
        }
        drop(publisher);
        drop(self.publisher);
        #[cfg(feature = "embedded")]
        if let Some(stack) = self.stack {
            stack.stop().await;
        }
    }
}

async fn drain(what: &str, tasks: &mut JoinSet<()>) {
    let all = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(DRAIN, all).await.is_err() {
        tracing::warn!(what, "still busy after {} s; what it leaves is taken up at the next start", DRAIN.as_secs());
        tasks.abort_all();
    }
}

/// Sees to the topics once the cluster is back.
async fn ensure_topics_later(kafka: KafkaConfig, replication: i32) {
    loop {
        tokio::time::sleep(TOPICS_AGAIN).await;
        match kafka::ensure_topics(&kafka, replication).await {
            Ok(_) => {
                tracing::info!("kafka is back");
                return;
            }
            Err(error) => tracing::warn!(%error, "kafka is still away"),
        }
    }
}

/// Runs a part that should only end when told to; an error or a panic is a failure of the whole.
async fn watched<E: std::fmt::Display>(
    part: &'static str,
    run: impl Future<Output = Result<(), E>>,
    fail: watch::Sender<Option<String>>,
) {
    let reason = match AssertUnwindSafe(run).catch_unwind().await {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error.to_string(),
        Err(_) => "it panicked".to_owned(),
    };
    // Nobody listens any more when the server is stopping already.
    let _ = fail.send(Some(format!("{part}: {reason}")));
}

#[cfg(feature = "embedded")]
async fn start_stack(config: &Config) -> Result<Option<embedded::Stack>, StartError> {
    if !config.embedded() {
        return Ok(None);
    }
    embedded::Stack::start(&config.data_dir).await.map(Some).map_err(part("embedded stack"))
}

impl Backends {
    async fn external(config: &Config) -> Self {
        let settings = &config.kafka;
        let username = (!settings.username.is_empty()).then(|| settings.username.clone());
        let password = username.is_some().then(|| settings.password.expose_secret().into());
        let own = &settings.group_instance_id;
        let instance_id = (!own.is_empty()).then(|| own.clone());
        let kafka = KafkaConfig { brokers: settings.brokers.clone(), username, password, embedded: false, instance_id };
        Self { kafka, aws: aws::external(&config.aws.region).await }
    }
}

async fn connect_store(config: &Config, backends: &Backends) -> Result<Store, StartError> {
    let client = aws_sdk_dynamodb::Client::new(&backends.aws);
    let names = TableNames::new(&config.environment, &config.tables);
    if backends.kafka.embedded || config.tables.create {
        Tables { client: &client, names: &names }.ensure().await.map_err(part("tables"))?;
    }
    let store = Store::new(client, names);
    store.ping().await.map_err(part("DynamoDB"))?;
    Ok(store)
}

fn notifier(
    config: &Config,
    backends: &Backends,
    data: &Path,
    address: SocketAddr,
) -> std::io::Result<(Arc<dyn Notifier>, Option<LocalNotifier>)> {
    let settings = &config.notify;
    if settings.via == NotifyVia::Sns || (settings.via == NotifyVia::Auto && settings.named()) {
        let topics = SnsTopics {
            applicant: settings.applicant_topic.clone(),
            compliance: settings.compliance_topic.clone(),
            support: settings.support_topic.clone(),
        };
        return Ok((Arc::new(SnsNotifier::new(aws_sdk_sns::Client::new(&backends.aws), topics)), None));
    }
    if settings.via == NotifyVia::Auto && !backends.kafka.embedded {
        tracing::warn!("no topic of [notify] is named: messages are kept under data_dir, and reach nobody");
    }
    let local = LocalNotifier::new(data.join("messages"))?;
    // Messages carry addresses: they are shown where everything is one person's machine, and nowhere else.
    let shown = (backends.kafka.embedded && address.ip().is_loopback()).then(|| local.clone());
    Ok((Arc::new(local), shown))
}

fn reader(config: &Config, commands: &Commands, hub: &Hub) -> Result<Reader, StartError> {
    let settings = &config.documents;
    let custom = ocr::Reader::new(ocr::ReaderConfig { at_once: settings.at_once, ..ocr::ReaderConfig::default() })
        .map_err(part("document reader"))?;
    Ok(Reader {
        commands: commands.clone(),
        extractor: Arc::new(Custom::new(custom)),
        hub: hub.clone(),
        at_once: Arc::new(Semaphore::new(settings.at_once)),
        timeout: Duration::from_secs(settings.timeout_s),
        taken: Arc::new(Mutex::default()),
    })
}

fn leptos_options(config: &Config, address: SocketAddr) -> LeptosOptions {
    let reload = std::env::var("LEPTOS_RELOAD_PORT").ok().and_then(|port| port.parse().ok());
    let options = LeptosOptions::builder()
        .output_name("onboard-ai")
        .site_root(config.http.site_root.display().to_string())
        .site_pkg_dir("pkg")
        .site_addr(address);
    match reload {
        Some(port) => options.reload_port(port).build(),
        None => options.build(),
    }
}
