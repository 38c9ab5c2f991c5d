//! From an account to a stack and back, by `rounds provision` alone: init, plan, apply, output, status, destroy, with the
//! real terraform, moto for what init asks, and a provider that touches nothing.

use std::path::Path;
use std::sync::LazyLock;

use serde_json::Value;

use super::workspace::Workspace;
use crate::support::moto::{self, Moto, REGION};
use crate::support::process::{repository, tool};
use crate::support::rounds::{Outcome, Rounds};

/// A moto with a network, a cluster, a zone, certificates and buckets, and what AWS called them.
struct Account {
    moto: Moto,
    names: Value,
}

static ACCOUNT: LazyLock<Account> = LazyLock::new(|| {
    let moto = Moto::start();
    let script = repository().join("tests/fixtures/moto_account.py");
    let said = tool(&moto::python(), [script.as_os_str(), moto.url().as_ref(), REGION.as_ref()]);
    let names = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    Account { moto, names }
});

/// What AWS called it; several with commas between them.
fn name(of: &str) -> String {
    match &ACCOUNT.names[of] {
        Value::Array(all) => all.iter().map(|one| one.as_str().unwrap()).collect::<Vec<_>>().join(","),
        one => one.as_str().unwrap().to_owned(),
    }
}

/// `rounds provision init` of stage, with these answers besides or instead.
fn init(dir: &Path, answers: &[(&str, &str)]) -> Outcome {
    rounds_init(dir, answers).run()
}

fn rounds_init(dir: &Path, answers: &[(&str, &str)]) -> Rounds {
    let (private, public) = (name("private"), name("public"));
    let mut all = vec![
        ("environment", "stage"),
        ("private_subnet_ids", &private),
        ("public_subnet_ids", &public),
        ("domain_name", "example.com"),
        ("office_cidrs", "203.0.113.0/24"),
        ("services", "api:8080,worker:9100"),
        ("vpc_id", ACCOUNT.names["vpc"].as_str().unwrap()),
    ];
    all.retain(|(key, _)| !answers.iter().any(|(other, _)| other == key));
    let sets = all.iter().chain(answers).flat_map(|(key, value)| ["--set".to_owned(), format!("{key}={value}")]);
    let words = ["provision", "init", "--dir", dir.to_str().unwrap()].map(str::to_owned);
    Rounds::new(words.into_iter().chain(sets)).aws(&ACCOUNT.moto.url())
}

#[test]
fn answers_that_aws_does_not_confirm_are_refused_all_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("stack");
    let private = name("private");
    let one_zone = private.split(',').next().unwrap();
    let subnets = format!("{one_zone},{}", name("elsewhere"));
    let refused = init(
        &dir,
        &[
            ("private_subnet_ids", &subnets),
            ("public_subnet_ids", one_zone),
            ("ecs_cluster", "nobody"),
            ("route53_zone_id", &name("other_zone")),
            ("certificate_arn", &name("other_certificate")),
            ("state_bucket", "state-loose"),
        ],
    )
    .expect_code(3);
    for text in [
        "6 answers not right; nothing was written",
        "not in vpc-",
        "two zones at least are needed",
        "ecs_cluster_id: there is no nobody; there are: arn:aws:ecs:",
        "is the zone of example.org, not of example.com",
        "it is for grafana.example.org, not for grafana.example.com",
        "state-loose keeps no versions",
    ] {
        assert!(refused.stderr.contains(text), "{text}: {refused:#?}");
    }
    let refused = init(&dir, &[("certificate_arn", &name("pending")), ("state_bucket", "state-none")]).expect_code(3);
    assert!(refused.stderr.contains("PENDING_VALIDATION, not ISSUED"), "{refused:#?}");
    assert!(refused.stderr.contains("state-none cannot be used") && refused.stderr.contains("NoSuchBucket"));
    let refused = init(&dir, &[("office_cidrs", "0.0.0.0/0")]).expect_code(3);
    assert!(refused.stderr.contains("0.0.0.0/0 is the whole internet"), "{refused:#?}");
    let refused = init(&dir, &[("domain_name", ""), ("services", "")]).expect_code(3);
    assert!(refused.stderr.contains("2 answers missing") && refused.stderr.contains("--set services="), "{refused:#?}");
    // What is wrong by itself, what AWS does not have and what is missing are told together.
    let mixed = [("colour", "red"), ("office_cidrs", "0.0.0.0/0"), ("ecs_cluster", "nobody"), ("services", "")];
    let refused = init(&dir, &mixed).expect_code(3);
    for text in [
        "3 answers not right, 1 answer missing; nothing was written",
        "colour: there is no such key",
        "office_cidrs: 0.0.0.0/0 is the whole internet",
        "ecs_cluster_id: there is no nobody",
        "--set services=",
    ] {
        assert!(refused.stderr.contains(text), "{text}: {refused:#?}");
    }
    // A backend that does not answer hides no mistake.
    let refused = rounds_init(&dir, &mixed).aws("http://127.0.0.1:9").run().expect_code(3);
    assert!(refused.stderr.contains("nothing can be checked against AWS"), "{refused:#?}");
    assert!(
        refused.stderr.contains("2 answers not right") && refused.stderr.contains("whole internet"),
        "{refused:#?}"
    );
    assert!(!dir.exists(), "nothing is written");
}

#[test]
fn yes_takes_what_there_is_one_of_and_says_so_and_lists_what_there_are_several_of() {
    let folder = tempfile::tempdir().unwrap();
    let yes = |dir: &str, answers: &[(&str, &str)]| {
        let dir = folder.path().join(dir);
        let sets = answers.iter().flat_map(|(key, value)| ["--set".to_owned(), format!("{key}={value}")]);
        let words = ["provision", "init", "--yes", "--dir", dir.to_str().unwrap()].map(str::to_owned);
        let told = Rounds::new(words.into_iter().chain(sets)).aws(&ACCOUNT.moto.url()).run().expect_code(0);
        (told.stdout, std::fs::read_to_string(dir.join("terraform.tfvars")).unwrap())
    };
    let vpc = name("vpc");
    let usual =
        [("environment", "stage"), ("vpc_id", &*vpc), ("office_cidrs", "203.0.113.0/24"), ("services", "api:8080")];
    let (told, values) = yes("one", &[&usual[..], &[("domain_name", "stage.example.com")]].concat());
    for text in [
        format!("route53_zone_id = {}, the only public zone for stage.example.com: example.com", name("zone")),
        format!("public_subnet_ids = {}, all public subnets of {vpc}, one in each of ", name("public")),
        format!("ecs_cluster_id = {}, the only cluster in {REGION}", name("cluster")),
        "certificate: none, the module makes one".to_owned(),
    ] {
        assert!(told.contains(&text), "{text}: {told}");
    }
    assert!(values.contains(&name("zone")) && !values.contains(&name("certificate")), "{values}");

    let (told, values) = yes("certified", &[&usual[..], &[("domain_name", "example.com")]].concat());
    let text = format!("certificate_arn = {}, the only certificate issued in {REGION} for", name("certificate"));
    assert!(told.contains(&text) && values.contains(&name("certificate")), "{told}");

    let (told, values) = yes("two", &[&usual[..], &[("domain_name", "example.net")]].concat());
    assert!(told.contains("zone: the module makes one; to use one there is: --set route53_zone_id="), "{told}");
    assert_eq!(told.matches("  example.net\n").count(), 2, "{told}");
    assert_eq!(told.matches("  *.example.net\n").count(), 2, "{told}");
    assert!(!values.contains("route53_zone_id") && !values.contains("certificate_arn"), "{values}");
}

#[test]
fn what_init_writes_is_formatted_valid_and_never_lost() {
    let Some(workspace) = Workspace::of("what_init_writes_is_formatted_valid_and_never_lost") else { return };
    let dir = workspace.path("stack");
    let given = [
        ("route53_zone_id", name("zone")),
        ("certificate_arn", name("certificate")),
        ("state_bucket", "state-versioned".to_owned()),
    ];
    let given: Vec<(&str, &str)> = given.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let written = init(&dir, &given).expect_code(0);
    for text in [
        "account 123456789012",
        "(example.com): there",
        "certificate: issued, for grafana.example.com",
        "bucket state-versioned: there, keeps versions",
        "next: rounds provision plan --dir",
    ] {
        assert!(written.stdout.contains(text), "{text}: {written:#?}");
    }
    let read = |file: &str| std::fs::read_to_string(dir.join(file)).unwrap();
    let backend = read("backend.tf");
    assert!(backend.contains("use_lockfile = true") && backend.contains("\"monitoring/stage/terraform.tfstate\""));
    // The cluster was not asked for: there is one.
    assert!(read("terraform.tfvars").contains(&name("cluster")), "{}", read("terraform.tfvars"));
    workspace.terraform("stack", &["fmt", "-check", "-diff", "-recursive", "."]);
    workspace.init("stack");
    let said = workspace.terraform("stack", &["validate"]);
    assert!(said.contains("Success! The configuration is valid.") && !said.contains("Warning"), "{said}");

    let again = init(&dir, &given).expect_code(0);
    assert!(again.stdout.contains("wrote 0 files"), "{again:#?}");
    let mine = read("terraform.tfvars") + "# mine\n";
    std::fs::write(dir.join("terraform.tfvars"), &mine).unwrap();
    let refused = init(&dir, &[given[0], given[1], given[2], ("environment", "other")]).expect_code(3);
    assert!(refused.stderr.contains("terraform.tfvars") && refused.stderr.contains("nothing was written"));
    assert_eq!((read("terraform.tfvars"), read("backend.tf")), (mine, backend));
}

#[test]
fn a_person_is_asked_only_what_cannot_be_found_out() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("stack");
    let words = ["provision", "init", "--dir", dir.to_str().unwrap(), "--set", &format!("vpc_id={}", name("vpc"))];
    let mut terminal = Rounds::new(words).aws(&ACCOUNT.moto.url()).terminal(140, 50);
    for (question, answer) in [
        ("the environment's name", "stage"),
        ("the domain;", "example.com"),
        ("private subnets for the tasks", ""),
        ("public subnets for the load balancer", ""),
        ("the ECS cluster", ""),
        ("its hosted zone", ""),
        ("a certificate for it", ""),
        ("addresses that may reach Grafana", "203.0.113.0/24"),
        ("the services to watch", "api:8080"),
        ("the S3 bucket for the state", ""),
    ] {
        terminal.wait_for(question);
        terminal.type_text(answer);
        terminal.press("enter");
    }
    assert_eq!(terminal.wait_exit(), 0, "{}", terminal.text());
    let values = std::fs::read_to_string(dir.join("terraform.tfvars")).unwrap();
    for of in ["vpc", "cluster", "zone", "certificate"] {
        assert!(values.contains(&name(of)), "{of}: {values}");
    }
    assert!(!dir.join("backend.tf").exists());
}

#[test]
fn an_answer_that_is_wrong_is_asked_for_again_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("stack");
    let words = ["provision", "init", "--dir", dir.to_str().unwrap()];
    let terminal = || Rounds::new(words).aws(&ACCOUNT.moto.url()).terminal(160, 60);
    let (private, elsewhere) = (name("private"), name("elsewhere"));
    let one_zone = private.split(',').next().unwrap();
    let mut asked = terminal();
    let say = |answer: &str| {
        asked.type_text(answer);
        asked.press("enter");
    };
    asked.wait_for("the environment's name");
    say("Stage!");
    asked.wait_for("not taken: Stage! is not 2 to 16 small letters");
    for (answer, next) in [
        ("stage", "the domain;"),
        ("example", "not taken: example is no domain"),
        ("example.com", "the VPC:"),
        ("vpc-0bad", "not taken: there is no vpc-0bad"),
        (&*name("vpc"), "private subnets for the tasks"),
        (one_zone, "not taken: two zones at least"),
        (&*format!("{one_zone},{elsewhere}"), &*format!("not taken: {elsewhere} is in vpc-")),
        ("", "public subnets for the load balancer"),
        ("none", "the ECS cluster"),
        ("nobody", "not taken: there is no nobody; there are: arn:aws:ecs:"),
        ("", "its hosted zone"),
        (&*name("other_zone"), "is the zone of example.org, not of example.com"),
        ("", "a certificate for it"),
        (&*name("pending"), "not taken: it is PENDING_VALIDATION"),
        ("none", "addresses that may reach Grafana"),
        ("0.0.0.0/0", "not taken: 0.0.0.0/0 is the whole internet"),
        ("203.0.113.0/24", "the services to watch"),
        ("api", "not taken: api is no NAME:PORT"),
        ("api:8080", "the S3 bucket for the state"),
        ("state-loose", "not taken: state-loose keeps no versions"),
    ] {
        say(answer);
        asked.wait_for(next);
    }
    assert!(!dir.exists(), "nothing is written before the last answer");
    say("state-versioned");
    assert_eq!(asked.wait_exit(), 0, "{}", asked.text());
    let values = std::fs::read_to_string(dir.join("terraform.tfvars")).unwrap();
    assert!(values.contains(&name("zone")) && !values.contains("certificate_arn"), "{values}");
    std::fs::remove_dir_all(&dir).unwrap();

    // The end of the input, and a person who has had enough.
    for (key, code, said) in [("ctrl-d", 3, "no answer to: the domain"), ("ctrl-c", 1, "stopped; nothing was written")]
    {
        let mut asked = terminal();
        asked.wait_for("the environment's name");
        asked.type_text("stage");
        asked.press("enter");
        asked.wait_for("the domain;");
        asked.press(key);
        assert_eq!(asked.wait_exit(), code, "{}", asked.text());
        assert!(asked.text().contains(said) && !dir.exists(), "{}", asked.text());
    }
}

#[test]
fn a_stack_is_made_looked_at_and_destroyed() {
    let Some(workspace) = Workspace::of("a_stack_is_made_looked_at_and_destroyed") else { return };
    let dir = workspace.path("stack");
    let home = rounds_init(&dir, &[]);
    home.run().expect_code(0);
    // The provider has a network of its own.
    let mut values = std::fs::read_to_string(dir.join("terraform.tfvars")).unwrap();
    let subnets = [name("private"), name("public")].join(",");
    let ids = std::iter::once(name("vpc")).chain(subnets.split(',').map(str::to_owned));
    let others = ["vpc-0123456789abcdef0", "subnet-0123456789abcdef0", "subnet-0123456789abcdef1"];
    for (id, other) in ids.zip(others.into_iter().chain(["subnet-0123456789abcdef2", "subnet-0123456789abcdef3"])) {
        values = values.replace(&id, other);
    }
    std::fs::write(dir.join("terraform.tfvars"), values).unwrap();
    let rounds = |words: &[&str]| {
        let all: Vec<&str> =
            ["provision"].iter().chain(words).chain(&["--dir", dir.to_str().unwrap()]).copied().collect();
        workspace.offline(home.again(&all)).aws(&ACCOUNT.moto.url()).run()
    };
    // Prices of one's own count for the plan as for `rounds cost`.
    std::fs::create_dir_all(home.path(".config/rounds")).unwrap();
    let own = format!("[{REGION}]\nas_of = \"2026-11-01\"\nload_balancer_hour = 0.5\n");
    std::fs::write(home.path(".config/rounds/prices.toml"), own).unwrap();
    let planned = rounds(&["plan"]).expect_code(0);
    for text in ["PLAN  stage  terraform ", "  prometheus ", "  load balancer ", "  storage ", "  cost  0.00 before, "]
    {
        assert!(planned.stdout.contains(text), "{text}: {planned:#?}");
    }
    // The module with its defaults costs what `rounds cost` says of them.
    let usual = home.again(&["cost", "-o", "json", "--services", "2", "--region", REGION]).run().expect_code(0).json();
    let of = |bound: &str| usual["total"][bound].as_f64().unwrap();
    assert!(of("low") > 365.0, "{usual:#}");
    let after = format!("  cost  0.00 before, {:.2}-{:.2} after, ", of("low"), of("high"));
    assert!(planned.stdout.contains(&after), "{after}: {planned:#?}");
    let applied = rounds(&["apply", "--yes", "-o", "json"]).expect_code(0).json();
    assert_eq!((&applied["outcome"]["outcome"], &applied["lock"]), (&"verified".into(), &Value::Null));
    assert_eq!(applied["progress"]["done"], applied["progress"]["steps"]);

    let file = home.path("console.toml");
    let output = rounds(&["output", "-o", "json", "--config", file.to_str().unwrap()]).expect_code(0).json();
    assert_eq!((&output["context"], &output["written"]), (&"stage".into(), &true.into()));
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("stage-monitoring-prometheus") && text.contains("via = \"grafana\""), "{text}");

    let status = rounds(&["status", "-o", "json", "--config", file.to_str().unwrap(), "--timeout", "60s"]).json();
    let part = |name: &str| {
        status["parts"]
            .as_array()
            .unwrap()
            .iter()
            .find(|part| part["part"] == name)
            .unwrap_or_else(|| panic!("{name}: {status:#}"))
    };
    // The provider makes two attributes up anew each time: the plan and the status tell of the same.
    let plan = rounds(&["plan", "-o", "json"]).expect_code(0).json()["plan"].clone();
    let number = plan["changes"].as_array().unwrap().len();
    assert!(part("drift")["summary"].as_str().unwrap().starts_with(&format!("{number} to change")), "{status:#}");
    assert_eq!(part("backup")["state"], "unknown", "moto has no recovery points: {status:#}");
    // The provider made them nowhere: the context names them, and AWS does not have them.
    let missing = part("stage-monitoring-prometheus");
    assert_eq!(missing["state"], "fail", "{status:#}");
    assert!(missing["summary"].as_str().unwrap().starts_with("missing in AWS"), "{missing:#}");
    assert_ne!(status["state"], "pass");

    let refused = rounds(&["destroy", "--yes", "--confirm", "stage"]).expect_code(3);
    assert!(refused.stderr.contains("stage-monitoring is protected: nothing was changed"), "{refused:#?}");
    let values = std::fs::read_to_string(dir.join("terraform.tfvars")).unwrap();
    let open = values.replace("deletion_protection = true", "deletion_protection = false");
    std::fs::write(dir.join("terraform.tfvars"), open).unwrap();
    rounds(&["plan"]).expect_code(0);
    rounds(&["apply", "--yes"]).expect_code(0);

    let refused = rounds(&["destroy", "--yes"]).expect_code(3);
    assert!(refused.stdout.contains("data dies with module.monitoring.aws_efs_file_system"), "{refused:#?}");
    let destroyed = rounds(&["destroy", "--yes", "--confirm", "stage"]).expect_code(0);
    assert!(destroyed.stdout.contains("done: "), "{destroyed:#?}");
    let journal = home.journal_text();
    for text in ["init", "plan", "output", "apply", "destroy", "refused", "verified"] {
        assert!(journal.contains(text), "{text}: {journal}");
    }
}
