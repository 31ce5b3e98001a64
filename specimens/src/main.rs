//! Command line of the specimens: a set for the browser tests, random documents, or one document of a given person.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::civil::Date;
use specimens::{
    Bill, CaptureQuality, Defect, Degradation, FontError, Paper, Person, RgbImage, Specimen, Theme,
    draw_driving_licence, draw_identity_card, draw_passport, draw_utility_bill, image_pdf, jpeg, png, text_pdf,
};

/// Draw documents of invented people.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// Folder for the set of the browser tests.
    #[arg(long)]
    out: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Draw one document.
    One(Box<One>),
    /// Draw documents of random people, each with a text file of its true values.
    Invent(Invent),
    /// Draw unreadable pictures.
    Defective(Defective),
}

#[derive(Args)]
struct Invent {
    /// Kinds of documents; all by default.
    #[arg(long, value_delimiter = ',')]
    paper: Vec<Paper>,
    /// Degradations of their pictures.
    #[arg(long, value_delimiter = ',', default_value = "phone-like")]
    degradation: Vec<Degradation>,
    /// Strength from 0 to 1, except for mixtures.
    #[arg(long, default_value_t = 0.5)]
    strength: f32,
    /// First seed.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// Number of documents of each kind.
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// Day of the upload, YYYY-MM-DD; today by default.
    #[arg(long)]
    today: Option<Date>,
    /// Output folder.
    #[arg(long)]
    out: PathBuf,
}

#[derive(Args)]
struct Defective {
    /// Kinds of documents; all by default.
    #[arg(long, value_delimiter = ',')]
    paper: Vec<Paper>,
    /// Defects; all by default.
    #[arg(long, value_delimiter = ',')]
    defect: Vec<Defect>,
    /// First seed.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// Number of documents of each kind.
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// Output folder.
    #[arg(long)]
    out: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Passport,
    IdentityCard,
    DrivingLicence,
    UtilityBill,
}

/// Options of one document. Missing values are Ingrid Brandvold's.
#[derive(Args)]
struct One {
    #[arg(long)]
    kind: Kind,
    /// Given names.
    #[arg(long)]
    given: Option<String>,
    /// Family name.
    #[arg(long)]
    family: Option<String>,
    /// Date of birth, YYYY-MM-DD.
    #[arg(long)]
    born: Option<Date>,
    /// ICAO code, three letters.
    #[arg(long)]
    nationality: Option<String>,
    /// M, F or X.
    #[arg(long)]
    sex: Option<char>,
    /// Document number.
    #[arg(long)]
    number: Option<String>,
    /// Expiry of the document, YYYY-MM-DD.
    #[arg(long)]
    expiry: Option<Date>,
    /// Issue of the document, YYYY-MM-DD; of a bill 20 days ago by default.
    #[arg(long)]
    issue_date: Option<Date>,
    /// Street and house number.
    #[arg(long)]
    line1: Option<String>,
    /// Postal code.
    #[arg(long)]
    postal_code: Option<String>,
    /// City.
    #[arg(long)]
    city: Option<String>,
    /// Country, in words.
    #[arg(long)]
    country: Option<String>,
    /// Quality of the capture.
    #[arg(long, default_value = "none")]
    degrade: CaptureQuality,
    /// Seed; the same seed gives the same picture.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Output file; its extension is the format: jpg, png, or (bills only, with a text layer if not degraded) pdf.
    #[arg(long)]
    out: PathBuf,
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Font(#[from] FontError),
    #[error(transparent)]
    Image(#[from] image::ImageError),
    #[error("cannot write: {0}")]
    Write(#[from] std::io::Error),
    #[error("{0} must end in .jpg or .png, or in .pdf for a utility bill")]
    Ending(PathBuf),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let today = jiff::Zoned::now().date();
    let done = match (cli.command, cli.out) {
        (Some(Command::One(one)), _) => draw_one(*one, today),
        (Some(Command::Invent(options)), _) => invent(&options, options.today.unwrap_or(today)),
        (Some(Command::Defective(options)), _) => defective(&options, today),
        (None, Some(folder)) => draw_set(&folder, today),
        // clap has printed the help.
        (None, None) => Ok(()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

/// Ingrid, with a document that is valid for at least five years from today.
fn ingrid(today: Date) -> Person {
    let mut person = Person::ingrid();
    person.expiry_date = person.expiry_date.max(today.saturating_add(jiff::Span::new().years(5)));
    person
}

fn recent(today: Date) -> Date {
    today.saturating_sub(jiff::Span::new().days(20))
}

fn draw_set(folder: &Path, today: Date) -> Result<(), Failure> {
    std::fs::create_dir_all(folder)?;
    let person = ingrid(today);
    let bill = Bill::issued(recent(today));
    let phone = Theme::new(CaptureQuality::Phone, 1);
    let light = Theme::new(CaptureQuality::Light, 1);
    let write = |name: &str, bytes: Vec<u8>| std::fs::write(folder.join(name), bytes);
    write("passport.jpg", jpeg(&draw_passport(&person, &Theme::CLEAN)?, 90)?)?;
    write("passport-photo.jpg", jpeg(&draw_passport(&person, &phone)?, 85)?)?;
    write("identity-card.png", png(&draw_identity_card(&person, &Theme::CLEAN)?)?)?;
    write("driving-licence.jpg", jpeg(&draw_driving_licence(&person, &light)?, 90)?)?;
    write("utility-bill.png", png(&draw_utility_bill(&person, &bill, &Theme::CLEAN)?)?)?;
    write("utility-bill.pdf", text_pdf(&person, &bill))?;
    write("unreadable.jpg", jpeg(&draw_passport(&person, &Theme::new(CaptureQuality::Unreadable, 1))?, 85)?)?;
    Ok(())
}

fn draw_one(one: One, today: Date) -> Result<(), Failure> {
    let Person {
        given_names,
        family_name,
        date_of_birth,
        nationality,
        sex,
        document_number,
        issue_date,
        expiry_date,
        line1,
        postal_code,
        city,
        country,
        ..
    } = ingrid(today);
    let person = Person {
        given_names: one.given.unwrap_or(given_names),
        family_name: one.family.unwrap_or(family_name),
        date_of_birth: one.born.unwrap_or(date_of_birth),
        nationality: one.nationality.unwrap_or(nationality),
        sex: one.sex.unwrap_or(sex),
        document_number: one.number.unwrap_or(document_number),
        issue_date: one.issue_date.unwrap_or(issue_date),
        expiry_date: one.expiry.unwrap_or(expiry_date),
        line1: one.line1.unwrap_or(line1),
        postal_code: one.postal_code.unwrap_or(postal_code),
        city: one.city.unwrap_or(city),
        country: one.country.unwrap_or(country),
        ..ingrid(today)
    };
    let bill = Bill::issued(one.issue_date.unwrap_or_else(|| recent(today)));
    let theme = Theme::new(one.degrade, one.seed);
    let draw = || -> Result<RgbImage, FontError> {
        match one.kind {
            Kind::Passport => draw_passport(&person, &theme),
            Kind::IdentityCard => draw_identity_card(&person, &theme),
            Kind::DrivingLicence => draw_driving_licence(&person, &theme),
            Kind::UtilityBill => draw_utility_bill(&person, &bill, &theme),
        }
    };
    let ending = one.out.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let bytes = match (ending, one.kind, one.degrade) {
        ("pdf", Kind::UtilityBill, CaptureQuality::None) => text_pdf(&person, &bill),
        ("pdf", Kind::UtilityBill, _) => image_pdf(&draw()?)?,
        ("jpg" | "jpeg", ..) => jpeg(&draw()?, 90)?,
        ("png", ..) => png(&draw()?)?,
        _ => return Err(Failure::Ending(one.out)),
    };
    if let Some(folder) = one.out.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    Ok(std::fs::write(&one.out, bytes)?)
}

fn all_or<T: Copy>(wanted: &[T], all: &[T]) -> Vec<T> {
    if wanted.is_empty() { all.to_vec() } else { wanted.to_vec() }
}

fn invent(options: &Invent, today: Date) -> Result<(), Failure> {
    std::fs::create_dir_all(&options.out)?;
    for paper in all_or(&options.paper, &Paper::ALL) {
        for seed in options.first..options.first + options.seeds {
            let specimen = Specimen::invent(paper, seed, today)?;
            let name = format!("{}-{seed}", paper.as_str());
            let mut truth = format!("layout {}\n", specimen.layout);
            for (field, value) in &specimen.truth {
                truth += &format!("{} {}\n", field.as_str(), value.replace('\n', "\n    "));
            }
            std::fs::write(options.out.join(format!("{name}.txt")), truth)?;
            for degradation in &options.degradation {
                let bytes = degradation.jpeg(&specimen, options.strength, seed)?;
                std::fs::write(options.out.join(format!("{name}-{}.jpg", degradation.as_str())), bytes)?;
            }
        }
    }
    Ok(())
}

fn defective(options: &Defective, today: Date) -> Result<(), Failure> {
    std::fs::create_dir_all(&options.out)?;
    for paper in all_or(&options.paper, &Paper::ALL) {
        for defect in all_or(&options.defect, &Defect::ALL) {
            for seed in options.first..options.first + options.seeds {
                let name = format!("{}-{seed}-{}.jpg", paper.as_str(), defect.as_str());
                std::fs::write(options.out.join(name), jpeg(&defect.draw(paper, seed, today)?, 88)?)?;
            }
        }
    }
    Ok(())
}
