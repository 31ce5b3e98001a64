//! Effects of one type.
//!
//! `Effect::new` compiles its task once more for each closure, which makes the first download larger.

use leptos::prelude::*;

/// Runs `run` in the browser after the next rendering, and again after each change of what it read. Its argument says
/// whether this is the first time.
pub fn effect(run: impl FnMut(bool) + 'static) {
    start(Box::new(run));
}

fn start(mut run: Box<dyn FnMut(bool)>) {
    Effect::new(move |before: Option<()>| run(before.is_none()));
}

/// Runs `run` like [`effect`], with the value that the time before returned.
pub fn effect_with<T: 'static>(mut run: impl FnMut(Option<T>) -> T + 'static) {
    let mut before = None;
    effect(move |_| before = Some(run(before.take())));
}
