//! The first form: its fields, the draft, and its validation.

use std::collections::BTreeMap;

use domain::api::FieldError;
use domain::event::{Address, UserInfo};
use domain::invisible::without_invisible;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// One input of the form. The date of birth has three; whether the person has one name only is a box to tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the names are the documentation
pub enum AboutField {
    FirstName,
    LastName,
    OneName,
    Day,
    Month,
    Year,
    Email,
    Phone,
    Country,
    Line1,
    Line2,
    City,
    Region,
    PostalCode,
}

use AboutField::{
    City, Country, Day, Email, FirstName, LastName, Line1, Line2, Month, OneName, Phone, PostalCode, Region, Year,
};

/// The text of every input, as typed.
pub type AboutDraft = BTreeMap<AboutField, String>;

impl AboutField {
    /// All inputs, in the order of the form.
    pub const ALL: [Self; 14] =
        [FirstName, LastName, OneName, Day, Month, Year, Email, Phone, Country, Line1, Line2, City, Region, PostalCode];

    /// The path of its field in the request, as in errors.
    pub const fn path(self) -> &'static str {
        match self {
            FirstName => "firstName",
            LastName => "lastName",
            OneName => "oneName",
            Day | Month | Year => "dateOfBirth",
            Email => "email",
            Phone => "phoneNumber",
            Country => "address.country",
            Line1 => "address.line1",
            Line2 => "address.line2",
            City => "address.city",
            Region => "address.region",
            PostalCode => "address.postalCode",
        }
    }

    /// The id and the name of the element.
    pub const fn id(self) -> &'static str {
        match self {
            FirstName => "first-name",
            LastName => "last-name",
            OneName => "one-name",
            Day => "birth-day",
            Month => "birth-month",
            Year => "birth-year",
            Email => "email",
            Phone => "phone-number",
            Country => "country",
            Line1 => "address-line1",
            Line2 => "address-line2",
            City => "city",
            Region => "region",
            PostalCode => "postal-code",
        }
    }

    /// Its label.
    pub const fn label(self) -> &'static str {
        match self {
            FirstName => "First names",
            LastName => "Last name",
            OneName => "I have only one name",
            Day => "Day",
            Month => "Month",
            Year => "Year",
            Email => "E-mail address",
            Phone => "Phone number",
            Country => "Country",
            Line1 => "Street and number",
            Line2 => "Flat, floor or building (optional)",
            City => "Town or city",
            Region => "State, county or province (optional)",
            PostalCode => "Postal code",
        }
    }

    /// Its hint; empty if the label suffices.
    pub const fn hint(self) -> &'static str {
        match self {
            FirstName => "All of them, as on your passport, identity card or driving licence.",
            Email => "We write to you here when something needs you.",
            Phone => "With the country code, like +45 32 12 34 56, or as you write it in the country that you live in.",
            PostalCode => "If there is one.",
            _ => "",
        }
    }

    /// Its `autocomplete` token.
    pub const fn autocomplete(self) -> &'static str {
        match self {
            FirstName => "given-name",
            LastName => "family-name",
            OneName => "off",
            Day => "bday-day",
            Month => "bday-month",
            Year => "bday-year",
            Email => "email",
            Phone => "tel",
            Country => "country",
            Line1 => "address-line1",
            Line2 => "address-line2",
            City => "address-level2",
            Region => "address-level1",
            PostalCode => "postal-code",
        }
    }

    /// The `type` of the input.
    pub const fn kind(self) -> &'static str {
        match self {
            Email => "email",
            Phone => "tel",
            _ => "text",
        }
    }

    /// Its `inputmode`, which selects the keyboard of a phone.
    pub const fn input_mode(self) -> &'static str {
        match self {
            Day | Month | Year => "numeric",
            Email => "email",
            Phone => "tel",
            _ => "text",
        }
    }

    /// Its CSS classes. The width shows how much text is expected.
    pub const fn width(self) -> &'static str {
        match self {
            Day | Month => "input input-2",
            Year => "input input-4",
            PostalCode => "input input-10",
            Phone => "input input-20",
            _ => "input",
        }
    }
}

/// The value of [`AboutField::OneName`] when it is ticked.
pub const TICKED: &str = "yes";

/// The label of the first name where it is the only one.
pub const ONLY_NAME: &str = "Your name";

/// The hint for the only name.
pub const ONLY_NAME_HINT: &str = "All of it, as on your passport, identity card or driving licence.";

/// The request from a draft. A person with one name has no last name, even if one was typed before the box was ticked.
/// Empty optional fields are omitted.
pub fn user_info(draft: &AboutDraft) -> UserInfo {
    let text = |field: AboutField| draft.get(&field).map(|text| bare(text)).unwrap_or_default();
    let optional = |field| Some(text(field)).filter(|text| !text.is_empty());
    let one_name = text(OneName) == TICKED;
    UserInfo {
        email: text(Email),
        first_name: text(FirstName),
        last_name: if one_name { String::new() } else { text(LastName) },
        one_name,
        date_of_birth: birth_date(&text(Year), &text(Month), &text(Day)),
        phone_number: text(Phone),
        address: Address {
            line1: text(Line1),
            line2: optional(Line2),
            city: text(City),
            region: optional(Region),
            postal_code: text(PostalCode),
            country: text(Country),
        },
    }
}

/// The text without what the applicant cannot see: invisible characters, and spaces around it.
fn bare(text: &str) -> String {
    without_invisible(text).trim().to_owned()
}

/// `YYYY-MM-DD`; empty if nothing was typed. An incomplete date stays incomplete, so that it is refused.
fn birth_date(year: &str, month: &str, day: &str) -> String {
    if year.is_empty() && month.is_empty() && day.is_empty() {
        return String::new();
    }
    format!("{year}-{month:0>2}-{day:0>2}")
}

/// Validates a draft by the rules of the domain, which are those of the server. `today` is the applicant's date.
pub fn validate(draft: &AboutDraft, today: Date) -> Vec<FieldError> {
    let mut errors = domain::applicant::Applicant::parse(&user_info(draft), today).err().unwrap_or_default();
    for error in &mut errors {
        match (error.field.as_str(), error.code.as_str()) {
            // The message of the domain describes `YYYY-MM-DD`, and this form has three inputs.
            ("dateOfBirth", "invalid") => {
                error.message = "Enter your date of birth as day, month and year, for instance 14 3 1987.".to_owned();
            }
            ("lastName", "required") => {
                error.message =
                    "Your last name is missing. Please fill it in, or tick \"I have only one name\".".to_owned();
            }
            _ => {}
        }
    }
    in_form_order(&mut errors);
    errors
}

/// Sorts errors in the order of the form. Errors of other fields come last.
pub fn in_form_order(errors: &mut [FieldError]) {
    let place = |error: &FieldError| AboutField::ALL.iter().position(|field| field.path() == error.field);
    errors.sort_by_key(|error| place(error).unwrap_or(usize::MAX));
}

/// The input that a link to an error focuses: the first one of its field.
pub fn input_of(path: &str) -> Option<&'static str> {
    AboutField::ALL.into_iter().find(|field| field.path() == path).map(AboutField::id)
}

/// The countries as `(alpha-2, name)`, sorted by name.
pub fn countries() -> Vec<(&'static str, &'static str)> {
    let mut countries: Vec<_> = domain::country::all().iter().map(|country| (country.alpha2, country.name)).collect();
    countries.sort_by_key(|(_, name)| *name);
    countries
}

/// The name of a country by its alpha-2 code; an unknown code is returned as it is.
pub fn country_name(alpha2: &str) -> String {
    domain::country::by_alpha2(alpha2).map_or_else(|| alpha2.to_owned(), |country| country.name.to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn filled() -> AboutDraft {
        [
            (FirstName, " Ingrid "),
            (LastName, "Brandvold"),
            (Day, "4"),
            (Month, "3"),
            (Year, "1987"),
            (Email, "ingrid@example.org"),
            (Phone, "+47 22 12 34 56"),
            (Country, "NO"),
            (Line1, "Storgata 1"),
            (Line2, "  "),
            (City, "Oslo"),
            (PostalCode, "0155"),
        ]
        .into_iter()
        .map(|(field, text)| (field, text.to_owned()))
        .collect()
    }

    fn today() -> Date {
        jiff::civil::date(2026, 3, 1)
    }

    #[test]
    fn draft_becomes_the_request() {
        let info = user_info(&filled());
        assert_eq!(info.first_name, "Ingrid");
        assert_eq!(info.date_of_birth, "1987-03-04");
        assert_eq!(info.address.line2, None);
        assert_eq!(info.address.country, "NO");
        assert_eq!(validate(&filled(), today()), vec![]);
    }

    #[test]
    fn invisible_characters_around_any_value_are_left_out() {
        let pasted = filled().into_iter().map(|(field, text)| (field, format!("\u{2068}{text}\u{2069}"))).collect();
        assert_eq!(user_info(&pasted), user_info(&filled()));
        assert_eq!(validate(&pasted, today()), vec![]);
    }

    #[test]
    fn person_with_one_name_is_not_asked_for_another() {
        let mut draft = filled();
        draft.insert(FirstName, "Suharto".to_owned());
        draft.insert(LastName, String::new());
        let errors = validate(&draft, today());
        assert_eq!((errors.len(), errors[0].field.as_str()), (1, "lastName"));
        assert!(errors[0].message.contains(OneName.label()), "{}", errors[0].message);
        draft.insert(OneName, TICKED.to_owned());
        assert_eq!(validate(&draft, today()), vec![]);
        // A last name that was typed before is hidden, and so left out.
        draft.insert(LastName, "Brandvold".to_owned());
        let info = user_info(&draft);
        assert_eq!((info.first_name.as_str(), info.last_name.as_str(), info.one_name), ("Suharto", "", true));
        assert_eq!(validate(&draft, today()), vec![]);
    }

    #[test]
    fn every_error_of_an_empty_draft_has_an_input() {
        let errors = validate(&AboutDraft::new(), today());
        for path in ["firstName", "lastName", "dateOfBirth", "email", "phoneNumber", "address.line1", "address.country"]
        {
            assert!(errors.iter().any(|error| error.field == path), "{path}");
        }
        let inputs: Vec<_> = errors.iter().map(|error| input_of(&error.field).unwrap()).collect();
        let places = inputs.iter().map(|input| AboutField::ALL.iter().position(|field| field.id() == *input));
        assert!(places.is_sorted(), "{inputs:?}");
    }

    #[test]
    fn incomplete_date_is_invalid_and_not_missing() {
        let mut draft = filled();
        draft.insert(Year, String::new());
        let errors = validate(&draft, today());
        assert_eq!(errors.len(), 1);
        assert_eq!((errors[0].field.as_str(), errors[0].code.as_str()), ("dateOfBirth", "invalid"));
        assert!(errors[0].message.contains("day, month and year"));
    }

    #[test]
    fn countries_are_sorted_by_name() {
        let names: Vec<_> = countries().into_iter().map(|(_, name)| name).collect();
        assert!(names.is_sorted());
        assert_eq!(country_name("NO"), "Norway");
        assert_eq!(country_name("QQ"), "QQ");
    }
}
