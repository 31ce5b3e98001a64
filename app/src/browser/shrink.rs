//! Makes pictures smaller before they are sent, where the browser can decode them.

use futures::channel::oneshot;
use futures::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use js_sys::{Array, Function, Promise, Reflect};
use leptos::prelude::{document, window};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, CanvasRenderingContext2d, File, FilePropertyBag, HtmlCanvasElement};

use crate::logic::files::{jpeg_name, shrunk_size};

/// The time-out of decoding a picture, in milliseconds. After it the file is sent as it is.
const DECODING_MS: u32 = 20_000;
/// The quality of the JPEG, from 0 to 1. Print stays as legible as before.
const QUALITY: f64 = 0.9;

/// The picture with fewer pixels or bytes, if it has more than can be sent; else the file itself, also if the browser
/// cannot decode it.
pub async fn shrunk(file: File) -> File {
    shrink(&file).await.unwrap_or(file)
}

async fn shrink(file: &File) -> Option<File> {
    let picture = decode(file).await?;
    let side = |name: &str| Some(Reflect::get(&picture, &name.into()).ok()?.as_f64()? as u32);
    let size = shrunk_size(side("width")?, side("height")?, file.size());
    let smaller = match size {
        Some((width, height)) => jpeg(&picture, width, height).await,
        None => None,
    };
    // Frees its memory at once, of which phones have little.
    if let Some(close) = function(&picture, "close") {
        _ = close.call0(&picture);
    }
    let smaller = smaller?;
    let options = FilePropertyBag::new();
    options.set_type("image/jpeg");
    // A retry recognises the file by its time.
    options.set_last_modified(file.last_modified());
    File::new_with_blob_sequence_and_options(&Array::of1(&smaller), &jpeg_name(&file.name()), &options).ok()
}

/// The picture as an `ImageBitmap`, upright. An image element would need a `blob:` address, and Chromium reports one
/// without a picture as a violation of the content security policy.
async fn decode(file: &File) -> Option<JsValue> {
    let decoding: Promise = function(&window(), "createImageBitmap")?.call1(&window(), file).ok()?.dyn_into().ok()?;
    match select(JsFuture::from(decoding), TimeoutFuture::new(DECODING_MS)).await {
        Either::Left((picture, _)) => picture.ok(),
        Either::Right(_) => None,
    }
}

fn function(of: &JsValue, name: &str) -> Option<Function> {
    Reflect::get(of, &name.into()).ok()?.dyn_into().ok()
}

async fn jpeg(picture: &JsValue, width: u32, height: u32) -> Option<Blob> {
    let canvas: HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
    canvas.set_width(width);
    canvas.set_height(height);
    let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    let (w, h) = (f64::from(width), f64::from(height));
    // JPEG has no transparency; paper is white.
    context.set_fill_style_str("#fff");
    context.fill_rect(0.0, 0.0, w, h);
    let place = Array::of5(picture, &0.into(), &0.into(), &w.into(), &h.into());
    function(&context, "drawImage")?.apply(&context, &place).ok()?;
    let (done, encoded) = oneshot::channel();
    let take = Closure::once(move |blob: JsValue| _ = done.send(blob.dyn_into::<Blob>().ok()));
    canvas.to_blob_with_type_and_encoder_options(take.as_ref().unchecked_ref(), "image/jpeg", &QUALITY.into()).ok()?;
    let blob = encoded.await.ok().flatten()?;
    // As above.
    canvas.set_width(0);
    Some(blob)
}
