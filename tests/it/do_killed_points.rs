//! Kill -9 at every point between the plan and the end of a change with a silence tied to it: what the world then has, and
//! that the journal tells the truth of it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::alertmanager::Alertmanager;
use crate::support::bridge::call;
use crate::support::fake_rollout::{FakeRollout, Fate};
use crate::support::hold::{Catch, Hold};
use crate::support::http;
use crate::support::moto::REGION;
use crate::support::rounds::{Rounds, Running};
use crate::support::site::Request;
use crate::support::wait;

/// Where the program is caught.
#[derive(Debug, Clone, Copy)]
enum At {
    /// At an AWS operation, the first time.
    First(&'static str),
    /// At an AWS operation, so many times after those that planning takes.
    AfterThePlan(&'static str),
    /// At an AWS operation, once another one was asked for.
    Since(&'static str, &'static str),
    /// At a request to Alertmanager, by its method.
    Silences(&'static str),
}

/// What is so after the program died at a point.
struct Point {
    at: At,
    catch: Catch,
    /// Tasks stopped.
    stopped: usize,
    /// Silences in force.
    silences: usize,
    /// The journal's lines.
    events: &'static [&'static str],
    /// The ending that the journal tells; nothing where nothing was begun.
    ending: Option<&'static str>,
}

const fn point(
    at: At,
    catch: Catch,
    stopped: usize,
    silences: usize,
    events: &'static [&'static str],
    ending: Option<&'static str>,
) -> Point {
    Point { at, catch, stopped, silences, events, ending }
}

const INTENT: &[&str] = &["intent"];
const SILENCED: &[&str] = &["intent", "silence"];
const MADE: &[&str] = &["intent", "silence", "call"];

const POINTS: [Point; 9] = [
    point(At::First("DescribeServices"), Catch::Before, 0, 0, &[], None),
    point(At::AfterThePlan("DescribeServices"), Catch::Before, 0, 0, &[], None),
    point(At::Silences("POST"), Catch::Before, 0, 0, INTENT, Some("unknown")),
    point(At::Silences("POST"), Catch::After, 0, 1, INTENT, Some("unknown")),
    point(At::First("StopTask"), Catch::Before, 0, 1, SILENCED, Some("unknown")),
    point(At::First("StopTask"), Catch::After, 1, 1, SILENCED, Some("unknown")),
    point(At::Since("StopTask", "DescribeTasks"), Catch::Before, 1, 1, MADE, Some("unwatched")),
    point(At::Silences("DELETE"), Catch::Before, 1, 1, MADE, Some("unwatched")),
    point(At::Silences("DELETE"), Catch::After, 1, 0, MADE, Some("unwatched")),
];

/// A restart with a silence, with something in front of both backends.
struct Scene {
    fake: FakeRollout,
    alertmanager: Alertmanager,
}

impl Scene {
    fn new() -> Self {
        Self { fake: FakeRollout::start(Fate::Well), alertmanager: Alertmanager::start() }
    }

    fn change(aws: &str, alertmanager: &str, words: &[&str]) -> Rounds {
        let config = format!(
            "[contexts.stage.aws]\nregion = \"{REGION}\"\nendpoint_url = \"{aws}\"\ncloudwatch = false\n\
             [contexts.stage.alertmanager]\nurl = \"{alertmanager}\"\n"
        );
        let restart = ["do", "restart", "--service", "api", "--task", "task-001"];
        Rounds::new(restart.into_iter().chain(words.iter().copied())).config(&config).aws_keys()
    }

    /// How often planning alone asks for an operation.
    fn planning(&self, operation: &str) -> usize {
        let asked = |fake: &FakeRollout| fake.operations().iter().filter(|one| *one == operation).count();
        let before = asked(&self.fake);
        let words = ["--dry-run", "--silence", "10m"];
        Self::change(&self.fake.url(), &self.alertmanager.url(), &words).run().expect_code(0);
        asked(&self.fake) - before
    }

    fn stopped(&self) -> usize {
        self.fake.operations().iter().filter(|operation| *operation == "StopTask").count()
    }

    /// In force.
    fn silences(&self) -> Vec<Value> {
        let mut all = self.silences_ever();
        all.retain(|silence| silence["status"]["state"] == "active");
        all
    }

    /// In force and past.
    fn silences_ever(&self) -> Vec<Value> {
        let all = http::get(&format!("{}/api/v2/silences", self.alertmanager.url())).unwrap().json();
        all.as_array().unwrap().clone()
    }
}

fn is_operation(request: &Request, operation: &str) -> bool {
    call(request).operation == operation
}

fn kill(running: Running<'_>) {
    kill_process(Pid::from_raw(i32::try_from(running.id()).unwrap()).unwrap(), Signal::KILL).unwrap();
    assert_eq!(running.finish().code, None);
}

/// What catches the program at a point: in front of AWS, or in front of Alertmanager.
fn holds(scene: &Scene, point: &Point) -> (Hold, Hold) {
    let (aws, alertmanager) = (scene.fake.url(), scene.alertmanager.url());
    let nothing = |upstream: &str| Hold::before(upstream, Catch::Pass, |_| false);
    match point.at {
        At::First(operation) => {
            (Hold::before(&aws, point.catch, move |request| is_operation(request, operation)), nothing(&alertmanager))
        }
        At::AfterThePlan(operation) => {
            let (planning, asked) = (scene.planning(operation), AtomicUsize::new(0));
            let is_meant = move |request: &Request| {
                is_operation(request, operation) && asked.fetch_add(1, Ordering::SeqCst) >= planning
            };
            (Hold::before(&aws, point.catch, is_meant), nothing(&alertmanager))
        }
        At::Since(first, then) => {
            let is_since = AtomicBool::new(false);
            let is_meant = move |request: &Request| {
                if is_operation(request, first) {
                    is_since.store(true, Ordering::SeqCst);
                }
                is_since.load(Ordering::SeqCst) && is_operation(request, then)
            };
            (Hold::before(&aws, point.catch, is_meant), nothing(&alertmanager))
        }
        At::Silences(method) => {
            let is_meant = move |request: &Request| {
                request.method.as_str() == method && request.target().contains("/api/v2/silence")
            };
            (nothing(&aws), Hold::before(&alertmanager, point.catch, is_meant))
        }
    }
}

#[test]
fn at_every_point_the_journal_tells_the_truth() {
    for point in POINTS {
        let scene = Scene::new();
        let (aws, alertmanager) = holds(&scene, &point);
        let stopped = scene.stopped();
        let run = Scene::change(&aws.url(), &alertmanager.url(), &["--yes", "--silence", "10m"]);
        let running = run.start();
        let at = format!("{:?} {:?}", point.at, point.catch);
        match point.at {
            At::Silences(_) => alertmanager.wait(),
            _ => aws.wait(),
        }
        kill(running);
        assert_eq!(scene.stopped() - stopped, usize::from(point.stopped > 0), "{at}: tasks stopped");
        let silences = scene.silences();
        assert_eq!(silences.len(), point.silences, "{at}: {silences:#?}");
        let latest = Timestamp::now() + SignedDuration::from_mins(10);
        for silence in &silences {
            let ends: Timestamp = silence["endsAt"].as_str().unwrap().parse().unwrap();
            assert!(ends <= latest, "{at}: it ends by itself: {silence:#}");
        }
        let events: Vec<String> = run.journal().iter().map(|line| line["event"].as_str().unwrap().to_owned()).collect();
        assert_eq!(events, point.events, "{at}");
        let told = run.again(&["journal", "-o", "json"]).run().expect_code(0).json();
        assert_eq!(told["unread"], Value::Array(Vec::new()), "{at}");
        assert_eq!(told["changes"][0]["ending"].as_str(), point.ending, "{at}: {told:#}");
        if point.ending.is_some() {
            let check = told["changes"][0]["check"].as_str().unwrap_or_default();
            assert!(check.contains("whether task task-001 of prod/api still runs"), "{at}: {check}");
            assert!(check.contains("a silence made for it ends by itself at "), "{at}: {check}");
        }
    }
}

#[test]
fn a_silence_outlives_no_program_by_more_than_its_time() {
    let scene = Scene::new();
    let hold = Hold::operations(&scene.fake.url(), Catch::Before, &["StopTask"]);
    let run = Scene::change(&hold.url(), &scene.alertmanager.url(), &["--yes", "--silence", "4s"]);
    let running = run.start();
    hold.wait();
    // On a machine that has much else to do its four seconds may be over by now.
    assert_eq!(scene.silences_ever().len(), 1);
    kill(running);
    wait::until("the silence to end by itself", Duration::from_mins(1), || match scene.silences().len() {
        0 => Ok(()),
        count => Err(format!("{count} in force")),
    });
}

#[test]
fn a_journal_that_fills_up_after_the_intent_hides_nothing() {
    let fake = FakeRollout::start(Fate::Well);
    let home = Rounds::new(Vec::<String>::new());
    let folder = home.folder(".local/state/rounds");
    // The disk is full from the moment the call arrives.
    let hold = Hold::before(&fake.url(), Catch::Pass, move |request| {
        let is_meant = is_operation(request, "StopTask");
        if is_meant {
            std::fs::rename(folder.join("journal.jsonl"), folder.join("kept")).unwrap();
            std::os::unix::fs::symlink("/dev/full", folder.join("journal.jsonl")).unwrap();
        }
        is_meant
    });
    let words = ["do", "restart", "--service", "api", "--task", "task-001", "--yes"];
    let config =
        format!("[contexts.stage.aws]\nregion = \"{REGION}\"\nendpoint_url = \"{}\"\ncloudwatch = false\n", hold.url());
    let run = home.again(&words).config(&config).aws_keys();
    let outcome = run.run().expect_code(0);
    assert!(outcome.stdout.contains("verified"), "{outcome:#?}");
    assert!(outcome.stdout.contains("No space left on device"), "what is not written down is said: {outcome:#?}");
    let folder = run.path(".local/state/rounds");
    std::fs::rename(folder.join("kept"), folder.join("journal.jsonl")).unwrap();
    let told = run.again(&["journal"]).run().expect_code(0).stdout;
    assert!(told.contains("outcome unknown") && told.contains("check: whether task task-001"), "{told}");
}
