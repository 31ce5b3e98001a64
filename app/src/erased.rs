//! Type-erased views.
//!
//! A component returns an [`ErasedView`], so that the types around it do not grow with its content. On the server it is
//! leptos' `AnyView`. In the browser it is a smaller one: `AnyView` also carries the asynchronous hydration of its
//! content, which compiles every view once more. This page hydrates synchronously, because it loads the code before
//! ([`parts`](crate::parts)).

use std::sync::Arc;

use leptos::children::{ChildrenOptContainer, ToChildren};
use leptos::prelude::*;

#[cfg(feature = "hydrate")]
mod view;
#[cfg(feature = "hydrate")]
pub use view::ErasedView;

/// A view of any type.
#[cfg(not(feature = "hydrate"))]
pub type ErasedView = AnyView;

/// Erases the type of a view.
pub trait Erase {
    /// The view without its type.
    fn erase(self) -> ErasedView;

    /// The same, for a view that is rendered once: another one of its type replaces it instead of updating it. Its code
    /// is smaller.
    fn erase_fixed(self) -> ErasedView;
}

impl<T: RenderHtml> Erase for T {
    #[cfg(feature = "hydrate")]
    fn erase(self) -> ErasedView {
        ErasedView::new(self)
    }

    #[cfg(not(feature = "hydrate"))]
    fn erase(self) -> ErasedView {
        self.into_any()
    }

    #[cfg(feature = "hydrate")]
    fn erase_fixed(self) -> ErasedView {
        ErasedView::fixed(self)
    }

    #[cfg(not(feature = "hydrate"))]
    fn erase_fixed(self) -> ErasedView {
        self.into_any()
    }
}

/// The children of a component, rendered once.
pub struct Content(Box<dyn FnOnce() -> ErasedView + Send>);

impl Content {
    /// Renders them.
    pub fn render(self) -> ErasedView {
        (self.0)()
    }
}

impl<F, V> ToChildren<F> for Content
where
    F: FnOnce() -> V + Send + 'static,
    V: RenderHtml + 'static,
{
    fn to_children(children: F) -> Self {
        Self(Box::new(move || children().erase()))
    }
}

/// The `view!` macro passes children without a reactive part like this.
impl<V> ToChildren<ChildrenOptContainer<V>> for Content
where
    V: RenderHtml + 'static,
{
    fn to_children(children: ChildrenOptContainer<V>) -> Self {
        Self(Box::new(move || children.0.erase()))
    }
}

/// A view that can be rendered again.
#[derive(Clone)]
pub struct ContentFn(Arc<dyn Fn() -> ErasedView + Send + Sync>);

impl ContentFn {
    /// Renders it.
    pub fn render(&self) -> ErasedView {
        (self.0)()
    }
}

impl Default for ContentFn {
    fn default() -> Self {
        Self(Arc::new(|| ().erase()))
    }
}

impl<F, V> From<F> for ContentFn
where
    F: Fn() -> V + Send + Sync + 'static,
    V: RenderHtml + 'static,
{
    fn from(view: F) -> Self {
        Self(Arc::new(move || view().erase()))
    }
}
