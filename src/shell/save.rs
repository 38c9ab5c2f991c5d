//! Writing the lines of a log to a file.

use std::fs::OpenOptions;
use std::io::{BufWriter, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

use crate::domain::LogLine;
use crate::format;

/// Only for who writes it: logs hold what is nobody else's business.
const MODE: u32 = 0o600;

/// Writes lines to a file that must not exist yet. Answers with what was done.
///
/// # Errors
/// A sentence that says why not.
pub fn save(
    path: &str,
    home: Option<&Path>,
    lines: &[LogLine],
    service: &str,
    zone: &TimeZone,
) -> Result<String, String> {
    let path = match (path.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(path),
    };
    let shown = path.display();
    let told = |error: &std::io::Error| match error.kind() {
        ErrorKind::AlreadyExists => format!("not saved: {shown} exists; give another name"),
        _ => format!("not saved: {shown}: {error}"),
    };
    let file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(&path).map_err(|error| told(&error))?;
    let mut file = BufWriter::new(file);
    let plain = |_: format::LogPart, text: &str| text.to_owned();
    for line in lines {
        file.write_all(format::log_entry(line, zone, service, &plain).as_bytes()).map_err(|error| told(&error))?;
    }
    file.flush().map_err(|error| told(&error))?;
    Ok(format!("{} saved to {shown}", format::count(lines.len(), "line")))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use jiff::Timestamp;

    use super::*;

    #[test]
    fn a_file_is_private_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let lines = [LogLine::gap(Timestamp::UNIX_EPOCH, "nothing")];
        let path = folder.path().join("x.log");
        let name = path.display().to_string();
        let said = save(&name, None, &lines, "web", &TimeZone::UTC).unwrap();
        assert_eq!(said, format!("1 line saved to {name}"));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, MODE);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "1970-01-01 00:00:00.000  -- nothing --\n");
        let refused = save(&name, None, &[], "web", &TimeZone::UTC).unwrap_err();
        assert!(refused.contains("exists"), "{refused}");
        assert!(save("~/y.log", Some(folder.path()), &[], "web", &TimeZone::UTC).is_ok());
        assert!(folder.path().join("y.log").exists());
        let nowhere = folder.path().join("nowhere/z.log").display().to_string();
        assert!(save(&nowhere, None, &[], "web", &TimeZone::UTC).unwrap_err().contains("No such file"));
    }
}
