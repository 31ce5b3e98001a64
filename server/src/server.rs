//! Starts the parts of the server in order, and stops them in reverse order.

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
use crate::clock::SystemClock;
use crate::config::{Config, Role};
use crate::consumers::Consumer;
use crate::documents::ReadQueue;
use crate::http::{AppState, ClientLimits, ConnectionLimits, Instances, Operations};
use crate::kafka::EventPublisher;
use crate::live::{Hub, Live, Peers};
use crate::outbox::{Outbox, Relay};
#[cfg(feature = "embedded")]
use crate::stack_file::{StackAddresses, StackFile};
use crate::telemetry::Watch;
use crate::{descriptors, http, kafka, private, telemetry};

/// How long a stop waits for each part to drain: requests, effects, and events that are sent to Kafka.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);
/// How often the relay sweeps on the embedded stack.
const EMBEDDED_SWEEP: Duration = Duration::from_secs(1);

/// A running server.
pub struct Server {
    /// The address that it listens on.
    pub address: SocketAddr,
    stops: StopSignals,
    http: JoinSet<()>,
    workers: JoinSet<()>,
    relay: JoinSet<()>,
    publisher: Option<Arc<EventPublisher>>,
    failed: watch::Receiver<Option<String>>,
    #[cfg(feature = "embedded")]
    stack: Option<(embedded::Stack, StackFile)>,
}

/// The stop signals, in the order in which they are sent.
#[derive(Clone, Default)]
struct StopSignals {
    http: CancellationToken,
    workers: CancellationToken,
    relay: CancellationToken,
}

impl Server {
    /// Starts a server from its settings. When this returns, the server answers requests.
    ///
    /// # Errors
    /// [`StartError`], which names the cause.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        private::folder(&config.data_dir).map_err(data_error(&config))?;
        #[cfg(feature = "embedded")]
        if config.embedded() {
            let stack = embedded::Stack::start(&config.data_dir).await.map_err(error::part("embedded stack"))?;
            let mut backends = Backends::embedded(&config, &StackAddresses::of(&stack));
            // The consumer groups of the embedded broker have no other members, so the name is free.
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

    /// As [`Self::start`], with the given backends.
    ///
    /// # Errors
    /// [`StartError`], which names the cause.
    pub async fn start_on(config: Config, backends: Backends) -> Result<Self, StartError> {
        telemetry::start(&config);
        let config = Arc::new(config);
        let address = config.http.address;
        let listener = TcpListener::bind(address).await.map_err(|error| StartError::Address { address, error })?;
        let address = listener.local_addr().map_err(|error| StartError::Address { address, error })?;
        private::folder(&config.data_dir).map_err(data_error(&config))?;
        let keys = parts::keys(&config).map_err(data_error(&config))?;

        let store = parts::store(&config, &backends).await?;
        let stops = StopSignals::default();
        let mut workers = JoinSet::new();
        let topics = CancellationToken::new();
        let publisher = match config.needs_kafka() {
            true => Some(parts::publisher(&config, &backends, &mut workers, &stops.workers, &topics).await?),
            false => None,
        };
        let (fail, failed) = watch::channel(None);

        let instance: Arc<str> = advertised_url::advertised_url(&config.http.advertised_url, address).into();
        let peers = Peers::new(store.clone(), Arc::new(SystemClock), instance.clone());
        let publishes = publisher.is_some() && config.roles.has(Role::Relay);
        let record = parts::instance_record(&config, &instance, publishes);
        workers.spawn(peers.clone().keep_recorded(record, stops.workers.clone()));

        let lease_holder = parts::lease_holder(&config, &backends);
        // Without the relay role, relays of other processes find the events by their sweeps.
        let mut relaying = JoinSet::new();
        let outbox = match publisher.clone().filter(|_| config.roles.has(Role::Relay)) {
            Some(publisher) => {
                let (outbox, relay) = Outbox::new(store.clone(), publisher, lease_holder);
                let relay = relay.beside(peers.clone());
                // The embedded stack serves this process alone, and the process announces each event to its relay.
                let relay = if config.embedded() { relay.sweep_every(EMBEDDED_SWEEP) } else { relay };
                let stop = stops.relay.clone();
                let relay = async move {
                    // Nothing can be published before the topics exist.
                    let _ = stop.run_until_cancelled(topics.cancelled()).await;
                    Relay::run(relay, stop).await;
                    Ok::<(), Infallible>(())
                };
                relaying.spawn(supervised("relay", relay, fail.clone()));
                outbox
            }
            None => Outbox::without_relay(),
        };

        let hub = Hub::new(config.http.sockets_per_customer, config.http.sockets, stops.http.child_token());
        let fan_out = parts::fan_out(&config, &store, &keys, &hub, &instance, &peers)?;
        workers.spawn(Watch::new(&config, store.clone(), publisher.clone()).run(stops.workers.clone()));
        let context = match config.runs_commands() {
            true => Some(parts::context(&config, &backends, store.clone(), &keys).await?),
            false => None,
        };
        let lists = context.as_ref().map(|context| context.watchlists.clone());
        let operations = Operations { store: store.clone(), kafka: publisher.clone(), lists };
        let mut router = http::operations(operations);
        if let Some(context) = context {
            let (read_queue, hints) = ReadQueue::new();
            let commands = parts::commands(&config, context, outbox, read_queue, &keys);
            let (notifier, messages) = parts::notifier(&config, &backends, address).map_err(data_error(&config))?;
            if config.reads_documents() {
                let worker = parts::document_worker(&config, &commands, &fan_out, lease_holder).await?;
                let run = worker.run(hints, stops.workers.clone()).map(Ok::<(), Infallible>);
                workers.spawn(supervised("document worker", run, fail.clone()));
                workers.spawn(parts::retention_job(&commands, lease_holder).run(stops.workers.clone()));
            }
            workers.spawn(commands.context.watchlists.clone().follow(lease_holder, stops.workers.clone()));
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
                workers.spawn(supervised(event_type.topic(), run, fail.clone()));
            }
            if config.roles.has(Role::Web) {
                let (clock, heartbeat) = (commands.context.clock.clone(), config.http.heartbeat());
                let others = Instances { hub: hub.clone(), store: store.clone(), key: keys.instances, clock };
                router = router.merge(http::instances(others));
                let clock = commands.context.clock.clone();
                let live = Live { hub, fan_out, store, clock, peers, instance, heartbeat };
                let uploads = Arc::default();
                let clients = Arc::new(ClientLimits::new(&config.limits));
                workers.spawn(clients.clone().forget_idle(stops.workers.clone()));
                let files = Arc::new(parts::files(&config));
                let leptos = parts::leptos_options(&config, &files, address);
                let key = keys.session;
                let state =
                    AppState { commands, live, config: config.clone(), leptos, files, key, messages, uploads, clients };
                router = router.merge(http::router(state));
            }
        }
        let router = http::with_security_headers(router, &config);
        descriptors::raise_limit();
        let serving = http::serve(listener, router, ConnectionLimits::new(&config), stops.http.clone());
        let mut http = JoinSet::new();
        http.spawn(supervised("http", serving.map(Ok::<(), Infallible>), fail));
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

    /// The addresses of the embedded stack, if this server runs it.
    #[cfg(feature = "embedded")]
    pub fn embedded_addresses(&self) -> Option<StackAddresses> {
        self.stack.as_ref().map(|(stack, _)| StackAddresses::of(stack))
    }

    /// Waits until a part fails that the server cannot run without. Returns the reason.
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

    /// Stops the server: accepts no more work, finishes the current work, publishes committed events, and leaves the
    /// consumer groups.
    pub async fn stop(mut self) {
        self.stops.http.cancel();
        drain("http", &mut self.http).await;
        self.stops.workers.cancel();
        drain("consumers and readers", &mut self.workers).await;
        self.stops.relay.cancel();
        drain("relay", &mut self.relay).await;
        if let Some(publisher) = self.publisher.take()
            && let Err(error) = publisher.flush(DRAIN_TIMEOUT).await
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
    if tokio::time::timeout(DRAIN_TIMEOUT, all).await.is_err() {
        let seconds = DRAIN_TIMEOUT.as_secs();
        tracing::warn!(part, "part not stopped within {seconds} s; its work continues after the next start");
        tasks.abort_all();
    }
}

/// Runs a part that should end on its stop signal only. An error or a panic fails the server.
async fn supervised<E: std::fmt::Display>(
    part: &'static str,
    run: impl Future<Output = Result<(), E>>,
    fail: watch::Sender<Option<String>>,
) {
    let reason = match AssertUnwindSafe(run).catch_unwind().await {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error.to_string(),
        Err(_) => "it panicked".to_owned(),
    };
    // The receiver is gone if the server is already stopping.
    let _ = fail.send(Some(format!("{part}: {reason}")));
}
