//! Every way a backend can fail, against a server on the loopback interface.

use super::loopback::{Asked, Loopback, Said, refusing, settings};
use super::*;
use crate::config::{Auth, HeaderText, Http, SecretRef};

fn soon() -> Deadline {
    Deadline::after(Duration::from_mins(1))
}

fn open(settings: &Http) -> Backend {
    Backend::open(settings, &Clients::default(), Meter::default())
}

async fn get(settings: &Http) -> Result<serde_json::Value, SourceError> {
    open(settings).send(&Call::get("/api", soon())).await?.json()
}

fn env(name: &str) -> SecretRef {
    SecretRef::Env(name.to_owned())
}

#[tokio::test]
async fn statuses_and_bodies_become_one_line_with_a_class() {
    use ErrorClass::{Credentials, Forbidden, Garbage, Rejected, Server, Throttled, Timeout, Tls, Unsupported};
    let html = "<!doctype html><title>Sign in</title>";
    let cases = [
        (Said::json(401, r#"{"message":"Invalid API key"}"#), Credentials, "401 Unauthorized: Invalid API key"),
        (Said::json(403, r#"{"message":"nope\u001b[31m"}"#), Forbidden, r"403 Forbidden: nope\u{1b}[31m"),
        (Said::text(404, "text/plain", "404 page not found"), Unsupported, "404 Not Found: 404 page not found"),
        (Said::text(405, "text/plain", "Method Not Allowed"), Unsupported, "405 Method Not Allowed"),
        (Said::json(501, "{}"), Unsupported, "501 Not Implemented"),
        (
            Said::json(400, r#"{"status":"error","errorType":"bad_data","error":"parse error"}"#),
            Rejected,
            "400 Bad Request: parse error",
        ),
        (Said::json(422, r#""bad matcher""#), Rejected, "422 Unprocessable Entity: bad matcher"),
        (
            Said::text(400, "text/plain", "Client sent an HTTP request to an HTTPS server.\n"),
            Tls,
            "HTTP request to an HTTPS server.",
        ),
        (Said::json(429, ""), Throttled, "429 Too Many Requests"),
        (Said::json(499, r#"{"error":"query was canceled"}"#), Timeout, "499: query was canceled"),
        (Said::text(500, "text/html", html), Server, "500 Internal Server Error: an HTML page"),
        (Said::text(502, "text/html", html), Server, "502 Bad Gateway: an HTML page"),
        (Said::text(200, "text/html", html), Garbage, "got an HTML page instead of JSON"),
        (Said::json(200, r#"{"data":[1,2"#), Garbage, "the answer ends in the middle, after 12 B"),
        (Said::json(200, "\u{1}garbage"), Garbage, "not what this API promises"),
        (Said::json(200, ""), Garbage, "the answer is empty"),
    ];
    for (said, class, expected) in cases {
        let shown = format!("{said:?}");
        let server = Loopback::start(move |_| said.clone()).await;
        let error = get(&server.settings()).await.unwrap_err();
        assert_eq!(error.class, class, "{shown}: {}", error.what);
        assert!(error.what.starts_with(&format!("GET {}api: ", server.url)), "{}", error.what);
        assert!(error.what.ends_with(expected) || error.what.contains(expected), "{}: {expected}", error.what);
        let speaks_for_itself = matches!(class, Rejected | Timeout);
        assert!(speaks_for_itself || error.hint.is_some(), "no next step: {}", error.what);
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_or_does_not_answer_is_told_apart() {
    let (_taken, free) = refusing();
    let refused = get(&settings(Url::parse(&format!("http://{free}")).unwrap())).await.unwrap_err();
    assert_eq!(
        (refused.class, refused.what),
        (ErrorClass::Connect, format!("GET http://{free}/api: connection refused"))
    );

    let unknown = get(&settings(Url::parse("http://no-such-host.invalid").unwrap())).await.unwrap_err();
    assert_eq!(unknown.class, ErrorClass::Dns, "{}", unknown.what);

    let hung = Loopback::start(|_| Said::Hang).await;
    let timed_out = get(&Http { timeout: Duration::from_secs(1), ..hung.settings() }).await.unwrap_err();
    assert_eq!(timed_out.class, ErrorClass::Timeout);
    assert!(timed_out.what.ends_with("no answer within 1s"), "{}", timed_out.what);

    let cut = Loopback::raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"a\":").await;
    let broke = get(&settings(cut)).await.unwrap_err();
    assert_eq!(broke.class, ErrorClass::Connect);
    assert!(broke.what.ends_with("the answer broke off after 5 B"), "{}", broke.what);

    let no_http = Loopback::raw(b"SSH-2.0-OpenSSH_9.2\r\n").await;
    let garbage = get(&settings(no_http)).await.unwrap_err();
    assert_eq!(garbage.class, ErrorClass::Connect, "{}", garbage.what);

    let plain = Loopback::start(|_| Said::json(200, "{}")).await;
    let mut url = plain.url.clone();
    url.set_scheme("https").unwrap();
    let tls = get(&settings(url)).await.unwrap_err();
    assert_eq!(tls.class, ErrorClass::Tls);
    assert!(tls.what.contains("does not speak TLS"), "{}", tls.what);
}

#[tokio::test]
async fn a_round_that_is_over_sends_nothing() {
    let server = Loopback::start(|_| Said::json(200, "{}")).await;
    let error = open(&server.settings()).send(&Call::get("/api", Deadline::after(Duration::ZERO))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Timeout);
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let server = Loopback::start(|_| Said::text(200, "application/json", " ".repeat(65 * 1024 * 1024))).await;
    let error = get(&Http { timeout: Duration::from_mins(1), ..server.settings() }).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Garbage);
    assert!(error.what.ends_with("the answer is larger than 64 MiB"), "{}", error.what);
    assert_eq!(error.hint.as_deref(), Some(WRONG_SERVER), "it was no query");
}

#[tokio::test]
async fn forms_are_posted_below_the_base_path_and_queries_never_shown() {
    let server = Loopback::start(|_| Said::json(500, "{}")).await;
    let mut settings = server.settings();
    settings.url = Url::parse(&format!("{}prometheus/", server.url)).unwrap();
    settings.headers = vec![("X-Scope-OrgID".into(), HeaderText::Plain("team-a".into()))];
    let backend = open(&settings);
    let call = Call::post("/api/v1/query", soon()).with("query", "sum(rate(x[5m])) & y").with("time", "1");
    let error = backend.send(&call).await.unwrap().json::<serde_json::Value>().unwrap_err();
    assert_eq!(error.what, format!("POST {}prometheus/api/v1/query: 500 Internal Server Error", server.url));
    let asked = &server.asked()[0];
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/prometheus/api/v1/query"));
    assert_eq!((asked.parameter("query"), asked.parameter("time")), ("sum(rate(x[5m])) & y", "1"));
    assert_eq!((asked.header("x-scope-orgid"), asked.header("accept-encoding")), ("team-a", "gzip"));
    assert!(asked.header("user-agent").starts_with("rounds/"));
    assert_eq!(backend.requests(), 1);

    let get = Call::get("/api/v1/targets", soon()).with("state", "secret value");
    let error = backend.send(&get).await.unwrap().json::<serde_json::Value>().unwrap_err();
    assert!(!error.what.contains("secret"), "{}", error.what);
    assert_eq!(server.asked()[1].parameter("state"), "secret value");
}

#[tokio::test]
async fn credentials_are_sent_and_never_printed() {
    let server = Loopback::start(|asked| Said::json(401, format!("\"for {}\"", asked.path))).await;
    let path = std::env::var("PATH").unwrap();
    let cases = [
        (Auth::Bearer(env("PATH")), format!("Bearer {path}")),
        (Auth::Basic { username: "kim".into(), password: env("PATH") }, String::new()),
    ];
    for (auth, expected) in cases {
        let backend = open(&Http { auth, ..server.settings() });
        let error = backend.send(&Call::get("/api", soon())).await.unwrap().json::<()>().unwrap_err();
        assert_eq!(error.class, ErrorClass::Credentials);
        assert!(error.hint.clone().unwrap().contains("variable $PATH"), "{error:?}");
        let sent = server.asked().last().unwrap().header("authorization").to_owned();
        assert!(if expected.is_empty() { sent.starts_with("Basic ") } else { sent == expected });
        assert!(!format!("{backend:?} {error:?}").contains(&path));
    }
    let unset = open(&Http { auth: Auth::Bearer(env("ROUNDS_TEST_NOT_SET")), ..server.settings() });
    let error = unset.send(&Call::get("/api", soon())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Local);
    assert_eq!(unset.requests(), 0);
}

#[tokio::test]
async fn a_server_that_echoes_what_it_was_sent_gives_nothing_away() {
    let path = std::env::var("PATH").unwrap();
    let echo = |status: u16| {
        move |asked: &Asked| {
            let sent = format!("{} {}", asked.header("authorization"), asked.header("x-api-key"));
            match status {
                302 => {
                    Said::Reply(302, vec![("location", format!("/login/{}", asked.header("x-api-key")))], Vec::new())
                }
                200 => Said::json(200, serde_json::Value::from(sent).to_string()),
                _ => Said::json(status, serde_json::json!({"message": format!("no: {sent}")}).to_string()),
            }
        }
    };
    let basic = Auth::Basic { username: "kim".into(), password: env("PATH") };
    for (auth, status) in
        [(Auth::Bearer(env("PATH")), 403), (basic, 500), (Auth::Bearer(env("PATH")), 200), (Auth::None, 302)]
    {
        let server = Loopback::start(echo(status)).await;
        let headers = vec![("x-api-key".to_owned(), HeaderText::Secret(env("PATH")))];
        let backend = open(&Http { auth, headers, ..server.settings() });
        let answer = backend.send(&Call::get("/api", soon())).await;
        let sent = server.asked()[0].header("authorization").to_owned();
        let error = match answer {
            Ok(reply) => reply.json::<Vec<u32>>().unwrap_err(),
            Err(error) => error,
        };
        let mishap = backend.change(&Call::post("/api", soon())).await.err();
        let told = format!("{error} {:?} {mishap:?}", error.hint);
        assert!(told.contains("[redacted]"), "{status}: nothing was echoed: {told}");
        assert!(!told.contains(&path) && (sent.is_empty() || !told.contains(&sent)), "{status}: {told}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_rotated_token_is_picked_up_by_the_request_that_was_refused() {
    use std::os::unix::fs::PermissionsExt as _;

    let file = std::env::temp_dir().join(format!("rounds-token-{}", std::process::id()));
    let write = |token: &str| {
        std::fs::write(&file, token).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    };
    let wanted = std::sync::Arc::new(std::sync::Mutex::new("Bearer one"));
    let now_wanted = wanted.clone();
    let check = move |asked: &Asked| {
        let good = asked.header("authorization") == *now_wanted.lock().unwrap();
        if good { Said::json(200, "{}") } else { Said::json(401, "{}") }
    };
    let server = Loopback::start(check).await;
    write("one");
    let backend = open(&Http { auth: Auth::Bearer(SecretRef::File(file.clone())), ..server.settings() });
    let status = async || backend.send(&Call::get("/api", soon())).await.unwrap().status.as_u16();
    assert_eq!(status().await, 200);
    *wanted.lock().unwrap() = "Bearer two";
    assert_eq!(status().await, 401, "the same token is not tried twice");
    assert_eq!(server.asked().len(), 2);
    write("two");
    assert_eq!(status().await, 200);
    assert_eq!(server.asked().len(), 4);
    std::fs::remove_file(&file).unwrap();
}

#[tokio::test]
async fn redirects_stay_on_the_server_and_away_from_login_pages() {
    let redirect = |status: u16, to: &str| Said::Reply(status, vec![("location", to.to_owned())], Vec::new());
    let other = Loopback::start(|_| Said::json(200, "{}")).await;
    let elsewhere = format!("{}sso?token=abc", other.url);
    for (method, status, to, class) in [
        (Method::GET, 302, "/new", None),
        (Method::POST, 307, "/new", None),
        (Method::POST, 302, "/new", Some(ErrorClass::Unsupported)),
        (Method::GET, 302, "/login?next=x", Some(ErrorClass::Credentials)),
        (Method::GET, 307, elsewhere.as_str(), Some(ErrorClass::Credentials)),
        (Method::GET, 302, "/api", Some(ErrorClass::Garbage)),
    ] {
        let target = to.to_owned();
        let answer = move |asked: &Asked| match asked.path.as_str() {
            "/api" => redirect(status, &target),
            _ => Said::json(200, "{}"),
        };
        let server = Loopback::start(answer).await;
        let call = Call { method: method.clone(), ..Call::get("/api", soon()) };
        let result = open(&server.settings()).send(&call.with("q", "1")).await;
        assert_eq!(result.as_ref().err().map(|error| error.class), class, "{method} {status} {to}: {result:?}");
        if let Err(error) = result {
            assert!(!error.what.contains("abc") && !error.what.contains("next"), "{}", error.what);
        }
    }
    assert!(other.asked().is_empty(), "credentials never leave the server");
}

#[tokio::test]
async fn the_servers_clock_is_read() {
    let date = "Sun, 22 Nov 2026 09:02:14 GMT";
    let server = Loopback::start(move |_| Said::Reply(200, vec![("date", date.into())], b"ok\x1b".to_vec())).await;
    let reply = open(&server.settings()).send(&Call::get("/", soon())).await.unwrap();
    assert_eq!(reply.date().unwrap().to_string(), "2026-11-22T09:02:14Z");
    assert_eq!(reply.text(), "ok\\u{1b}");
}

#[tokio::test]
async fn a_failing_secret_is_not_fetched_again_for_every_request() {
    let fetched = std::env::temp_dir().join(format!("rounds-fetched-{}", std::process::id()));
    let script = format!("echo x >> '{}'; exit 1", fetched.display());
    let secret = SecretRef::Command(["sh", "-c", &script].map(str::to_owned).to_vec());
    let backend = open(&Http { auth: Auth::Bearer(secret), ..settings(Url::parse("http://127.0.0.1:1").unwrap()) });
    for _ in 0..3 {
        let error = backend.send(&Call::get("/", soon())).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Local);
    }
    assert_eq!(std::fs::read_to_string(&fetched).unwrap().lines().count(), 1);
    std::fs::remove_file(&fetched).unwrap();
}
