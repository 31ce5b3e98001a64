//! The eleven tables: their names, keys and indexes.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType, TableStatus, TimeToLiveSpecification,
};
use backon::{ConstantBuilder, Retryable};

use super::StoreError;
use crate::errors::ErrorKind;
use crate::table_names::{Table, TableNames};

/// Sparse index of `kafka-events` over unpublished events.
pub(super) const UNPUBLISHED_INDEX: &str = "unpublished-index";
/// Sparse index of `applications` over those with unread documents, or with files that are due for deletion on a day.
pub(super) const READING_INDEX: &str = "reading-index";
/// Sparse index of `cases` over those that are not decided, in the order of the queue.
pub(super) const QUEUE_INDEX: &str = "queue-index";
/// Index of `applications` by customer.
pub(super) const CUSTOMER_INDEX: &str = "customer-index";

type Key = (&'static str, ScalarAttributeType);

impl Table {
    /// Partition key and sort key.
    fn keys(self) -> Vec<Key> {
        use ScalarAttributeType::{N, S};
        match self {
            Self::Users => vec![("customerId", S)],
            Self::Applications | Self::KycResults | Self::PolicyRecommendations => vec![("applicationId", S)],
            Self::AiResults => vec![("applicationId", S), ("documentId", S)],
            Self::KafkaEvents => vec![("customerId", S), ("sequence", N)],
            Self::AuditLogs => vec![("customerId", S), ("position", N)],
            Self::ErrorLogs => vec![("day", S), ("time#eventId", S)],
            Self::WebsocketConnections => vec![("customerId", S), ("connectionId", S)],
            Self::Cases => vec![("applicationId", S), ("position", N)],
            Self::Staff => vec![("staffId", S)],
        }
    }

    /// The names of the key attributes.
    pub(super) fn key_names(self) -> Vec<&'static str> {
        self.keys().into_iter().map(|(name, _)| name).collect()
    }

    /// Attributes that consumers omit from a row if they have no value. A later row without them removes them.
    pub(super) const fn optional_attributes(self) -> &'static [&'static str] {
        match self {
            Self::AiResults => &["sha256", "issues", "oneName"],
            Self::Users => &["oneName"],
            Self::KycResults => &["evidence", "reviewed", "asks"],
            Self::ErrorLogs => &["causedBy"],
            _ => &[],
        }
    }

    fn indexes(self) -> Vec<(&'static str, Vec<Key>)> {
        use ScalarAttributeType::S;
        match self {
            Self::KafkaEvents => vec![(UNPUBLISHED_INDEX, vec![("unpublished", S), ("unpublishedSince", S)])],
            Self::Applications => {
                vec![(CUSTOMER_INDEX, vec![("customerId", S)]), (READING_INDEX, vec![("reading", S)])]
            }
            Self::Cases => vec![(QUEUE_INDEX, vec![("queue", S), ("rank", S)])],
            _ => Vec::new(),
        }
    }
}

/// The state of one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableReport {
    /// Its name in this deployment.
    pub name: String,
    /// `ACTIVE`, ...; `None` if the table does not exist.
    pub status: Option<String>,
    /// Its number of rows. AWS updates it about every six hours.
    pub rows: i64,
    /// Its size in bytes, updated as seldom.
    pub bytes: i64,
    /// Its indexes.
    pub indexes: Vec<String>,
    /// Its differences from the expected schema, one sentence each. Empty if there are none.
    pub differences: Vec<String>,
}

/// Creates and describes the tables.
pub struct Tables<'a> {
    /// The DynamoDB client.
    pub client: &'a Client,
    /// The names of the tables.
    pub names: &'a TableNames,
}

impl Tables<'_> {
    /// Creates missing tables with on-demand billing, and waits until they are usable.
    ///
    /// # Errors
    /// [`StoreError::Request`].
    pub async fn ensure(&self) -> Result<(), StoreError> {
        for table in Table::ALL {
            self.create(table).await?;
        }
        let until = ConstantBuilder::default().with_delay(std::time::Duration::from_millis(200)).with_max_times(300);
        for table in Table::ALL {
            (|| self.active(table)).retry(until).await?;
        }
        let ttl = TimeToLiveSpecification::builder().attribute_name("expiresAt").enabled(true).build();
        // DynamoDB reports an error if it is enabled already, so the result is ignored.
        if let Ok(ttl) = ttl {
            let name = self.names.name(Table::WebsocketConnections);
            let _ = self.client.update_time_to_live().table_name(name).time_to_live_specification(ttl).send().await;
        }
        Ok(())
    }

    /// Describes the tables without changing them.
    ///
    /// # Errors
    /// [`StoreError::Request`].
    pub async fn describe(&self) -> Result<Vec<TableReport>, StoreError> {
        let mut reports = Vec::new();
        for table in Table::ALL {
            reports.push(self.report(table).await?);
        }
        Ok(reports)
    }

    async fn report(&self, table: Table) -> Result<TableReport, StoreError> {
        let name = self.names.name(table).to_owned();
        let mut report =
            TableReport { name, status: None, rows: 0, bytes: 0, indexes: Vec::new(), differences: Vec::new() };
        let answer = match self.client.describe_table().table_name(&report.name).send().await {
            Ok(answer) => answer,
            Err(error) if error.as_service_error().is_some_and(|e| e.is_resource_not_found_exception()) => {
                report.differences.push("does not exist".to_owned());
                return Ok(report);
            }
            Err(error) => return Err(StoreError::request("DescribeTable")(error)),
        };
        let Some(found) = answer.table() else { return Ok(report) };
        report.status = found.table_status().map(|status| status.as_str().to_owned());
        report.rows = found.item_count().unwrap_or_default();
        report.bytes = found.table_size_bytes().unwrap_or_default();
        if found.key_schema() != schema(&table.keys()) {
            report.differences.push("has a different key than expected".to_owned());
        }
        for index in found.global_secondary_indexes() {
            report.indexes.extend(index.index_name().map(str::to_owned));
        }
        for (index, keys) in table.indexes() {
            let existing =
                found.global_secondary_indexes().iter().find(|existing| existing.index_name() == Some(index));
            match existing {
                None => report.differences.push(format!("has no index {index}")),
                Some(existing) if existing.key_schema() != schema(&keys) => {
                    report.differences.push(format!("has an index {index} with a different key than expected"));
                }
                Some(_) => {}
            }
        }
        Ok(report)
    }

    async fn create(&self, table: Table) -> Result<(), StoreError> {
        let mut keys = table.keys();
        let mut request = self
            .client
            .create_table()
            .table_name(self.names.name(table))
            .billing_mode(BillingMode::PayPerRequest)
            .set_key_schema(Some(schema(&keys)));
        for (name, index_keys) in table.indexes() {
            let projection = Projection::builder().projection_type(ProjectionType::All).build();
            let index = GlobalSecondaryIndex::builder()
                .index_name(name)
                .set_key_schema(Some(schema(&index_keys)))
                .projection(projection);
            request = request.global_secondary_indexes(index.build()?);
            keys.extend(index_keys);
        }
        keys.sort_by_key(|key| key.0);
        keys.dedup_by_key(|key| key.0);
        for (name, kind) in keys {
            let attribute = AttributeDefinition::builder().attribute_name(name).attribute_type(kind);
            request = request.attribute_definitions(attribute.build()?);
        }
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_resource_in_use_exception()) => Ok(()),
            Err(error) => Err(StoreError::request("CreateTable")(error)),
        }
    }

    async fn active(&self, table: Table) -> Result<(), StoreError> {
        let name = self.names.name(table);
        let answer =
            self.client.describe_table().table_name(name).send().await.map_err(StoreError::request("DescribeTable"))?;
        match answer.table().and_then(|t| t.table_status()) {
            Some(TableStatus::Active | TableStatus::Updating) => Ok(()),
            status => Err(StoreError::Request {
                operation: "DescribeTable",
                kind: ErrorKind::Unavailable,
                code: None,
                message: format!("table {name} is {status:?}, not ACTIVE"),
            }),
        }
    }
}

fn schema(keys: &[Key]) -> Vec<KeySchemaElement> {
    let kinds = [KeyType::Hash, KeyType::Range];
    let element =
        |(key, kind): (&Key, KeyType)| KeySchemaElement::builder().attribute_name(key.0).key_type(kind).build();
    keys.iter().zip(kinds).filter_map(|pair| element(pair).ok()).collect()
}
