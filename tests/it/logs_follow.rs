//! Following CloudWatch logs: on the fake what moto cannot do (late lines, repeats, throttling), history on moto itself.

use std::io::BufReader;
use std::process::Stdio;

use crate::support::fake_logs::{FakeLogs, TASK};
use crate::support::moto::{Moto, REGION, python};
use crate::support::process::tool;
use crate::support::rounds::Rounds;

fn next(reader: &mut impl std::io::BufRead) -> String {
    let mut line = String::new();
    assert!(reader.read_line(&mut line).unwrap() > 0, "it ended");
    line
}

#[test]
fn late_lines_come_repeats_do_not_and_a_failure_leaves_a_mark() {
    let fake = FakeLogs::start();
    fake.say(60, "1", "one");
    let run = Rounds::new(["logs", "web", "-f", "--cluster", "prod"]).aws(&fake.url());
    let mut child = run.command().stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    assert!(next(&mut reader).trim_end().ends_with("one"));
    fake.say(1, "3", "three");
    fake.say(5, "2", "two, late");
    let both = next(&mut reader) + &next(&mut reader);
    assert!(both.contains("three") && both.contains("two, late"), "{both}");
    // More often than one call is tried again by itself.
    fake.throttle(8);
    let mark = next(&mut reader);
    assert!(mark.contains("-- no answer") && mark.contains("ThrottlingException"), "{mark}");
    fake.say(0, "4", "four");
    let (again, four) = (next(&mut reader), next(&mut reader));
    assert!(again.contains("answers again after"), "{again}");
    assert!(four.trim_end().ends_with("four"), "{four}");
    assert!(four.contains(&TASK[..8]));
    assert!(fake.asked() < 40, "{} calls", fake.asked());
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Two tasks of a service and one of another, which shares their group, prefix and container name.
const SEED: &str = r#"
import boto3, sys, time
endpoint, region = sys.argv[1:3]
client = lambda service: boto3.client(service, endpoint_url=endpoint, region_name=region, aws_access_key_id="x", aws_secret_access_key="x")
ecs, logs = client("ecs"), client("logs")
ecs.create_cluster(clusterName="prod")
definition = ecs.register_task_definition(family="web", containerDefinitions=[{"name": "app", "image": "x", "cpu": 1, "memory": 8,
    "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/shared", "awslogs-region": region, "awslogs-stream-prefix": "ecs"}}}])
ecs.create_service(cluster="prod", serviceName="web", taskDefinition="web", desiredCount=0)
logs.create_log_group(logGroupName="/ecs/shared")
now = int(time.time() * 1000)
for number in range(2):
    stream = f"ecs/app/{number:032x}"
    logs.create_log_stream(logGroupName="/ecs/shared", logStreamName=stream)
    logs.put_log_events(logGroupName="/ecs/shared", logStreamName=stream, logEvents=[
        {"timestamp": now - 60000 + 100 * line + 50 * number, "message": f"task {number} line {line}"} for line in range(300)])
"#;

#[test]
fn history_on_moto_is_whole_and_in_order() {
    let moto = Moto::start();
    tool(&python(), ["-c", SEED, &moto.url(), REGION]);
    let logs = |arguments: &[&str]| {
        let words = ["logs", "web", "-o", "json"].iter().chain(arguments).copied();
        Rounds::new(words).aws(&moto.url()).run().expect_code(0)
    };
    let all = logs(&["--since", "1h"]);
    let lines: Vec<serde_json::Value> = all.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 600, "{}", all.stderr);
    let expected = (0..300).flat_map(|line| [0, 1].map(|task| format!("task {task} line {line}")));
    for (line, text) in lines.iter().zip(expected) {
        assert_eq!(line["text"], text.as_str());
    }
    let some = logs(&["-n", "10", "--task", "00000000000000000000000000000001"]);
    assert_eq!(some.stdout.lines().count(), 10);
    assert!(some.stdout.lines().all(|line| line.contains("task 1 line 29")), "{}", some.stdout);
    assert!(logs(&["--filter", "\"line 17\""]).stdout.lines().all(|line| line.contains("line 17")));
    let nothing = Rounds::new(["logs", "nobody"]).aws(&moto.url()).run().expect_code(3);
    assert!(nothing.stderr.contains("there is no service nobody in prod"), "{}", nothing.stderr);
}

#[test]
fn a_task_that_ecs_has_forgotten_is_found_by_its_stream() {
    const FORGOTTEN: &str = "77aa01bc77aa01bc77aa01bc77aa01bc";
    let fake = FakeLogs::start();
    fake.say(60, "1", "of the one that runs");
    fake.said(FORGOTTEN, 7_300, "its first");
    fake.said(FORGOTTEN, 7_200, "its last");
    let logs = |words: &[&str]| {
        let fixed = ["logs", "web", "--cluster", "prod"];
        Rounds::new(fixed.into_iter().chain(words.iter().copied())).aws(&fake.url()).run()
    };
    for task in [FORGOTTEN, "77aa01bc"] {
        let outcome = logs(&["--task", task]).expect_code(0);
        let said: Vec<&str> = outcome.stdout.lines().collect();
        assert!(said.len() == 2 && said[0].ends_with("its first") && said[1].ends_with("its last"), "{outcome:#?}");
        assert!(outcome.stderr.contains("task 77aa01bc said its last at"), "{}", outcome.stderr);
    }
    let outcome = logs(&["--task", "77aa01bc", "--since", "1h"]).expect_code(0);
    assert!(outcome.stdout.is_empty() && outcome.stderr.contains("say --since"), "{outcome:#?}");
    let outcome = logs(&["--task", "77aa9999"]).expect_code(3);
    assert!(outcome.stderr.contains("its log has no stream of one"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("in its log 77aa01bc (last "), "{}", outcome.stderr);
}
