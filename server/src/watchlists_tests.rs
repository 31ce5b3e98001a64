use domain::event::{Address, UserInfo};
use domain::watchlist::ScreeningOutcome;
use tempfile::TempDir;

use super::*;

const TODAY: Date = Date::constant(2026, 11, 21);

fn entry(number: u32, name: &str, born: &str) -> String {
    let nothing = "-0- ,".repeat(7);
    format!("{number},\"{name}\",\"individual\",\"X\",{nothing}\"DOB {born}.\"\r\n")
}

/// A folder with a list that does not contain Viktor Zarenko.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write("sdn.csv", &entry(1, "NOBODY, Known", "01 Jan 1950"));
        folder
    }

    fn write(&self, name: &str, content: &str) {
        std::fs::write(self.0.path().join(name), content).unwrap();
    }

    /// Adds Viktor Zarenko.
    fn list_viktor(&self) {
        let (known, viktor) = (entry(1, "NOBODY, Known", "01 Jan 1950"), entry(2, "ZARENKO, Viktor", "12 Aug 1971"));
        self.write("sdn.csv", &format!("{known}{viktor}"));
    }

    fn modified(&self, day: Date) {
        let file = std::fs::File::options().append(true).open(self.0.path().join("sdn.csv")).unwrap();
        let noon = day.at(12, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp();
        file.set_modified(noon.into()).unwrap();
    }

    fn settings(&self) -> config::Watchlist {
        let sdn = self.0.path().join("sdn.csv").display().to_string();
        config::Watchlist { sdn, alt: String::new(), comments: String::new(), published: None, sample: false }
    }

    fn load(&self) -> Watchlists {
        Watchlists::load(&self.settings(), TODAY).unwrap()
    }
}

fn viktor(lists: &Watchlists) -> Screening {
    let address = Address {
        line1: "Storgata 1".into(),
        city: "Oslo".into(),
        postal_code: "0155".into(),
        country: "NO".into(),
        ..Address::default()
    };
    let info = UserInfo {
        email: "v@example.org".into(),
        first_name: "Viktor".into(),
        last_name: "Zarenko".into(),
        one_name: false,
        date_of_birth: "1971-08-12".into(),
        phone_number: "+4741234567".into(),
        address,
    };
    lists.screen(&Applicant::parse(&info, TODAY).unwrap(), &[], TODAY)
}

fn is_listed(lists: &Watchlists) -> bool {
    viktor(lists).outcome != ScreeningOutcome::Clear
}

#[test]
fn sample_is_labelled_and_never_stale() {
    let settings = config::Watchlist {
        sdn: String::new(),
        alt: String::new(),
        comments: String::new(),
        published: None,
        sample: true,
    };
    let lists = Watchlists::load(&settings, Date::constant(2026, 1, 1)).unwrap();
    let screening = viktor(&lists);
    assert!(screening.list_version.starts_with("SAMPLE "), "{}", screening.list_version);
    assert_eq!(screening.published, TODAY);
    assert!(is_listed(&lists));
}

#[test]
fn publication_day_is_the_setting_or_the_modification_time() {
    let folder = Folder::new();
    folder.modified(Date::constant(2026, 11, 17));
    assert_eq!(viktor(&folder.load()).published, Date::constant(2026, 11, 17));
    let configured = config::Watchlist { published: Some(Date::constant(2026, 11, 19)), ..folder.settings() };
    let screening = viktor(&Watchlists::load(&configured, TODAY).unwrap());
    assert_eq!(screening.published, Date::constant(2026, 11, 19));
    assert_eq!(screening.list_version, "OFAC-SDN 2026-11-19 (1 entries)");
}

#[test]
fn changed_list_is_reloaded_once() {
    let folder = Folder::new();
    let lists = folder.load();
    assert_eq!(lists.reload_if_changed().unwrap(), None);
    assert!(!is_listed(&lists));
    folder.list_viktor();
    folder.modified(TODAY);
    let used_elsewhere = lists.clone();
    assert_eq!(lists.reload_if_changed().unwrap().unwrap(), "OFAC-SDN 2026-11-21 (2 entries)");
    assert!(is_listed(&used_elsewhere));
    assert_eq!(lists.reload_if_changed().unwrap(), None);

    // The same list, downloaded a day later, has the new day.
    let tomorrow = TODAY.tomorrow().unwrap();
    folder.modified(tomorrow);
    assert!(lists.reload_if_changed().unwrap().is_some());
    assert_eq!(viktor(&lists).published, tomorrow);
}

#[test]
fn changed_alias_file_is_reloaded() {
    let folder = Folder::new();
    folder.write("alt.csv", "1,1,\"aka\",\"ELSE, Somebody\",-0- \r\n");
    let alt = folder.0.path().join("alt.csv").display().to_string();
    let lists = Watchlists::load(&config::Watchlist { alt, ..folder.settings() }, TODAY).unwrap();
    assert!(lists.reload_if_changed().unwrap().is_none());
    folder.write("alt.csv", "1,1,\"aka\",\"ANOTHER, Somebody Yet\",-0- \r\n");
    assert!(lists.reload_if_changed().unwrap().is_some());
}

#[test]
fn remarks_go_on_in_the_comments() {
    let folder = Folder::new();
    folder.write("sdn.csv", &entry(2, "ZARENKO, Viktor", "12 Aug 1").replace(".\"", "\""));
    folder.write("comments.csv", "2,\"971; Gender Male.\"\r\n");
    let comments = folder.0.path().join("comments.csv").display().to_string();
    let without = viktor(&folder.load());
    let with = viktor(&Watchlists::load(&config::Watchlist { comments, ..folder.settings() }, TODAY).unwrap());
    assert!(matches!(without.outcome, ScreeningOutcome::Possible { .. }), "{without:?}");
    assert!(matches!(with.outcome, ScreeningOutcome::Match { .. }), "{with:?}");
}

#[test]
fn unusable_list_keeps_the_loaded_one() {
    let folder = Folder::new();
    folder.list_viktor();
    let lists = folder.load();
    folder.write("sdn.csv", "<html>try again later</html>");
    assert!(matches!(lists.reload_if_changed(), Err(WatchlistError::Format(_))));
    assert!(is_listed(&lists));
    assert_eq!(lists.reload_if_changed().unwrap(), None, "reported once");

    std::fs::remove_file(folder.0.path().join("sdn.csv")).unwrap();
    let gone = lists.reload_if_changed().unwrap_err().to_string();
    assert!(gone.starts_with("watchlist.sdn: "), "{gone}");
    assert!(is_listed(&lists));
    folder.list_viktor();
    assert!(lists.reload_if_changed().unwrap().is_some(), "a valid list is loaded again");
}

#[tokio::test]
async fn follow_reloads_changes_until_stopped() {
    let folder = Folder::new();
    let lists = folder.load();
    let stop = CancellationToken::new();
    let following = tokio::spawn(lists.clone().follow(Duration::from_millis(5), stop.clone()));
    folder.list_viktor();
    let reloaded = async {
        while !is_listed(&lists) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), reloaded).await.unwrap();
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(30), following).await.unwrap().unwrap();
}
