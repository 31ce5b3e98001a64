//! The device's camera: a stream for a video element, and photos from it.

use domain::document::MAX_BYTES;
use futures::channel::oneshot;
use futures::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use js_sys::{Array, Function, Object, Promise, Reflect};
use leptos::prelude::{document, window};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, CanvasRenderingContext2d, DomException, File, FilePropertyBag, HtmlCanvasElement, HtmlVideoElement,
    MediaStream, MediaStreamConstraints, MediaStreamTrack, MediaStreamTrackState,
};

use crate::logic::camera::{SMALL_HEIGHT, SMALL_WIDTH, Trouble};

/// What is asked of a camera, in pixels: as many as it has, up to this.
const WIDTH: u32 = 3840;
const HEIGHT: u32 = 2160;
/// How long a camera may take over a photo of its own, in milliseconds, before a frame of its stream is taken instead.
const PHOTO_MS: u32 = 5_000;
/// The quality of photos that the page encodes, of 1: print stays sharp.
const QUALITY: f64 = 0.92;

/// Whether this page may ask for a camera. Browsers hide it from pages without https.
pub fn available() -> bool {
    let navigator: JsValue = window().navigator().into();
    get(&navigator, "mediaDevices").is_some_and(|devices| get(&devices, "getUserMedia").is_some())
}

/// Whether the page came over a connection that nobody can listen to, as browsers have it.
pub fn secure() -> bool {
    window().is_secure_context()
}

/// A camera that is on. It is off when this is dropped.
pub struct Camera {
    stream: MediaStream,
}

impl Camera {
    /// Switches on a camera, the one on the back where there is one. The browser may ask the applicant first.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn open() -> Result<Self, Trouble> {
        let ideal = |value: JsValue| object(&[("ideal", value)]);
        let wanted = object(&[
            ("facingMode", ideal("environment".into())),
            ("width", ideal(WIDTH.into())),
            ("height", ideal(HEIGHT.into())),
            // As the sensor gives it: a browser that scales also cuts off.
            ("resizeMode", ideal("none".into())),
        ]);
        let constraints = MediaStreamConstraints::new();
        constraints.set_video(&wanted);
        constraints.set_audio(&JsValue::FALSE);
        let devices = window().navigator().media_devices().map_err(trouble)?;
        let asked = devices.get_user_media_with_constraints(&constraints).map_err(trouble)?;
        let stream = JsFuture::from(asked).await.map_err(trouble)?;
        Ok(Self { stream: stream.unchecked_into() })
    }

    /// Shows what it sees.
    ///
    /// # Errors
    /// [`Trouble`] where nothing comes.
    pub async fn show(&self, video: &HtmlVideoElement) -> Result<(), Trouble> {
        // The attribute alone is not enough where the page was not parsed; without it a phone may refuse to play.
        video.set_muted(true);
        video.set_src_object(Some(&self.stream));
        let playing = video.play().map_err(trouble)?;
        JsFuture::from(playing).await.map_err(trouble).map(drop)
    }

    fn track(&self) -> Option<MediaStreamTrack> {
        self.stream.get_video_tracks().get(0).dyn_into().ok()
    }

    /// Whether it still gives pictures.
    pub fn alive(&self) -> bool {
        self.track().is_some_and(|track| track.ready_state() == MediaStreamTrackState::Live)
    }

    /// Whether it has a light that can be switched.
    pub fn has_light(&self) -> bool {
        let ask = || {
            let track = self.track()?;
            let ask: Function = get(&track, "getCapabilities")?.dyn_into().ok()?;
            get(&ask.call0(&track).ok()?, "torch")?.as_bool()
        };
        ask().unwrap_or_default()
    }

    /// Switches its light. One that does not obey stays as it is.
    pub fn light(&self, on: bool) {
        let ask = || {
            let track = self.track()?;
            let apply: Function = get(&track, "applyConstraints")?.dyn_into().ok()?;
            let constraints = object(&[("advanced", Array::of1(&object(&[("torch", on.into())])).into())]);
            apply.call1(&track, &constraints).ok()?.dyn_into::<Promise>().ok()
        };
        if let Some(applied) = ask() {
            leptos::task::spawn_local(async move {
                _ = JsFuture::from(applied).await;
            });
        }
    }

    /// Takes a photo: the camera's own where the browser has that, with all its pixels, else a frame of the stream.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn photo(&self, video: &HtmlVideoElement) -> Result<File, Trouble> {
        // A frame first: it is what the applicant saw on pressing.
        let frame = frame(video).await;
        let blob = match self.own_photo().await {
            Some(blob) => blob,
            None => frame?,
        };
        let name = if blob.type_() == "image/png" { "photo.png" } else { "photo.jpg" };
        let options = FilePropertyBag::new();
        options.set_type(&blob.type_());
        File::new_with_blob_sequence_and_options(&Array::of1(&blob), name, &options).map_err(trouble)
    }

    /// By `ImageCapture` (W3C MediaStream Image Capture); none where there is no such thing, or it fails.
    async fn own_photo(&self) -> Option<Blob> {
        let class: Function = get(&window(), "ImageCapture")?.dyn_into().ok()?;
        let capture = Reflect::construct(&class, &Array::of1(&self.track()?.into())).ok()?;
        let take: Function = get(&capture, "takePhoto")?.dyn_into().ok()?;
        let taken: Promise = take.call0(&capture).ok()?.dyn_into().ok()?;
        let taken = select(JsFuture::from(taken), TimeoutFuture::new(PHOTO_MS));
        let Either::Left((Ok(blob), _)) = taken.await else { return None };
        let blob: Blob = blob.dyn_into().ok()?;
        let usable = matches!(blob.type_().as_str(), "image/jpeg" | "image/png");
        (usable && blob.size() > 0.0 && blob.size() <= MAX_BYTES as f64).then_some(blob)
    }
}

impl Drop for Camera {
    fn drop(&mut self) {
        for track in self.stream.get_tracks() {
            track.unchecked_into::<MediaStreamTrack>().stop();
        }
    }
}

/// What the video shows now, as a JPEG of all its pixels.
async fn frame(video: &HtmlVideoElement) -> Result<Blob, Trouble> {
    let canvas = canvas(video.video_width(), video.video_height()).ok_or(Trouble::Busy)?;
    draw(&canvas, video).ok_or(Trouble::Busy)?;
    let (done, encoded) = oneshot::channel();
    let take = Closure::once(move |blob: JsValue| _ = done.send(blob.dyn_into::<Blob>().ok()));
    canvas
        .to_blob_with_type_and_encoder_options(take.as_ref().unchecked_ref(), "image/jpeg", &QUALITY.into())
        .map_err(trouble)?;
    encoded.await.ok().flatten().ok_or(Trouble::Busy)
}

/// Makes small pictures of what a video shows.
pub struct Small(HtmlCanvasElement);

impl Small {
    /// None where the browser draws nothing.
    pub fn new() -> Option<Self> {
        canvas(SMALL_WIDTH, SMALL_HEIGHT).map(Self)
    }

    /// Four bytes a pixel; none while there is nothing to see.
    pub fn of(&self, video: &HtmlVideoElement) -> Option<Vec<u8>> {
        if video.video_width() == 0 {
            return None;
        }
        let context = draw(&self.0, video)?;
        let picture = context.get_image_data(0.0, 0.0, SMALL_WIDTH.into(), SMALL_HEIGHT.into()).ok()?;
        Some(picture.data().0)
    }
}

fn canvas(width: u32, height: u32) -> Option<HtmlCanvasElement> {
    let canvas: HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
    canvas.set_width(width);
    canvas.set_height(height);
    (width > 0 && height > 0).then_some(canvas)
}

fn draw(canvas: &HtmlCanvasElement, video: &HtmlVideoElement) -> Option<CanvasRenderingContext2d> {
    let often = object(&[("willReadFrequently", JsValue::TRUE)]);
    let context = canvas.get_context_with_context_options("2d", &often).ok()??;
    let context: CanvasRenderingContext2d = context.dyn_into().ok()?;
    let (width, height) = (canvas.width().into(), canvas.height().into());
    context.draw_image_with_html_video_element_and_dw_and_dh(video, 0.0, 0.0, width, height).ok()?;
    Some(context)
}

fn trouble(error: JsValue) -> Trouble {
    let name = error.dyn_ref::<DomException>().map(DomException::name);
    let name = name.or_else(|| error.dyn_ref::<js_sys::Error>().map(|error| String::from(error.name())));
    Trouble::of(name.as_deref().unwrap_or_default())
}

/// A property that is there.
fn get(of: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(of, &name.into()).ok().filter(|value| !value.is_undefined() && !value.is_null())
}

fn object(properties: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in properties {
        // Fails for frozen objects only.
        _ = Reflect::set(&object, &(*name).into(), value);
    }
    object.into()
}
