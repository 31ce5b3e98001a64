//! Sessions end on the server. A session's cookie cannot be revoked, so the application stores which sessions have
//! ended, and each request compares its session with that.

use domain::event::{ApplicationId, Stage};
use jiff::Timestamp;
use uuid::Uuid;

use super::{Change, CommandError, Commands};
use crate::store::{Application, Phone};
use crate::telemetry::observe;

/// Whether the session for the whole application that expires at `expires` is still active.
pub fn is_active(application: &Application, expires: Timestamp) -> bool {
    application.sessions_ended.is_none_or(|ended| ended.as_second() < expires.as_second())
}

/// Whether the session that expires at `until` is that of the phone that may upload documents. It is not if a newer
/// phone has replaced it, or if the session that created its link has ended.
pub fn is_current_phone(application: &Application, until: Timestamp) -> bool {
    application.phone.as_ref().is_some_and(|phone| is_same_session(phone, until))
}

/// Whether the session of `phone` ends at `until`, which identifies it. Cookies have whole seconds.
pub(super) fn is_same_session(phone: &Phone, until: Timestamp) -> bool {
    phone.until.as_second() == until.as_second()
}

impl Commands {
    /// The application of a customer.
    ///
    /// # Errors
    /// [`CommandError::Store`].
    pub async fn application_of(&self, customer_id: Uuid) -> Result<Option<Application>, CommandError> {
        let Some(id) = self.context.store.application_of(customer_id).await? else { return Ok(None) };
        Ok(self.context.store.application(&id).await?)
    }

    /// Ends every session of a customer that expires at `until` or before, the session of the phone, and an unused
    /// link. `until` must not be before the expiry of a session that is opened now.
    ///
    /// # Errors
    /// Store errors.
    pub async fn end_sessions(&self, customer_id: Uuid, until: Timestamp) -> Result<(), CommandError> {
        let ended = self.change_of(customer_id, |application| end_sessions(application, until));
        observe::command("end_sessions", ended).await
    }

    /// Ends the session of the phone whose session ends at `until`, at its own request. The session of a newer phone
    /// stays.
    ///
    /// # Errors
    /// Store errors.
    pub async fn release_phone(&self, customer_id: Uuid, until: Timestamp) -> Result<(), CommandError> {
        self.change_of(customer_id, |application| remove_phone(application, until)).await
    }

    /// Changes the application of a customer, if there is one. `change` returns whether it changed anything.
    async fn change_of(
        &self,
        customer_id: Uuid,
        mut change: impl FnMut(&mut Application) -> bool,
    ) -> Result<(), CommandError> {
        let Some(id) = self.context.store.application_of(customer_id).await? else { return Ok(()) };
        let id: &ApplicationId = &id;
        let decide = |application: &mut Application, _| {
            Ok(if change(application) { Change::State(()) } else { Change::None(()) })
        };
        self.change(id, Stage::ProcessDocuments, decide).await
    }
}

fn end_sessions(application: &mut Application, until: Timestamp) -> bool {
    let (phone, link) = (application.phone.take(), application.handoff.take());
    let ended = application.sessions_ended.max(Some(until));
    let changed = phone.is_some() || link.is_some() || ended != application.sessions_ended;
    application.sessions_ended = ended;
    changed
}

/// Removes the phone whose session ends at `until`. Returns whether there was one.
fn remove_phone(application: &mut Application, until: Timestamp) -> bool {
    application.phone.take_if(|phone| is_same_session(phone, until)).is_some()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use domain::event::UserInfo;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + second).unwrap()
    }

    fn application() -> Application {
        Application::open(ApplicationId::new(Uuid::from_u128(7), at(0)), UserInfo::default(), at(0))
    }

    #[test]
    fn ended_sessions_stay_ended_and_a_later_one_is_active() {
        let mut application = application();
        assert!(is_active(&application, at(100)));
        assert!(end_sessions(&mut application, at(200)));
        assert!(!is_active(&application, at(100)));
        assert!(!is_active(&application, at(200)));
        assert!(is_active(&application, at(201)));
        // An earlier end changes nothing.
        assert!(!end_sessions(&mut application, at(150)));
        assert!(!is_active(&application, at(200)));
    }

    #[test]
    fn phone_and_its_link_end_with_the_sessions() {
        let mut application = application();
        application.phone = Some(Phone { request: Uuid::from_u128(1), until: at(60) });
        assert!(is_current_phone(&application, at(60)));
        assert!(end_sessions(&mut application, at(200)));
        assert!(!is_current_phone(&application, at(60)));
        assert_eq!((application.phone, application.handoff), (None, None));
    }

    #[test]
    fn released_phone_does_not_end_the_session_of_a_newer_phone() {
        let mut application = application();
        application.phone = Some(Phone { request: Uuid::from_u128(2), until: at(3601) });
        assert!(!remove_phone(&mut application, at(3600)));
        assert!(application.phone.is_some());
        assert!(remove_phone(&mut application, at(3601)));
        assert_eq!(application.phone, None);
    }
}
