//! Generate recommendations: the best five policies for the needs, as soon as the identity check is passed.

use domain::api::{Accepted, WaitingFor};
use domain::event::{ApplicationId, EventData, KycStatus, PolicyRecommended, Stage};
use domain::needs::Needs;
use domain::policy::{self, RatedPerson, ValidNeeds};
use jiff::civil::Date;

use super::failures::Refused;
use super::{Answer, Change, CommandError, Commands, RequestKey};
use crate::store::Application;
use crate::telemetry::observe;

/// The recommendations, or the step that they wait for.
#[derive(Clone, Debug, PartialEq)]
pub enum Recommended {
    /// The recommendations.
    Now(PolicyRecommended),
    /// The needs are stored. The recommendations follow without another request.
    Later(Accepted),
}

impl Commands {
    /// Stores the needs and recommends policies: at once if the identity check is passed, else after it.
    ///
    /// # Errors
    /// [`CommandError::Invalid`]; [`CommandError::Conflict`] after a rejection; [`CommandError::NotFound`].
    pub async fn answer_needs(
        &self,
        id: &ApplicationId,
        needs: &Needs,
        request: Option<&RequestKey>,
    ) -> Result<Recommended, CommandError> {
        observe::command("answer_needs", self.store_needs(id, needs, request)).await
    }

    async fn store_needs(
        &self,
        id: &ApplicationId,
        needs: &Needs,
        request: Option<&RequestKey>,
    ) -> Result<Recommended, CommandError> {
        if let Err(errors) = ValidNeeds::parse(needs) {
            let fields = errors.iter().map(|error| error.field.clone()).collect();
            let refused = Refused { code: "validation_failed", fields };
            self.refused(Some(id), Stage::GenerateRecommendations, refused).await;
            return Err(CommandError::Invalid(errors));
        }
        let answer = self.recommend(id, Some((needs, request))).await;
        if let Err(error) = &answer {
            self.record_conflict(id, Stage::GenerateRecommendations, error).await;
        }
        answer
    }

    /// Recommends policies if the identity check is passed and the needs are stored.
    ///
    /// # Errors
    /// [`CommandError`].
    pub async fn recommend_when_ready(&self, id: &ApplicationId) -> Result<(), CommandError> {
        self.recommend(id, None).await.map(|_| ())
    }

    async fn recommend(
        &self,
        id: &ApplicationId,
        answers: Option<(&Needs, Option<&RequestKey>)>,
    ) -> Result<Recommended, CommandError> {
        let today = self.context.clock.today();
        self.change(id, Stage::GenerateRecommendations, |application, _| {
            if let Some(recommended) = &application.recommended {
                return Ok(Change::None(Recommended::Now(recommended.clone())));
            }
            if application.kyc.as_ref().is_some_and(|kyc| kyc.status == KycStatus::Rejected) {
                return Err(CommandError::Conflict {
                    code: "identity_check_rejected",
                    detail: "The identity check was not passed, so no policy can be recommended.",
                });
            }
            let later = Accepted { waiting_for: WaitingFor::IdentityCheck };
            if let Some((needs, request)) = answers {
                // A late repetition of a request must not overwrite newer answers.
                if let Some(Answer { body, .. }) = RequestKey::earlier(request, application)? {
                    return Ok(Change::None(Recommended::Later(body)));
                }
                application.needs = Some(needs.clone());
                RequestKey::keep(request, application, &Answer { status: 202, body: later.clone() })?;
            }
            let later = Recommended::Later(later);
            match decide(&self.context.catalogue, application, today) {
                Some(recommended) => {
                    application.recommended = Some(recommended.clone());
                    let answer = Recommended::Now(recommended.clone());
                    Ok(Change::Event(answer, EventData::PolicyRecommended(recommended)))
                }
                None if answers.is_some() => Ok(Change::State(later)),
                None => Ok(Change::None(later)),
            }
        })
        .await
    }
}

/// The recommendations. `None` if the approval or the needs are missing.
fn decide(catalogue: &policy::Catalogue, application: &Application, today: Date) -> Option<PolicyRecommended> {
    application.kyc.as_ref().filter(|kyc| kyc.status == KycStatus::Approved)?;
    let needs = ValidNeeds::parse(application.needs.as_ref()?).ok()?;
    let person = RatedPerson {
        date_of_birth: application.user_info.date_of_birth.parse().ok()?,
        country: application.user_info.address.country.clone(),
    };
    Some(policy::recommend(catalogue, &needs, &person, today))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use domain::event::{Address, KycVerified, RiskLevel, UserInfo};
    use domain::needs::{Employment, Home, Interest, Vehicle};
    use jiff::Timestamp;

    use super::*;

    /// An approved application whose identity check found `risk_level`.
    fn approved(risk_level: RiskLevel) -> Application {
        let address = Address { country: "NO".to_owned(), ..Address::default() };
        let info = UserInfo { date_of_birth: "1987-03-14".to_owned(), address, ..UserInfo::default() };
        let at = Timestamp::UNIX_EPOCH;
        let mut application = Application::open(ApplicationId::new(uuid::Uuid::nil(), at), info, at);
        application.kyc = Some(KycVerified {
            status: KycStatus::Approved,
            risk_level,
            checks: Vec::new(),
            list_version: String::new(),
            rules_version: String::new(),
            evidence: Vec::new(),
            reviewed: false,
            asks: Vec::new(),
        });
        application.needs = Some(Needs {
            interests: Interest::ALL.to_vec(),
            dependants: 1,
            employment: Employment::Employed,
            home: Home::Owner,
            vehicle: Vehicle::Car,
            trips_per_year: 2,
            pets: 1,
            smoker: false,
            monthly_budget_cents: 20_000,
        });
        application
    }

    #[test]
    fn identity_risk_changes_neither_eligibility_nor_premium() {
        let today = jiff::civil::date(2026, 3, 1);
        let [low, medium, high] = [RiskLevel::Low, RiskLevel::Medium, RiskLevel::High]
            .map(|risk| decide(policy::Catalogue::builtin(), &approved(risk), today).unwrap());
        assert_eq!(low, medium);
        assert_eq!(low, high);
    }
}
