//! Measures the requests to DynamoDB, as an interceptor of the SDK: no call has to be changed for it.

use std::time::Instant;

use aws_sdk_dynamodb::config::interceptors::{
    BeforeSerializationInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::{BoxError, ProvideErrorMetadata};
use aws_sdk_dynamodb::operation as op;
use aws_smithy_runtime_api::client::interceptors::context::{Error, Input};
use aws_smithy_runtime_api::client::orchestrator::{Metadata, OrchestratorError};
use aws_smithy_types::config_bag::{Storable, StoreReplace};

use super::labels::{STORE_OPERATIONS, STORE_TABLES};
use crate::errors::ErrorKind;
use crate::table_names::{Table, TableNames};

/// Records time, table and outcome of each request.
#[derive(Clone, Debug)]
pub struct StoreRequests {
    names: TableNames,
}

/// When a request began, and the label of its table.
#[derive(Debug)]
struct Begun {
    at: Instant,
    table: &'static str,
}

impl Storable for Begun {
    type Storer = StoreReplace<Self>;
}

impl StoreRequests {
    /// Measures requests to tables of these names.
    pub fn new(names: TableNames) -> Self {
        Self { names }
    }

    fn table(&self, input: &Input) -> &'static str {
        if input.downcast_ref::<op::transact_write_items::TransactWriteItemsInput>().is_some() {
            return "transaction";
        }
        let named = table_name(input);
        let table = Table::ALL.into_iter().find(|table| named == Some(self.names.name(*table)));
        table.map_or("other", Table::base_name)
    }
}

/// The name of the table of a request.
fn table_name(input: &Input) -> Option<&str> {
    macro_rules! first_of {
        ($($input:ty),* $(,)?) => {
            $(if let Some(input) = input.downcast_ref::<$input>() {
                return input.table_name();
            })*
        };
    }
    first_of!(
        op::get_item::GetItemInput,
        op::query::QueryInput,
        op::put_item::PutItemInput,
        op::update_item::UpdateItemInput,
        op::delete_item::DeleteItemInput,
        op::scan::ScanInput,
        op::describe_table::DescribeTableInput,
    );
    None
}

/// DynamoDB's error code.
fn code(error: &Error) -> Option<&str> {
    macro_rules! first_of {
        ($($error:ty),* $(,)?) => {
            $(if let Some(error) = error.downcast_ref::<$error>() {
                return error.code();
            })*
        };
    }
    first_of!(
        op::get_item::GetItemError,
        op::query::QueryError,
        op::put_item::PutItemError,
        op::update_item::UpdateItemError,
        op::delete_item::DeleteItemError,
        op::scan::ScanError,
        op::transact_write_items::TransactWriteItemsError,
        op::describe_table::DescribeTableError,
    );
    None
}

fn outcome(error: &OrchestratorError<Error>, status: Option<u16>) -> &'static str {
    let (Some(error), Some(status)) = (error.as_operation_error(), status) else { return "unavailable" };
    match (code(error), status) {
        // A transaction is cancelled by a condition or by another transaction. The store tells which.
        (Some("TransactionCanceledException"), _) => "conflict",
        (code, status) => match ErrorKind::of_response(code, status) {
            ErrorKind::Unavailable => "unavailable",
            ErrorKind::Throttled => "throttled",
            ErrorKind::Refused => "refused",
            ErrorKind::Conflict => "conflict",
        },
    }
}

impl Intercept for StoreRequests {
    fn name(&self) -> &'static str {
        "StoreRequests"
    }

    fn read_before_execution(
        &self,
        context: &BeforeSerializationInterceptorContextRef<'_>,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let begun = Begun { at: Instant::now(), table: self.table(context.input()) };
        cfg.interceptor_state().store_put(begun);
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(begun) = cfg.load::<Begun>() else { return Ok(()) };
        let status = context.response().map(|response| response.status().as_u16());
        let outcome = match context.output_or_error() {
            Some(Ok(_)) => "ok",
            Some(Err(error)) => outcome(error, status),
            None => "unavailable",
        };
        let named = cfg.load::<Metadata>().map_or("other", |metadata| metadata.name());
        let operation = STORE_OPERATIONS.iter().find(|known| **known == named).unwrap_or(&"other");
        metrics::histogram!("onboard_store_request_seconds", "operation" => *operation).record(begun.at.elapsed());
        metrics::counter!("onboard_store_requests_total", "table" => begun.table, "outcome" => outcome).increment(1);
        Ok(())
    }
}

const _: () = assert!(STORE_TABLES.len() == Table::ALL.len() + 2);
