//! Who sits at this machine: for the journal, for the reason ECS keeps with a stopped task, and for silences.

use std::path::Path;

use crate::domain::journal::Who;
use crate::format::sanitise;

/// Whoever runs this process. `env` reads an environment variable.
pub fn here(env: impl Fn(&str) -> Option<String>) -> Who {
    let uid = rustix::process::getuid().as_raw();
    let pid = std::process::id();
    let text = |name: &str| env(name).filter(|text| !text.is_empty()).map(|text| sanitise(&text).into_owned());
    Who {
        user: account(Path::new("/etc/passwd"), uid).or_else(|| text("USER")).unwrap_or_else(|| format!("uid {uid}")),
        uid,
        sudo_user: text("SUDO_USER"),
        host: sanitise(&rustix::system::uname().nodename().to_string_lossy()).into_owned(),
        ssh_client: text("SSH_CONNECTION").and_then(|text| text.split(' ').next().map(str::to_owned)),
        pid,
        boot: boot(),
        began: began(pid),
    }
}

/// Whether the process still runs, as far as this one (on the same machine) can tell; `None` for other machines.
pub fn is_alive(who: &Who, here: &Who) -> Option<bool> {
    if who.host != here.host {
        return None;
    }
    if who.boot.is_some() && here.boot.is_some() && who.boot != here.boot {
        return Some(false);
    }
    if let Some(then) = who.began.filter(|_| who.boot == here.boot) {
        return Some(began(who.pid) == Some(then));
    }
    let pid = i32::try_from(who.pid).ok().and_then(rustix::process::Pid::from_raw)?;
    Some(!matches!(rustix::process::test_kill_process(pid), Err(rustix::io::Errno::SRCH)))
}

/// The name of a user number in the table of local users. Names of a directory service are not in it.
fn account(table: &Path, uid: u32) -> Option<String> {
    let text = std::fs::read_to_string(table).ok()?;
    let line = text.lines().find(|line| line.split(':').nth(2) == Some(uid.to_string().as_str()))?;
    let name = line.split(':').next().filter(|name| !name.is_empty())?;
    Some(sanitise(name).into_owned())
}

fn boot() -> Option<String> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(sanitise(id.trim()).into_owned())
}

/// When a process began. A zombie has ended.
fn began(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The command's name may hold spaces and brackets; what follows the last bracket is numbers.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    if matches!(fields.first(), Some(&"Z" | &"X")) {
        return None;
    }
    fields.get(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_told_from_another_with_its_number() {
        let here = super::here(|_| None);
        assert_eq!(is_alive(&here, &here), Some(true));
        let earlier = Who { began: Some(1), ..here.clone() };
        assert_eq!(is_alive(&earlier, &here), Some(false), "the number was used again");
        let before = Who { boot: Some("another".to_owned()), ..here.clone() };
        assert_eq!(is_alive(&before, &here), Some(false), "the machine started again since");
        let elsewhere = Who { host: "elsewhere".to_owned(), ..here.clone() };
        assert_eq!(is_alive(&elsewhere, &here), None);
        let unknown = Who { boot: None, began: None, pid: i32::MAX.unsigned_abs(), ..here.clone() };
        assert_eq!(is_alive(&unknown, &here), Some(false));
    }

    #[test]
    fn who_became_another_by_sudo_is_named() {
        let env = |name: &str| match name {
            "SUDO_USER" => Some("kim\x1b[2J".to_owned()),
            "SSH_CONNECTION" => Some("203.0.113.7 51234 10.0.0.5 22".to_owned()),
            _ => None,
        };
        let who = super::here(env);
        assert_eq!((who.name(), who.ssh_client.as_deref()), ("kim\\u{1b}[2J", Some("203.0.113.7")));
        assert!(!who.user.is_empty() && !who.host.is_empty());
    }
}
