//! The type-erased view of the browser.

use std::any::{Any, TypeId};

use leptos::attr::Attribute;
use leptos::attr::any_attribute::AnyAttribute;
use leptos::prelude::*;
use leptos::tachys::hydration::Cursor;
use leptos::tachys::renderer::Rndr;
use leptos::tachys::renderer::types::{Element, Node, Placeholder};
use leptos::tachys::view::any_view::AnyViewWithAttrs;
use leptos::tachys::view::{Mountable, Position, PositionState};

/// A view of any type. It takes no attributes from outside.
pub struct ErasedView {
    /// `None`: it is never updated, but replaced by the next one in its place.
    type_id: Option<TypeId>,
    view: Box<dyn AnyContent>,
}

impl ErasedView {
    /// Erases the type of `view`.
    pub fn new<T: RenderHtml>(view: T) -> Self {
        Self { type_id: Some(TypeId::of::<T::Owned>()), view: Box::new(view.into_owned()) }
    }

    /// Erases the type of a `view` that is never updated.
    pub fn fixed<T: RenderHtml>(view: T) -> Self {
        Self { type_id: None, view: Box::new(Fixed(view.into_owned())) }
    }
}

/// What a view of any type can do.
trait AnyContent: Send {
    fn build(self: Box<Self>) -> ErasedState;
    fn rebuild(self: Box<Self>, state: &mut (dyn AnyState + 'static));
    fn hydrate(self: Box<Self>, cursor: &Cursor, position: &PositionState) -> ErasedState;
}

impl<T: RenderHtml + 'static> AnyContent for T {
    fn build(self: Box<Self>) -> ErasedState {
        let state = Box::new(Render::build(*self));
        ErasedState {
            type_id: TypeId::of::<T>(),
            state,
            // The server writes a comment in the place of a view without nodes, too.
            placeholder: (!T::EXISTS).then(Rndr::create_placeholder),
        }
    }

    fn rebuild(self: Box<Self>, state: &mut (dyn AnyState + 'static)) {
        if let Some(state) = (state as &mut dyn Any).downcast_mut::<T::State>() {
            Render::rebuild(*self, state);
        }
    }

    fn hydrate(self: Box<Self>, cursor: &Cursor, position: &PositionState) -> ErasedState {
        let state = Box::new(RenderHtml::hydrate::<true>(*self, cursor, position));
        ErasedState {
            type_id: TypeId::of::<T>(),
            state,
            placeholder: (!T::EXISTS).then(|| cursor.next_placeholder(position)),
        }
    }
}

/// A view without the code that updates it.
struct Fixed<T>(T);

impl<T: RenderHtml + 'static> AnyContent for Fixed<T> {
    fn build(self: Box<Self>) -> ErasedState {
        AnyContent::build(Box::new(self.0))
    }

    fn rebuild(self: Box<Self>, _: &mut (dyn AnyState + 'static)) {}

    fn hydrate(self: Box<Self>, cursor: &Cursor, position: &PositionState) -> ErasedState {
        AnyContent::hydrate(Box::new(self.0), cursor, position)
    }
}

/// The mounted state of a view of any type.
trait AnyState: Mountable + Any {}

impl<T: Mountable + Any> AnyState for T {}

/// The state of an [`ErasedView`].
pub struct ErasedState {
    type_id: TypeId,
    state: Box<dyn AnyState>,
    placeholder: Option<Placeholder>,
}

impl Mountable for ErasedState {
    fn unmount(&mut self) {
        self.state.unmount();
        if let Some(placeholder) = &mut self.placeholder {
            placeholder.unmount();
        }
    }

    fn mount(&mut self, parent: &Element, marker: Option<&Node>) {
        self.state.mount(parent, marker);
        if let Some(placeholder) = &mut self.placeholder {
            placeholder.mount(parent, marker);
        }
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        self.state.insert_before_this(child)
            || self.placeholder.as_ref().is_some_and(|placeholder| placeholder.insert_before_this(child))
    }

    fn elements(&self) -> Vec<Element> {
        self.state.elements()
    }
}

impl Render for ErasedView {
    type State = ErasedState;

    fn build(self) -> ErasedState {
        self.view.build()
    }

    fn rebuild(self, state: &mut ErasedState) {
        if self.type_id == Some(state.type_id) {
            self.view.rebuild(&mut *state.state);
            return;
        }
        let mut new = self.view.build();
        if let Some(placeholder) = &mut state.placeholder {
            placeholder.insert_before_this(&mut new);
            placeholder.unmount();
        } else {
            state.insert_before_this(&mut new);
        }
        state.state.unmount();
        *state = new;
    }
}

impl AddAnyAttr for ErasedView {
    type Output<NewAttr: Attribute> = AnyViewWithAttrs;

    fn add_any_attr<NewAttr: Attribute>(self, attr: NewAttr) -> Self::Output<NewAttr>
    where
        Self::Output<NewAttr>: RenderHtml,
    {
        self.into_any().add_any_attr(attr)
    }
}

impl RenderHtml for ErasedView {
    type AsyncOutput = Self;
    type Owned = Self;

    const MIN_LENGTH: usize = 0;

    fn dry_resolve(&mut self) {}

    async fn resolve(self) -> Self {
        self
    }

    /// Only the server writes HTML, from its own type.
    fn to_html_with_buf(self, _: &mut String, _: &mut Position, _: bool, _: bool, _: Vec<AnyAttribute>) {}

    fn hydrate<const FROM_SERVER: bool>(self, cursor: &Cursor, position: &PositionState) -> ErasedState {
        self.view.hydrate(cursor, position)
    }

    async fn hydrate_async(self, cursor: &Cursor, position: &PositionState) -> ErasedState {
        self.view.hydrate(cursor, position)
    }

    fn into_owned(self) -> Self {
        self
    }
}
