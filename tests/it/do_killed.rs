//! The program dies in the middle of a change, or is told to end: the journal tells the truth, and says what to check.
//! A proxy holds the call at the wanted point; what is killed is the program as it is shipped.

use std::sync::LazyLock;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::hold::{Catch, Hold};
use crate::support::moto::{Moto, REGION};
use crate::support::rounds::{Rounds, Running};
use crate::support::{ecs, wait};

static AWS: LazyLock<Moto> = LazyLock::new(Moto::seeded);

fn restart(endpoint: &str, service: &str) -> Rounds {
    let config =
        format!("[contexts.stage.aws]\nregion = \"{REGION}\"\nendpoint_url = \"{endpoint}\"\ncloudwatch = false\n");
    Rounds::new(["do", "restart", "--service", service, "--yes"]).config(&config).aws_keys()
}

fn signal(running: &Running<'_>, signal: Signal) {
    kill_process(Pid::from_raw(i32::try_from(running.id()).unwrap()).unwrap(), signal).unwrap();
}

/// What `rounds journal` says afterwards, as JSON and as text.
fn told(run: &Rounds) -> (Value, String) {
    let again = |words: &[&str]| run.again(words).run().expect_code(0);
    (again(&["journal", "-o", "json"]).json()["changes"][0].clone(), again(&["journal"]).stdout)
}

fn stopped(service: &str) -> usize {
    let (cluster, name) = service.split_once('/').unwrap();
    ecs::tasks(&AWS.url(), cluster, name).iter().filter(|task| task["lastStatus"] == "STOPPED").count()
}

#[test]
fn killed_before_the_call_arrived() {
    let hold = Hold::operations(&AWS.url(), Catch::Before, &["StopTask"]);
    let run = restart(&hold.url(), "prod/api-1");
    let running = run.start();
    hold.wait();
    assert_eq!(run.journal().len(), 1, "the intent is on disk before the call leaves");
    signal(&running, Signal::KILL);
    assert_eq!(running.finish().code, None);
    let (change, text) = told(&run);
    assert_eq!(change["ending"], "unknown", "{change:#}");
    assert!(text.contains("outcome unknown: the program ended"), "{text}");
    assert!(text.contains("check: whether task"), "{text}");
    assert_eq!(stopped("prod/api-1"), 0);
}

#[test]
fn killed_after_the_call_arrived_and_before_its_answer() {
    let hold = Hold::operations(&AWS.url(), Catch::After, &["StopTask"]);
    let run = restart(&hold.url(), "prod/api-2");
    let running = run.start();
    hold.wait();
    signal(&running, Signal::KILL);
    running.finish();
    let (change, _) = told(&run);
    assert_eq!(change["ending"], "unknown", "the journal cannot know better: {change:#}");
    assert_eq!(stopped("prod/api-2"), 1, "it was made all the same");
}

#[test]
fn killed_while_it_is_watched() {
    let run = restart(&AWS.url(), "prod/worker");
    let running = run.start();
    wait::until("the call's outcome in the journal", Duration::from_mins(2), || {
        let lines = run.journal_text().lines().count();
        if lines >= 2 { Ok(()) } else { Err(format!("{lines} lines")) }
    });
    let (change, _) = told(&run);
    assert_eq!(change["ending"], "under_way", "as long as it runs: {change:#}");
    signal(&running, Signal::KILL);
    running.finish();
    let (change, text) = told(&run);
    assert_eq!(change["ending"], "unwatched", "{change:#}");
    assert!(text.contains("made; the program ended before it saw how it went"), "{text}");
}

#[test]
fn told_to_end_while_it_watches_it_says_so_and_writes_it_down() {
    for (service, how) in [("calm/api-1", Signal::INT), ("calm/api-2", Signal::TERM)] {
        let run = restart(&AWS.url(), service);
        let running = run.start();
        wait::until("the call's outcome in the journal", Duration::from_mins(2), || {
            let lines = run.journal_text().lines().count();
            if lines >= 2 { Ok(()) } else { Err(format!("{lines} lines")) }
        });
        signal(&running, how);
        let outcome = running.finish().expect_code(1);
        assert!(outcome.stdout.contains("made, not watched to the end"), "{outcome:#?}");
        assert_eq!(run.journal()[2]["outcome"]["outcome"], "unwatched");
    }
}

#[test]
fn two_at_once_see_each_other() {
    let hold = Hold::operations(&AWS.url(), Catch::Before, &["StopTask"]);
    let run = restart(&hold.url(), "calm/worker");
    let running = run.start();
    hold.wait();
    let second = run.again(&["do", "redeploy", "--service", "calm/worker", "--yes"]).run().expect_code(3);
    assert!(second.stderr.contains("is changing it right now: restart task"), "{second:#?}");
    signal(&running, Signal::KILL);
    running.finish();
}
