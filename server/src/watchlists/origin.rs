//! Where a list comes from.

use std::net::IpAddr;
use std::path::PathBuf;

use domain::watchlist::Source;
use jiff::civil::Date;
use reqwest::Url;

/// The publishers' own addresses. The token of the European Union's is public and the same for everybody.
const PUBLISHERS: [(Source, &str); 5] = [
    (Source::OfacSdn, "https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/SDN.XML"),
    (
        Source::OfacConsolidated,
        "https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/CONSOLIDATED.XML",
    ),
    (Source::Un, "https://scsanctions.un.org/resources/xml/en/consolidated.xml"),
    (
        Source::Eu,
        "https://webgate.ec.europa.eu/fsd/fsf/public/files/xmlFullSanctionsList_1_1/content?token=dG9rZW4tMjAxNw",
    ),
    (Source::Uk, "https://sanctionslist.fcdo.gov.uk/docs/UK-Sanctions-List.xml"),
];

/// Where a list comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// An address, over TLS or on this machine.
    Url(Url),
    /// A file, or a folder that has it under its published name.
    Path(PathBuf),
    /// OFAC's files of comma-separated values by their names: `watchlist.sdn`, `alt` and `comments`.
    Named {
        /// SDN.CSV.
        entries: PathBuf,
        /// ALT.CSV.
        aliases: Option<PathBuf>,
        /// SDN_COMMENTS.CSV.
        comments: Option<PathBuf>,
        /// `watchlist.published`.
        published: Option<Date>,
    },
}

impl Origin {
    /// Parses the setting of a list; `None` if the list is off.
    ///
    /// # Errors
    /// What is wrong with the value. It does not contain the value, whose query may be a key.
    pub fn parse(source: Source, value: &str) -> Result<Option<Self>, String> {
        match value {
            "" | "off" => Ok(None),
            "publisher" => {
                let Some((_, address)) = PUBLISHERS.iter().find(|(known, _)| *known == source) else {
                    return Err("has no `publisher`, because the list needs a licence: name your file or its address"
                        .to_owned());
                };
                let url = Url::parse(address).map_err(|error| format!("is invalid: {error}"))?;
                Ok(Some(Self::Url(url)))
            }
            address if address.contains("://") => match Url::parse(address) {
                Ok(url) if is_allowed(&url) => Ok(Some(Self::Url(url))),
                _ => Err("is no address of a list: it must begin with https://, or with http:// on this machine, and \
                          must contain no user"
                    .to_owned()),
            },
            path => Ok(Some(Self::Path(path.into()))),
        }
    }

    /// Whether it is fetched over HTTP.
    pub fn is_fetched(&self) -> bool {
        matches!(self, Self::Url(_))
    }

    /// The origin for people. Without the query of an address, which may be a key.
    pub fn describe(&self) -> String {
        match self {
            Self::Url(url) => {
                let mut shown = url.clone();
                shown.set_query(None);
                shown.set_fragment(None);
                shown.to_string()
            }
            Self::Path(path) | Self::Named { entries: path, .. } => path.display().to_string(),
        }
    }
}

/// Whether a list may be fetched from `url`: over TLS, or without it from this machine.
pub(super) fn is_allowed(url: &Url) -> bool {
    let has_no_user = url.username().is_empty() && url.password().is_none();
    has_no_user && url.has_host() && (url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url)))
}

/// Whether `url` is an address of this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn value_is_off_publisher_address_or_path() {
        let parse = |value| Origin::parse(Source::Un, value);
        assert_eq!((parse(""), parse("off")), (Ok(None), Ok(None)));
        assert_eq!(parse("/lists"), Ok(Some(Origin::Path("/lists".into()))));
        assert!(parse("publisher").unwrap().unwrap().is_fetched());
        for allowed in ["https://lists.example/un.xml?key=1", "http://127.0.0.1:8080/un.xml", "http://[::1]/un.xml"] {
            assert!(parse(allowed).unwrap().unwrap().is_fetched(), "{allowed}");
        }
        for refused in ["http://lists.example/un.xml", "https://a:b@lists.example/", "ftp://lists.example/", "https://"]
        {
            assert!(parse(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn every_list_but_peps_has_a_publisher() {
        for (source, address) in PUBLISHERS {
            assert!(Origin::parse(source, "publisher").unwrap().is_some(), "{address}");
        }
        assert!(Origin::parse(Source::Pep, "publisher").unwrap_err().contains("licence"));
    }

    #[test]
    fn key_in_an_address_is_not_shown() {
        let origin = Origin::parse(Source::Eu, "https://lists.example/eu?token=8315#x").unwrap().unwrap();
        assert_eq!(origin.describe(), "https://lists.example/eu");
    }
}
