//! `websocket-connections`: the open sockets and their instances.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::instances::is_instance;
use super::{Store, StoreError, Table, n, s};

/// How long a record outlives its connection if no instance removed it.
const TIME_TO_LIVE: SignedDuration = SignedDuration::from_hours(24);

/// One open socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionRecord {
    /// The customer.
    pub customer_id: Uuid,
    /// The socket.
    pub connection_id: Uuid,
    /// The address of the instance that has the socket.
    pub instance: String,
    /// When it was opened: RFC 3339, UTC.
    pub connected_at: String,
    /// When its instance last renewed it. `None` in records of versions that did not.
    #[serde(default)]
    pub renewed_at: Option<Timestamp>,
    /// When DynamoDB may remove the record: Unix seconds.
    pub expires_at: i64,
    /// Whether its session ended on an instance that could not reach the socket's instance.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ended: bool,
}

impl ConnectionRecord {
    /// A socket opened at `at`.
    pub fn new(customer_id: Uuid, connection_id: Uuid, instance: String, at: Timestamp) -> Self {
        let mut record = Self {
            customer_id,
            connection_id,
            instance,
            connected_at: format!("{at:.3}"),
            renewed_at: None,
            expires_at: 0,
            ended: false,
        };
        record.renew(at);
        record
    }

    /// Renews the record at `at`.
    pub fn renew(&mut self, at: Timestamp) {
        self.renewed_at = Some(at);
        self.expires_at = at.as_second() + TIME_TO_LIVE.as_secs();
    }

    /// When its instance last renewed it; at first when it was opened.
    pub fn renewed(&self) -> Timestamp {
        self.renewed_at.or_else(|| self.connected_at.parse().ok()).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

impl Store {
    /// Writes or renews the record of an open socket. Returns whether it was marked as ended.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn record_connection(&self, record: &ConnectionRecord) -> Result<bool, StoreError> {
        let table = Table::WebsocketConnections;
        let mut update = self
            .client
            .update_item()
            .table_name(self.tables.name(table))
            .key("customerId", s(record.customer_id.to_string()))
            .key("connectionId", s(record.connection_id.to_string()))
            .update_expression(
                "SET #instance = :instance, connectedAt = :connected, renewedAt = :renewed, expiresAt = :expires",
            )
            .expression_attribute_names("#instance", "instance")
            .return_values(ReturnValue::AllNew);
        for (name, value) in [
            (":instance", s(&record.instance)),
            (":connected", s(&record.connected_at)),
            (":renewed", s(record.renewed().to_string())),
            (":expires", n(record.expires_at)),
        ] {
            update = update.expression_attribute_values(name, value);
        }
        let answer = update.send().await.map_err(StoreError::request("UpdateItem"))?;
        Ok(answer.attributes.is_some_and(|item| item.get("ended") == Some(&AttributeValue::Bool(true))))
    }

    /// Marks a socket as ended. Its instance closes it when it next renews the record.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn mark_connection_ended(&self, record: &ConnectionRecord) -> Result<(), StoreError> {
        let table = Table::WebsocketConnections;
        let ended = ConnectionRecord { ended: true, ..record.clone() };
        let item = serde_dynamo::to_item(ended).map_err(StoreError::item(table.base_name()))?;
        let put = self.client.put_item().table_name(self.tables.name(table)).set_item(Some(item));
        put.send().await.map(|_| ()).map_err(StoreError::request("PutItem"))
    }

    /// The sorted addresses of all instances with a record that has not expired at `at`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn instances(&self, at: Timestamp) -> Result<Vec<String>, StoreError> {
        let mut items = self
            .client
            .scan()
            .table_name(self.tables.name(Table::WebsocketConnections))
            .projection_expression("customerId, #instance, expiresAt")
            .expression_attribute_names("#instance", "instance")
            .into_paginator()
            .items()
            .send();
        let mut instances = BTreeSet::new();
        while let Some(item) = items.next().await {
            let item = item.map_err(StoreError::request("Scan"))?;
            let customer_id = item.get("customerId").and_then(|value| value.as_s().ok()?.parse().ok());
            if customer_id.is_some_and(is_instance) {
                continue;
            }
            let expires = item.get("expiresAt").and_then(|value| value.as_n().ok()?.parse::<i64>().ok());
            if let Some(Ok(instance)) = item.get("instance").map(AttributeValue::as_s)
                && expires.is_some_and(|expires| expires > at.as_second())
            {
                instances.insert(instance.clone());
            }
        }
        Ok(instances.into_iter().collect())
    }

    /// Removes the record of a closed socket.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove_connection(&self, customer_id: Uuid, connection_id: Uuid) -> Result<(), StoreError> {
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

    /// Removes a stale record. A record that is marked as ended stays: its instance must see the mark if it is alive,
    /// and the row expires if it is not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove_stale_connection(&self, record: &ConnectionRecord) -> Result<(), StoreError> {
        let deleted = self
            .client
            .delete_item()
            .table_name(self.tables.name(Table::WebsocketConnections))
            .key("customerId", s(record.customer_id.to_string()))
            .key("connectionId", s(record.connection_id.to_string()))
            .condition_expression("attribute_not_exists(ended)")
            .send()
            .await;
        match deleted {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Ok(()),
            Err(error) => Err(StoreError::request("DeleteItem")(error)),
        }
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
