//! Starts everything in its order, and stops it in the reverse.

mod advertised_url;
mod error;
mod parts;

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use self::error::StartError;
pub(crate) use self::parts::blobs;
use crate::backends::Backends;
use crate::config::{Config, Role};
use crate::consumers::Consumer;
use crate::documents::ReadQueue;
use crate::http::{AppState, Instances, Operations};
use crate::kafka::EventPublisher;
use crate::live::{Hub, Live};
use crate::outbox::{Outbox, Relay};
#[cfg(feature = "embedded")]
use crate::stack_file::StackFile;
use crate::watchlists::LOOK_EVERY;
use crate::{http, kafka, private, telemetry};

/// How long a stop waits for each part: requests under way, effects under way, events on their way to Kafka.
const DRAIN: Duration = Duration::from_secs(10);
/// How often the relay sweeps on the embedded stack.
const EMBEDDED_SWEEP: Duration = Duration::from_secs(1);

/// A running server.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    stops: Stops,
    http: JoinSet<()>,
    workers: JoinSet<()>,
    relay: JoinSet<()>,
    publisher: Option<Arc<EventPublisher>>,
    failed: watch::Receiver<Option<String>>,
    #[cfg(feature = "embedded")]
    stack: Option<(embedded::Stack, StackFile)>,
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

impl Server {
    /// Starts a server as its settings say; when this returns, it answers.
    ///
    /// # Errors
    /// [`StartError`], naming what is wrong.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        private::folder(&config.data_dir).map_err(data_error(&config))?;
        #[cfg(feature = "embedded")]
        if config.embedded() {
            let stack = embedded::Stack::start(&config.data_dir).await.map_err(error::part("embedded stack"))?;
            let mut backends = Backends::embedded(&config, &stack.kafka_bootstrap, &stack.dynamodb_endpoint);
            // Nobody else is in its groups, so the name is always free.
            backends.kafka.instance_id.get_or_insert_with(|| "embedded".to_owned());
            let file = StackFile::write(&config.data_dir, &stack).map_err(data_error(&config))?;
            return Ok(Self { stack: Some((stack, file)), ..Self::start_on(config, backends).await? });
        }
        #[cfg(not(feature = "embedded"))]
        if config.embedded() {
            return Err(StartError::NotEmbedded);
        }
        let backends = Backends::external(&config).await;
        Self::start_on(config, backends).await
    }

    /// As [`Self::start`], with Kafka and AWS reached as given.
    ///
    /// # Errors
    /// [`StartError`], naming what is wrong.
    pub async fn start_on(config: Config, backends: Backends) -> Result<Self, StartError> {
        telemetry::metrics();
        let config = Arc::new(config);
        let address = config.http.address;
        let listener = TcpListener::bind(address).await.map_err(|error| StartError::Address { address, error })?;
        let address = listener.local_addr().map_err(|error| StartError::Address { address, error })?;
        private::folder(&config.data_dir).map_err(data_error(&config))?;
        let keys = parts::keys(&config).map_err(data_error(&config))?;

        let store = parts::store(&config, &backends).await?;
        let stops = Stops::default();
        let mut workers = JoinSet::new();
        let topics = CancellationToken::new();
        let publisher = match config.needs_kafka() {
            true => Some(parts::publisher(&config, &backends, &mut workers, &stops.workers, &topics).await?),
            false => None,
        };
        let (fail, failed) = watch::channel(None);

        let claimant = parts::claimant(&config, &backends);
        // Without the relay role, relays of other processes find the events by their sweeps.
        let mut relaying = JoinSet::new();
        let outbox = match publisher.clone().filter(|_| config.roles.has(Role::Relay)) {
            Some(publisher) => {
                let (outbox, relay) = Outbox::new(store.clone(), publisher, claimant);
                // The embedded stack serves this process alone, so every event is announced.
                let relay = if config.embedded() { relay.sweep_every(EMBEDDED_SWEEP) } else { relay };
                let stop = stops.relay.clone();
                let relay = async move {
                    // Before the topics exist there is nothing to publish to.
                    let _ = stop.run_until_cancelled(topics.cancelled()).await;
                    Relay::run(relay, stop).await;
                    Ok::<(), Infallible>(())
                };
                relaying.spawn(watched("relay", relay, fail.clone()));
                outbox
            }
            None => Outbox::without_relay(),
        };

        let hub = Hub::new(config.http.sockets_per_customer, config.http.sockets, stops.http.child_token());
        let instance: Arc<str> = advertised_url::advertised_url(&config.http.advertised_url, address).into();
        let fan_out = parts::fan_out(&config, &store, &keys, &hub, &instance)?;
        let operations = Operations { store: store.clone(), kafka: publisher.clone() };
        let (mut router, https) = (http::operations(operations), config.https());
        if config.runs_commands() {
            let (read_queue, hints) = ReadQueue::new();
            let context = parts::context(&config, &backends, store.clone(), &keys).await?;
            let commands = parts::commands(&config, context, outbox, read_queue, &keys);
            let (notifier, messages) = parts::notifier(&config, &backends, address).map_err(data_error(&config))?;
            if config.reads_documents() {
                let worker = parts::document_worker(&config, &commands, &fan_out, claimant).await?;
                let run = worker.run(hints, stops.workers.clone()).map(Ok::<(), Infallible>);
                workers.spawn(watched("document worker", run, fail.clone()));
                workers.spawn(parts::retention_job(&commands, claimant).run(stops.workers.clone()));
            }
            workers.spawn(commands.context.watchlists.clone().follow(LOOK_EVERY, stops.workers.clone()));
            for event_type in config.consumed() {
                let (commands, notifier) = (commands.clone(), notifier.clone());
                let consumer = Consumer { event_type, commands, fan_out: fan_out.clone(), notifier };
                let run = kafka::run(
                    backends.kafka.clone(),
                    backends.kafka_health.clone(),
                    event_type,
                    Arc::new(consumer),
                    stops.workers.clone(),
                );
                workers.spawn(watched(event_type.topic(), run, fail.clone()));
            }
            if config.roles.has(Role::Web) {
                let (clock, heartbeat) = (commands.context.clock.clone(), config.http.heartbeat());
                let others = Instances { hub: hub.clone(), store: store.clone(), key: keys.instances, clock };
                router = router.merge(http::instances(others));
                let live = Live { hub, fan_out, store, clock: commands.context.clock.clone(), instance, heartbeat };
                let uploads = Arc::default();
                let leptos = parts::leptos_options(&config, address);
                let key = keys.session;
                router =
                    router.merge(http::router(AppState { commands, live, config, leptos, key, messages, uploads }));
            }
        }
        let router = http::with_security_headers(router, https);
        let serving = axum::serve(listener, router).with_graceful_shutdown(stops.http.clone().cancelled_owned());
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
            stack: None,
        })
    }

    /// Where the embedded stack listens, if it runs here.
    #[cfg(feature = "embedded")]
    pub fn embedded_addresses(&self) -> Option<EmbeddedAddresses<'_>> {
        let (stack, _) = self.stack.as_ref()?;
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
        if let Some((stack, _)) = &self.stack {
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
        if let Some(publisher) = self.publisher.take()
            && let Err(error) = publisher.flush(DRAIN).await
        {
            tracing::warn!(%error, "events still in flight to kafka; they are published after the next start");
        }
        #[cfg(feature = "embedded")]
        if let Some((stack, file)) = self.stack {
            drop(file);
            stack.stop().await;
        }
    }
}

fn data_error(config: &Config) -> impl Fn(std::io::Error) -> StartError + use<> {
    let folder = config.data_dir.display().to_string();
    move |error| StartError::Data { key: "data_dir (ONBOARD_DATA_DIR)", folder: folder.clone(), error }
}

async fn drain(part: &str, tasks: &mut JoinSet<()>) {
    let all = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(DRAIN, all).await.is_err() {
        tracing::warn!(part, "part not stopped within {} s; its work continues after the next start", DRAIN.as_secs());
        tasks.abort_all();
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
