//! Storage under the stack: the shared file systems, and Prometheus' own database.

use std::time::Duration;

use futures_util::future::join_all;

use super::Case;
use super::tally::Tally;
use super::who;
use crate::domain::estate::{Database, FileSystem, FileSystemLoad, MountTarget, Wiring};
use crate::domain::{Check, CheckState, ServiceHealth};
use crate::format;
use crate::source::probe::estate::Estate;

const DATABASE: &str = "GET /api/v1/status and prometheus_tsdb_*";
const EFS: &str = "elasticfilesystem:DescribeFileSystems";
const LOAD: &str = "cloudwatch:GetMetricData AWS/EFS";

/// A disk this full is as good as full.
const FULL: f64 = 0.03;

/// What fills up sooner than this is told.
const SOON: Duration = Duration::from_hours(7 * 24);

/// Burst credits below this are near their end: an hour's at 100 MiB/s.
const FEW_CREDITS: f64 = 360e9;

/// The most file systems that are looked at one by one.
const MOST: usize = 10;

/// Looks at them.
pub async fn judge<E: Estate>(case: &Case<'_, E>, check: &Check, tally: &mut Tally) {
    let service = match check.told("service") {
        Some(_) => match who::service(case, check, tally) {
            Some(service) => Some(service),
            None => return,
        },
        None => who::component(case.snapshot, "prometheus"),
    };
    let of_prometheus = service.is_none_or(|service| service.id.name.contains("prometheus"));
    let database = async {
        let mut tally = Tally::default();
        if of_prometheus {
            self::database(case, &mut tally).await;
        }
        tally
    };
    let shared = async {
        let mut tally = Tally::default();
        file_systems(case, service, check.told("service").is_some(), &mut tally).await;
        tally
    };
    let (database, shared) = tokio::join!(database, shared);
    tally.take(database);
    tally.take(shared);
    if tally.looked().is_empty() {
        tally.pass("nothing of this service is stored on a shared file system", EFS);
    }
}

async fn database<E: Estate>(case: &Case<'_, E>, tally: &mut Tally) {
    let (database, problems) = match case.estate.database().await {
        Ok(seen) => seen,
        Err(error) => {
            tally.unseen("Prometheus' own storage", &error, DATABASE);
            return;
        }
    };
    for problem in &problems {
        tally.unseen("a part of Prometheus' own storage", problem, DATABASE);
    }
    room(&database, tally);
    for (number, cause, state, text) in [
        (
            database.corruptions,
            "wal-corrupt",
            CheckState::Warn,
            "corruptions of the write-ahead log since it started: what was in them is lost",
        ),
        (database.failed_compactions, "compaction-failing", CheckState::Warn, "compactions failed in the last day"),
        (
            database.failed_writes,
            "writes-failing",
            CheckState::Fail,
            "writes failed in the last hour: samples are being lost",
        ),
    ] {
        match number {
            Some(number) if number >= 1.0 => {
                tally.note(state, format!("{number:.0} {text}"), DATABASE);
                tally.cause(cause);
                tally.next("read the log of Prometheus; no space or a broken volume as a rule");
            }
            Some(_) => tally.pass(format!("no {}", text.split([':', ';']).next().unwrap_or(text)), DATABASE),
            None => {}
        }
    }
    let mut facts = Vec::new();
    facts.extend(database.head_series.map(|series| format!("{series} series in memory")));
    facts.extend(database.keeps.map(|keeps| format!("keeps {}", format::duration(keeps))));
    facts.extend(database.oldest.map(|at| format!("oldest sample {} old", format::age(at, case.now))));
    if !facts.is_empty() {
        tally.pass(facts.join(", "), DATABASE);
    }
}

/// How much room there is, and for how long.
fn room(database: &Database, tally: &mut Tally) {
    let Some(bytes) = database.bytes else {
        tally.unknown(
            "how much Prometheus stores is not known: it does not scrape itself (prometheus_tsdb_storage_blocks_bytes)",
            DATABASE,
        );
        return;
    };
    let growth = database.growth.filter(|growth| *growth > 0.0);
    let grows = growth.map(|growth| format!(", {} more a day", format::bytes(growth))).unwrap_or_default();
    let stored = format!("Prometheus stores {}{grows}", format::bytes(bytes));
    let (left, of, is_disk) = match (database.disk, database.bytes_limit) {
        (Some((left, size)), _) if size > 0.0 => (left, size, true),
        (_, Some(limit)) => ((limit - bytes).max(0.0), limit, false),
        _ => {
            let text = format!(
                "{stored}; how much it may store is not known: it has no retention.size, and no exporter tells of its disk"
            );
            tally.pass(text, DATABASE);
            return;
        }
    };
    let lasts = growth.map(|growth| Duration::from_secs_f64((left / growth * 86_400.0).clamp(0.0, 1e9)));
    let what = if is_disk { "its disk" } else { "its limit" };
    let text = format!("{stored}; {} of {} of {what} left", format::bytes(left), format::bytes(of));
    if left <= of * FULL {
        // At its own limit it drops what is oldest, and goes on.
        let state = if is_disk { CheckState::Fail } else { CheckState::Warn };
        tally.note(state, text, DATABASE);
        tally.cause("storage-full");
        tally.next("lower the retention or grow the volume; keep retention.size at 80 % of it");
    } else if let Some(lasts) = lasts.filter(|lasts| *lasts < SOON) {
        tally.warn("fills-soon", format!("{text}: full in about {}", format::duration(lasts)), DATABASE);
        tally.next("lower the retention or grow the volume");
    } else {
        let lasts = lasts.map(|lasts| format!(": enough for {}", format::duration(lasts))).unwrap_or_default();
        tally.pass(format!("{text}{lasts}"), DATABASE);
    }
}

async fn file_systems<E: Estate>(
    case: &Case<'_, E>,
    service: Option<&ServiceHealth>,
    is_told: bool,
    tally: &mut Tally,
) {
    let wiring = match service {
        Some(service) => match case.estate.wiring(&service.id).await {
            Ok(wiring) => Some(wiring),
            Err(error) => {
                tally.unseen(&format!("what {} mounts", service.id.name), &error, "ecs:DescribeTaskDefinition");
                None
            }
        },
        None => None,
    };
    if is_told && wiring.as_ref().is_some_and(|wiring| wiring.file_systems.is_empty()) {
        return;
    }
    let found = match case.estate.file_systems().await {
        Ok(found) => found,
        Err(error) => {
            tally.unseen("the file systems", &error, EFS);
            return;
        }
    };
    let mounted = wiring.as_ref().map(|wiring: &Wiring| wiring.file_systems.clone()).unwrap_or_default();
    for id in mounted.iter().filter(|id| !found.iter().any(|system| system.id == **id)) {
        tally.fail("mount-target-missing", format!("{id} is mounted, and there is no such file system"), EFS);
    }
    let is_meant = |system: &&FileSystem| mounted.is_empty() || mounted.contains(&system.id);
    let meant: Vec<&FileSystem> = found.iter().filter(is_meant).take(MOST).collect();
    let looks = join_all(meant.iter().map(|system| async {
        tokio::join!(case.estate.mount_targets(&system.id), case.estate.file_system_load(&system.id))
    }))
    .await;
    for (system, (targets, load)) in meant.iter().zip(looks) {
        described(system, tally);
        match targets {
            Ok(targets) => mounts(service.filter(|_| !mounted.is_empty()), system, &targets, tally),
            Err(error) => tally.unseen("its mount targets", &error, "elasticfilesystem:DescribeMountTargets"),
        }
        match load {
            Ok(load) => self::load(service.filter(|_| !mounted.is_empty()), system, &load, tally),
            Err(error) => tally.unseen("its load", &error, LOAD),
        }
    }
}

fn described(system: &FileSystem, tally: &mut Tally) {
    let name = system.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
    let size = system.bytes.map(|bytes| format!(", {}", format::bytes(bytes as f64))).unwrap_or_default();
    let encrypted = if system.encrypted { "encrypted" } else { "not encrypted" };
    let rules = if system.lifecycle.is_empty() { String::new() } else { format!(", {}", system.lifecycle.join(", ")) };
    let text = format!("{}{name} is {}{size}, {}, {encrypted}{rules}", system.id, system.state, system.throughput);
    if system.state == "available" {
        tally.pass(text, EFS);
    } else {
        tally.fail("mount-target-missing", text, EFS);
    }
}

fn mounts(service: Option<&ServiceHealth>, system: &FileSystem, targets: &[MountTarget], tally: &mut Tally) {
    const FROM: &str = "elasticfilesystem:DescribeMountTargets";
    let usable: Vec<&str> =
        targets.iter().filter(|target| target.state == "available").map(|target| target.zone.as_str()).collect();
    for target in targets.iter().filter(|target| target.state != "available") {
        let text = format!("{} in {} is {}", system.id, target.zone, target.state);
        tally.note(CheckState::Warn, text, FROM);
    }
    if usable.is_empty() {
        tally.fail("mount-target-missing", format!("{} has no mount target: nothing can mount it", system.id), FROM);
        return;
    }
    let zones: Vec<&str> = service
        .and_then(|service| service.ecs.as_deref())
        .map(|ecs| ecs.tasks.iter().filter_map(|task| task.zone.as_deref()).collect())
        .unwrap_or_default();
    let mut without: Vec<&str> = zones.into_iter().filter(|zone| !usable.contains(zone)).collect();
    without.sort_unstable();
    without.dedup();
    if without.is_empty() {
        tally.pass(format!("{} can be mounted in {}", system.id, usable.join(", ")), FROM);
    } else {
        let text = format!("tasks run in {}, where {} cannot be mounted", without.join(", "), system.id);
        tally.fail("mount-target-missing", text, FROM);
        tally.next("add a mount target in that zone's subnet, or take the subnet away from the service");
    }
}

fn load(service: Option<&ServiceHealth>, system: &FileSystem, load: &FileSystemLoad, tally: &mut Tally) {
    let id = &system.id;
    if *load == FileSystemLoad::default() {
        tally.pass(format!("{id}: CloudWatch has no numbers of the last hour"), LOAD);
        return;
    }
    if let Some(credits) = load.credits.filter(|_| system.throughput == "bursting") {
        let text = format!("{id} has {} of burst credits left", format::bytes(credits));
        if credits <= 1e9 {
            tally.fail("credits-exhausted", format!("{text}: it is slowed down"), LOAD);
            tally.next("switch it to elastic throughput");
        } else if credits < FEW_CREDITS {
            tally.warn("credits-exhausted", text, LOAD);
            tally.next("switch it to elastic throughput before they are gone");
        } else {
            tally.pass(text, LOAD);
        }
    }
    if let Some(percent) = load.io_percent {
        let text = format!("{id} came to {} of its I/O limit", format::percent(percent));
        if percent >= 95.0 {
            tally.warn("io-limit", text, LOAD);
            tally.next("move what is written most to another file system, or to one of max I/O mode");
        } else {
            tally.pass(text, LOAD);
        }
    }
    let (Some(clients), Some(ecs)) = (load.clients, service.and_then(|service| service.ecs.as_deref())) else { return };
    let running = ecs.running;
    let text = format!(
        "{clients:.0} clients have {id} mounted, and {} of the service",
        format::count(running as usize, "task")
    );
    if clients > f64::from(running.max(1)) {
        tally.warn("lock-held", format!("{text}: something else still holds it"), LOAD);
        tally.next("find what else has it mounted: a task that is stopping, or one of another service, and stop it");
    } else {
        tally.pass(text, LOAD);
    }
}
