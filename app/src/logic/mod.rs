//! Pure decisions and texts of the page: forms, the states of the connection and of the tiles. They need no browser, so
//! that plain tests cover them and the server renders exactly the same as the browser.

pub mod about_form;
pub mod camera;
pub mod choice;
pub mod connection;
pub mod crop;
pub mod failure;
pub mod fields;
pub mod files;
pub mod frame;
pub mod idempotency_keys;
pub mod needs_form;
pub mod phone;
pub mod proof;
pub mod readings;
pub mod text;
pub mod tiles;
