//! Parts that more than one tile or page uses. They take props and emit events; none of them sends anything.

mod announcer;
mod button;
mod connection;
mod field;
mod history;
mod icon;
mod leave;
mod notice;
mod rail;
mod score;

pub use announcer::Announcer;
pub use button::SubmitButton;
pub use connection::ConnectionLine;
pub use field::{Choice, ErrorText, TextField};
pub use history::History;
pub use icon::{Icon, StateMark, outcome_name, state_name};
pub use leave::Leave;
pub use notice::NoticeBox;
pub use rail::Rail;
pub use score::ScoreBar;
