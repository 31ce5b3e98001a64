//! Faults on a real cluster under traffic: brokers that stop, crash, hang or reject the client, and a server that is
//! killed. The tests break the cluster (`scripts/cluster`), so `make test-cluster` runs them one at a time.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod applicants;
mod brokers;
mod deaths;
mod log;
mod outages;
mod refusals;
#[path = "../stack/mod.rs"]
mod stack;
#[path = "../suite/support/mod.rs"]
#[allow(unused_imports)] // the suite uses the others
mod support;
mod trial;
