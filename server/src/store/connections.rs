//! `websocket-connections`: who is connected, and to which instance.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Store, StoreError, Table, s};

/// How long a record outlives its connection where nobody could remove it.
const TIME_TO_LIVE: SignedDuration = SignedDuration::from_hours(24);

/// One open socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionRecord {
    /// Whose.
    pub customer_id: Uuid,
    /// Which.
    pub connection_id: Uuid,
    /// Address of the instance that holds it.
    pub instance: String,
    /// When it was opened: RFC 3339, UTC.
    pub connected_at: String,
    /// When DynamoDB may remove the record: Unix seconds.
    pub expires_at: i64,
}

impl ConnectionRecord {
    /// A socket opened at `at`.
    pub fn new(customer_id: Uuid, connection_id: Uuid, instance: String, at: Timestamp) -> Self {
        let expires_at = at.as_second() + TIME_TO_LIVE.as_secs();
        Self { customer_id, connection_id, instance, connected_at: format!("{at:.3}"), expires_at }
    }
}

impl Store {
    /// Notes an open socket.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn connected(&self, record: &ConnectionRecord) -> Result<(), StoreError> {
        let table = Table::WebsocketConnections;
        let item = serde_dynamo::to_item(record).map_err(StoreError::item(table.base_name()))?;
        let put = self.client.put_item().table_name(self.tables.name(table)).set_item(Some(item));
        put.send().await.map(|_| ()).map_err(StoreError::request("PutItem"))
    }

    /// Removes a closed socket.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn disconnected(&self, customer_id: Uuid, connection_id: Uuid) -> Result<(), StoreError> {
        self.client
            .delete_item()
            .table_name(self.tables.name(Table::WebsocketConnections))
            .key("customerId", s(customer_id.to_string()))
            .key("connectionId", s(connection_id.to_string()))
            .send()
            .await
            .map(|_| ())
            .map_err(StoreError::request("DeleteItem"))
    }

    /// A customer's sockets that have not expired at `at`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn connections(&self, customer_id: Uuid, at: Timestamp) -> Result<Vec<ConnectionRecord>, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(self.tables.name(Table::WebsocketConnections))
            .key_condition_expression("customerId = :customer")
            .expression_attribute_values(":customer", s(customer_id.to_string()))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::request("Query"))?;
        let records: Result<Vec<ConnectionRecord>, StoreError> = answer
            .items
            .unwrap_or_default()
            .into_iter()
            .map(|item| serde_dynamo::from_item(item).map_err(StoreError::item("websocket-connections")))
            .collect();
        Ok(records?.into_iter().filter(|record| record.expires_at > at.as_second()).collect())
    }
}
