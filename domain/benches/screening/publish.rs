//! Writes invented people as the publishers write their lists.

use std::fmt::Write as _;

use jiff::civil::Date;
use rand::Rng as _;
use rand::rngs::StdRng;

use super::people::Person;

/// How a list gives a date of birth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateForm {
    Day,
    Year,
    /// 1 January, which means the year.
    FirstOfJanuary,
    None,
}

/// A person on a list.
pub struct Listed {
    pub person: Person,
    pub form: DateForm,
    /// Other spellings of given and family name.
    pub aliases: Vec<(String, String)>,
}

impl Listed {
    pub fn invent(rng: &mut StdRng) -> Self {
        let origin = Person::any_origin(rng);
        let person = Person::invent(rng, origin);
        // As in OFAC's list of 2019: two thirds have a day, a quarter a year.
        let form = match rng.random_range(0..100) {
            0..66 => DateForm::Day,
            66..84 => DateForm::Year,
            84..92 => DateForm::FirstOfJanuary,
            _ => DateForm::None,
        };
        let aliases = (0..rng.random_range(0..3)).map(|_| alias(rng, &person)).collect();
        Self { person, form, aliases }
    }

    fn iso(&self) -> Option<String> {
        let born = self.person.born;
        match self.form {
            DateForm::Day => Some(born.to_string()),
            DateForm::Year => Some(born.year().to_string()),
            DateForm::FirstOfJanuary => Some(format!("{}-01-01", born.year())),
            DateForm::None => None,
        }
    }
}

/// Another spelling that a list gives: one word of the name otherwise.
fn alias(rng: &mut StdRng, person: &Person) -> (String, String) {
    let mut spell = |words: &[super::people::Word]| {
        let spelt = words.iter().map(|word| {
            let others = word.others.len();
            if others > 0 && rng.random_bool(0.5) {
                word.others[rng.random_range(0..others)].clone()
            } else {
                word.usual.clone()
            }
        });
        spelt.collect::<Vec<_>>().join(" ")
    };
    (spell(&person.given), spell(&person.family))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

pub fn ofac_xml(people: &[Listed], day: Date, first: usize) -> String {
    let mut xml = format!(
        "<?xml version=\"1.0\"?><sdnList xmlns=\"https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/XML\">\
         <publshInformation><Publish_Date>{}</Publish_Date><Record_Count>{}</Record_Count></publshInformation>",
        day.strftime("%m/%d/%Y"),
        people.len()
    );
    for (at, listed) in people.iter().enumerate() {
        let person = &listed.person;
        let _ = write!(
            xml,
            "<sdnEntry><uid>{}</uid><firstName>{}</firstName><lastName>{}</lastName><sdnType>Individual</sdnType>\
             <programList><program>INVENTED</program></programList><idList><id><uid>1</uid><idType>Passport</idType>\
             <idNumber>{}</idNumber></id><id><uid>2</uid><idType>Gender</idType><idNumber>{}</idNumber></id></idList><akaList>",
            first + at,
            escaped(&person.usual_given()),
            escaped(&person.usual_family().to_uppercase()),
            person.passport,
            if person.is_woman { "Female" } else { "Male" },
        );
        for (given, family) in &listed.aliases {
            let _ = write!(
                xml,
                "<aka><uid>3</uid><type>a.k.a.</type><category>strong</category><lastName>{}</lastName><firstName>{}</firstName></aka>",
                escaped(family),
                escaped(given)
            );
        }
        xml.push_str("</akaList><nationalityList><nationality><country>");
        xml.push_str(country_name(person.country));
        xml.push_str("</country></nationality></nationalityList><dateOfBirthList>");
        if let Some(born) = ofac_date(listed) {
            let _ = write!(xml, "<dateOfBirthItem><dateOfBirth>{born}</dateOfBirth></dateOfBirthItem>");
        }
        xml.push_str("</dateOfBirthList></sdnEntry>");
    }
    xml.push_str("</sdnList>");
    xml
}

fn ofac_date(listed: &Listed) -> Option<String> {
    let born = listed.person.born;
    Some(match listed.form {
        DateForm::Day => born.strftime("%d %b %Y").to_string(),
        DateForm::Year => born.year().to_string(),
        DateForm::FirstOfJanuary => format!("01 Jan {}", born.year()),
        DateForm::None => return None,
    })
}

pub fn un_xml(people: &[Listed], day: Date) -> String {
    let mut xml = format!("<CONSOLIDATED_LIST dateGenerated=\"{day}T00:00:09.554Z\"><INDIVIDUALS>");
    for (at, listed) in people.iter().enumerate() {
        let person = &listed.person;
        let _ = write!(
            xml,
            "<INDIVIDUAL><DATAID>{at}</DATAID><FIRST_NAME>{}</FIRST_NAME><SECOND_NAME>{}</SECOND_NAME><UN_LIST_TYPE>X</UN_LIST_TYPE>\
             <REFERENCE_NUMBER>INi.{at}</REFERENCE_NUMBER><NAME_ORIGINAL_SCRIPT>{}</NAME_ORIGINAL_SCRIPT>\
             <NATIONALITY><VALUE>{}</VALUE></NATIONALITY>",
            escaped(&person.usual_given()),
            escaped(&person.usual_family()),
            person.own().unwrap_or_default(),
            country_name(person.country),
        );
        for (given, family) in &listed.aliases {
            let _ = write!(
                xml,
                "<INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>{} {}</ALIAS_NAME></INDIVIDUAL_ALIAS>",
                escaped(given),
                escaped(family)
            );
        }
        let _ = match listed.form {
            DateForm::Day | DateForm::FirstOfJanuary => write!(
                xml,
                "<INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>EXACT</TYPE_OF_DATE><DATE>{}</DATE></INDIVIDUAL_DATE_OF_BIRTH>",
                listed.iso().unwrap_or_default()
            ),
            DateForm::Year => write!(
                xml,
                "<INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>EXACT</TYPE_OF_DATE><YEAR>{}</YEAR></INDIVIDUAL_DATE_OF_BIRTH>",
                person.born.year()
            ),
            DateForm::None => Ok(()),
        };
        xml.push_str("</INDIVIDUAL>");
    }
    xml.push_str("</INDIVIDUALS></CONSOLIDATED_LIST>");
    xml
}

pub fn eu_xml(people: &[Listed], day: Date) -> String {
    let mut xml =
        format!("<export xmlns=\"http://eu.europa.ec/fpi/fsd/export\" generationDate=\"{day}T17:02:51.330+02:00\">");
    for (at, listed) in people.iter().enumerate() {
        let person = &listed.person;
        let sex = if person.is_woman { "F" } else { "M" };
        let _ = write!(
            xml,
            "<sanctionEntity euReferenceNumber=\"EU.{at}.1\" logicalId=\"{at}\"><subjectType code=\"person\"/>\
             <nameAlias firstName=\"{given}\" lastName=\"{family}\" wholeName=\"{given} {family}\" gender=\"{sex}\" strong=\"true\"/>",
            given = escaped(&person.usual_given()),
            family = escaped(&person.usual_family()),
        );
        if let Some(own) = person.own() {
            let _ = write!(xml, "<nameAlias wholeName=\"{own}\" strong=\"true\"/>");
        }
        for (given, family) in &listed.aliases {
            let _ = write!(xml, "<nameAlias wholeName=\"{} {}\" strong=\"true\"/>", escaped(given), escaped(family));
        }
        let _ = write!(xml, "<citizenship countryIso2Code=\"{}\"/>", person.country);
        let _ = match listed.form {
            DateForm::Day | DateForm::FirstOfJanuary => write!(
                xml,
                "<birthdate circa=\"false\" calendarType=\"GREGORIAN\" birthdate=\"{}\" countryIso2Code=\"00\"/>",
                listed.iso().unwrap_or_default()
            ),
            DateForm::Year => {
                write!(
                    xml,
                    "<birthdate circa=\"false\" calendarType=\"GREGORIAN\" year=\"{}\" countryIso2Code=\"00\"/>",
                    person.born.year()
                )
            }
            DateForm::None => Ok(()),
        };
        xml.push_str("</sanctionEntity>");
    }
    xml.push_str("</export>");
    xml
}

pub fn uk_csv(people: &[Listed], day: Date) -> String {
    let mut csv = format!(
        "Report Date: {}\nUnique ID,Name 6,Name 1,Name type,Alias strength,Name non-latin script,Designation Type,D.O.B,Nationality(/ies),Gender,Regime Name\n",
        day.strftime("%d-%b-%Y")
    );
    for (at, listed) in people.iter().enumerate() {
        let person = &listed.person;
        let born = match listed.form {
            DateForm::Day => person.born.strftime("%d/%m/%Y").to_string(),
            DateForm::Year => format!("dd/mm/{}", person.born.year()),
            DateForm::FirstOfJanuary => format!("01/01/{}", person.born.year()),
            DateForm::None => String::new(),
        };
        let mut row = |given: &str, family: &str, kind: &str, own: &str| {
            let _ = writeln!(
                csv,
                "INV{at:04},\"{family}\",\"{given}\",{kind},,{own},Individual,{born},{},{},Invented",
                country_name(person.country).replace(',', ""),
                if person.is_woman { "Female" } else { "Male" }
            );
        };
        row(&person.usual_given(), &person.usual_family(), "Primary name", &person.own().unwrap_or_default());
        for (given, family) in &listed.aliases {
            row(given, family, "ALias", "");
        }
    }
    csv
}

fn country_name(code: &str) -> &'static str {
    match code {
        "KP" => "Korea, North",
        "KR" => "Korea, South",
        code => domain::country::by_alpha2(code).map_or("", |country| country.name),
    }
}
