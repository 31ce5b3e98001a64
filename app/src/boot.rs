//! What the server hands to the page: as contexts while it renders, and once more, in the page, for the browser.

use std::collections::BTreeMap;

use domain::api::{OutboxMessage, Snapshot};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The applicant's state, provided by the server as a context for each request. `None`: a new visitor.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageState(pub Option<Snapshot>);

/// Messages that the local notifier kept, newest first, provided by the server as a context for each request to
/// `/outbox`. `None`, or no context at all: there is no local notifier, and no such page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outbox(pub Option<Vec<OutboxMessage>>);

/// Whether the link for a phone works that this request opened, provided by the server as a context for each request to
/// `/phone/{token}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PhoneLink(pub bool);

/// What a policy is, in the catalogue's words.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProductText {
    /// One sentence.
    pub summary: String,
    /// What is covered, line by line.
    pub covers: Vec<String>,
}

/// The words of every policy, by its id.
pub type Products = BTreeMap<String, ProductText>;

/// What the page starts from, the same on both sides.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Boot {
    pub snapshot: Option<Snapshot>,
    pub outbox: Option<Vec<OutboxMessage>>,
    pub products: Products,
    /// Whether the link for a phone works; none on other pages.
    #[serde(default)]
    pub phone_link: Option<bool>,
}

impl Boot {
    /// From the contexts on the server; in the browser from what the server wrote into the page.
    pub(crate) fn shared() -> Self {
        SharedValue::new(|| Self {
            snapshot: use_context::<PageState>().and_then(|PageState(snapshot)| snapshot),
            outbox: use_context::<Outbox>().and_then(|Outbox(messages)| messages),
            products: products(),
            phone_link: use_context::<PhoneLink>().map(|PhoneLink(works)| works),
        })
        .into_inner()
    }
}

/// The catalogue's words. They travel in the page: the catalogue and its parser are no burden for a phone.
#[cfg(feature = "ssr")]
fn products() -> Products {
    domain::policy::Catalogue::builtin()
        .products()
        .iter()
        .map(|product| {
            (product.id.clone(), ProductText { summary: product.summary.clone(), covers: product.covers.clone() })
        })
        .collect()
}

#[cfg(not(feature = "ssr"))]
fn products() -> Products {
    Products::new()
}

/// The words of every policy, from anywhere inside `App`.
pub(crate) fn use_products() -> StoredProducts {
    expect_context::<StoredProducts>()
}

/// [`Products`], shared without copying.
#[derive(Clone, Copy)]
pub(crate) struct StoredProducts(StoredValue<Products>);

impl StoredProducts {
    pub(crate) fn new(products: Products) -> Self {
        Self(StoredValue::new(products))
    }

    /// The words of one policy, if the catalogue knows it.
    pub(crate) fn get(&self, policy_id: &str) -> Option<ProductText> {
        self.0.with_value(|products| products.get(policy_id).cloned())
    }
}
