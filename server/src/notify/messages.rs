//! What is written to whom. Staff get identifiers, not personal data: the message passes through other systems.

use domain::event::{CheckType, Envelope, EventData, KycStatus};

/// Who is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// The person who applied.
    Applicant,
    /// Those who decide cases.
    Compliance,
    /// Those who help.
    Support,
}

impl Audience {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Applicant => "applicant",
            Self::Compliance => "compliance",
            Self::Support => "support",
        }
    }
}

/// One notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// For whom.
    pub audience: Audience,
    /// The applicant's e-mail address, for the applicant.
    pub to: Option<String>,
    /// Up to 100 ASCII characters, as SNS wants.
    pub subject: String,
    /// Plain text.
    pub body: String,
}

/// The notification that belongs to an event, if one does. `email` and `first_name` are the applicant's.
pub fn message_for(event: &Envelope, email: &str, first_name: &str, policy_name: &str) -> Option<Message> {
    let application = &event.application_id;
    match &event.data {
        EventData::KycVerified(kyc) if kyc.status == KycStatus::Review => {
            let open: Vec<&str> = kyc.checks.iter().filter(|c| !c.passed).map(|c| check_name(c.check_type)).collect();
            Some(Message {
                audience: Audience::Compliance,
                to: None,
                subject: "Identity check to review".to_owned(),
                body: format!(
                    "Application {application} needs a decision.\n\nNot passed: {}.\nRisk: {:?}.\nLists: {}. Rules: {}.",
                    open.join(", "),
                    kyc.risk_level,
                    kyc.list_version,
                    kyc.rules_version
                ),
            })
        }
        EventData::WorkflowCompleted(completed) => {
            let euros = completed.premium.monthly_cents / 100;
            let cents = completed.premium.monthly_cents % 100;
            Some(Message {
                audience: Audience::Applicant,
                to: Some(email.to_owned()),
                subject: "Thank you - we have your application".to_owned(),
                body: format!(
                    "Dear {first_name},\n\nThank you for choosing {policy_name}. We have everything we need.\n\n\
                     Indicative premium: {} {euros}.{cents:02} a month.\nYour reference: {application}\n\n\
                     What happens next: we prepare your policy and send it to this address. There is nothing you \
                     need to do.",
                    completed.premium.currency
                ),
            })
        }
        EventData::WorkflowError(error) if !error.refused => Some(Message {
            audience: Audience::Support,
            to: None,
            subject: format!("Onboarding error: {}", error.code),
            body: format!(
                "Application {application}\nStage: {}\nCode: {}\nEvent: {}\nCan be tried again: {}",
                error.stage.as_str(),
                error.code,
                error.caused_by.unwrap_or(event.event_id),
                if error.retryable { "yes" } else { "no" }
            ),
        }),
        _ => None,
    }
}

fn check_name(check: CheckType) -> &'static str {
    match check {
        CheckType::AgeVerification => "age",
        CheckType::NameMatch => "name",
        CheckType::WatchlistScreening => "sanctions lists",
        CheckType::DocumentValidity => "document",
        CheckType::AddressVerification => "address",
    }
}
