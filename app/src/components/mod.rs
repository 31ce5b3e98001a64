//! Components that more than one tile or page uses.

mod announcer;
mod connection_line;
mod field;
mod history;
mod icon;
mod leave_session;
mod notice;
mod rail;
mod score;
mod submit_button;

pub use announcer::Announcer;
pub use connection_line::ConnectionLine;
pub use field::{Choice, ErrorText, TextField};
pub use history::History;
pub use icon::{Icon, StateMark, outcome_name, state_name};
pub use leave_session::LeaveSession;
pub use notice::{GoOn, NoticeBox};
pub use rail::Rail;
pub use score::ScoreBar;
pub use submit_button::SubmitButton;
