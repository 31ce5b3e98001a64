//! What the page decides without a browser: words, forms, the state of the connection and of the tiles. Pure, so that
//! plain tests cover it and the server renders exactly what the browser hydrates.

pub mod about_form;
pub mod camera;
pub mod choice;
pub mod connection;
pub mod crop;
pub mod failure;
pub mod fields;
pub mod files;
pub mod intention;
pub mod needs_form;
pub mod phone;
pub mod readings;
pub mod tiles;
pub mod words;
