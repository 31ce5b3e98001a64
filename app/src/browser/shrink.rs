//! Makes pictures smaller before they are sent, where the browser can decode them.

use futures::channel::oneshot;
use futures::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use js_sys::Array;
use leptos::prelude::document;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, CanvasRenderingContext2d, File, FilePropertyBag, HtmlCanvasElement, HtmlImageElement, Url};

use crate::logic::files::{jpeg_name, shrunk_size};

/// The time-out of decoding a picture, in milliseconds. After it the file is sent as it is.
const DECODING_MS: u32 = 20_000;
/// The quality of the JPEG, from 0 to 1. Print stays as legible as before.
const QUALITY: f64 = 0.9;

/// The picture with fewer pixels or bytes, if it has more than can be sent; else the file itself, also if the browser
/// cannot decode it.
pub async fn shrunk(file: File) -> File {
    let Ok(address) = Url::create_object_url_with_blob(&file) else { return file };
    let smaller = shrink(&address, &file).await;
    _ = Url::revoke_object_url(&address);
    smaller.unwrap_or(file)
}

async fn shrink(address: &str, file: &File) -> Option<File> {
    let image = load(address).await?;
    let (width, height) = shrunk_size(image.natural_width(), image.natural_height(), file.size())?;
    let blob = jpeg(&image, width, height).await?;
    let options = FilePropertyBag::new();
    options.set_type("image/jpeg");
    // A retry recognises the file by its time.
    options.set_last_modified(file.last_modified());
    File::new_with_blob_sequence_and_options(&Array::of1(&blob), &jpeg_name(&file.name()), &options).ok()
}

/// The picture at an address. Its pixels are decoded when it is drawn.
async fn load(address: &str) -> Option<HtmlImageElement> {
    let image = HtmlImageElement::new().ok()?;
    let (done, loaded) = oneshot::channel();
    let done = std::cell::Cell::new(Some(done));
    let on_end = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| {
        if let Some(done) = done.take() {
            _ = done.send(event.type_() == "load");
        }
    });
    image.set_onload(Some(on_end.as_ref().unchecked_ref()));
    image.set_onerror(Some(on_end.as_ref().unchecked_ref()));
    image.set_src(address);
    match select(loaded, TimeoutFuture::new(DECODING_MS)).await {
        Either::Left((Ok(true), _)) => Some(image),
        _ => None,
    }
}

async fn jpeg(image: &HtmlImageElement, width: u32, height: u32) -> Option<Blob> {
    let canvas: HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
    canvas.set_width(width);
    canvas.set_height(height);
    let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    let (w, h) = (f64::from(width), f64::from(height));
    // JPEG has no transparency; paper is white.
    context.set_fill_style_str("#fff");
    context.fill_rect(0.0, 0.0, w, h);
    context.draw_image_with_html_image_element_and_dw_and_dh(image, 0.0, 0.0, w, h).ok()?;
    let (done, encoded) = oneshot::channel();
    let take = Closure::once(move |blob: JsValue| _ = done.send(blob.dyn_into::<Blob>().ok()));
    canvas.to_blob_with_type_and_encoder_options(take.as_ref().unchecked_ref(), "image/jpeg", &QUALITY.into()).ok()?;
    let blob = encoded.await.ok().flatten()?;
    // Frees the canvas's memory, of which phones have little.
    canvas.set_width(0);
    Some(blob)
}
