//! What Terraform means to do and does, as lines for a log: one for each thing that happened, none that only repeats.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::ink::{Ink, Tone};
use crate::cost::PlanBill;
use crate::domain::terraform::{COMPONENTS, component};
use crate::domain::{
    Action, Diagnostic, Gravity, Lock, PlannedChange, TerraformEvent, TerraformRun, amounts, more_or_less,
};
use crate::format;

/// Kinds of resources with whose destruction data dies, and what it is.
const DATA: [(&str, &str); 9] = [
    ("aws_efs_file_system", "every file on it: Prometheus' samples, Grafana's database, silences"),
    ("aws_backup_vault", "the backups in it"),
    ("aws_s3_bucket", "every object in it"),
    ("aws_cloudwatch_log_group", "its logs"),
    ("aws_prometheus_workspace", "every sample in it"),
    ("aws_secretsmanager_secret", "the secret, after its recovery window"),
    ("aws_kms_key", "whatever is encrypted with it, after its waiting period"),
    ("aws_route53_zone", "its records; a new zone has other name servers"),
    ("aws_db_instance", "the database"),
];

/// What of the data dies with a plan: the resource's address, and what it holds.
pub fn data_that_dies(planned: &[PlannedChange]) -> Vec<(String, &'static str)> {
    let destroyed = planned.iter().filter(|change| matches!(change.action, Action::Delete | Action::Replace));
    let held = |change: &PlannedChange| {
        let is_of = |kind: &str| change.address.split('.').any(|part| part == kind);
        DATA.iter().find(|(kind, _)| is_of(kind)).map(|(_, what)| (change.address.clone(), *what))
    };
    destroyed.filter_map(held).collect()
}

/// What a plan would do, by component, with what it destroys by name and what it costs.
pub fn plan(environment: &str, run: &TerraformRun, cost: Option<&Result<PlanBill, String>>, colour: bool) -> String {
    let ink = Ink { colour };
    let mut out = String::new();
    let program = run.program.as_ref().map(|(name, version)| format!("  {name} {version}")).unwrap_or_default();
    let count = |actions: &[Action]| run.planned.iter().filter(|change| actions.contains(&change.action)).count();
    let (create, change) = (count(&[Action::Create]), count(&[Action::Update, Action::Other]));
    let (replace, destroy) = (count(&[Action::Replace]), count(&[Action::Delete]));
    let taken = count(&[Action::Import, Action::Move, Action::Forget]);
    let taken_in = if taken > 0 { format!(", {taken} to import, move or forget") } else { String::new() };
    let heading = match (create + change + replace + destroy + taken, run.outputs_change) {
        (0, false) => "nothing to do: everything is as it should be".to_owned(),
        (0, true) => "only outputs change".to_owned(),
        _ => format!("{create} to create, {change} to change, {replace} to replace, {destroy} to destroy{taken_in}"),
    };
    let _ = writeln!(out, "{}", ink.paint(Tone::Strong, &format!("PLAN  {environment}{program}  {heading}")));
    components(&mut out, &run.planned, ink);
    for change in run.planned.iter().filter(|change| matches!(change.action, Action::Replace | Action::Delete)) {
        let reason = change.reason.as_deref().map(|reason| format!("  ({})", reason.replace('_', " ")));
        let line = format!("  {} {}{}", change.action.word(), change.address, reason.unwrap_or_default());
        let _ = writeln!(out, "{}", ink.paint(Tone::Warning, &line));
    }
    for (address, what) in data_that_dies(&run.planned) {
        let line = format!("  data dies with {address}: {what}");
        let _ = writeln!(out, "{}", ink.paint(Tone::Critical, &line));
    }
    for drifted in &run.drift {
        let _ = writeln!(out, "  changed outside of it: {}", drifted.address);
    }
    match cost {
        Some(Ok(bill)) => {
            let (before, after) = (bill.before.total(), bill.after.total());
            let more = more_or_less(after, before);
            let (before, after) = (amounts(before), amounts(after));
            let _ = writeln!(out, "  cost  {before} before, {after} after, {more} a month (rounds cost)");
        }
        Some(Err(why)) => {
            let _ = writeln!(out, "  cost  not known: {}", format::sanitise(why));
        }
        None => {}
    }
    out
}

fn components(out: &mut String, planned: &[PlannedChange], ink: Ink) {
    let altering: Vec<&PlannedChange> = planned.iter().filter(|change| change.action.alters()).collect();
    if altering.is_empty() {
        return;
    }
    let heads = ["CREATE", "CHANGE", "REPLACE", "DESTROY"];
    let _ = write!(out, "  {}", ink.paint(Tone::Dim, &format::pad_right("COMPONENT", 20)));
    for head in heads {
        let _ = write!(out, "{}", ink.paint(Tone::Dim, &format::pad_left(head, 9)));
    }
    out.push('\n');
    for name in COMPONENTS {
        let own: Vec<&&PlannedChange> = altering.iter().filter(|change| component(&change.address) == name).collect();
        if own.is_empty() {
            continue;
        }
        let _ = write!(out, "  {}", format::pad_right(name, 20));
        for actions in [&[Action::Create][..], &[Action::Update, Action::Other], &[Action::Replace], &[Action::Delete]]
        {
            let number = own.iter().filter(|change| actions.contains(&change.action)).count();
            let text = if number == 0 { "·".to_owned() } else { number.to_string() };
            let _ = write!(out, "{}", format::pad_left(&text, 9));
        }
        out.push('\n');
    }
}

/// The line that tells of an event, where it tells something new. `clock` is its moment as a person reads it.
pub fn line(event: &TerraformEvent, run: &TerraformRun, clock: &str) -> Option<String> {
    let after = |address: &str| {
        let resource = run.resources.iter().rev().find(|resource| resource.address == address)?;
        match resource.state {
            crate::domain::ResourceState::Done(took) | crate::domain::ResourceState::Failed(took) => {
                Some(format::duration(took))
            }
            crate::domain::ResourceState::Running => None,
        }
    };
    let took = |address: &str| after(address).map(|took| format!("  {took}")).unwrap_or_default();
    match event {
        TerraformEvent::Began { address, action } if action.alters() => {
            Some(format!("{clock}  {} {address}\n", action.word()))
        }
        TerraformEvent::Done { address, action, .. } if action.alters() => {
            let (all, done) = run.progress();
            Some(format!("{clock}  done {done}/{all}  {} {address}{}\n", action.word(), took(address)))
        }
        TerraformEvent::Failed { address, action, .. } => {
            Some(format!("{clock}  failed  {} {address}{}\n", action.word(), took(address)))
        }
        // A message that was torn may hold a value whose mark as secret is in the part that is missing.
        TerraformEvent::Garbled(line) if line.starts_with('{') => {
            Some(format!("{clock}  not understood: a broken message of {} letters\n", line.chars().count()))
        }
        TerraformEvent::Garbled(line) if may_hold_a_secret(line) => Some(format!(
            "{clock}  not understood: a line of {} letters that may hold a secret\n",
            line.chars().count()
        )),
        TerraformEvent::Garbled(line) => Some(format!("{clock}  not understood: {line}\n")),
        _ => None,
    }
}

/// Whether a line that is no message speaks of something secret. What is one has a mark; what is none has not.
fn may_hold_a_secret(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    ["passw", "secret", "token", "key", "credential", "authorization", "://"].iter().any(|word| line.contains(word))
}

/// The line that says that it goes on, for a log that would otherwise be silent for long.
pub fn under_way(run: &TerraformRun, now: Timestamp, clock: &str) -> Option<String> {
    let waiting: Vec<String> = run
        .under_way()
        .take(3)
        .map(|resource| format!("{} {}", resource.address, format::age(resource.began, now)))
        .collect();
    let more = run.under_way().count().saturating_sub(waiting.len());
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!waiting.is_empty()).then(|| format!("{clock}  waiting for {}{rest}\n", waiting.join(", ")))
}

/// What it had to say, errors last: that is where a reader's eye is. Without a lock that stood in the way: [`lock`] tells
/// that.
pub fn diagnostics(run: &TerraformRun, colour: bool) -> String {
    let ink = Ink { colour };
    let mut out = String::new();
    let is_told_apart = run.lock().is_some();
    for gravity in [Gravity::Warning, Gravity::Error] {
        let told = run.diagnostics.iter().filter(|diagnostic| !is_told_apart || diagnostic.lock().is_none());
        for diagnostic in told.filter(|diagnostic| diagnostic.gravity == gravity) {
            self::diagnostic(&mut out, diagnostic, ink);
        }
    }
    out
}

fn diagnostic(out: &mut String, diagnostic: &Diagnostic, ink: Ink) {
    let (word, tone) = match diagnostic.gravity {
        Gravity::Warning => ("warning:", Tone::Warning),
        Gravity::Error => ("error:", Tone::Critical),
    };
    let _ = writeln!(out, "{} {}", ink.paint(tone, word), diagnostic.summary);
    let about = [diagnostic.place.as_deref(), diagnostic.address.as_deref()];
    let about: Vec<&str> = about.into_iter().flatten().collect();
    if !about.is_empty() {
        let _ = writeln!(out, "  at {}", about.join(", "));
    }
    for line in &diagnostic.detail {
        let _ = writeln!(out, "  {}", line.trim_end());
    }
}

/// Who holds the lock, since when, and what to do about it.
pub fn lock(lock: &Lock, now: Timestamp, program: &str) -> (String, String) {
    let since = lock.created.map(|created| format!(" for {}", format::age(created, now))).unwrap_or_default();
    let doing = if lock.operation.is_empty() { String::new() } else { format!(" ({})", lock.operation) };
    let what = format!("the state is locked by {}{since}{doing}: {}", lock.who, lock.path);
    let hint = format!("wait for it to end; if that run is dead for certain: {program} force-unlock {}", lock.id);
    (what, hint)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::Tally;

    fn change(address: &str, action: Action) -> PlannedChange {
        PlannedChange { address: address.to_owned(), action, reason: None }
    }

    #[test]
    fn a_plan_is_told_by_component_and_what_it_destroys_by_name() {
        let mut run = TerraformRun::of_plan(vec![
            change("aws_ecs_service.prometheus", Action::Create),
            change("aws_ecs_task_definition.prometheus", Action::Create),
            change("aws_lb.this", Action::Update),
            change("module.m.aws_efs_file_system.this[0]", Action::Delete),
        ]);
        run.program = Some(("terraform", "1.11.4".to_owned()));
        let text = plan("prod", &run, Some(&Err("no prices".to_owned())), false);
        let expected = "\
PLAN  prod  terraform 1.11.4  2 to create, 1 to change, 0 to replace, 1 to destroy
  COMPONENT              CREATE   CHANGE  REPLACE  DESTROY
  prometheus                  2        ·        ·        ·
  load balancer               ·        1        ·        ·
  storage                     ·        ·        ·        1
  destroy module.m.aws_efs_file_system.this[0]
  data dies with module.m.aws_efs_file_system.this[0]: every file on it: Prometheus' samples, Grafana's database, silences
  cost  not known: no prices
";
        assert_eq!(text, expected);
        assert!(plan("prod", &TerraformRun::default(), None, false).contains("nothing to do"));
    }

    #[test]
    fn a_log_has_a_line_for_each_thing_that_happened() {
        let mut run = TerraformRun::of_plan(vec![change("a_b.x", Action::Create), change("a_b.y", Action::Create)]);
        let now = Timestamp::UNIX_EPOCH;
        let began = TerraformEvent::Began { address: "a_b.x".to_owned(), action: Action::Create };
        run.take(began.clone(), now);
        assert_eq!(line(&began, &run, "09:02:14").unwrap(), "09:02:14  create a_b.x\n");
        let later = now + Duration::from_secs(75);
        assert_eq!(under_way(&run, later, "09:03:29").unwrap(), "09:03:29  waiting for a_b.x 1m\n");
        let done = TerraformEvent::Done { address: "a_b.x".to_owned(), action: Action::Create, took: None };
        run.take(done.clone(), later);
        assert_eq!(line(&done, &run, "09:03:29").unwrap(), "09:03:29  done 1/2  create a_b.x  1m\n");
        assert_eq!(under_way(&run, later, ""), None);
        assert_eq!(line(&TerraformEvent::Summary { tally: Tally::default(), is_done: true }, &run, ""), None);
    }

    #[test]
    fn what_is_not_understood_is_told_unless_it_may_be_secret() {
        let told = |text: &str| line(&TerraformEvent::Garbled(text.to_owned()), &TerraformRun::default(), "t").unwrap();
        assert_eq!(told("panic: nil"), "t  not understood: panic: nil\n");
        for text in ["password = hunter2", "DB_TOKEN=hunter2", "postgres://a:hunter2@b", "{\"type\":\"hunter2"] {
            assert!(!told(text).contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn a_lock_is_told_with_who_since_when_and_what_to_do() {
        let held = Lock {
            id: "3f9c".to_owned(),
            path: "s3/prod.tfstate".to_owned(),
            operation: "apply".to_owned(),
            who: "kim@bastion".to_owned(),
            created: Some(Timestamp::UNIX_EPOCH),
        };
        let (what, hint) = lock(&held, Timestamp::UNIX_EPOCH + Duration::from_mins(12), "tofu");
        assert_eq!(what, "the state is locked by kim@bastion for 12m (apply): s3/prod.tfstate");
        assert!(hint.ends_with("tofu force-unlock 3f9c"));
    }
}
