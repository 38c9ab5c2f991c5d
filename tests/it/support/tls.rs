//! A Prometheus that speaks TLS and asks its clients for a certificate, with an authority of its own.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::port;
use super::process::{Server, program, tool};

/// A running server and the files to reach it with.
pub(crate) struct TlsPrometheus {
    port: u16,
    // Before its folder: dropped in this order.
    _server: Server,
    folder: TempDir,
}

impl TlsPrometheus {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        authority(at);
        signed(at, "server", "subjectAltName=IP:127.0.0.1,DNS:prometheus.internal");
        signed(at, "client", "extendedKeyUsage=clientAuth");
        let web = "tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n  client_ca_file: ca.pem\n  \
                   client_auth_type: RequireAndVerifyClientCert\n";
        std::fs::write(at.join("web.yml"), web).unwrap();
        std::fs::write(at.join("prometheus.yml"), "global: {}\n").unwrap();
        let port = port::free();
        let mut server = Server::start(
            "prometheus",
            &program("prometheus"),
            [
                "--config.file=prometheus.yml".to_owned(),
                "--storage.tsdb.path=data".to_owned(),
                format!("--web.listen-address=127.0.0.1:{port}"),
                "--web.config.file=web.yml".to_owned(),
            ],
            at,
        );
        let log = at.join("prometheus.log");
        server.wait_ready(|| {
            let said = std::fs::read_to_string(&log).map_err(|why| why.to_string())?;
            if said.contains("Server is ready") { Ok(()) } else { Err("it starts".to_owned()) }
        });
        Self { port, _server: server, folder }
    }

    /// `127.0.0.1:PORT`.
    pub(crate) fn authority(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// One of `ca.pem`, `client.pem`, `client.key`.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// `ca.key` and `ca.pem`.
fn authority(at: &Path) {
    openssl(
        at,
        "req -x509 -days 2 -subj /CN=planted-authority -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -keyout ca.key -out ca.pem",
    );
}

/// `NAME.key` and `NAME.pem` with an extension, signed by the authority.
fn signed(at: &Path, name: &str, extension: &str) {
    openssl(
        at,
        &format!(
            "req -subj /CN={name} -addext {extension} -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -keyout {name}.key -out {name}.csr"
        ),
    );
    openssl(
        at,
        &format!(
            "x509 -req -days 2 -in {name}.csr -copy_extensions copy -CA ca.pem -CAkey ca.key -CAcreateserial -out {name}.pem"
        ),
    );
}

/// `openssl WORDS...`; a word that is a file's name is a file in the folder.
fn openssl(at: &Path, words: &str) {
    let is_file = |word: &str| [".key", ".pem", ".csr"].iter().any(|end| word.ends_with(end));
    let place = |word: &str| if is_file(word) { at.join(word).display().to_string() } else { word.to_owned() };
    let arguments = words.split(' ').map(place);
    tool(&program("openssl"), arguments);
}
