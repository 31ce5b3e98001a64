//! The invented applicant of tests, previews and benchmarks: the person whose documents `specimens` draws.

use crate::event::{Address, UserInfo};

/// Details of Ingrid Brandvold, in normalised form.
pub fn ingrid() -> UserInfo {
    UserInfo {
        email: "ingrid@example.org".into(),
        first_name: "Ingrid".into(),
        last_name: "Brandvold".into(),
        one_name: false,
        date_of_birth: "1987-03-14".into(),
        phone_number: "+4741234567".into(),
        address: Address {
            line1: "Storgata 14".into(),
            line2: None,
            city: "Oslo".into(),
            region: None,
            postal_code: "0184".into(),
            country: "NO".into(),
        },
    }
}
