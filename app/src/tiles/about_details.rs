//! Tile 1 after it is done: the details.

use leptos::prelude::*;

use crate::logic::about_form::country_name;
use crate::logic::text;
use crate::state::use_store;

/// The details as a description list.
#[component]
pub fn AboutDetails() -> impl IntoView {
    let store = use_store();
    move || {
        store.journey.with(|journey| journey.user_info.clone()).map(|info| {
            let name = info.full_name();
            let address = info.address;
            let lines: Vec<String> = [
                Some(address.line1),
                address.line2,
                Some(format!("{} {}", address.postal_code, address.city).trim().to_owned()),
                address.region,
                Some(country_name(&address.country)),
            ]
            .into_iter()
            .flatten()
            .filter(|line| !line.is_empty())
            .collect();
            view! {
                <dl class="facts">
                    <div><dt>"Name"</dt><dd>{name}</dd></div>
                    <div><dt>"Date of birth"</dt><dd>{text::date(&info.date_of_birth)}</dd></div>
                    <div><dt>"E-mail address"</dt><dd>{info.email}</dd></div>
                    <div><dt>"Phone number"</dt><dd>{info.phone_number}</dd></div>
                    <div><dt>"Address"</dt><dd>{lines.join(", ")}</dd></div>
                </dl>
            }
        })
    }
}
