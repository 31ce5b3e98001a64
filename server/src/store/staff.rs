//! `staff`: the members of staff and their roles.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::case::{Actor, Role};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Store, StoreError, Table, s};

/// A member of staff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StaffMember {
    /// Their identifier, which cases name.
    pub staff_id: String,
    /// Their roles. Empty: none any more; the identifier stays taken, because cases name it.
    pub roles: Vec<Role>,
    /// When they were added.
    pub added_at: Timestamp,
}

impl StaffMember {
    /// The member as one who acts.
    pub fn actor(&self) -> Actor {
        Actor { id: self.staff_id.clone(), roles: self.roles.clone() }
    }
}

impl Store {
    /// Adds a member of staff. Returns false if the identifier is taken.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_staff(&self, member: &StaffMember) -> Result<bool, StoreError> {
        self.put_staff(member, "attribute_not_exists(staffId)").await
    }

    /// Replaces the roles of a member of staff. Returns false if there is no such member.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn change_staff(&self, member: &StaffMember) -> Result<bool, StoreError> {
        self.put_staff(member, "attribute_exists(staffId)").await
    }

    async fn put_staff(&self, member: &StaffMember, condition: &str) -> Result<bool, StoreError> {
        let item: HashMap<String, AttributeValue> = serde_dynamo::to_item(member).map_err(StoreError::item("staff"))?;
        let sent = self
            .client
            .put_item()
            .table_name(self.tables.name(Table::Staff))
            .set_item(Some(item))
            .condition_expression(condition)
            .send()
            .await;
        match sent {
            Ok(_) => Ok(true),
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(false),
            Err(error) => Err(StoreError::request("PutItem")(error)),
        }
    }

    /// A member of staff.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn staff_member(&self, staff_id: &str) -> Result<Option<StaffMember>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(self.tables.name(Table::Staff))
            .key("staffId", s(staff_id))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::request("GetItem"))?;
        answer.item.map(|item| serde_dynamo::from_item(item).map_err(StoreError::item("staff"))).transpose()
    }

    /// All members of staff, by identifier.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn all_staff(&self) -> Result<Vec<StaffMember>, StoreError> {
        let name = self.tables.name(Table::Staff);
        let mut pages = self.client.scan().table_name(name).consistent_read(true).into_paginator().items().send();
        let mut members: Vec<StaffMember> = Vec::new();
        while let Some(item) = pages.next().await {
            let item = item.map_err(StoreError::request("Scan"))?;
            members.push(serde_dynamo::from_item(item).map_err(StoreError::item("staff"))?);
        }
        members.sort_by(|a, b| a.staff_id.cmp(&b.staff_id));
        Ok(members)
    }
}
