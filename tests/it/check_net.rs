//! Checks of the network: TLS servers with every kind of certificate, ports that refuse and ports that hang.

use std::net::TcpListener;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::moto::python;
use crate::support::port;
use crate::support::process::{Server, program, repository, tool};
use crate::support::rounds::{Outcome, Rounds};
use crate::support::wait;

/// Certificates made once, and a server for each.
struct Certificates(TempDir);

impl Certificates {
    fn make() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = repository().join("tests/fixtures/certificates.py");
        let code = format!("import os; os.chdir({:?}); exec(open({:?}).read())", folder.path(), script);
        tool(&python(), ["-c", &code]);
        Self(folder)
    }

    fn serve(&self, name: &str) -> (Server, u16) {
        let port = port::free();
        let file = |end: &str| self.0.path().join(format!("{name}.{end}")).display().to_string();
        let arguments =
            ["s_server", "-accept", &port.to_string(), "-cert", &file("pem"), "-key", &file("key"), "-quiet", "-www"]
                .map(str::to_owned);
        let mut server = Server::start("openssl", &program("openssl"), arguments, self.0.path());
        server
            .wait_ready(|| std::net::TcpStream::connect(("127.0.0.1", port)).map(drop).map_err(|why| why.to_string()));
        (server, port)
    }

    /// A context whose Grafana trusts the authority.
    fn config(&self) -> String {
        let ca = self.0.path().join("ca.pem");
        format!("[contexts.one.grafana]\nurl = \"https://localhost:1\"\nca_file = \"{}\"\n", ca.display())
    }
}

fn json(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}\n{outcome:#?}"))
}

fn texts(json: &Value) -> String {
    json["looked"].as_array().unwrap().iter().map(|one| one["text"].as_str().unwrap()).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_certificate_is_told_apart() {
    let certificates = Certificates::make();
    for (name, code, causes, said) in [
        ("good", 0, vec![], "issued by planted authority"),
        ("expired", 2, vec!["certificate-expired"], "it expired 3d ago"),
        ("soon", 1, vec!["certificate-expires-soon"], "valid for another 4d"),
        ("wrong", 2, vec!["wrong-name"], "the certificate is for elsewhere.example.com"),
        ("self", 2, vec!["untrusted-issuer"], "not trusted"),
        ("future", 2, vec!["certificate-not-yet-valid"], "not valid yet"),
    ] {
        let (_server, port) = certificates.serve(name);
        let port = port.to_string();
        let outcome = Rounds::new(["check", "tls", "--host", "localhost", "--port", &port, "-o", "json"])
            .config(&certificates.config())
            .run();
        let json = json(&outcome);
        let found: Vec<&str> = json["causes"].as_array().unwrap().iter().map(|cause| cause.as_str().unwrap()).collect();
        assert_eq!((outcome.code, found), (Some(code), causes), "{name}: {json:#}");
        assert!(texts(&json).contains(said), "{name}: {said}\n{json:#}");
    }
}

#[test]
fn what_does_not_speak_tls_is_said_to() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        std::io::Write::write_all(&mut stream, b"HTTP/1.0 400 Bad Request\r\n\r\nno TLS here\n").unwrap();
        let _ = std::io::Read::read(&mut stream, &mut [0; 4096]);
    });
    let outcome =
        Rounds::new(["check", "tls", "--host", "127.0.0.1", "--port", &port, "--demo", "healthy", "-o", "json"]).run();
    assert_eq!(outcome.code, Some(2), "the simulated fleet is not asked the real network: {outcome:#?}");
    let outcome = Rounds::new(["check", "tls", "--host", "127.0.0.1", "--port", &port, "-o", "json"]).run();
    server.join().unwrap();
    let json = json(&outcome);
    assert_eq!((outcome.code, json["causes"][0].as_str()), (Some(2), Some("not-tls")), "{json:#}");
}

#[test]
fn ports_that_accept_refuse_and_hang_are_told_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let open = listener.local_addr().unwrap().port().to_string();
    let ask = |host: &str, port: &str| {
        let outcome = Rounds::new(["check", "tcp", "--host", host, "--port", port, "-o", "json"]).run();
        let json = json(&outcome);
        (outcome.code, json["causes"][0].as_str().map(str::to_owned), outcome.took)
    };
    let (code, cause, _) = ask("127.0.0.1", &open);
    assert_eq!((code, cause), (Some(0), None));
    let (code, cause, _) = ask("127.0.0.1", &port::free().to_string());
    assert_eq!((code, cause.as_deref()), (Some(2), Some("connection-refused")));
    let (code, cause, _) = ask("nobody-is-called.invalid", "443");
    assert_eq!((code, cause.as_deref()), (Some(2), Some("name-unresolved")));
    // A listener whose queue is full answers nothing more.
    let full = Full::new();
    let (code, cause, took) = ask("127.0.0.1", &full.port.to_string());
    assert_eq!((code, cause.as_deref()), (Some(2), Some("connect-timeout")));
    assert!(took < Duration::from_secs(20), "{took:?}");
}

/// A port that no longer accepts: its queue is full of connections nobody takes.
struct Full {
    port: u16,
    _server: Server,
    _folder: TempDir,
}

impl Full {
    fn new() -> Self {
        const SCRIPT: &str = "import socket,sys,time\n\
            server=socket.socket()\nserver.bind(('127.0.0.1',int(sys.argv[1])))\nserver.listen(0)\nheld=[]\n\
            for _ in range(8):\n    one=socket.socket()\n    one.setblocking(False)\n    one.connect_ex(server.getsockname())\n    held.append(one)\n\
            print('full',flush=True)\ntime.sleep(600)\n";
        let folder = tempfile::tempdir().unwrap();
        let port = port::free();
        let server = Server::start("full", &python(), ["-c", SCRIPT, &port.to_string()], folder.path());
        let log = folder.path().join("full.log");
        wait::until("the queue to be full", Duration::from_mins(2), || {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            if said.contains("full") { Ok(()) } else { Err(said) }
        });
        Self { port, _server: server, _folder: folder }
    }
}
