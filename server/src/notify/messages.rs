//! The texts of notifications. Messages to staff contain no personal data, because they pass through other systems.

use domain::event::{
    ApplicationId, CheckType, Envelope, EventData, KycStatus, KycVerified, UserInfo, WorkflowCompleted,
};

/// The receiver of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// The applicant.
    Applicant,
    /// The staff who decide cases.
    Compliance,
    /// The staff who help applicants.
    Support,
}

impl Audience {
    /// Its name in stored messages.
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
    /// The receiver.
    pub audience: Audience,
    /// The e-mail address; only for the applicant.
    pub to: Option<String>,
    /// Up to 100 ASCII characters, the limit of SNS.
    pub subject: String,
    /// Plain text.
    pub body: String,
}

/// The notification for staff that belongs to an event, if there is one.
pub fn staff_message(event: &Envelope) -> Option<Message> {
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

/// The applicant's confirmation that the application is complete.
pub fn confirmation(
    application: &ApplicationId,
    applicant: &UserInfo,
    completed: &WorkflowCompleted,
    policy_name: &str,
) -> Message {
    let first_name = &applicant.first_name;
    let (euros, cents) = (completed.premium.monthly_cents / 100, completed.premium.monthly_cents % 100);
    Message {
        audience: Audience::Applicant,
        to: Some(applicant.email.clone()),
        subject: "Thank you - we have your application".to_owned(),
        body: format!(
            "Dear {first_name},\n\nThank you for choosing {policy_name}. We have everything we need.\n\n\
             Indicative premium: {} {euros}.{cents:02} a month.\nYour reference: {application}\n\n\
             What happens next: we prepare your policy and send it to this address. There is nothing you \
             need to do.",
            completed.premium.currency
        ),
    }
}

/// What a person decided or asks for, for the applicant. A rejection says the same whatever its reason was.
pub fn reviewed(application: &ApplicationId, applicant: &UserInfo, kyc: &KycVerified) -> Message {
    let first_name = &applicant.first_name;
    let asks: Vec<String> = kyc.asks.iter().map(|ask| format!("{}: {}", ask.proof.title(), ask.text())).collect();
    let asked = format!(
        "A colleague has looked at your application and needs something from you.\n\n{}\n\nWhat happens next: go back \
         to the page on which you applied, and hand it in there. Everything else is kept.",
        asks.join("\n")
    );
    let (subject, text) = match kyc.status {
        KycStatus::Review => ("Your application needs something from you", asked.as_str()),
        KycStatus::Approved => (
            "Your identity is confirmed",
            "A colleague has looked at your application, and your identity is confirmed. Nothing is missing.\n\nWhat \
             happens next: go back to the page on which you applied. The next step is open there.",
        ),
        KycStatus::Rejected => (
            "About your application",
            "A colleague has looked at your application. We cannot offer you a policy with what we have.\n\nIf you \
             think that we are mistaken, ask our support for a second look and give your reference.",
        ),
    };
    Message {
        audience: Audience::Applicant,
        to: Some(applicant.email.clone()),
        subject: subject.to_owned(),
        body: format!("Dear {first_name},\n\n{text}\n\nYour reference: {application}"),
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
