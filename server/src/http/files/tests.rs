use std::time::{Duration, SystemTime};

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::middleware;

use super::*;

fn site() -> tempfile::TempDir {
    let site = tempfile::tempdir().unwrap();
    std::fs::create_dir(site.path().join(FOLDER)).unwrap();
    write(&site, "pkg/onboard-ai.js", "first");
    site
}

fn write(site: &tempfile::TempDir, name: &str, content: &str) {
    std::fs::write(site.path().join(name), content).unwrap();
}

#[test]
fn folder_is_named_by_names_and_contents_of_the_files() {
    let site = site();
    let first = Files::read(site.path(), false).folder();
    assert!(first.starts_with("pkg/") && first.len() == 28, "{first}");
    assert_eq!(Files::read(site.path(), false).folder(), first);
    write(&site, "pkg/onboard-ai.js.br", "compressed");
    assert_eq!(Files::read(site.path(), false).folder(), first, "compressed files do not count");
    write(&site, "pkg/onboard-ai.js", "second");
    let second = Files::read(site.path(), false).folder();
    assert_ne!(second, first);
    std::fs::rename(site.path().join("pkg/onboard-ai.js"), site.path().join("pkg/other.js")).unwrap();
    assert_ne!(Files::read(site.path(), false).folder(), second);
}

#[test]
fn folder_has_no_digest_without_files_or_while_they_are_watched() {
    assert_eq!(Files::read(Path::new("/nowhere"), false).folder(), "pkg");
    assert_eq!(Files::read(site().path(), true).folder(), "pkg");
}

#[test]
fn earlier_builds_are_found_by_their_contents() {
    let (site, earlier) = (site(), site());
    write(&earlier, "pkg/onboard-ai.js", "earlier");
    let digest = Files::read(earlier.path(), false).folder();
    std::fs::create_dir_all(site.path().join("previous")).unwrap();
    std::fs::rename(earlier.path().join("pkg"), site.path().join("previous/1.2.3")).unwrap();
    let files = Files::read(site.path(), false);
    assert_ne!(files.folder(), digest);
    let folders: Vec<_> = files.builds.keys().map(|digest| format!("pkg/{digest}")).collect();
    assert!(folders.contains(&digest) && folders.contains(&files.folder()), "{folders:?}");
}

#[test]
fn validators_match_with_and_without_compression() {
    let known = |text: &str| HeaderValue::from_str(text).unwrap();
    for text in ["\"ab12\"", "W/\"ab12\"", "\"ab12-br\"", "\"x\", \"ab12-gzip\"", "*"] {
        assert!(names(&known(text), "ab12"), "{text}");
    }
    for text in ["\"ab13\"", "\"ab12x\"", ""] {
        assert!(!names(&known(text), "ab12"), "{text}");
    }
}

/// The routes as the server has them, without pages.
fn routes(site: &tempfile::TempDir) -> Router {
    let others = Router::new().fallback_service(serve(site.path())).layer(middleware::from_fn(revalidated));
    Router::new()
        .merge(others)
        .merge(Files::read(site.path(), false).router())
        .layer(middleware::map_response(with_encoding_in_validator))
}

async fn get(routes: &Router, path: &str, headers: &[(HeaderName, &str)]) -> (StatusCode, HeaderMap, Bytes) {
    let mut request = Request::get(path).body(Body::empty()).unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
    }
    let (head, body) = routes.clone().oneshot(request).await.unwrap().into_parts();
    (head.status, head.headers, to_bytes(body, 1_000).await.unwrap())
}

#[tokio::test]
async fn file_of_a_build_is_kept_for_a_year_and_a_missing_one_is_not() {
    let site = site();
    std::fs::create_dir_all(site.path().join("previous/1.2.3")).unwrap();
    write(&site, "previous/1.2.3/onboard-ai.js", "earlier");
    let files = Files::read(site.path(), false);
    let routes = routes(&site);
    for (digest, folder) in &files.builds {
        let (status, headers, body) = get(&routes, &format!("/pkg/{digest}/onboard-ai.js"), &[]).await;
        assert_eq!(status, StatusCode::OK, "{}", folder.display());
        assert_eq!(headers[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
        assert_eq!(body, if folder.ends_with("pkg") { "first" } else { "earlier" });
        let (status, headers, _) = get(&routes, &format!("/pkg/{digest}/part.wasm"), &[]).await;
        assert_eq!((status, &headers[header::CACHE_CONTROL]), (StatusCode::NOT_FOUND, &"no-store".parse().unwrap()));
    }
    assert_eq!(files.builds.len(), 2);
    let (status, headers, _) = get(&routes, "/pkg/000000000000000000000000/onboard-ai.js", &[]).await;
    assert_eq!((status, headers.get(header::CACHE_CONTROL)), (StatusCode::NOT_FOUND, None));
}

#[tokio::test]
async fn other_files_are_revalidated_by_their_content_and_not_by_their_date() {
    let site = site();
    let routes = routes(&site);
    let (status, headers, body) = get(&routes, "/pkg/onboard-ai.js", &[]).await;
    assert_eq!((status, &body[..]), (StatusCode::OK, &b"first"[..]));
    assert_eq!(headers[header::CACHE_CONTROL], "no-cache");
    assert!(!headers.contains_key(header::LAST_MODIFIED) && !headers.contains_key(header::ACCEPT_RANGES));
    let first = headers[header::ETAG].to_str().unwrap().to_owned();
    let known = [(header::IF_NONE_MATCH, first.as_str()), (header::IF_MODIFIED_SINCE, "Fri, 01 Jan 2100 00:00:00 GMT")];
    let (status, headers, body) = get(&routes, "/pkg/onboard-ai.js", &known).await;
    assert_eq!((status, &headers[header::ETAG]), (StatusCode::NOT_MODIFIED, &first.parse().unwrap()));
    assert!(body.is_empty());

    // A rollback: the file that is right now is older.
    write(&site, "pkg/onboard-ai.js", "zeroth");
    let file = std::fs::File::options().write(true).open(site.path().join("pkg/onboard-ai.js")).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000)).unwrap();
    let (status, headers, body) = get(&routes, "/pkg/onboard-ai.js", &known).await;
    assert_eq!((status, &body[..]), (StatusCode::OK, &b"zeroth"[..]));
    assert_ne!(headers[header::ETAG], first);
}

#[tokio::test]
async fn compressed_file_has_a_validator_of_its_own() {
    let site = site();
    write(&site, "pkg/onboard-ai.js.br", "compressed");
    let routes = routes(&site);
    let (_, plain, _) = get(&routes, "/pkg/onboard-ai.js", &[]).await;
    let brotli = (header::ACCEPT_ENCODING, "br");
    let (_, headers, body) = get(&routes, "/pkg/onboard-ai.js", std::slice::from_ref(&brotli)).await;
    assert_eq!((&headers[header::CONTENT_ENCODING], &body[..]), (&"br".parse().unwrap(), &b"compressed"[..]));
    let validator = headers[header::ETAG].to_str().unwrap();
    assert!(validator.ends_with("-br\""), "{validator}");
    assert_ne!(headers[header::ETAG], plain[header::ETAG]);
    let (status, _, _) = get(&routes, "/pkg/onboard-ai.js", &[brotli, (header::IF_NONE_MATCH, validator)]).await;
    assert_eq!(status, StatusCode::NOT_MODIFIED);
}
