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

use crate::logic::camera::{CameraError, THUMBNAIL_HEIGHT, THUMBNAIL_WIDTH};

/// The highest resolution that is requested, in pixels.
const WIDTH: u32 = 3840;
const HEIGHT: u32 = 2160;
/// The time-out of `ImageCapture`, in milliseconds. After it, a frame of the stream is used.
const PHOTO_MS: u32 = 5_000;
/// The JPEG quality of a frame, from 0 to 1. At this quality print stays sharp.
const QUALITY: f64 = 0.92;

/// Whether this page may use a camera. Browsers do not offer one to pages without https.
pub fn available() -> bool {
    let navigator: JsValue = window().navigator().into();
    get(&navigator, "mediaDevices").is_some_and(|devices| get(&devices, "getUserMedia").is_some())
}

/// Whether this page is a secure context.
pub fn secure() -> bool {
    window().is_secure_context()
}

/// A camera that is on. Dropping it switches it off.
pub struct Camera {
    stream: MediaStream,
}

impl Camera {
    /// Switches a camera on, preferably the one on the back. The browser may ask the applicant for permission.
    ///
    /// # Errors
    /// [`CameraError`].
    pub async fn open() -> Result<Self, CameraError> {
        let ideal = |value: JsValue| object(&[("ideal", value)]);
        let wanted = object(&[
            ("facingMode", ideal("environment".into())),
            ("width", ideal(WIDTH.into())),
            ("height", ideal(HEIGHT.into())),
            // The native resolution: a browser that scales also crops.
            ("resizeMode", ideal("none".into())),
        ]);
        let constraints = MediaStreamConstraints::new();
        constraints.set_video(&wanted);
        constraints.set_audio(&JsValue::FALSE);
        let devices = window().navigator().media_devices().map_err(camera_error)?;
        let asked = devices.get_user_media_with_constraints(&constraints).map_err(camera_error)?;
        let stream = JsFuture::from(asked).await.map_err(camera_error)?;
        Ok(Self { stream: stream.unchecked_into() })
    }

    /// Plays its stream in `video`.
    ///
    /// # Errors
    /// [`CameraError`] if the stream does not play.
    pub async fn show(&self, video: &HtmlVideoElement) -> Result<(), CameraError> {
        // A phone may refuse to play unmuted video, and the attribute has no effect on an element created by a script.
        video.set_muted(true);
        video.set_src_object(Some(&self.stream));
        let playing = video.play().map_err(camera_error)?;
        JsFuture::from(playing).await.map_err(camera_error).map(drop)
    }

    fn track(&self) -> Option<MediaStreamTrack> {
        self.stream.get_video_tracks().get(0).dyn_into().ok()
    }

    /// Whether the stream is live.
    pub fn alive(&self) -> bool {
        self.track().is_some_and(|track| track.ready_state() == MediaStreamTrackState::Live)
    }

    /// Whether it has a torch.
    pub fn has_light(&self) -> bool {
        let ask = || {
            let track = self.track()?;
            let ask: Function = get(&track, "getCapabilities")?.dyn_into().ok()?;
            get(&ask.call0(&track).ok()?, "torch")?.as_bool()
        };
        ask().unwrap_or_default()
    }

    /// Switches the torch. A refusal is ignored.
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

    /// Takes a photo in full resolution by `ImageCapture`, or from the stream in browsers without it.
    ///
    /// # Errors
    /// [`CameraError`].
    pub async fn photo(&self, video: &HtmlVideoElement) -> Result<File, CameraError> {
        // The frame is taken first, because the applicant saw it when pressing.
        let frame = frame(video).await;
        let blob = match self.image_capture_photo().await {
            Some(blob) => blob,
            None => frame?,
        };
        let name = if blob.type_() == "image/png" { "photo.png" } else { "photo.jpg" };
        let options = FilePropertyBag::new();
        options.set_type(&blob.type_());
        File::new_with_blob_sequence_and_options(&Array::of1(&blob), name, &options).map_err(camera_error)
    }

    /// A photo by `ImageCapture` (W3C MediaStream Image Capture). `None` if the browser does not support it or it
    /// fails.
    async fn image_capture_photo(&self) -> Option<Blob> {
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

/// The current frame of the video as JPEG, in full resolution.
async fn frame(video: &HtmlVideoElement) -> Result<Blob, CameraError> {
    let canvas = canvas(video.video_width(), video.video_height()).ok_or(CameraError::Busy)?;
    draw(&canvas, video).ok_or(CameraError::Busy)?;
    let (done, encoded) = oneshot::channel();
    let take = Closure::once(move |blob: JsValue| _ = done.send(blob.dyn_into::<Blob>().ok()));
    canvas
        .to_blob_with_type_and_encoder_options(take.as_ref().unchecked_ref(), "image/jpeg", &QUALITY.into())
        .map_err(camera_error)?;
    encoded.await.ok().flatten().ok_or(CameraError::Busy)
}

/// Makes thumbnails of a video's current frame.
pub struct Thumbnailer(HtmlCanvasElement);

impl Thumbnailer {
    /// `None` if the browser gives no canvas.
    pub fn new() -> Option<Self> {
        canvas(THUMBNAIL_WIDTH, THUMBNAIL_HEIGHT).map(Self)
    }

    /// A thumbnail as RGBA, four bytes a pixel. `None` before the first frame.
    pub fn capture(&self, video: &HtmlVideoElement) -> Option<Vec<u8>> {
        if video.video_width() == 0 {
            return None;
        }
        let context = draw(&self.0, video)?;
        let picture = context.get_image_data(0.0, 0.0, THUMBNAIL_WIDTH.into(), THUMBNAIL_HEIGHT.into()).ok()?;
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

fn camera_error(error: JsValue) -> CameraError {
    let name = error.dyn_ref::<DomException>().map(DomException::name);
    let name = name.or_else(|| error.dyn_ref::<js_sys::Error>().map(|error| String::from(error.name())));
    CameraError::of(name.as_deref().unwrap_or_default())
}

/// A property that is neither undefined nor null.
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
