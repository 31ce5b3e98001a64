//! Builds the parts of a server from the settings.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use domain::policy::Catalogue;
use leptos::prelude::LeptosOptions;
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::error::{StartError, part};
use crate::backends::Backends;
use crate::blobs::{Blobs, Seal, bucket};
use crate::clock::{Clock, SystemClock};
use crate::commands::{Commands, Preloaded, Refusals};
use crate::config::{Config, NotifyVia, Role};
use crate::context::Context;
use crate::documents::{ReadQueue, RetentionPolicy};
use crate::http::Files;
use crate::kafka::{self, EventPublisher, KafkaConfig, TopicError};
use crate::keys::Keys;
use crate::live::{FanOut, Hub, Peers, Remote};
use crate::notify::{LocalNotifier, MeasuredNotifier, Notifier, SnsNotifier, SnsTopics};
use crate::outbox::Outbox;
use crate::store::{InstanceRecord, Store, TableNames, Tables};
use crate::telemetry::StoreRequests;
use crate::watchlists::Watchlists;
use crate::workers::{DocumentWorker, RetentionJob, reader_config, router};

/// How often the creation of topics is retried, if the cluster was unreachable at the start.
const TOPICS_RETRY: Duration = Duration::from_secs(5);

/// The signing keys, from the secret that instances share or from the local key file.
pub(super) fn keys(config: &Config) -> std::io::Result<Keys> {
    match config.secret.expose_secret() {
        "" => Keys::from_file(&config.data_dir.join("session.key")),
        secret => Ok(Keys::from_secret(secret)),
    }
}

/// The encryption of documents, with the same secret. Previous secrets can still decrypt.
fn seal(config: &Config, keys: &Keys) -> Result<Seal, StartError> {
    let key_file = config.data_dir.join("session.key");
    let current = match config.secret.expose_secret() {
        "" => keys.session.master().to_vec(),
        secret => secret.as_bytes().to_vec(),
    };
    let mut previous: Vec<Vec<u8>> =
        config.previous_secrets.iter().map(|secret| secret.expose_secret().as_bytes().to_vec()).collect();
    // If a secret was set later, documents from before are encrypted with the key file.
    if let Ok(key) = std::fs::read(&key_file) {
        previous.push(key);
    }
    Seal::new(&current, previous.iter().map(Vec::as_slice)).map_err(part("document encryption"))
}

/// The store. Creates the tables if the settings say so, and checks that DynamoDB answers.
pub(super) async fn store(config: &Config, backends: &Backends) -> Result<Store, StartError> {
    let names = TableNames::new(&config.environment, &config.tables.overrides());
    let settings = aws_sdk_dynamodb::config::Builder::from(&backends.aws);
    let client = Client::from_conf(settings.interceptor(StoreRequests::new(names.clone())).build());
    if backends.kafka.embedded || config.tables.create {
        Tables { client: &client, names: &names }.ensure().await.map_err(part("tables"))?;
    }
    let store = Store::new(client, names);
    store.ping().await.map_err(part("DynamoDB"))?;
    Ok(store)
}

/// The holder of this process's leases. A named instance has the same id after a restart, so after a kill it resumes
/// its leases at once. An unnamed instance gets a new id, and its former leases must expire first.
pub(super) fn lease_holder(config: &Config, backends: &Backends) -> Uuid {
    match &backends.kafka.instance_id {
        Some(name) => {
            let mut bytes = [0; 16];
            // Processes that share a name but not their work get different ids.
            let identity = format!("{name} {} {:?} {:?}", config.data_dir.display(), config.roles, config.topics);
            bytes.copy_from_slice(&Sha256::digest(identity)[..16]);
            uuid::Builder::from_custom_bytes(bytes).into_uuid()
        }
        None => Uuid::new_v4(),
    }
}

/// Creates the publisher and the missing topics. If the cluster is unreachable, a task creates the topics later.
/// `topics` is cancelled when they exist; the relay publishes nothing before.
pub(super) async fn publisher(
    config: &Config,
    backends: &Backends,
    workers: &mut JoinSet<()>,
    stop: &CancellationToken,
    topics: &CancellationToken,
) -> Result<Arc<EventPublisher>, StartError> {
    let replication = if backends.kafka.embedded { 1 } else { config.kafka.replication_factor };
    let publisher = Arc::new(EventPublisher::new(backends.kafka.clone(), backends.kafka_health.clone()));
    match kafka::ensure_topics(&backends.kafka, replication).await {
        Ok(_) => topics.cancel(),
        // An unreachable cluster does not prevent the start: events wait in the outbox.
        Err(error) if !backends.kafka.embedded => {
            // The publisher logs the cause.
            tracing::warn!(%error, "kafka topics not created yet; events wait");
            let (kafka, stop, topics) = (backends.kafka.clone(), stop.clone(), topics.clone());
            workers.spawn(async move {
                let _ = stop.run_until_cancelled(ensure_topics_later(kafka, replication, topics)).await;
            });
        }
        Err(error) => return Err(part("kafka topics")(error)),
    }
    // Connects now, so that the first event does not wait for a connection.
    if let Err(error) = publisher.ping().await {
        tracing::debug!(%error, "kafka unreachable at the start");
    }
    Ok(publisher)
}

/// Creates the topics once the cluster is reachable, and then cancels `topics`. A topic that cannot be created delays
/// its own events only.
async fn ensure_topics_later(kafka: KafkaConfig, replication: i32, topics: CancellationToken) {
    let mut logged = None;
    loop {
        tokio::time::sleep(TOPICS_RETRY).await;
        match kafka::ensure_topics(&kafka, replication).await {
            Ok(_) => {
                tracing::info!("kafka topics present");
                topics.cancel();
                return;
            }
            // The outage is logged as an incident.
            Err(error @ TopicError::Unreachable(_)) => tracing::debug!(%error, "kafka topics not created yet"),
            Err(error @ TopicError::Create { .. }) => {
                topics.cancel();
                let error = error.to_string();
                if logged.as_ref() != Some(&error) {
                    tracing::error!(error, "kafka topics not created; creation is retried");
                    logged = Some(error);
                }
            }
        }
    }
}

/// The dependencies that all parts share.
pub(super) async fn context(
    config: &Config,
    backends: &Backends,
    store: Store,
    keys: &Keys,
) -> Result<Context, StartError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let blobs = blobs(config, backends, seal(config, keys)?).await?;
    let watchlists = Watchlists::open(&config.watchlist, store.clone(), &blobs, clock.clone()).await;
    Ok(Context {
        store,
        blobs,
        catalogue: Arc::new(Catalogue::parse(domain::policy::BUILTIN).map_err(part("catalogue"))?),
        watchlists: watchlists.map_err(part("watchlist"))?,
        clock,
    })
}

/// The commands.
pub(super) fn commands(
    config: &Config,
    context: Context,
    outbox: Outbox,
    read_queue: ReadQueue,
    keys: &Keys,
) -> Commands {
    Commands {
        context,
        outbox,
        retention: RetentionPolicy::new(&config.documents),
        read_queue,
        refusals: Arc::new(Refusals::per_second(config.limits.recorded_refusals_per_second)),
        secret: keys.session.master().into(),
        review: config.review.policy(),
        preloaded: Preloaded::default(),
    }
}

/// The storage of documents, after a check that it works.
pub(crate) async fn blobs(config: &Config, backends: &Backends, seal: Seal) -> Result<Blobs, StartError> {
    let settings = &config.documents;
    if !settings.bucket.is_empty() {
        // The embedded stack has no buckets, so the bucket is always in AWS.
        let own = match backends.kafka.embedded {
            true => crate::aws::external(&config.aws.region).await,
            false => backends.aws.clone(),
        };
        let store = bucket(settings, config.process.s3_endpoint.as_deref(), &own)
            .await
            .map_err(part("documents.bucket (ONBOARD_DOCUMENTS__BUCKET)"))?;
        return Ok(Blobs::in_bucket(store, &settings.prefix, seal));
    }
    let folder = config.documents_folder();
    Blobs::in_folder(&folder, seal).map_err(|error| StartError::Data {
        key: "documents.folder (ONBOARD_DOCUMENTS__FOLDER)",
        folder: folder.display().to_string(),
        error,
    })
}

/// The notifier, and the locally stored messages if a page may show them.
pub(super) fn notifier(
    config: &Config,
    backends: &Backends,
    address: SocketAddr,
) -> std::io::Result<(Arc<dyn Notifier>, Option<LocalNotifier>)> {
    let settings = &config.notify;
    if settings.via == NotifyVia::Sns || (settings.via == NotifyVia::Auto && settings.named()) {
        let topics = SnsTopics {
            applicant: settings.applicant_topic.clone(),
            compliance: settings.compliance_topic.clone(),
            support: settings.support_topic.clone(),
        };
        let sns = SnsNotifier::new(aws_sdk_sns::Client::new(&backends.aws), topics);
        return Ok((Arc::new(MeasuredNotifier::new(Arc::new(sns))), None));
    }
    if settings.via == NotifyVia::Auto && !backends.kafka.embedded {
        tracing::warn!("notifications stored under data_dir only: no topic of [notify] is set");
    }
    let local = LocalNotifier::new(config.data_dir.join("messages"))?;
    // Messages contain addresses, so they are shown on the embedded stack and on loopback only.
    let shown = (backends.kafka.embedded && address.ip().is_loopback()).then(|| local.clone());
    Ok((Arc::new(MeasuredNotifier::new(Arc::new(local))), shown))
}

/// Delivers signals to the customers' sockets on this instance and on others.
pub(super) fn fan_out(
    config: &Config,
    store: &Store,
    keys: &Keys,
    hub: &Hub,
    own: &Arc<str>,
    peers: &Peers,
) -> Result<FanOut, StartError> {
    let (clock, heartbeat): (Arc<dyn Clock>, _) = (Arc::new(SystemClock), config.http.heartbeat());
    let remote = Remote::new(store.clone(), clock, keys.instances.clone(), heartbeat).map_err(part("HTTP client"))?;
    Ok(FanOut::new(hub.clone(), config.roles.has(Role::Web).then(|| own.clone()), remote, peers.clone()))
}

/// The record of this process for others.
pub(super) fn instance_record(config: &Config, address: &str, publishes: bool) -> InstanceRecord {
    let relies_on_other_relays = config.runs_commands() && !publishes;
    let now = SystemClock.now();
    InstanceRecord::new(address.to_owned(), config.roles.has(Role::Web), relies_on_other_relays, now)
}

/// The worker that reads documents.
pub(super) async fn document_worker(
    config: &Config,
    commands: &Commands,
    fan_out: &FanOut,
    instance: Uuid,
) -> Result<DocumentWorker, StartError> {
    let settings = &config.documents;
    let missing = ocr::sandbox::missing();
    if !missing.is_empty() {
        tracing::warn!(missing = missing.join(", "), "sandbox of document tools incomplete");
    }
    let prepare = ocr::Reader::new(reader_config(settings)).map_err(part("document worker"))?;
    Ok(DocumentWorker {
        commands: commands.clone(),
        router: Arc::new(router(config, prepare.clone()).await.map_err(part("document providers"))?),
        prepare,
        fan_out: fan_out.clone(),
        max_concurrent: settings.max_concurrent,
        permits: Arc::new(Semaphore::new(settings.max_concurrent)),
        instance,
        timeout: Duration::from_secs(settings.timeout_s),
        taken: Arc::new(Mutex::default()),
    })
}

/// The job that deletes documents' files when their retention time is over.
pub(super) fn retention_job(commands: &Commands, instance: Uuid) -> RetentionJob {
    let Context { store, blobs, clock, .. } = commands.context.clone();
    RetentionJob { store, blobs, policy: commands.retention, clock, instance }
}

/// The files of the pages. `cargo leptos watch` replaces them while the server runs.
pub(super) fn files(config: &Config) -> Files {
    Files::read(&config.http.site_root, std::env::var_os("LEPTOS_WATCH").is_some())
}

/// The location of the pages' files.
pub(super) fn leptos_options(config: &Config, files: &Files, address: SocketAddr) -> LeptosOptions {
    let options = LeptosOptions::builder()
        .output_name("onboard-ai")
        .site_root(config.http.site_root.display().to_string())
        .site_pkg_dir(files.folder())
        .site_addr(address);
    match config.process.reload_port {
        Some(port) => options.reload_port(port).build(),
        None => options.build(),
    }
}
