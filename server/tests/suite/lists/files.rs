//! Lists from files and folders, several at once, and how long they are fresh.

use std::path::{Path, PathBuf};

use domain::applicant::Applicant;
use domain::event::{CheckType, KycStatus, UserInfo};
use domain::watchlist::{RefusalCause, Screening, ScreeningOutcome, Source};
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp, ToSpan};
use server::watchlists::{Checked, Watchlists};
use specimens::Person as Shown;
use tempfile::TempDir;

use super::super::decisions::decided;
use super::super::support::{Person, TestServer, eventually};
use super::{PEOPLE, Service, modify, noon, un};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../domain/tests/fixtures/lists");
const TODAY: Date = date(2026, 11, 27);

fn entry(number: u32, name: &str, born: &str) -> String {
    let nothing = "-0- ,".repeat(7);
    format!("{number},\"{name}\",\"individual\",\"X\",{nothing}\"DOB {born}.\"\r\n")
}

/// A folder with files of lists.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file, as downloaded at noon of `day`.
    fn write(&self, name: &str, content: impl AsRef<[u8]>, day: Date) -> PathBuf {
        let file = self.path(name);
        std::fs::write(&file, content).unwrap();
        modify(&file, noon(day));
        file
    }
}

fn viktor() -> Applicant {
    let info = UserInfo {
        first_name: "Viktor".into(),
        last_name: "Zarenko".into(),
        date_of_birth: "1971-08-12".into(),
        ..domain::samples::ingrid()
    };
    Applicant::parse(&info, TODAY).unwrap()
}

fn screen(lists: &Watchlists, now: Timestamp) -> Screening {
    lists.screen(&viktor(), &[], now)
}

fn named(folder: &Folder) -> String {
    format!("watchlist.sdn = '{}'\n", folder.path("sdn.csv").display())
}

#[tokio::test(flavor = "multi_thread")]
async fn sample_is_labelled_and_never_stale() {
    let lists = Watchlists::sample(date(2026, 1, 1)).unwrap();
    let screening = screen(&lists, noon(TODAY));
    assert!(screening.list_version.starts_with("SAMPLE "), "{}", screening.list_version);
    assert_eq!((screening.published, screening.fresh), (TODAY, None));
    assert!(screening.outcome != ScreeningOutcome::Clear && lists.health(noon(TODAY)).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn files_by_their_names_are_read_again_when_one_changes() {
    let service = Service::start().await;
    let folder = Folder::new();
    let day = TODAY.yesterday().unwrap();
    let entries = [entry(1, "NOBODY, Known", "01 Jan 1950"), entry(2, "SOMEBODY, Listed", "1960")];
    folder.write("sdn.csv", entries.concat(), day);
    let alt = folder.write("alt.csv", "1,1,\"aka\",\"ELSE, Somebody\",-0- \r\n", day);
    let settings = format!("{}watchlist.alt = '{}'\n", named(&folder), alt.display());
    let lists = service.open(&settings).await;
    let screening = screen(&lists, noon(TODAY));
    assert_eq!(screening.list_version, "OFAC-SDN 2026-11-26 (2 entries)");
    assert_eq!((screening.outcome, screening.fresh), (ScreeningOutcome::Clear, Some(true)));
    assert_eq!(screening.lists[0].checked, Some(noon(day)));

    folder.write("alt.csv", "1,1,\"aka\",\"ZARENKO, Viktor\",-0- \r\n", day);
    let keeper = service.keeper(&settings);
    let taken = keeper.check(Source::OfacSdn).await.unwrap();
    assert!(matches!(&taken, Checked::Taken { changes, .. } if changes.changed.len() == 1), "{taken:?}");
    lists.refresh().await.unwrap();
    // Known under his name and born in another year.
    assert_eq!(screen(&lists, noon(TODAY)).namesakes.len(), 1);
}

fn is_hit(lists: &Watchlists) -> bool {
    screen(lists, noon(TODAY)).outcome != ScreeningOutcome::Clear
}

#[tokio::test(flavor = "multi_thread")]
async fn remarks_go_on_in_the_comments_and_a_setting_gives_the_day() {
    let service = Service::start().await;
    let folder = Folder::new();
    folder.write("sdn.csv", entry(2, "ZARENKO, Viktor", "12 Aug 1").replace(".\"", "\""), TODAY);
    let comments = folder.write("comments.csv", "2,\"971; Gender Male.\"\r\n", TODAY);
    let comments = format!("watchlist.comments = '{}'\nwatchlist.published = '2026-11-19'\n", comments.display());
    let screening = screen(&service.open(&format!("{}{comments}", named(&folder))).await, noon(TODAY));
    assert!(matches!(screening.outcome, ScreeningOutcome::Match { .. }), "{screening:?}");
    assert_eq!((screening.published, screening.fresh), (date(2026, 11, 19), Some(true)));
}

#[tokio::test(flavor = "multi_thread")]
async fn unusable_file_keeps_the_list_in_use_and_is_an_error_without_one() {
    let service = Service::start().await;
    let folder = Folder::new();
    folder.write("sdn.csv", "<html>try again later</html>", TODAY);
    let first = service.try_open(&named(&folder)).await.map(|_| ()).unwrap_err().to_string();
    assert!(first.contains("watchlist.sdn") && first.contains("HTML"), "{first}");

    folder.write("sdn.csv", entry(2, "ZARENKO, Viktor", "12 Aug 1971"), TODAY);
    assert!(is_hit(&service.open(&named(&folder)).await));
    folder.write("sdn.csv", "<html>try again later</html>", TODAY);
    assert!(is_hit(&service.open(&named(&folder)).await), "after a restart with the unusable file");
    std::fs::remove_file(folder.path("sdn.csv")).unwrap();
    let keeper = service.keeper(&named(&folder));
    let failed = keeper.check(Source::OfacSdn).await.unwrap();
    assert!(matches!(&failed, Checked::Failed(refusal) if refusal.cause == RefusalCause::File), "{failed:?}");
    assert!(is_hit(&service.open(&named(&folder)).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn several_lists_of_one_folder_are_screened_at_once() {
    let service = Service::start().await;
    let folder = Folder::new();
    let fixture = |name: &str| std::fs::read(Path::new(FIXTURES).join(name)).unwrap();
    for (fixture_name, name) in [
        ("sdn.xml", "SDN.XML"),
        ("un.xml", "un.xml"),
        ("eu.xml", "eu.xml"),
        ("uk.csv", "UK-Sanctions-List.csv"),
        ("peps.csv", "targets.simple.csv"),
    ] {
        folder.write(name, fixture(fixture_name), TODAY);
    }
    let sources = ["ofac_sdn", "un", "eu", "uk", "pep"];
    let of = |sources: &[&str]| -> String {
        let path = folder.0.path().display();
        sources.iter().map(|source| format!("watchlist.{source} = '{path}'\n")).collect()
    };
    let lists = service.open(&of(&sources)).await;
    let screening = screen(&lists, noon(TODAY));
    let used: Vec<&str> = screening.lists.iter().map(|list| list.source.as_str()).collect();
    assert_eq!((used, screening.fresh), (vec!["OFAC-SDN", "UN", "EU", "UK", "PEP"], Some(true)));
    assert!(matches!(screening.outcome, ScreeningOutcome::Match { .. }), "{:?}", screening.outcome);

    // A list that is not there yet prevents every clearance, and no hit.
    let incomplete = service.open(&of(&[&sources[..], &["ofac_consolidated"]].concat())).await;
    let screening = screen(&incomplete, noon(TODAY));
    assert_eq!((screening.lists.len(), screening.fresh), (5, Some(false)));
    assert!(is_hit(&incomplete));
    let words: Vec<(&str, &str)> =
        incomplete.health(noon(TODAY)).iter().map(|list| (list.source.code(), list.word())).collect();
    assert!(words.contains(&("OFAC-CONS", "missing")) && words.contains(&("UN", "fresh")), "{words:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn file_of_another_list_is_refused_also_where_its_bytes_are_known() {
    let service = Service::start().await;
    let folder = Folder::new();
    let file = folder.write("sdn.xml", std::fs::read(Path::new(FIXTURES).join("sdn.xml")).unwrap(), TODAY);
    let settings = format!("watchlist.ofac_sdn = '{0}'\nwatchlist.un = '{0}'\n", file.display());
    let keeper = service.keeper(&settings);
    assert!(matches!(keeper.check(Source::OfacSdn).await.unwrap(), Checked::Taken { .. }));
    let refused = keeper.check(Source::Un).await.unwrap();
    assert!(matches!(&refused, Checked::Refused(why) if why.cause == RefusalCause::OtherFile), "{refused:?}");
    let known = keeper.check(Source::OfacSdn).await.unwrap();
    assert_eq!(known, Checked::Unchanged);
}

#[tokio::test(flavor = "multi_thread")]
async fn list_published_40_days_ago_clears_if_it_was_checked_within_48_hours() {
    let folder = Folder::new();
    let published = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date() - 40.days();
    let nobody = [PEOPLE[1], PEOPLE[2]];
    let file = folder.write("un.xml", un(&published.to_string(), &nobody), published);
    modify(&file, Timestamp::now() - SignedDuration::from_hours(49));
    let server = TestServer::start_with(&format!("watchlist.un = '{}'", file.display())).await;
    let stale = Person::known(server.base()).await;
    let kyc = decided(&stale, &Shown::ingrid()).await;
    let wrong: Vec<CheckType> = kyc.checks.iter().filter(|check| !check.passed).map(|check| check.check_type).collect();
    assert_eq!((kyc.status, wrong), (KycStatus::Review, vec![CheckType::WatchlistScreening]));

    modify(&file, Timestamp::now() - SignedDuration::from_hours(1));
    eventually("the check is noticed", async || {
        let ready: serde_json::Value = server.person().get("/readyz").await.json();
        (ready["lists"]["UN"]["state"] == "fresh").then_some(())
    })
    .await;
    let fresh = Person::known(server.base()).await;
    let kyc = decided(&fresh, &Shown::ingrid()).await;
    assert_eq!((kyc.status, kyc.list_version), (KycStatus::Approved, format!("UN {published} (2 entries)")));
}
