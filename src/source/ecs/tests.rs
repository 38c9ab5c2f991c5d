use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future};
use serde_json::{Value, json};

use super::*;
use crate::config::{Context, Refresh};
use crate::domain::{CheckupState, EcsReading, ErrorClass, Policy, TaskState, Unseen};
use crate::net::aws::fake::{action, answer, aws, aws_with, body, identity, refusal, settings};
use crate::net::http::loopback::{Asked, Loopback, Said};

const ARN: &str = "arn:aws:ecs:eu-west-1:123456789012";

fn context(services: &[&str]) -> Context {
    Context {
        name: "test".to_owned(),
        production: false,
        read_only: false,
        arm_for: Duration::from_mins(10),
        change_timeout: Duration::from_mins(5),
        aws: None,
        prometheus: None,
        alertmanager: None,
        grafana: None,
        policy: Policy::default(),
        refresh: Refresh::default(),
        logs: config::Logs::default(),
        stack_services: Vec::new(),
        services: services.iter().map(|&name| name.to_owned()).collect(),
    }
}

fn ask(second: i64) -> Ask {
    Ask { now: Timestamp::from_second(second).unwrap(), within: Duration::from_mins(1), wanted: Vec::new() }
}

async fn read(source: &Arc<dyn Source>) -> Result<EcsReading, SourceError> {
    match source.read(&ask(1_000)).await? {
        Reading::Ecs(reading) => Ok(reading),
        other => panic!("{other:?}"),
    }
}

/// A cluster `prod` with `services` services of one running task each.
fn fleet(services: usize) -> impl Fn(&Asked) -> Said + Send + Sync + Clone + 'static {
    move |asked| {
        if action(asked) == "GetCallerIdentity" {
            return identity();
        }
        let wire = body(asked);
        let list = |field: &str| -> Vec<String> {
            wire[field].as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
        };
        let page = |field: &str, kind: &str, count: usize| {
            let from: usize = wire["nextToken"].as_str().map_or(0, |token| token.parse().unwrap());
            let size = usize::try_from(wire["maxResults"].as_u64().unwrap()).unwrap();
            assert_eq!(size, 100, "a page is as large as it may be");
            let arns: Vec<String> = (from..count.min(from + size)).map(|n| format!("{ARN}:{kind}/prod/s{n}")).collect();
            let mut answered = json!({ field: arns });
            if from + size < count {
                answered["nextToken"] = json!((from + size).to_string());
            }
            answer(&answered)
        };
        match action(asked).as_str() {
            "ListClusters" => answer(&json!({"clusterArns": [format!("{ARN}:cluster/prod")]})),
            "DescribeClusters" => {
                assert!(!list("clusters").is_empty(), "an empty list means the cluster `default`");
                let cluster = json!({"clusterArn": format!("{ARN}:cluster/prod"), "clusterName": "prod",
                    "status": "ACTIVE", "activeServicesCount": services});
                answer(&json!({"clusters": [cluster]}))
            }
            "ListServices" => page("serviceArns", "service", services),
            "DescribeServices" => {
                let names = list("services");
                assert!(names.len() <= 10);
                let services: Vec<Value> = names.iter().map(|arn| described(arn)).collect();
                answer(&json!({"services": services}))
            }
            "ListTasks" if wire["desiredStatus"] == "STOPPED" => page("taskArns", "task", 0),
            "ListTasks" => page("taskArns", "task", services),
            "DescribeTasks" => {
                let names = list("tasks");
                assert!(names.len() <= 100);
                let tasks: Vec<Value> = names.iter().map(|arn| running(arn)).collect();
                answer(&json!({"tasks": tasks}))
            }
            "DescribeTaskDefinition" => answer(&json!({"taskDefinition": {
                "taskDefinitionArn": format!("{ARN}:task-definition/web:3"), "family": "web", "revision": 3,
                "cpu": "256", "memory": "512", "containerDefinitions": [{"name": "web", "image": "web:1.2"}]}})),
            other => panic!("{other}"),
        }
    }
}

fn described(arn: &str) -> Value {
    let name = map::short_name(arn);
    json!({"serviceArn": arn, "serviceName": name, "status": "ACTIVE", "desiredCount": 1, "runningCount": 1,
        "pendingCount": 0, "launchType": "FARGATE", "taskDefinition": format!("{ARN}:task-definition/web:3"),
        "deployments": [{"id": format!("ecs-svc/{name}"), "status": "PRIMARY", "rolloutState": "COMPLETED"}]})
}

fn running(arn: &str) -> Value {
    json!({"taskArn": arn, "group": format!("service:{}", map::short_name(arn)), "lastStatus": "RUNNING",
        "desiredStatus": "RUNNING", "taskDefinitionArn": format!("{ARN}:task-definition/web:3")})
}

async fn source(
    answer: impl Fn(&Asked) -> Said + Send + Sync + 'static,
    services: &[&str],
) -> (Loopback, Arc<dyn Source>) {
    let server = Loopback::start(answer).await;
    let source = open(&aws(settings(&server.url)), &context(services));
    (server, source)
}

fn asked_for(server: &Loopback, name: &str) -> usize {
    server.asked().iter().filter(|asked| action(asked) == name).count()
}

#[tokio::test]
async fn every_page_is_followed_and_every_limit_kept() {
    let (server, source) = source(fleet(230), &[]).await;
    let reading = read(&source).await.unwrap();
    assert_eq!(reading.problems, []);
    assert_eq!((reading.services.len(), reading.region.as_str()), (230, "eu-west-1"));
    assert!(reading.services.iter().all(|service| service.tasks_known && service.tasks.len() == 1));
    assert_eq!(reading.account.as_deref(), Some("123456789012"));
    assert_eq!(reading.caller_arn.as_deref(), Some("arn:aws:sts::123456789012:assumed-role/ro/me"));
    assert_eq!(reading.definitions[0].images, [("web".to_owned(), "web:1.2".to_owned())]);
    for (name, calls) in [
        ("ListServices", 3),
        ("DescribeServices", 23),
        ("ListTasks", 4),
        ("DescribeTasks", 3),
        ("DescribeTaskDefinition", 1),
        ("GetCallerIdentity", 1),
    ] {
        assert_eq!(asked_for(&server, name), calls, "{name}");
    }
    assert_eq!(source.requests(), server.asked().len() as u64);

    read(&source).await.unwrap();
    assert_eq!(asked_for(&server, "ListServices"), 3, "a long list is kept for some rounds");
    assert_eq!(asked_for(&server, "DescribeServices"), 46);
    assert_eq!(asked_for(&server, "DescribeTaskDefinition"), 1, "a definition never changes");
    assert_eq!(asked_for(&server, "GetCallerIdentity"), 1);
}

#[tokio::test]
async fn the_filter_saves_descriptions() {
    let (server, source) = source(fleet(230), &["s1?", "prod/s7"]).await;
    let reading = read(&source).await.unwrap();
    assert_eq!(reading.services.len(), 11);
    assert_eq!(asked_for(&server, "DescribeServices"), 2);
}

#[tokio::test]
async fn throttling_is_backed_off_and_tried_again() {
    let (fleet, calls) = (fleet(1), AtomicUsize::new(0));
    let (_server, source) = source(
        move |asked| {
            if action(asked) == "DescribeServices" && calls.fetch_add(1, Ordering::SeqCst) < 2 {
                return refusal(400, "ThrottlingException", "Rate exceeded");
            }
            fleet(asked)
        },
        &[],
    )
    .await;
    let reading = read(&source).await.unwrap();
    assert_eq!((reading.services.len(), reading.problems.len()), (1, 0));
}

/// A rule of a table: calls to an action get an answer of their own.
fn but(name: &'static str, said: Said) -> impl Fn(&Asked) -> Said + Send + Sync + 'static {
    let fleet = fleet(3);
    move |asked| if action(asked) == name { said.clone() } else { fleet(asked) }
}

#[tokio::test]
async fn what_fails_alone_is_a_problem_and_the_rest_stays() {
    let denied = || refusal(400, "AccessDeniedException", "User: x is not authorized to perform: ecs:Y on resource: z");
    for (name, said, services, tasks_known, class) in [
        ("ListTasks", denied(), 3, false, ErrorClass::Forbidden),
        ("DescribeTasks", Said::text(500, "text/html", "<html>boom"), 3, false, ErrorClass::Server),
        ("DescribeTasks", Said::text(200, "text/plain", "not JSON"), 3, false, ErrorClass::Garbage),
        ("DescribeTaskDefinition", denied(), 3, true, ErrorClass::Forbidden),
        ("DescribeClusters", denied(), 3, true, ErrorClass::Forbidden),
        ("GetCallerIdentity", Said::text(500, "text/html", "<html>boom"), 3, true, ErrorClass::Server),
    ] {
        let (_server, source) = source(but(name, said), &[]).await;
        let reading = read(&source).await.unwrap();
        assert_eq!(reading.services.len(), services, "{name}");
        assert!(reading.services.iter().all(|service| service.tasks_known == tasks_known), "{name}");
        assert_eq!(reading.problems.len(), 1, "{name}: {:?}", reading.problems);
        assert_eq!(reading.problems[0].class, class, "{name}: {:?}", reading.problems);
        assert_eq!(reading.unseen, [], "{name}: services say themselves that their tasks are not known");
        assert!(reading.problems[0].what.contains(name), "{:?}", reading.problems);
        assert!(!reading.problems[0].what.contains("html"), "{:?}", reading.problems);
    }
}

#[tokio::test]
async fn when_nothing_can_be_read_the_error_says_why() {
    let denied = || refusal(400, "AccessDeniedException", "User: x is not authorized to perform: ecs:Y on resource: z");
    for (name, said, class, hint) in [
        ("ListClusters", denied(), ErrorClass::Forbidden, "allow ecs:Y on z"),
        ("ListServices", denied(), ErrorClass::Forbidden, "allow ecs:Y on z"),
        ("DescribeServices", Said::text(200, "text/plain", "hello"), ErrorClass::Garbage, "endpoint_url"),
        // Well-formed and yet no answer of ECS: it tells of everything it is asked about.
        ("DescribeClusters", answer(&json!({})), ErrorClass::Garbage, "endpoint_url"),
        ("ListServices", answer(&json!({})), ErrorClass::Garbage, "endpoint_url"),
        ("DescribeServices", answer(&json!({})), ErrorClass::Garbage, "endpoint_url"),
        (
            "ListClusters",
            refusal(400, "ExpiredTokenException", "expired"),
            ErrorClass::Credentials,
            "get-caller-identity",
        ),
        ("ListServices", refusal(403, "InvalidClientTokenId", "no"), ErrorClass::Credentials, "get-caller-identity"),
        ("ListClusters", Said::text(404, "text/html", "<html>"), ErrorClass::Unsupported, "endpoint_url"),
    ] {
        let (_server, source) = source(but(name, said), &[]).await;
        let error = read(&source).await.unwrap_err();
        assert_eq!(error.class, class, "{name}: {error:?}");
        assert!(error.what.starts_with(&format!("ecs:{name} in eu-west-1")), "{error:?}");
        assert!(error.hint.as_deref().is_some_and(|text| text.contains(hint)), "{name}: {error:?}");
    }
}

#[tokio::test]
async fn an_address_where_nothing_listens_is_named() {
    let (_taken, free) = crate::net::http::loopback::refusing();
    let source = open(&aws(settings(&format!("http://{free}").parse().unwrap())), &context(&[]));
    let error = read(&source).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Connect);
    assert_eq!(error.what, format!("ecs:ListClusters in eu-west-1: POST http://{free}/: connection refused"));
}

#[tokio::test]
async fn a_list_that_goes_in_circles_ends() {
    let page = json!({"serviceArns": [format!("{ARN}:service/prod/s1")], "nextToken": "again"});
    let (server, source) = source(but("ListServices", answer(&page)), &[]).await;
    let error = read(&source).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Garbage);
    assert!(error.what.contains("a page came twice"), "{error}");
    assert_eq!(asked_for(&server, "ListServices"), 2);
}

#[tokio::test]
async fn a_hanging_call_costs_its_own_part_only_and_ends_in_time() {
    let (_server, source) = source(but("ListTasks", Said::Hang), &[]).await;
    let ask = Ask { within: Duration::from_secs(3), ..ask(1_000) };
    let Reading::Ecs(reading) = source.read(&ask).await.unwrap() else { panic!("not ECS") };
    assert_eq!(reading.services.len(), 3);
    assert!(reading.services.iter().all(|service| !service.tasks_known));
    assert_eq!(reading.problems[0].class, ErrorClass::Timeout);
    assert!(
        reading.problems[0].what.starts_with("ecs:ListTasks in eu-west-1 (cluster prod): "),
        "{:?}",
        reading.problems
    );
}

#[tokio::test]
async fn failures_are_reported_and_a_service_that_went_away_is_none() {
    let failures = json!({"services": [described(&format!("{ARN}:service/prod/s1"))], "failures": [
        {"arn": format!("{ARN}:service/prod/gone"), "reason": "MISSING"},
        {"arn": format!("{ARN}:service/prod/s0"), "reason": "MISSING"},
        {"arn": format!("{ARN}:service/prod/s2"), "reason": "ACCESS_DENIED", "detail": "no\u{1b}[31m"}]});
    let (_server, source) = source(but("DescribeServices", answer(&failures)), &[]).await;
    let reading = read(&source).await.unwrap();
    assert_eq!(reading.services.len(), 1);
    let ends = ["service/prod/s0: MISSING", "service/prod/s2: ACCESS_DENIED: no\\u{1b}[31m"];
    assert_eq!(reading.problems.len(), ends.len(), "what is no longer listed went away: {:?}", reading.problems);
    for (problem, end) in reading.problems.iter().zip(ends) {
        assert!(problem.what.ends_with(end), "{problem:?}");
    }
    let unseen: Vec<_> = reading.problems.iter().map(|problem| Unseen::new("services", problem)).collect();
    assert_eq!(reading.unseen, unseen);
}

#[tokio::test]
async fn what_stands_in_for_a_missing_description_is_marked_with_its_age() {
    let (fleet, is_slow) = (fleet(12), Arc::new(Mutex::new(false)));
    let slow = Arc::clone(&is_slow);
    let (_server, source) = source(
        move |asked| {
            // The second of two batches.
            let is_second =
                action(asked) == "DescribeServices" && body(asked)["services"].as_array().unwrap().len() == 2;
            if *slow.lock().unwrap() && is_second { answer(&json!({})) } else { fleet(asked) }
        },
        &[],
    )
    .await;
    assert!(read(&source).await.unwrap().described_before.is_empty());
    *is_slow.lock().unwrap() = true;
    let Reading::Ecs(reading) = source.read(&ask(1_030)).await.unwrap() else { panic!("not ECS") };
    assert_eq!((reading.services.len(), reading.unseen.len()), (12, 0), "{:?}", reading.unseen);
    let at: Vec<i64> = reading.described_before.values().map(|at| at.as_second()).collect();
    assert_eq!(at, [1_000, 1_000]);
}

#[tokio::test]
async fn configured_clusters_are_read_without_listing_and_a_missing_one_is_named() {
    let known = json!({"clusters": [{"clusterArn": format!("{ARN}:cluster/prod"), "clusterName": "prod"}],
        "failures": [{"arn": format!("{ARN}:cluster/prdo"), "reason": "MISSING"}]});
    let server = Loopback::start(but("DescribeClusters", answer(&known))).await;
    let settings = crate::config::Aws { clusters: vec!["prod".into(), "prdo".into()], ..settings(&server.url) };
    let source = open(&aws(settings), &context(&[]));
    let reading = read(&source).await.unwrap();
    assert_eq!(asked_for(&server, "ListClusters"), 0);
    assert_eq!((reading.clusters.len(), reading.services.len()), (1, 3));
    assert!(reading.problems[0].what.contains("cluster/prdo: MISSING"), "{:?}", reading.problems);
    assert_eq!(reading.unseen, [Unseen::new("cluster", &reading.problems[0])]);
    assert!(source.place().starts_with("eu-west-1 at http://127.0.0.1:"), "{}", source.place());
    assert!(source.place().ends_with(", clusters prod, prdo"), "{}", source.place());
}

#[tokio::test]
async fn stopped_tasks_are_described_once() {
    let fleet = fleet(1);
    let described = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&described);
    let stopped = format!("{ARN}:task/prod/dead");
    let (_server, source) = source(
        move |asked| match action(asked).as_str() {
            "ListTasks" if body(asked)["desiredStatus"] == "STOPPED" => answer(&json!({"taskArns": [stopped]})),
            "DescribeTasks" => {
                let wire = body(asked);
                let names = wire["tasks"].as_array().unwrap();
                log.lock().unwrap().extend(names.iter().map(|name| name.as_str().unwrap().to_owned()));
                let tasks: Vec<Value> = names
                    .iter()
                    .map(|name| match name.as_str().unwrap() {
                        arn if arn.ends_with("dead") => json!({"taskArn": arn, "group": "service:s0",
                            "lastStatus": "STOPPED", "stopCode": "EssentialContainerExited",
                            "containers": [{"name": "web", "exitCode": 137}]}),
                        arn => running(arn),
                    })
                    .collect();
                answer(&json!({"tasks": tasks}))
            }
            _ => fleet(asked),
        },
        &[],
    )
    .await;
    for _ in 0..3 {
        let reading = read(&source).await.unwrap();
        let states: Vec<TaskState> = reading.services[0].tasks.iter().map(|task| task.state).collect();
        assert_eq!(states, [TaskState::Running, TaskState::Stopped]);
        assert!(reading.services[0].tasks[1].was_out_of_memory());
    }
    let described = described.lock().unwrap();
    assert_eq!(described.iter().filter(|arn| arn.ends_with("dead")).count(), 1);
    assert_eq!(described.iter().collect::<HashSet<_>>().len(), 2);
}

/// Fails as often as told, then has credentials.
#[derive(Debug)]
struct Mended(Arc<AtomicUsize>);

impl ProvideCredentials for Mended {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(match self.0.fetch_add(1, Ordering::SeqCst) {
            0 => Err(CredentialsError::provider_error("the token has expired")),
            _ => Ok(Credentials::new("AKIDEXAMPLE", "secret-key", None, None, "test")),
        })
    }
}

#[tokio::test]
async fn credentials_that_were_renewed_are_picked_up_in_the_next_round() {
    let server = Loopback::start(fleet(1)).await;
    let provider = SharedCredentialsProvider::new(Mended(Arc::default()));
    let source = open(&aws_with(settings(&server.url), provider), &context(&[]));
    let error = read(&source).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Credentials);
    assert!(error.what.contains("the token has expired"), "{error}");
    assert_eq!(server.asked().len(), 0);
    assert_eq!(read(&source).await.unwrap().services.len(), 1);
}

#[tokio::test]
async fn credentials_that_aws_refuses_are_looked_for_again() {
    let (fleet, calls) = (fleet(1), AtomicUsize::new(0));
    let server = Loopback::start(move |asked| match action(asked).as_str() {
        "ListClusters" if calls.fetch_add(1, Ordering::SeqCst) == 0 => {
            refusal(400, "ExpiredTokenException", "The security token included in the request is expired")
        }
        _ => fleet(asked),
    })
    .await;
    let found = Arc::new(AtomicUsize::new(1));
    let provider = SharedCredentialsProvider::new(Mended(Arc::clone(&found)));
    let source = open(&aws_with(settings(&server.url), provider), &context(&[]));
    assert_eq!(read(&source).await.unwrap_err().class, ErrorClass::Credentials);
    assert_eq!(read(&source).await.unwrap().services.len(), 1);
    assert_eq!(found.load(Ordering::SeqCst), 3, "found once for each session, never twice");
}

/// Has credentials that run out at once, then none, then good ones.
#[derive(Debug, Default)]
struct RunningOut(AtomicUsize);

impl ProvideCredentials for RunningOut {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let credentials = |expiry| Credentials::new("AKIDEXAMPLE", "secret-key", None, expiry, "test");
        future::ProvideCredentials::ready(match self.0.fetch_add(1, Ordering::SeqCst) {
            0 => Ok(credentials(Some(std::time::UNIX_EPOCH))),
            1 => Err(CredentialsError::provider_error("the SSO token has expired and cannot be refreshed")),
            _ => Ok(credentials(None)),
        })
    }
}

#[tokio::test]
async fn credentials_that_run_out_between_calls_fail_the_round_and_not_the_next() {
    let server = Loopback::start(fleet(1)).await;
    let provider = SharedCredentialsProvider::new(RunningOut::default());
    let source = open(&aws_with(settings(&server.url), provider), &context(&[]));
    let error = read(&source).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Credentials, "{error:?}");
    assert!(error.what.contains("the SSO token has expired"), "{error:?}");
    assert_eq!(read(&source).await.unwrap().services.len(), 1);
}

#[tokio::test]
async fn the_doctor_names_the_permission_that_is_missing() {
    let denied = "User: me is not authorized to perform: ecs:ListTasks on resource: *";
    let (_server, source) = source(but("ListTasks", refusal(400, "AccessDeniedException", denied)), &[]).await;
    let found = source.checkups(Timestamp::UNIX_EPOCH).await;
    let line = |name: &str| found.iter().find(|checkup| checkup.name == name).unwrap();
    assert!(line("credentials").detail.starts_with("account 123456789012, arn:aws:sts::"), "{found:?}");
    assert_eq!(line("region").detail, "eu-west-1");
    for name in [
        "ecs:ListClusters",
        "ecs:DescribeClusters",
        "ecs:ListServices",
        "ecs:DescribeServices",
        "ecs:DescribeTaskDefinition",
    ] {
        assert_eq!(line(name).state, CheckupState::Pass, "{name}: {found:?}");
        assert!(line(name).took.is_some());
    }
    assert_eq!(line("ecs:ListTasks").state, CheckupState::Fail);
    assert_eq!(
        line("ecs:ListTasks").next_step.as_deref(),
        Some("allow ecs:ListTasks on * in the policy of these credentials")
    );
    assert_eq!(line("ecs:DescribeTasks").state, CheckupState::Skip);
}

#[tokio::test]
async fn an_answer_without_a_list_is_not_taken_for_an_empty_one() {
    for said in [json!({}), json!({"Message": "hello"})] {
        for (call, holds) in [("ListClusters", "no list of clusters"), ("ListServices", "no list of services")] {
            let (_server, source) = source(but(call, answer(&said)), &[]).await;
            let error = read(&source).await.unwrap_err();
            assert_eq!(error.class, ErrorClass::Garbage);
            assert!(error.what.contains(holds), "{call}: {}", error.what);
        }
        let (_server, source) = source(but("ListTasks", answer(&said)), &[]).await;
        let reading = read(&source).await.unwrap();
        assert!(reading.services.iter().all(|service| !service.tasks_known), "{:?}", reading.services);
        assert!(
            reading.problems.iter().any(|problem| problem.what.contains("no list of tasks")),
            "{:?}",
            reading.problems
        );
    }
}
