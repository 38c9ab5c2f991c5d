//! A stack on this machine, from nothing to its end.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::process::program;
use crate::support::rounds::{Outcome, Rounds};
use crate::support::wait;

/// The longest a stack may take from nothing to an alert that fires, on a machine that has much else to do; what it takes
/// on a quiet one is in docs/provision.md.
const FIRST_ALERT: Duration = Duration::from_mins(2);

/// A folder for one stack, and ports that no other test uses. Whatever is left of the stack ends with it.
struct Ground {
    home: TempDir,
    base: u16,
}

impl Ground {
    fn new() -> Self {
        static NEXT: AtomicU16 = AtomicU16::new(0);
        // Below what `support::port` gives out; two test processes at once start far from each other.
        let process = u16::try_from(std::process::id().wrapping_mul(97) % 100).unwrap();
        let base = 11_000 + process * 50 + NEXT.fetch_add(10, Ordering::Relaxed);
        Self { home: tempfile::tempdir().unwrap(), base }
    }

    fn folder(&self) -> PathBuf {
        self.home.path().join("stack")
    }

    fn rounds(&self, words: &[&str], more: &[&str]) -> Rounds {
        let folder = self.folder().display().to_string();
        let fixed = ["--local", "--dir", folder.as_str()];
        let all: Vec<String> =
            ["provision"].iter().chain(words).chain(&fixed).chain(more).map(ToString::to_string).collect();
        Rounds::new(all).env("PATH", path())
    }

    fn up(&self, more: &[&str]) -> Rounds {
        let base = self.base.to_string();
        self.rounds(&["up"], &[&["--port-base", base.as_str()], more].concat())
    }

    fn status(&self) -> (Option<i32>, Value) {
        let outcome = self.rounds(&["status"], &["-o", "json"]).run();
        (outcome.code, outcome.json())
    }

    fn once(&self) -> Outcome {
        let config = self.folder().join("rounds.toml").display().to_string();
        Rounds::new(["--config", config.as_str(), "--once", "-o", "json"]).run()
    }

    /// The processes that the stack wrote down.
    fn pids(&self) -> Vec<(String, u32)> {
        let Ok(entries) = std::fs::read_dir(self.folder().join("run")) else { return Vec::new() };
        let of = |path: &Path| {
            let record = std::fs::read_to_string(path).ok()?;
            Some((path.file_stem()?.to_str()?.to_owned(), record.lines().next()?.parse().ok()?))
        };
        entries.filter_map(|entry| of(&entry.ok()?.path())).collect()
    }

    fn ports(&self) -> Vec<u16> {
        let text = std::fs::read_to_string(self.folder().join("stack.json")).unwrap();
        let state: Value = serde_json::from_str(&text).unwrap();
        state["ports"]
            .as_object()
            .unwrap()
            .values()
            .map(|port| u16::try_from(port.as_u64().unwrap()).unwrap())
            .collect()
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        // There may be nothing left: then it says so, and that is well.
        let _ = self.rounds(&["down"], &["--purge"]).run();
    }
}

/// The PATH with the servers on it, wherever `tests/run` put them.
fn path() -> String {
    let folder = program("prometheus").parent().unwrap().display().to_string();
    format!("{}:{folder}", std::env::var("PATH").unwrap())
}

/// Whether a process runs; one that only waits for its parent to notice its end does not.
fn runs(pid: u32) -> bool {
    let output = Command::new("ps").args(["-o", "state=", "-p", &pid.to_string()]).output().unwrap();
    let state = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    !state.is_empty() && !state.starts_with('Z')
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

fn kill(pid: u32) {
    assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
    wait::until("the killed process to end", Duration::from_mins(1), || {
        if runs(pid) { Err(pid.to_string()) } else { Ok(()) }
    });
}

fn component<'s>(status: &'s Value, name: &str) -> &'s Value {
    status["components"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap()
}

#[test]
fn from_nothing_to_a_firing_alert_and_back_to_nothing() {
    let ground = Ground::new();
    let outcome = ground.up(&[]).run().expect_code(0);
    assert!(outcome.stdout.contains("mixed-bad-day") && outcome.stdout.contains("rounds --config "), "{outcome:#?}");
    let fires = |seen: &Value, name: &str, service: &str| {
        let is_it = |one: &Value| {
            one["name"] == name && one["state"] == "firing" && one["service"].to_string().contains(service)
        };
        seen["alerts"].as_array().unwrap().iter().any(is_it)
    };
    let once = wait::until("the first alerts", FIRST_ALERT.saturating_sub(outcome.took), || {
        let once = ground.once();
        let seen = once.json();
        let both = fires(&seen, "HighErrorRate", "api-2") && fires(&seen, "HighMemoryUsage", "worker");
        if both { Ok(once) } else { Err(format!("{seen:#}")) }
    });
    assert!(once.code == Some(1) || once.code == Some(2), "{once:#?}");

    let (code, status) = ground.status();
    assert_eq!((code, &status["is_up"]), (Some(0), &Value::Bool(true)), "{status:#}");
    for name in ["prometheus", "alertmanager", "fleet"] {
        assert_eq!(component(&status, name)["health"], "ready", "{status:#}");
    }
    assert!(status["targets"][1].as_u64().unwrap() > 10, "{status:#}");
    assert!(status["rules"][0].as_u64().unwrap() > 40 && status["rules"][1] == 0, "{status:#}");

    // As the scenario says: one alert is silenced, for a while.
    let silenced = |seen: &Value| -> Vec<Value> {
        let all = seen["alerts"].as_array().unwrap().iter();
        all.filter(|one| one["suppressed"]["how"] == "silenced").cloned().collect()
    };
    wait::until("one alert to be silenced", Duration::from_mins(2), || {
        match silenced(&ground.once().json()).as_slice() {
            [one] if one["name"] == "HighMemoryUsage" => Ok(()),
            other => Err(format!("{other:#?}")),
        }
    });

    // What would go to Slack ends here.
    let told = ground.folder().join("told.log");
    wait::until("a message about api-2", Duration::from_mins(2), || {
        let text = std::fs::read_to_string(&told).unwrap_or_default();
        if text.contains("#alerts-warning: FIRING") && text.contains("api-2") { Ok(()) } else { Err(text) }
    });

    // Twice is once.
    let before = ground.pids();
    let again = ground.up(&[]).run().expect_code(0);
    assert!(again.stdout.starts_with("the stack is up already"), "{again:#?}");
    assert_eq!(ground.pids(), before);
    let other = ground.up(&["--scenario", "healthy"]).run().expect_code(3);
    assert!(other.stderr.contains("was made with scenario mixed-bad-day"), "{other:#?}");

    // A part that dies is told of and started again.
    let (_, prometheus) = before.iter().find(|(name, _)| name == "prometheus").unwrap();
    kill(*prometheus);
    let (code, status) = ground.status();
    assert_eq!(code, Some(2), "{status:#}");
    assert_eq!(component(&status, "prometheus")["health"], "crashed", "{status:#}");
    assert_eq!((&status["targets"], &status["firing"]), (&Value::Null, &Value::Null), "what is not known is not shown");
    let mended = ground.up(&[]).run().expect_code(0);
    assert!(mended.stdout.contains(": prometheus; "), "{mended:#?}");
    assert_eq!(ground.status().0, Some(0));

    let (pids, ports) = (ground.pids(), ground.ports());
    assert!(pids.len() >= 3, "{pids:?}");
    ground.rounds(&["down"], &[]).run().expect_code(0);
    assert!(pids.iter().all(|(_, pid)| !runs(*pid)), "{pids:?}");
    assert!(ports.iter().all(|port| is_free(*port)), "{ports:?}");
    assert!(ground.folder().join("data/prometheus").is_dir(), "its data stays");
    let (code, status) = ground.status();
    assert_eq!((code, &component(&status, "fleet")["health"]), (Some(2), &"stopped".into()), "{status:#}");
    let gone = ground.rounds(&["down"], &["--purge"]).run().expect_code(0);
    assert!(gone.stdout.starts_with("nothing ran"), "{gone:#?}");
    assert!(!ground.folder().exists());
}

#[test]
fn in_the_foreground_it_stays_until_it_is_interrupted_and_a_calm_fleet_alerts_nobody() {
    let ground = Ground::new();
    // Somebody else's port is passed over.
    let taken = TcpListener::bind(("127.0.0.1", ground.base)).unwrap();
    let run = ground.up(&["--foreground", "--scenario", "healthy", "--history", "30m"]);
    let running = run.start();
    let base = ground.base;
    wait::until("the stack to be up", FIRST_ALERT, || {
        let outcome = ground.rounds(&["status"], &["-o", "json"]).run();
        let status: Value = serde_json::from_str(&outcome.stdout).map_err(|why| format!("{why}: {outcome:?}"))?;
        let is_settled =
            status["is_up"] == true && status["targets"][0] == status["targets"][1] && status["targets"][0] != 0;
        // The rules may be evaluated for the first time only after the first scrapes.
        let is_settled = is_settled && status["firing"].as_array().is_some_and(|firing| !firing.is_empty());
        if is_settled { Ok(()) } else { Err(status.to_string()) }
    });
    let (_, status) = ground.status();
    assert_eq!(status["firing"], serde_json::json!([["Watchdog", ""]]), "{status:#}");
    let ports = ground.ports();
    assert!(!ports.contains(&base), "{ports:?}");
    let pids = ground.pids();
    assert!(Command::new("kill").args(["-INT", &running.id().to_string()]).status().unwrap().success());
    let outcome = running.finish().expect_code(0);
    assert!(outcome.stdout.contains(&format!("others listen on {base}")), "{outcome:#?}");
    assert!(pids.len() >= 3 && pids.iter().all(|(_, pid)| !runs(*pid)), "{pids:?}");
    assert!(ports.iter().all(|port| is_free(*port)), "{ports:?}");
    drop(taken);
}

#[test]
fn an_up_that_is_killed_half_way_leaves_nothing_that_down_does_not_end() {
    let ground = Ground::new();
    let mut up = ground.up(&["--history", "2h"]).command().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait::until("the first parts to run", FIRST_ALERT, || {
        let pids = ground.pids();
        if pids.iter().any(|(name, _)| name == "alertmanager") { Ok(()) } else { Err(format!("{pids:?}")) }
    });
    up.kill().unwrap();
    up.wait().unwrap();
    let pids = ground.pids();
    assert!(pids.iter().any(|(_, pid)| runs(*pid)), "{pids:?}");
    let outcome = ground.rounds(&["down"], &[]).run().expect_code(0);
    assert!(outcome.stdout.starts_with("stopped "), "{outcome:#?}");
    assert!(pids.iter().all(|(_, pid)| !runs(*pid)), "{pids:?}");

    // The next one begins from nothing, and interrupted it cleans up after itself.
    let run = ground.up(&["--history", "2h"]);
    let running = run.start();
    wait::until("the first parts to run", FIRST_ALERT, || {
        let pids = ground.pids();
        if pids.iter().any(|(name, pid)| name == "alertmanager" && runs(*pid)) {
            Ok(())
        } else {
            Err(format!("{pids:?}"))
        }
    });
    let pids = ground.pids();
    assert!(Command::new("kill").args(["-INT", &running.id().to_string()]).status().unwrap().success());
    let broken_off = running.finish().expect_code(3);
    assert!(broken_off.stderr.contains("broken off; stopped "), "{broken_off:#?}");
    assert!(pids.iter().all(|(_, pid)| !runs(*pid)), "{pids:?}");
    assert!(ground.pids().is_empty());
}

#[test]
fn what_cannot_work_is_said_with_the_next_step() {
    let ground = Ground::new();
    let none = ground.up(&[]).env("PATH", "/nowhere").run().expect_code(3);
    assert!(none.stderr.contains("not on the PATH: prometheus, promtool, alertmanager"), "{none:#?}");
    assert!(none.stderr.contains("apt-get install") && none.stderr.contains("brew install"), "{none:#?}");
    for words in [&["status"], &["down"]] {
        let refused = ground.rounds(words, &[]).run().expect_code(3);
        assert!(
            refused.stderr.contains("there is no stack in ") && refused.stderr.contains("up --local"),
            "{refused:#?}"
        );
    }
    std::fs::create_dir_all(ground.folder()).unwrap();
    std::fs::write(ground.folder().join("thesis.txt"), "").unwrap();
    let refused = ground.up(&[]).run().expect_code(3);
    assert!(refused.stderr.contains("has files in it and is not a local stack"), "{refused:#?}");
    assert!(ground.folder().join("thesis.txt").exists());
}
