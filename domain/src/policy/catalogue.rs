//! The catalogue file: parsing and validation.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::LazyLock;

use serde::Deserialize;

use super::condition::AgeRange;
use super::eligibility::Eligibility;
use super::fit::Fit;
use super::premium::PremiumRules;
use crate::needs::Interest;

/// The catalogue that is compiled in, as text: the commented file that also documents the format.
pub const BUILTIN: &str = include_str!("../../data/catalogue.toml");

/// Amounts in the catalogue, in cents a month.
const CENTS: std::ops::RangeInclusive<u32> = 0..=100_000;

/// Factors in the catalogue, in thousandths: from a tenth to ten times.
const FACTORS: std::ops::RangeInclusive<u16> = 100..=10_000;

/// All products, validated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalogue {
    currency: String,
    products: Vec<Product>,
}

/// One product. The file `domain/data/catalogue.toml` explains the keys.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// Stable; stored with a customer's choice.
    pub id: String,
    /// The name for the applicant.
    pub name: String,
    /// One sentence.
    pub summary: String,
    /// Two to four short lines.
    pub covers: Vec<String>,
    /// The interest that it serves.
    pub interest: Interest,
    /// Who is eligible.
    pub eligibility: Eligibility,
    /// How its fit is scored.
    pub fit: Fit,
    /// How its premium is calculated.
    pub premium: PremiumRules,
}

/// A problem in the catalogue file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueProblem {
    /// The product's id, or its place in the file (`number 3`) if it has no id. `None`: the whole file.
    pub product: Option<String>,
    /// The key and its problem.
    pub message: String,
}

impl fmt::Display for CatalogueProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.product {
            Some(product) => write!(f, "product {product}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

/// The catalogue file is invalid; all its problems.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the product catalogue is invalid: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct CatalogueError(pub Vec<CatalogueProblem>);

impl Catalogue {
    /// Parses a catalogue file.
    ///
    /// # Errors
    /// [`CatalogueError`] with every problem. A product that cannot be read at all has one problem, the first.
    pub fn parse(toml: &str) -> Result<Self, CatalogueError> {
        let whole = |message: String| CatalogueProblem { product: None, message };
        let mut file: toml::Table =
            toml.parse().map_err(|e: toml::de::Error| CatalogueError(vec![whole(e.to_string().trim().to_owned())]))?;
        let mut problems = Vec::new();

        let currency = match file.remove("currency") {
            Some(toml::Value::String(code)) if code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase()) => code,
            _ => {
                problems.push(whole("`currency` must be an ISO 4217 code such as \"EUR\"".to_owned()));
                String::new()
            }
        };
        let entries = match file.remove("product") {
            Some(toml::Value::Array(entries)) if !entries.is_empty() => entries,
            _ => {
                problems.push(whole("at least one [[product]] is required".to_owned()));
                Vec::new()
            }
        };
        problems.extend(file.keys().map(|key| whole(format!("unknown key `{key}`"))));

        let mut products: Vec<Product> = Vec::new();
        for (index, entry) in entries.into_iter().enumerate() {
            let id = entry.get("id").and_then(toml::Value::as_str).map(ToOwned::to_owned);
            let named = id.unwrap_or_else(|| format!("number {}", index + 1));
            let problem = |message: String| CatalogueProblem { product: Some(named.clone()), message };
            match entry.try_into::<Product>() {
                Ok(product) => {
                    problems.extend(product.problems().into_iter().map(problem));
                    if products.iter().any(|other| other.id == product.id) {
                        problems.push(problem("`id` is used twice".to_owned()));
                    }
                    products.push(product);
                }
                // One line: the message ends with the path of the key.
                Err(e) => problems.push(problem(e.to_string().split_whitespace().collect::<Vec<_>>().join(" "))),
            }
        }
        if problems.is_empty() { Ok(Self { currency, products }) } else { Err(CatalogueError(problems)) }
    }

    /// The catalogue that is compiled in.
    pub fn builtin() -> &'static Self {
        static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
            // Compiled in: a build with an invalid catalogue fails its tests.
            Catalogue::parse(BUILTIN).unwrap_or_else(|e| panic!("{e}"))
        });
        &CATALOGUE
    }

    /// The product with this id.
    pub fn product(&self, id: &str) -> Option<&Product> {
        self.products.iter().find(|product| product.id == id)
    }

    /// All products, in the file's order.
    pub fn products(&self) -> &[Product] {
        &self.products
    }

    /// ISO 4217 code of all amounts.
    pub fn currency(&self) -> &str {
        &self.currency
    }
}

impl Product {
    /// The rules that the types do not express.
    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut check = |holds: bool, message: &str| {
            if !holds {
                problems.push(message.to_owned());
            }
        };
        let line = |text: &str| !text.trim().is_empty() && !text.contains('\n');
        let id_char = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        check(!self.id.is_empty() && self.id.bytes().all(id_char), "`id` takes lower-case letters, digits and hyphens");
        check(line(&self.name), "`name` must be one line of text");
        check(line(&self.summary), "`summary` must be one line of text");
        check((2..=4).contains(&self.covers.len()), "`covers` takes two to four lines");
        check(self.covers.iter().all(|text| line(text)), "`covers` must be lines of text");
        self.check_eligibility(&mut check);
        self.check_fit(&mut check);
        self.check_premium(&mut check);
        problems
    }

    fn check_eligibility(&self, check: &mut impl FnMut(bool, &str)) {
        let e = &self.eligibility;
        check(ascending(e.age), "`eligibility.age`: `from` is above `to`");
        let answers = [
            ("homes", e.homes.as_ref().map(Vec::len)),
            ("vehicles", e.vehicles.as_ref().map(Vec::len)),
            ("employment", e.employment.as_ref().map(Vec::len)),
            ("countries", e.countries.as_ref().map(Vec::len)),
        ];
        for (key, len) in answers {
            check(len != Some(0), &format!("`eligibility.{key}` is empty, so nobody would be eligible"));
        }
        let code = |code: &String| code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase());
        check(
            e.countries.iter().flatten().all(code),
            "`eligibility.countries` takes ISO 3166-1 alpha-2 codes such as \"NO\"",
        );
    }

    fn check_fit(&self, check: &mut impl FnMut(bool, &str)) {
        let rules = self.fit.rules.iter().map(|rule| u32::from(rule.points));
        let sum = u32::from(self.fit.interest) + u32::from(self.fit.budget) + rules.sum::<u32>();
        check(sum == 100, &format!("`fit`: the points must be 100 in all, not {sum}"));
        let mut reasons = BTreeSet::new();
        for (index, rule) in self.fit.rules.iter().enumerate() {
            let number = index + 1;
            check(rule.points > 0, &format!("`fit.rules` {number}: `points` must be above 0"));
            check(!rule.reason.trim().is_empty(), &format!("`fit.rules` {number}: `reason` is empty"));
            check(reasons.insert(&rule.reason), &format!("`fit.rules` {number}: `reason` is used twice"));
            check(!rule.when.is_empty(), &format!("`fit.rules` {number}: `when` has no condition"));
            check(ascending(rule.when.age), &format!("`fit.rules` {number}: `when.age`: `from` is above `to`"));
        }
    }

    fn check_premium(&self, check: &mut impl FnMut(bool, &str)) {
        let p = &self.premium;
        let amounts = [
            ("base_cents", p.base_cents),
            ("per_dependant_cents", p.per_dependant_cents),
            ("per_pet_cents", p.per_pet_cents),
            ("per_trip_cents", p.per_trip_cents),
        ];
        for (key, cents) in amounts {
            check(CENTS.contains(&cents), &format!("`premium.{key}` must be at most {}", CENTS.end()));
        }
        check(p.base_cents > 0, "`premium.base_cents` must be above 0");
        for (key, factor) in p.factors() {
            check(
                FACTORS.contains(&factor),
                &format!("`premium.{key}` must be from {} to {} thousandths", FACTORS.start(), FACTORS.end()),
            );
        }
        check(p.age.windows(2).all(|pair| pair[0].from < pair[1].from), "`premium.age` must be ascending");
        let youngest = self.eligibility.age.map_or(0, |age| age.from);
        check(
            p.age.first().is_none_or(|step| step.from <= youngest),
            "`premium.age` must begin no later than `eligibility.age`",
        );
    }
}

fn ascending(range: Option<AgeRange>) -> bool {
    range.is_none_or(|range| range.to.is_none_or(|to| range.from <= to))
}
