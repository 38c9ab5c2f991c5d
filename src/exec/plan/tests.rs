//! Plans as tables: what is surveyed, what is said.

use std::time::Duration;

use super::*;
use crate::domain::estate::BalancerTarget;
use crate::domain::journal::Record;
use crate::domain::{Deployment, DeploymentStatus, EcsService, Rollout, Silence, Task, TaskHealth, TaskState};
use crate::exec::{Previous, PrometheusFacts, Scaling, ServiceDeployment, ServiceFacts, Whereabouts};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

const NOW: i64 = 100_000;

fn task(id: &str, state: TaskState, started: i64) -> Task {
    Task {
        id: id.to_owned(),
        state,
        last_status: "RUNNING".to_owned(),
        health: TaskHealth::Unknown,
        definition: "api:118".to_owned(),
        address: Some(format!("10.0.0.{}", id.len())),
        zone: None,
        created_at: Some(at(started - 50)),
        started_at: Some(at(started)),
        stopped_at: None,
        stop_code: None,
        stopped_reason: None,
        exits: Vec::new(),
    }
}

fn deployment(id: &str, status: DeploymentStatus, rollout: Rollout, running: u32) -> Deployment {
    Deployment {
        id: format!("ecs-svc/{id}"),
        status,
        rollout,
        reason: None,
        definition: "api:118".to_owned(),
        desired: running,
        running,
        pending: 0,
        failed_tasks: 0,
        created_at: Some(at(NOW - 840)),
        updated_at: None,
    }
}

/// A service of three healthy tasks.
pub(in crate::exec) fn facts() -> ServiceFacts {
    ServiceFacts {
        service: EcsService {
            id: ServiceId::new("prod", "api-2"),
            status: "ACTIVE".to_owned(),
            desired: 3,
            running: 3,
            pending: 0,
            launch: "FARGATE".to_owned(),
            definition: "api:118".to_owned(),
            percents: Some((100, 200)),
            created_at: None,
            deployments: vec![deployment("1", DeploymentStatus::Primary, Rollout::Completed, 3)],
            events: Vec::new(),
            tasks: vec![
                task("3f9c21aa", TaskState::Running, 300),
                task("3f9d77bb", TaskState::Running, 200),
                task("81bc02aa", TaskState::Running, 400),
            ],
            tasks_known: true,
        },
        controller: "ECS".to_owned(),
        is_daemon: false,
        is_checked: Some(false),
        target_groups: Vec::new(),
        targets: None,
        unscraped: Vec::new(),
        protected: Vec::new(),
        scaling: Scaling::None,
        rolling: None,
        previous: None,
    }
}

fn one_task(percents: (u32, u32)) -> ServiceFacts {
    let mut facts = facts();
    facts.service.tasks.truncate(1);
    (facts.service.desired, facts.service.running) = (1, 1);
    facts.service.percents = Some(percents);
    facts
}

fn place(production: bool) -> ChangePlace {
    ChangePlace {
        context: "prod".to_owned(),
        production,
        demo: false,
        region: Some("eu-west-1".to_owned()),
        account: Some("482100000917".to_owned()),
        caller_arn: None,
    }
}

/// What a case makes of the service of three healthy tasks.
type Make = fn(&mut ServiceFacts);

struct Scene {
    place: ChangePlace,
    who: Who,
    options: PlanOptions,
    means: Means,
    stories: Vec<Story>,
    namesakes: Namesakes,
}

impl Scene {
    fn new() -> Self {
        Self {
            place: place(false),
            who: Who { user: "kim".to_owned(), host: "bastion".to_owned(), ..Who::default() },
            options: PlanOptions::default(),
            means: Means {
                patience: Duration::from_mins(5),
                service_label: "service".to_owned(),
                silencers: vec![SourceKind::Alertmanager],
                ..Means::default()
            },
            stories: Vec::new(),
            namesakes: Ok(Vec::new()),
        }
    }

    fn draw(&self, change: &Change, subject: Subject) -> Result<Draft, Refusal> {
        let survey = Survey { whereabouts: Whereabouts::default(), subject, unseen: Vec::new() };
        let setting = Setting {
            place: &self.place,
            who: &self.who,
            now: at(NOW),
            stamp: at(NOW),
            options: &self.options,
            means: &self.means,
            stories: &self.stories,
            namesakes: &self.namesakes,
        };
        draw(change, &survey, &setting)
    }
}

fn draw_one(change: &Change, facts: ServiceFacts) -> Result<Draft, Refusal> {
    Scene::new().draw(change, Subject::Service(Box::new(facts)))
}

fn id() -> ServiceId {
    ServiceId::new("prod", "api-2")
}

fn restart(task: &str) -> Change {
    Change::RestartTask { service: id(), task: task.to_owned() }
}

fn kinds(plan: &Plan) -> Vec<ObjectionKind> {
    plan.objections.iter().map(|objection| objection.kind).collect()
}

fn line_of<'p>(plan: &'p Plan, label: &str) -> &'p str {
    plan.lines.iter().find(|line| line.label == label).map_or("", |line| line.text.as_str())
}

#[test]
fn a_restart_says_which_task_and_how_many_remain() {
    let Draft { plan, deed } = draw_one(&restart("3f9c"), facts()).unwrap();
    assert_eq!(plan.title, "restart task 3f9c21aa of api-2");
    assert_eq!(line_of(&plan, "where"), "context prod, account 482100000917, region eu-west-1, cluster prod");
    assert_eq!(line_of(&plan, "now"), "3 of 3 running; deployment api:118 since 14m");
    assert_eq!(line_of(&plan, "after"), "2 of 3 healthy until the replacement is (about 50s)");
    assert_eq!(plan.change, restart("3f9c21aa"), "the task is named whole");
    let reason = "rounds: kim".to_owned();
    assert_eq!(deed, Some(Deed::StopTask { service: id(), task: "3f9c21aa".to_owned(), reason }));
    assert!(plan.objections.is_empty() && plan.typed.is_none());
    assert_eq!(plan.blast.unwrap().healthy_during, 2);
}

#[test]
fn a_task_is_found_by_a_beginning_that_fits_one_only() {
    for (asked, found) in [
        ("3f9c", Ok("3f9c21aa")),
        ("81bc02aa", Ok("81bc02aa")),
        ("3f9", Err("3f9 fits 2 tasks of api-2: 3f9c21aa, 3f9d77bb")),
        ("ffff", Err("api-2 has no task ffff")),
    ] {
        match (draw_one(&restart(asked), facts()), found) {
            (Ok(draft), Ok(id)) => assert_eq!(draft.plan.change, restart(id)),
            (Err(refusal), Err(what)) => assert_eq!(refusal.what, what),
            (got, _) => panic!("{asked}: {got:?}"),
        }
    }
    let mut gone = facts();
    gone.service.tasks[0].state = TaskState::Stopped;
    gone.service.tasks[0].stopped_reason = Some("Scaling activity".to_owned());
    let refusal = draw_one(&restart("3f9c"), gone).unwrap_err();
    assert_eq!(refusal.what, "task 3f9c21aa of api-2 is stopped already: Scaling activity");
}

#[test]
fn without_a_name_the_unhealthy_task_is_meant_and_else_the_oldest() {
    let plan = draw_one(&restart(""), facts()).unwrap().plan;
    assert_eq!(plan.change, restart("3f9d77bb"));
    assert!(line_of(&plan, "task").contains("run longest of 3"), "{plan:?}");
    let mut sick = facts();
    sick.service.tasks[2].health = TaskHealth::Unhealthy;
    let plan = draw_one(&restart(""), sick).unwrap().plan;
    assert_eq!(plan.change, restart("81bc02aa"));
    assert!(line_of(&plan, "task").contains("1 of 3 unhealthy"), "{plan:?}");
    let mut none = facts();
    none.service.tasks.clear();
    assert!(draw_one(&restart(""), none).unwrap_err().what.contains("no task that could be restarted"));
}

#[test]
fn healthy_means_running_and_not_known_to_be_otherwise() {
    let cases: [(&str, Make, u32, bool); 8] = [
        ("all well", |_| (), 2, false),
        ("one starts", |facts| facts.service.tasks[1].state = TaskState::Pending, 1, false),
        ("one unhealthy", |facts| facts.service.tasks[1].health = TaskHealth::Unhealthy, 1, false),
        (
            "both others unhealthy",
            |facts| facts.service.tasks[1..].iter_mut().for_each(|task| task.health = TaskHealth::Unhealthy),
            0,
            true,
        ),
        (
            "it is the unhealthy one",
            |facts| {
                facts.service.tasks[0].health = TaskHealth::Unhealthy;
                facts.service.tasks.truncate(1);
            },
            0,
            false,
        ),
        ("the others have not passed their check", |facts| facts.is_checked = Some(true), 0, true),
        (
            "the load balancer says the others are unhealthy",
            |facts| {
                facts.service.tasks[1].address = Some("10.1.1.1".to_owned());
                facts.service.tasks[2].address = Some("10.1.1.1".to_owned());
                facts.targets = Some(vec![BalancerTarget {
                    id: "10.1.1.1".to_owned(),
                    port: Some(80),
                    zone: None,
                    state: "unhealthy".to_owned(),
                    reason: None,
                    description: None,
                }]);
            },
            0,
            true,
        ),
        ("the last one", |facts| facts.service.tasks.truncate(1), 0, true),
    ];
    for (case, make, left, downtime) in cases {
        let mut facts = facts();
        make(&mut facts);
        let plan = draw_one(&restart("3f9c"), facts).unwrap().plan;
        assert_eq!(plan.blast.as_ref().unwrap().healthy_during, left, "{case}");
        assert_eq!(plan.blast.as_ref().unwrap().downtime, downtime, "{case}");
        assert_eq!(kinds(&plan).contains(&ObjectionKind::Downtime), downtime, "{case}");
    }
}

/// Tasks of the three that Prometheus cannot scrape.
fn unscraped(tasks: &[usize]) -> ServiceFacts {
    let mut facts = facts();
    let ids = tasks.iter().map(|task| facts.service.tasks[*task].id.clone());
    facts.unscraped = ids.map(|id| (id, "connection refused".to_owned())).collect();
    facts
}

#[test]
fn what_prometheus_cannot_scrape_is_not_relied_upon() {
    let cases: [(&str, &[usize], u32, Option<&str>); 6] = [
        ("another one", &[1], 1, None),
        ("both others", &[1, 2], 0, Some("is the last healthy task that Prometheus can scrape")),
        ("it is the one", &[0], 2, None),
        ("it and another", &[0, 1], 1, None),
        ("all of them: ECS decides", &[0, 1, 2], 0, None),
        ("none", &[], 2, None),
    ];
    for (case, down, left, refused) in cases {
        let plan = draw_one(&restart("3f9c"), unscraped(down)).unwrap().plan;
        let blast = plan.blast.clone().unwrap();
        assert_eq!((blast.healthy_during, blast.downtime), (left, refused.is_some()), "{case}");
        let said = plan.objections.iter().map(|objection| objection.text.as_str()).collect::<String>();
        assert!(refused.map_or(said.is_empty(), |why| said.contains(why)), "{case}: {said}");
        assert_eq!(line_of(&plan, "in doubt").is_empty(), down.is_empty(), "{case}");
    }
    let mut alone = unscraped(&[0]);
    alone.service.tasks.truncate(1);
    let plan = draw_one(&restart("3f9c"), alone).unwrap().plan;
    assert_eq!(kinds(&plan), [ObjectionKind::Downtime], "it may be answering all the same");
    assert!(plan.objections[0].text.contains("the last task that may be answering"), "{plan:?}");
    let plan = draw_one(&restart(""), unscraped(&[0, 2])).unwrap().plan;
    assert_eq!(plan.change, restart("3f9c21aa"), "the older one of those that are down");
    assert_eq!(
        line_of(&plan, "in doubt"),
        "3f9c21aa, 81bc02aa: healthy by ECS, but Prometheus cannot scrape it (connection refused)"
    );
}

#[test]
fn a_deployment_or_fewer_tasks_may_leave_only_what_is_not_scraped() {
    let redeploy = || Change::Redeploy { service: id() };
    let scale = |desired| Change::Scale { service: id(), desired };
    let halves = |down: &[usize]| {
        let facts = unscraped(down);
        ServiceFacts { service: EcsService { percents: Some((50, 200)), ..facts.service.clone() }, ..facts }
    };
    for (case, change, facts, left, downtime) in [
        ("every task stays until another runs", redeploy(), unscraped(&[1, 2]), 1, false),
        ("two of three stay, one in doubt", redeploy(), halves(&[1]), 1, false),
        ("two of three stay, both in doubt", redeploy(), halves(&[1, 2]), 0, true),
        ("all are in doubt", redeploy(), halves(&[0, 1, 2]), 0, false),
        ("one stays, one is in doubt", scale(1), unscraped(&[1]), 0, true),
        ("two stay, one is in doubt", scale(2), unscraped(&[1]), 1, false),
        ("none stays, all in doubt", scale(0), unscraped(&[0, 1, 2]), 0, true),
        ("more of them", scale(4), unscraped(&[1, 2]), 1, false),
    ] {
        let plan = draw_one(&change, facts).unwrap().plan;
        assert_eq!(plan.blast.as_ref().unwrap().healthy_during, left, "{case}");
        assert_eq!(plan.blast.as_ref().unwrap().downtime, downtime, "{case}");
        assert_eq!(kinds(&plan).contains(&ObjectionKind::Downtime), downtime, "{case}: {:?}", plan.objections);
    }
}

#[test]
fn percents_decide_whether_a_deployment_is_downtime() {
    use ObjectionKind::{Downtime, Pointless, Unsupported};
    for (percents, expected, words) in [
        ((100, 200), vec![], "at least 1 healthy"),
        ((0, 100), vec![Downtime], "the old task must be gone before the new one may start"),
        ((0, 200), vec![Downtime], "ECS may stop every task"),
        ((50, 100), vec![Unsupported], "no room to replace"),
        ((100, 100), vec![Unsupported], "it would never begin"),
    ] {
        let plan = draw_one(&Change::Redeploy { service: id() }, one_task(percents)).unwrap().plan;
        assert_eq!(kinds(&plan), expected, "{percents:?}");
        let all = format!("{:?} {}", plan.objections, line_of(&plan, "after"));
        assert!(all.contains(words), "{percents:?}: {all}");
    }
    let mut none = one_task((100, 200));
    (none.service.desired, none.service.running) = (0, 0);
    none.service.tasks.clear();
    assert_eq!(kinds(&draw_one(&Change::Redeploy { service: id() }, none).unwrap().plan), [Pointless]);
    let three = draw_one(
        &Change::Redeploy { service: id() },
        ServiceFacts { service: EcsService { percents: Some((50, 100)), ..facts().service }, ..facts() },
    );
    assert_eq!(three.unwrap().plan.blast.unwrap().healthy_during, 2, "half of three, rounded up");
}

#[test]
fn what_is_rolling_is_refused_unless_it_is_to_be_undone() {
    let cases: [(&str, Make, bool); 6] = [
        ("done", |_| (), false),
        (
            "a second deployment",
            |facts| {
                facts.service.deployments[0].rollout = Rollout::InProgress;
                facts.service.deployments.push(deployment("0", DeploymentStatus::Active, Rollout::Completed, 2));
            },
            true,
        ),
        (
            "tasks are missing",
            |facts| {
                facts.service.deployments[0].rollout = Rollout::InProgress;
                facts.service.running = 2;
            },
            true,
        ),
        (
            "in progress alone, with all its tasks",
            |facts| facts.service.deployments[0].rollout = Rollout::InProgress,
            false,
        ),
        (
            "ECS lists one under way",
            |facts| {
                let (arn, status) = ("arn".to_owned(), "IN_PROGRESS".to_owned());
                facts.rolling = Some(ServiceDeployment { arn, status, from: Some("api:117".to_owned()) });
            },
            true,
        ),
        ("a task is missing and nothing rolls", |facts| facts.service.running = 2, false),
    ];
    for (case, make, is_rolling) in cases {
        for change in [restart("3f9c"), Change::Redeploy { service: id() }, Change::Scale { service: id(), desired: 4 }]
        {
            let mut facts = facts();
            make(&mut facts);
            let plan = draw_one(&change, facts).unwrap().plan;
            assert_eq!(kinds(&plan).contains(&ObjectionKind::Rolling), is_rolling, "{case}: {}", change.word());
            assert_eq!(!line_of(&plan, "in flight").is_empty(), is_rolling, "{case}: {}", change.word());
        }
    }
}

#[test]
fn what_ecs_refuses_is_not_offered() {
    use ObjectionKind::{Pointless, Unknown, Unsupported};
    let scale = |desired| Change::Scale { service: id(), desired };
    let redeploy = Change::Redeploy { service: id() };
    let cases: [(&str, Make, &Change, Vec<ObjectionKind>); 9] = [
        ("blue/green by CodeDeploy", |facts| facts.controller = "CODE_DEPLOY".to_owned(), &redeploy, vec![Unsupported]),
        ("CodeDeploy lets scale", |facts| facts.controller = "CODE_DEPLOY".to_owned(), &scale(4), vec![]),
        ("so does an external one", |facts| facts.controller = "EXTERNAL".to_owned(), &scale(4), vec![]),
        ("which deploys itself", |facts| facts.controller = "EXTERNAL".to_owned(), &redeploy, vec![Unsupported]),
        ("a task can always be stopped", |facts| facts.controller = "EXTERNAL".to_owned(), &restart("3f9c"), vec![]),
        ("draining", |facts| facts.service.status = "DRAINING".to_owned(), &redeploy, vec![Unsupported]),
        ("a daemon", |facts| facts.is_daemon = true, &scale(4), vec![Unsupported]),
        ("as it is", |_| (), &scale(3), vec![Pointless]),
        ("tasks unknown", |facts| facts.service.tasks_known = false, &redeploy, vec![Unknown]),
    ];
    for (case, make, change, expected) in cases {
        let mut facts = facts();
        make(&mut facts);
        assert_eq!(kinds(&draw_one(change, facts).unwrap().plan), expected, "{case}");
    }
}

#[test]
fn scaling_says_what_comes_of_it() {
    for (desired, scaling, after, note, downtime) in [
        (5, Scaling::None, "2 tasks more of api:118 (about 50s)", "", false),
        (
            1,
            Scaling::Between(1, 10),
            "2 tasks fewer; ECS chooses which, spread over zones; at least 1 healthy left",
            "and may change it again",
            false,
        ),
        (12, Scaling::Between(1, 10), "9 tasks more", "it will not stay at 12", false),
        (0, Scaling::Unknown, "3 tasks fewer", "not known", true),
    ] {
        let change = Change::Scale { service: id(), desired };
        let plan = draw_one(&change, ServiceFacts { scaling, ..facts() }).unwrap().plan;
        assert!(line_of(&plan, "after").starts_with(after), "{desired}: {}", line_of(&plan, "after"));
        assert!(line_of(&plan, "scaling").contains(note), "{desired}: {}", line_of(&plan, "scaling"));
        assert_eq!(kinds(&plan).contains(&ObjectionKind::Downtime), downtime, "{desired}");
    }
}

#[test]
fn fewer_tasks_may_leave_those_that_are_not_healthy() {
    let unhealthy = |facts: &mut ServiceFacts| facts.service.tasks[1].health = TaskHealth::Unhealthy;
    let starting = |facts: &mut ServiceFacts| facts.service.tasks[1].state = TaskState::Pending;
    let stopping = |facts: &mut ServiceFacts| facts.service.tasks[1].state = TaskState::Stopping;
    let cases: [(&str, Make, u32, u32, bool); 5] = [
        ("all healthy", |_| (), 1, 1, false),
        ("one unhealthy, one stays", unhealthy, 1, 0, true),
        ("one unhealthy, two stay", unhealthy, 2, 1, false),
        ("one starts, one stays", starting, 1, 0, true),
        ("one is on its way out, one stays", stopping, 1, 1, false),
    ];
    for (case, make, desired, left, downtime) in cases {
        let mut facts = facts();
        make(&mut facts);
        let plan = draw_one(&Change::Scale { service: id(), desired }, facts).unwrap().plan;
        let after = line_of(&plan, "after");
        assert!(after.ends_with(&format!("at least {left} healthy left")), "{case}: {after}");
        assert_eq!(plan.blast.as_ref().map(|blast| (blast.healthy_during, blast.downtime)), Some((left, downtime)));
        let said: String = plan.objections.iter().map(|objection| objection.text.as_str()).collect();
        assert_eq!(said.contains("may be those that are not healthy"), downtime, "{case}: {said}");
    }
}

#[test]
fn rolling_back_undoes_what_is_under_way_and_else_deploys_what_was_before() {
    let change = Change::RollBack { service: id() };
    let under_way = |status: &str| {
        let (arn, from) = ("arn:x".to_owned(), Some("api:117".to_owned()));
        ServiceFacts { rolling: Some(ServiceDeployment { arn, status: status.to_owned(), from }), ..facts() }
    };
    let Draft { plan, deed } = draw_one(&change, under_way("IN_PROGRESS")).unwrap();
    assert_eq!(deed, Some(Deed::Undo { service: id(), deployment: "arn:x".to_owned() }));
    assert_eq!((plan.title.as_str(), plan.objections.len()), ("roll back api-2 to api:117", 0));

    let plan = draw_one(&change, under_way("ROLLBACK_IN_PROGRESS")).unwrap().plan;
    assert_eq!(kinds(&plan), [ObjectionKind::Pointless], "it is being undone already");

    let known_by = "the last deployment that succeeded with another definition";
    let previous = Some(Previous { definition: "api:115".to_owned(), known_by });
    let Draft { plan, deed } = draw_one(&change, ServiceFacts { previous, ..facts() }).unwrap();
    assert_eq!(deed, Some(Deed::Deploy { service: id(), definition: "api:115".to_owned() }));
    assert!(line_of(&plan, "back to").contains(known_by));

    let Draft { plan, deed } = draw_one(&change, facts()).unwrap();
    assert_eq!((kinds(&plan), deed), (vec![ObjectionKind::Pointless], None));
}

#[test]
fn production_wants_the_name_typed() {
    let mut scene = Scene { place: place(true), ..Scene::new() };
    let draft = scene.draw(&restart("3f9c"), Subject::Service(Box::new(facts()))).unwrap();
    assert_eq!(draft.plan.typed.as_deref(), Some("api-2"));
    scene.means.annotates = true;
    let annotate = Change::Annotate { text: "x".to_owned(), tags: Vec::new() };
    let draft = scene.draw(&annotate, Subject::Dashboards { place: "g".to_owned() }).unwrap();
    assert_eq!(draft.plan.typed.as_deref(), Some("prod"));
}

#[test]
fn a_silence_tied_to_a_change_is_for_exactly_its_service() {
    let mut scene = Scene::new();
    scene.options.silence = Some(Duration::from_mins(15));
    scene.means.cluster_label = Some("ecs_cluster".to_owned());
    let plan = scene.draw(&restart("3f9c"), Subject::Service(Box::new(facts()))).unwrap().plan;
    let matchers: Vec<String> = plan.silence.unwrap().matchers.iter().map(ToString::to_string).collect();
    assert_eq!(matchers, [r#"service="api-2""#, r#"ecs_cluster="prod""#]);
    scene.means.silencers.clear();
    let refusal = scene.draw(&restart("3f9c"), Subject::Service(Box::new(facts()))).unwrap_err();
    assert!(refusal.what.contains("no silence can be made"), "{refusal:?}");
}

#[test]
fn a_silence_of_everything_is_refused() {
    for (name, value, is_regex, is_negated, refused) in [
        ("service", "api", false, false, false),
        ("service", "", false, false, true),
        ("service", ".*", true, false, true),
        ("service", ".+", true, false, false),
        ("service", "api", false, true, true),
        ("service", "", false, true, false),
    ] {
        let matcher = Matcher { name: name.to_owned(), value: value.to_owned(), is_regex, is_negated };
        let ask = SilenceAsk {
            matchers: vec![matcher.clone()],
            lasts: Duration::from_mins(5),
            comment: String::new(),
            source: SourceKind::Alertmanager,
        };
        let draft = Scene::new().draw(&Change::Silence(ask), Subject::Silencer { place: "am".to_owned() }).unwrap();
        assert_eq!(!draft.plan.objections.is_empty(), refused, "{matcher}");
    }
}

#[test]
fn a_silence_is_ended_by_a_beginning_of_its_id() {
    let silence = |id: &str, source| Silence {
        id: id.to_owned(),
        matchers: vec!["a=\"b\"".to_owned()],
        starts_at: None,
        ends_at: Some(at(NOW + 600)),
        created_by: "kim".to_owned(),
        comment: "known".to_owned(),
        source,
    };
    let all = vec![
        silence("aa11", SourceKind::Alertmanager),
        silence("aa22", SourceKind::Alertmanager),
        silence("bb33", SourceKind::Grafana),
    ];
    for (id, source, found) in [
        ("aa1", SourceKind::Alertmanager, Ok("aa11")),
        ("aa", SourceKind::Alertmanager, Err("aa fits 2 silences: aa11, aa22")),
        ("bb", SourceKind::Alertmanager, Err("alertmanager has no silence bb in force")),
        ("bb", SourceKind::Grafana, Ok("bb33")),
        ("", SourceKind::Grafana, Err("grafana has no silence  in force")),
    ] {
        let change = Change::ExpireSilence { id: id.to_owned(), source };
        match (Scene::new().draw(&change, Subject::Silences(all.clone())), found) {
            (Ok(draft), Ok(id)) => assert_eq!(draft.deed, Some(Deed::Expire { id: id.to_owned(), source })),
            (Err(refusal), Err(what)) => assert_eq!(refusal.what, what),
            (got, _) => panic!("{id}: {got:?}"),
        }
    }
}

#[test]
fn a_prometheus_that_takes_no_reload_is_said_before() {
    let facts = |closed: Option<&str>| {
        Subject::Prometheus(PrometheusFacts {
            place: "http://p:9090".to_owned(),
            closed: closed.map(str::to_owned),
            last_reload_ok: Some(false),
            last_reload: Some(at(NOW - 3_600)),
        })
    };
    let plan = Scene::new().draw(&Change::ReloadPrometheus, facts(None)).unwrap().plan;
    assert!(plan.objections.is_empty());
    assert!(line_of(&plan, "now").contains("its last reload failed; the last that worked was 1h ago"));
    let plan = Scene::new().draw(&Change::ReloadPrometheus, facts(Some("its lifecycle API is off"))).unwrap().plan;
    assert_eq!(kinds(&plan), [ObjectionKind::Unsupported]);
}

#[test]
fn somebody_who_is_at_it_right_now_is_a_reason_to_wait() {
    let plan = draw_one(&restart("3f9c"), facts()).unwrap().plan;
    let other = Who { user: "lee".to_owned(), host: "laptop".to_owned(), ..Who::default() };
    let intent = Record {
        v: 1,
        at: at(NOW - 20),
        simulated_at: None,
        id: "x".to_owned(),
        context: "prod".to_owned(),
        change: "restart".to_owned(),
        service: Some(id()),
        who: other,
        event: crate::domain::journal::Event::Intent {
            plan: Box::new(plan),
            consent: crate::domain::Consent::default(),
        },
    };
    let stories = crate::domain::journal::stories(&[intent], &|_| Some(true), at(NOW));
    let scene = Scene { stories, ..Scene::new() };
    let plan = scene.draw(&Change::Redeploy { service: id() }, Subject::Service(Box::new(facts()))).unwrap().plan;
    assert_eq!(kinds(&plan), [ObjectionKind::Rolling]);
    assert!(plan.objections[0].text.contains("lee is changing it right now"), "{plan:?}");
}

#[test]
fn a_plan_holds_as_long_as_its_facts_do() {
    let agreed = draw_one(&restart("3f9c"), facts()).unwrap().plan;
    let cases: [(&str, Make, Option<&str>); 7] = [
        ("nothing changed", |_| (), None),
        ("another task started", |facts| facts.service.tasks.push(task("new", TaskState::Running, 500)), None),
        ("time passed", |facts| facts.service.deployments[0].created_at = Some(at(1)), None),
        ("another deployment", |facts| facts.service.deployments[0].id = "ecs-svc/2".to_owned(), Some("ecs-svc/2")),
        ("scaled", |facts| facts.service.desired = 2, Some("3 wanted then, 2 wanted now")),
        ("another definition", |facts| facts.service.definition = "api:119".to_owned(), Some("api:119")),
        (
            "fewer would be left",
            |facts| facts.service.tasks[1].health = TaskHealth::Unhealthy,
            Some("1 healthy task would be left, not 2"),
        ),
    ];
    for (case, make, refused) in cases {
        let mut facts = facts();
        make(&mut facts);
        let fresh = draw_one(&restart("3f9c21aa"), facts).unwrap().plan;
        match (still_holds(&agreed, &fresh), refused) {
            (Ok(()), None) => {}
            (Err(refusal), Some(words)) => assert!(refusal.what.contains(words), "{case}: {refusal:?}"),
            (got, _) => panic!("{case}: {got:?}"),
        }
    }
}

#[test]
fn a_task_on_its_way_out_counts_for_nothing() {
    let mut facts = facts();
    facts.service.tasks.truncate(2);
    (facts.service.desired, facts.service.running, facts.service.pending) = (2, 2, 1);
    // ECS counts it as running until its containers are gone.
    facts.service.tasks[1].state = TaskState::Stopping;
    let plan = draw_one(&restart("3f9c"), facts.clone()).unwrap().plan;
    assert!(line_of(&plan, "now").contains("2 of 2 running, 1 pending, 1 of them healthy"), "{plan:?}");
    assert_eq!(kinds(&plan), [ObjectionKind::Downtime], "{plan:?}");
    let refusal = draw_one(&restart("3f9d"), facts.clone()).unwrap_err();
    assert!(refusal.what.contains("is stopping already"), "{refusal:?}");

    let agreed = draw_one(&restart("3f9c21aa"), self::facts()).unwrap().plan;
    facts = self::facts();
    facts.service.tasks[0].state = TaskState::Stopping;
    assert!(draw_one(&agreed.change, facts).is_err(), "the task that was chosen is told to stop meanwhile");
}

#[test]
fn only_a_target_that_is_healthy_makes_its_task_count_as_healthy() {
    for (state, left, takes_the_last) in [
        ("healthy", 2, false),
        ("unhealthy", 0, true),
        ("initial", 0, true),
        ("draining", 0, true),
        ("unhealthy.draining", 0, true),
        ("unused", 0, true),
        ("unavailable", 0, true),
        ("of-tomorrow", 0, true),
    ] {
        let mut facts = facts();
        let target = |id: &str, state: &str| BalancerTarget {
            id: id.to_owned(),
            port: Some(80),
            zone: None,
            state: state.to_owned(),
            reason: None,
            description: None,
        };
        for (task, address) in facts.service.tasks.iter_mut().zip(["10.1.1.0", "10.1.1.1", "10.1.1.2"]) {
            task.address = Some(address.to_owned());
        }
        facts.targets = Some(vec![target("10.1.1.0", "healthy"), target("10.1.1.1", state), target("10.1.1.2", state)]);
        let plan = draw_one(&restart("3f9c"), facts).unwrap().plan;
        assert_eq!(plan.blast.as_ref().unwrap().healthy_during, left, "{state}");
        assert_eq!(kinds(&plan).contains(&ObjectionKind::Downtime), takes_the_last, "{state}");
    }
}

#[test]
fn tasks_that_could_not_be_read_are_not_told_as_none() {
    let mut blind = facts();
    blind.service.tasks.clear();
    blind.service.tasks_known = false;
    let survey = Survey {
        whereabouts: Whereabouts::default(),
        subject: Subject::Service(Box::new(blind)),
        unseen: vec!["its tasks: ecs:DescribeTasks: AccessDeniedException".to_owned()],
    };
    let scene = Scene::new();
    let setting = Setting {
        place: &scene.place,
        who: &scene.who,
        now: at(NOW),
        stamp: at(NOW),
        options: &scene.options,
        means: &scene.means,
        stories: &[],
        namesakes: &scene.namesakes,
    };
    for task in ["", "3f9c"] {
        let refusal = draw(&restart(task), &survey, &setting).unwrap_err();
        assert!(refusal.what.contains("could not be read") && refusal.what.contains("AccessDenied"), "{refusal:?}");
    }
}

#[test]
fn a_silence_that_would_cover_another_service_is_told_or_refused() {
    let options = PlanOptions { silence: Some(Duration::from_mins(15)), patience: None };
    let other = ServiceId::new("stage", "api-2");
    let both = Scene { options: options.clone(), namesakes: Ok(vec![id(), other.clone()]), ..Scene::new() };
    let plan = both.draw(&restart("3f9c"), Subject::Service(Box::new(facts()))).unwrap().plan;
    assert_eq!(kinds(&plan), [ObjectionKind::Unsupported]);
    assert!(plan.objections[0].text.contains("stage/api-2"), "{plan:?}");
    let alone = Scene { options: options.clone(), namesakes: Ok(vec![id()]), ..Scene::new() };
    assert!(kinds(&alone.draw(&restart("3f9c"), Subject::Service(Box::new(facts()))).unwrap().plan).is_empty());
    let blind = Scene { options: options.clone(), namesakes: Err("AccessDenied".to_owned()), ..Scene::new() };
    let plan = blind.draw(&restart("3f9c"), Subject::Service(Box::new(facts()))).unwrap().plan;
    assert!(line_of(&plan, "unseen").contains("AccessDenied"), "{plan:?}");

    let mut means = Scene::new().means;
    let ask = SilenceAsk {
        matchers: means.matchers_of(&id()),
        lasts: Duration::from_mins(5),
        comment: String::new(),
        source: SourceKind::Alertmanager,
    };
    let silence = Change::Silence(ask);
    assert_eq!(means.ambiguous(&silence, &PlanOptions::default()), Some("api-2"));
    assert_eq!(means.ambiguous(&restart("3f9c"), &options), Some("api-2"));
    assert_eq!(means.ambiguous(&restart("3f9c"), &PlanOptions::default()), None, "no silence is asked for");
    let both = Scene { options: PlanOptions::default(), ..both };
    let plan = both.draw(&silence, Subject::Silencer { place: "am".to_owned() }).unwrap().plan;
    assert!(line_of(&plan, "covers").contains("prod/api-2, stage/api-2"), "{plan:?}");
    means.cluster_label = Some("ecs_cluster".to_owned());
    assert_eq!(means.ambiguous(&restart("3f9c"), &options), None, "the label tells them apart");
}

#[test]
fn of_many_changes_before_the_newest_are_told_and_the_rest_counted() {
    let plan = draw_one(&restart("3f9c"), facts()).unwrap().plan;
    let record = |number: i64, event| Record {
        v: 1,
        at: at(NOW - 1_000 + number),
        simulated_at: None,
        id: format!("id-{}", number / 2),
        context: "prod".to_owned(),
        change: "restart".to_owned(),
        service: Some(id()),
        who: Who::default(),
        event,
    };
    let records: Vec<Record> = (0..10)
        .flat_map(|number| {
            let intent = crate::domain::journal::Event::Intent {
                plan: Box::new(plan.clone()),
                consent: crate::domain::Consent::default(),
            };
            let end =
                crate::domain::journal::Event::End { outcome: crate::domain::Outcome::Verified, stages: Vec::new() };
            [record(number * 2, intent), record(number * 2 + 1, end)]
        })
        .collect();
    let stories = crate::domain::journal::stories(&records, &|_| Some(false), at(NOW));
    assert_eq!(stories.len(), 10);
    let scene = Scene { stories, ..Scene::new() };
    let plan = scene.draw(&restart("3f9c"), Subject::Service(Box::new(facts()))).unwrap().plan;
    let before: Vec<&str> =
        plan.lines.iter().filter(|line| line.label == "before").map(|line| line.text.as_str()).collect();
    assert_eq!(before.len(), 4, "{before:#?}");
    assert!(before[3].contains("7 more changes"), "{before:#?}");
}
