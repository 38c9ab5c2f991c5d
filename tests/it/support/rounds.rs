//! The program itself, run as a person would, in a home of its own.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use std::sync::Arc;

use tempfile::TempDir;

use super::moto::REGION;
use super::pty::Terminal;
use super::{process, wait};

/// Longer than anything may take, terraform on a machine that has much else to do included; a run that is still there is
/// killed and fails its test.
const PATIENCE: Duration = Duration::from_mins(5);

/// A run to be made.
pub(crate) struct Rounds {
    home: Arc<TempDir>,
    arguments: Vec<String>,
    environment: BTreeMap<String, String>,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// `None` where a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) took: Duration,
}

impl Rounds {
    /// `rounds ARGUMENTS...`, with nothing inherited but the PATH.
    pub(crate) fn new<A: Into<String>>(arguments: impl IntoIterator<Item = A>) -> Self {
        let home = Arc::new(tempfile::tempdir().unwrap());
        let variables = [
            ("PATH", std::env::var("PATH").unwrap()),
            ("HOME", home.path().display().to_string()),
            ("LANG", "C.UTF-8".to_owned()),
            ("TZ", "UTC".to_owned()),
            // There is no instance here whose metadata could be asked.
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ];
        Self {
            home,
            arguments: arguments.into_iter().map(Into::into).collect(),
            environment: variables.map(|(name, value)| (name.to_owned(), value)).into(),
        }
    }

    /// With this configuration in its usual place.
    pub(crate) fn config(self, text: &str) -> Self {
        self.file(".config/rounds/config.toml", text, 0o600);
        self
    }

    /// With an environment variable.
    pub(crate) fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.insert(name.to_owned(), value.into());
        self
    }

    /// With AWS keys in the environment.
    pub(crate) fn aws_keys(self) -> Self {
        self.env("AWS_ACCESS_KEY_ID", "AKIAPLANTED").env("AWS_SECRET_ACCESS_KEY", "planted-aws-secret")
    }

    /// With AWS keys and the region and endpoint in the environment: what works without any configuration.
    pub(crate) fn aws(self, endpoint: &str) -> Self {
        self.aws_keys().env("AWS_REGION", REGION).env("AWS_ENDPOINT_URL", endpoint)
    }

    /// Writes a file in the run's home and says where it is.
    pub(crate) fn file(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = self.home.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        if mode & 0o111 == 0 {
            std::fs::write(&path, text).unwrap();
        } else {
            process::script(&path, text);
        }
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    /// Other arguments in the same home and environment.
    pub(crate) fn again(&self, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        Self { home: self.home.clone(), arguments, environment: self.environment.clone() }
    }

    /// A path in the run's home.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// A folder in the run's home, made.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        let path = self.home.path().join(name);
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    /// The lines of its journal so far.
    pub(crate) fn journal(&self) -> Vec<serde_json::Value> {
        self.journal_text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The same as text: while it is written, the last line may not be whole.
    pub(crate) fn journal_text(&self) -> String {
        std::fs::read_to_string(self.path(".local/state/rounds/journal.jsonl")).unwrap_or_default()
    }

    /// Runs it to its end.
    pub(crate) fn run(&self) -> Outcome {
        self.start().finish()
    }

    /// Starts it.
    pub(crate) fn start(&self) -> Running<'_> {
        let mut child = self.command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = drain(child.stdout.take().unwrap());
        let stderr = drain(child.stderr.take().unwrap());
        Running { child, began: Instant::now(), stdout, stderr, _home: &self.home }
    }

    /// The command, for a test that wires it up itself.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rounds"));
        command.args(&self.arguments).env_clear().envs(&self.environment).current_dir(&*self.home).stdin(Stdio::null());
        command
    }

    /// Starts it in a terminal of this size.
    pub(crate) fn terminal(self, columns: u16, rows: u16) -> Terminal {
        let mut environment = self.environment.clone();
        environment.entry("TERM".to_owned()).or_insert_with(|| "xterm-256color".to_owned());
        Terminal::start(env!("CARGO_BIN_EXE_rounds"), &self.arguments, &environment, self.home, columns, rows)
    }
}

/// A run under way.
pub(crate) struct Running<'r> {
    child: Child,
    began: Instant,
    stdout: JoinHandle<Vec<u8>>,
    stderr: JoinHandle<Vec<u8>>,
    /// Its home must not go before it does.
    _home: &'r TempDir,
}

impl Running<'_> {
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end; kills it and panics when there is none.
    pub(crate) fn finish(mut self) -> Outcome {
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            wait::until("rounds to end", PATIENCE, || match self.child.try_wait().unwrap() {
                Some(status) => Ok((status, self.began.elapsed())),
                None => Err("it runs".to_owned()),
            })
        }));
        if ended.is_err() {
            self.child.kill().unwrap();
        }
        let text = |reader: JoinHandle<Vec<u8>>| String::from_utf8_lossy(&reader.join().unwrap()).into_owned();
        let (stdout, stderr) = (text(self.stdout), text(self.stderr));
        let (status, took) = ended.unwrap_or_else(|_| panic!("rounds did not end\nstdout: {stdout}\nstderr: {stderr}"));
        Outcome { code: status.code(), stdout, stderr, took }
    }
}

impl Outcome {
    /// The output as JSON; panics with everything when it is none.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|why| panic!("{why}: {self:#?}"))
    }

    /// Fails unless it ended with this code.
    #[track_caller]
    pub(crate) fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }
}

fn drain(mut pipe: impl std::io::Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).unwrap();
        bytes
    })
}
