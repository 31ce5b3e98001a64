//! Faults on a real cluster: brokers that stop, die, hang or refuse, and a program that is killed meanwhile, while people
//! go on applying. Needs the cluster (`scripts/cluster`), which the tests break: they run one at a time, by `make test-cluster`.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod brokers;
mod crowd;
mod deaths;
mod log;
mod outages;
mod refusals;
#[path = "../stack/mod.rs"]
mod stack;
#[path = "../suite/support/mod.rs"]
#[allow(unused_imports)] // the suite uses the rest
mod support;
mod trial;
