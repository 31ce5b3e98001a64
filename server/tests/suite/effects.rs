//! What consumers write, once per event.
