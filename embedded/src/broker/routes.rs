//! What the broker answers: the library's services, with a fetch of our own.

use std::sync::Arc;

use nisshi_broker::coordinator::group::administrator::{Controller, GroupCoordinatorConfig};
use nisshi_broker::service::{auth, coordinator, storage as of_storage};
use nisshi_broker::{Error, Result};
use nisshi_sans_io::{ApiKey as _, FetchRequest, ProduceRequest};
use nisshi_service::{
    BytesFrameLayer, BytesFrameService, FrameRequestLayer, FrameRouteBuilder, FrameRouteService, TcpBytesLayer,
    TcpBytesService, TcpContext, TcpContextLayer, TcpContextService,
};
use nisshi_storage::{ArcDynStorage, FetchService, FetchValidationLayer, ProduceService};
use rama::layer::MapErrLayer;
use rama::{Layer as _, Service as _};

use super::fetch::{NotifyingProduce, WaitingFetch};
use super::partitions::Partitions;
use super::{CLUSTER, INITIAL_REBALANCE_DELAY};

/// Serves one connection.
pub(super) type Connection = TcpContextService<TcpBytesService<BytesFrameService<FrameRouteService<Error>>>>;

type Builder = FrameRouteBuilder<Error>;

/// The library's services that clients of this program use, without fetch and produce. Transactions, access control
/// and passwords are missing, because the stack has none.
const OF_STORAGE: [fn(Builder, ArcDynStorage) -> Result<Builder>; 11] = [
    of_storage::create_topics,
    of_storage::delete_records,
    of_storage::delete_topics,
    of_storage::describe_cluster,
    of_storage::describe_configs,
    of_storage::describe_topic_partitions,
    of_storage::find_coordinator,
    of_storage::incremental_alter_configs,
    of_storage::init_producer_id,
    of_storage::list_offsets,
    of_storage::metadata,
];

/// The services of all connections over `storage`.
///
/// # Errors
/// Two services for one request.
pub(super) fn build(storage: ArcDynStorage) -> Result<Connection> {
    let partitions = Arc::new(Partitions::new(storage.clone()));
    let groups = Controller::new(
        storage.clone(),
        GroupCoordinatorConfig {
            initial_rebalance_delay: INITIAL_REBALANCE_DELAY,
            ..GroupCoordinatorConfig::default()
        },
    );
    let builder = OF_STORAGE
        .iter()
        .try_fold(FrameRouteService::builder(), |builder, service| service(builder, storage.clone()))?;
    let builder = coordinator::services(builder, groups)?;
    // The library's connections expect these routes, also without passwords.
    let builder = auth::services(builder)?;

    let fetch = WaitingFetch {
        partitions: Arc::clone(&partitions),
        inner: FetchValidationLayer::new().into_layer(FetchService { storage: storage.clone() }),
    };
    let fetch = (MapErrLayer::new(Error::from), FrameRequestLayer::<FetchRequest>::new()).into_layer(fetch).boxed();
    let produce = NotifyingProduce { partitions, inner: ProduceService { storage } };
    let routes =
        builder.with_route(FetchRequest::KEY, fetch)?.with_capped_route::<ProduceRequest, _>(produce)?.build()?;

    let context = TcpContext::default().cluster_id(Some(CLUSTER.to_owned()));
    Ok((TcpContextLayer::new(context), TcpBytesLayer, BytesFrameLayer::default()).into_layer(routes))
}
