//! Submit user info: creates the customer and the application.

use domain::api::CustomerCreated;
use domain::applicant::Applicant;
use domain::event::{ApplicationId, EventData, Stage, UserInfo};
use jiff::SignedDuration;
use uuid::Uuid;

use super::failures::Refused;
use super::{Answer, CommandError, Commands, RequestKey};
use crate::store::Application;
use crate::telemetry::observe;

/// How long a repeated request gets the first answer. The time is limited, because the answer opens a session.
const REPEATABLE: SignedDuration = SignedDuration::from_mins(10);

impl Commands {
    /// Creates a customer and an application from the applicant's details.
    ///
    /// # Errors
    /// [`CommandError::Invalid`] with every field refused; [`CommandError::KeyReused`]; [`CommandError::Store`].
    pub async fn submit_user_info(
        &self,
        info: &UserInfo,
        request: Option<&RequestKey>,
    ) -> Result<Answer<CustomerCreated>, CommandError> {
        observe::command("submit_user_info", self.create_customer(info, request)).await
    }

    async fn create_customer(
        &self,
        info: &UserInfo,
        request: Option<&RequestKey>,
    ) -> Result<Answer<CustomerCreated>, CommandError> {
        let applicant = match Applicant::parse(info, self.context.clock.today()) {
            Ok(applicant) => applicant,
            Err(errors) => {
                let fields = errors.iter().map(|error| error.field.clone()).collect();
                self.refused(None, Stage::SubmitUserInfo, Refused { code: "validation_failed", fields }).await;
                return Err(CommandError::Invalid(errors));
            }
        };
        let customer_id = request.map_or_else(Uuid::new_v4, |request| request.identifier(&self.secret, "customer"));
        // A repetition finds the customer of the first request. Of two concurrent requests one commits, and the other
        // finds its customer.
        for _ in 0..2 {
            if request.is_some()
                && let Some(answer) = self.repeated(customer_id, request).await?
            {
                return Ok(answer);
            }
            let now = self.context.clock.now();
            let application_id = ApplicationId::new(customer_id, now);
            let info = applicant.user_info();
            let mut application = Application::open(application_id.clone(), info.clone(), now);
            let data = EventData::UserInfoSubmitted(info);
            let answer = Answer { status: 201, body: CustomerCreated { customer_id, application_id } };
            RequestKey::keep(request, &mut application, &answer)?;
            if self.commit(&mut application, Stage::SubmitUserInfo, Some(data), now).await? {
                return Ok(answer);
            }
        }
        Err(CommandError::Contended)
    }

    /// Refuses a second application in an active session of `customer_id`, unless the request repeats the one that opened
    /// it.
    ///
    /// # Errors
    /// [`CommandError::Conflict`].
    pub fn refuse_second_application(
        &self,
        customer_id: Uuid,
        request: Option<&RequestKey>,
    ) -> Result<(), CommandError> {
        if request.is_some_and(|request| request.identifier(&self.secret, "customer") == customer_id) {
            return Ok(());
        }
        Err(CommandError::Conflict {
            code: "application_exists",
            detail: "This session has an application. Go on with it, or end the session first (DELETE /api/session).",
        })
    }

    /// The answer to the first request with this key.
    async fn repeated(
        &self,
        customer_id: Uuid,
        request: Option<&RequestKey>,
    ) -> Result<Option<Answer<CustomerCreated>>, CommandError> {
        let Some(id) = self.context.store.application_of(customer_id).await? else { return Ok(None) };
        let application = self.context.store.application(&id).await?.ok_or(CommandError::NotFound)?;
        if self.context.clock.now().duration_since(application.opened_at) > REPEATABLE {
            return Err(CommandError::KeyReused);
        }
        RequestKey::earlier(request, &application)
    }
}
