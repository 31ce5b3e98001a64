//! How far a customer's events go.

use uuid::Uuid;

use super::{Store, StoreError, Table, s};

impl Store {
    /// The sequence of the customer's newest event; 0 where there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn newest_sequence(&self, customer_id: Uuid) -> Result<u64, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(self.tables.name(Table::KafkaEvents))
            .key_condition_expression("customerId = :customer")
            .expression_attribute_values(":customer", s(customer_id.to_string()))
            .projection_expression("#sequence")
            .expression_attribute_names("#sequence", "sequence")
            .scan_index_forward(false)
            .consistent_read(true)
            .limit(1)
            .send()
            .await
            .map_err(StoreError::request("Query"))?;
        let Some(item) = answer.items().first() else { return Ok(0) };
        let sequence = item.get("sequence").and_then(|sequence| sequence.as_n().ok()?.parse().ok());
        sequence.ok_or_else(|| StoreError::Item { table: "kafka-events", message: "no sequence".into() })
    }
}
