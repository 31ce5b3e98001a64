//! The running processes. Each has a record in `websocket-connections`, in the form of a connection of a customer that
//! does not exist, so that versions without these records ignore them.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Store, StoreError, Table};

/// The customer of instance records.
const NOBODY: Uuid = Uuid::nil();

/// How long a record is valid unless it is renewed: three renewals may fail.
const VALID_FOR: SignedDuration = SignedDuration::from_secs(90);

/// One running process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceRecord {
    customer_id: Uuid,
    /// Its identifier, a new one at each start.
    pub connection_id: Uuid,
    /// Its address.
    pub instance: String,
    /// When it started: RFC 3339, UTC.
    pub connected_at: String,
    /// Whether it holds sockets.
    #[serde(default)]
    pub sockets: bool,
    /// Whether it commits events and has no relay, so that relays of other processes publish them.
    #[serde(default)]
    pub relies_on_other_relays: bool,
    /// When DynamoDB may remove the record: Unix seconds.
    expires_at: i64,
}

impl InstanceRecord {
    /// A process at `address` that started at `at`.
    pub fn new(address: String, sockets: bool, relies_on_other_relays: bool, at: Timestamp) -> Self {
        Self {
            customer_id: NOBODY,
            connection_id: Uuid::now_v7(),
            instance: address,
            connected_at: format!("{at:.3}"),
            sockets,
            relies_on_other_relays,
            expires_at: (at + VALID_FOR).as_second(),
        }
    }

    /// Renews the record at `at`.
    pub fn renew(&mut self, at: Timestamp) {
        self.expires_at = (at + VALID_FOR).as_second();
    }
}

/// Whether a row's customer is the one of instance records.
pub(super) fn is_instance(customer_id: Uuid) -> bool {
    customer_id == NOBODY
}

impl Store {
    /// Writes or renews the record of a process.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn record_instance(&self, record: &InstanceRecord) -> Result<(), StoreError> {
        let table = Table::WebsocketConnections;
        let item = serde_dynamo::to_item(record).map_err(StoreError::item(table.base_name()))?;
        let put = self.client.put_item().table_name(self.tables.name(table)).set_item(Some(item));
        put.send().await.map(|_| ()).map_err(StoreError::request("PutItem"))
    }

    /// Removes the record of a process that stops.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove_instance(&self, record: &InstanceRecord) -> Result<(), StoreError> {
        self.remove_connection(NOBODY, record.connection_id).await
    }

    /// The processes whose record is valid at `at`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn running_instances(&self, at: Timestamp) -> Result<Vec<InstanceRecord>, StoreError> {
        let items = self.partition(Table::WebsocketConnections, "customerId", NOBODY).await?;
        let records: Result<Vec<InstanceRecord>, StoreError> = items
            .into_iter()
            .map(|item| serde_dynamo::from_item(item).map_err(StoreError::item("websocket-connections")))
            .collect();
        Ok(records?.into_iter().filter(|record| record.expires_at > at.as_second()).collect())
    }
}
