//! The roles by name: what theme files write, and what `rounds themes` shows of each.

use super::Role;

/// One role's row.
#[derive(Debug)]
pub struct Entry {
    /// The role.
    pub role: Role,
    /// The name in theme files.
    pub name: &'static str,
    /// What wears it.
    pub doc: &'static str,
    /// A piece of screen to show it by.
    pub sample: &'static str,
}

macro_rules! roles {
    ($($role:ident $name:literal $sample:literal $doc:literal;)*) => {
        /// Every role, in the order of its declaration: a role's number is its place here.
        pub const ROLES: &[Entry] = &[$(Entry { role: Role::$role, name: $name, doc: $doc, sample: $sample }),*];
    };
}

roles! {
    Text             "text"              "api-2"               "ordinary text";
    Dim              "dim"               "120ms"               "what may recede: healthy rows, labels, units";
    Strong           "strong"            "api-2"               "headings, what the eye should find first";
    Ok               "ok"                "✔ ok"                "a healthy verdict";
    Warning          "warning"           "▲ warning"           "a warning, values past its threshold";
    Critical         "critical"          "✖ critical"          "a critical verdict, values past its threshold";
    Unknown          "unknown"           "? unknown"           "an unknown verdict";
    Stale            "stale"             "71% 4m"              "a value whose source no longer answers";
    Suppressed       "suppressed"        "~ silenced"          "silenced, inhibited, muted";
    Header           "header"            " rounds  stage "     "the header line";
    HeaderProduction "header-production" " rounds  prod "      "the header line of a production context";
    Demo             "demo"              " DEMO "              "the word DEMO";
    Footer           "footer"            "open"                "the footer line";
    Key              "key"               "enter"               "a key, in the footer and in help";
    ColumnHead       "column-head"       "SERVICE"             "column headings";
    ColumnSorted     "column-sorted"     "CPU"                 "the heading of the column sorted by";
    Rule             "rule"              "──────"              "rules between parts";
    Cursor           "cursor"            " worker     4/4 "    "the row under the cursor";
    Match            "match"             "api"                 "characters that a filter matched";
    Input            "input"             "/api_"               "the line typed into";
    Spark            "spark"             "▂▃▅▇█"               "a sparkline or chart line";
    Threshold        "threshold"         "┄┄┄┄ 80%"            "a threshold drawn in a chart";
    Title            "title"             "Tasks"               "the title of a box or pane";
    Notice           "notice"            "copied"              "a notice that something happened";
    NoticeError      "notice-error"      "theme refused"       "a notice that something went wrong";
    Task1            "task-1"            "3f2a9c1b"            "a task in a log: six looks, so that neighbours differ";
    Task2            "task-2"            "81c07e55"            "a task in a log";
    Task3            "task-3"            "d2575a4e"            "a task in a log";
    Task4            "task-4"            "8e5e3cbd"            "a task in a log";
    Task5            "task-5"            "18372500"            "a task in a log";
    Task6            "task-6"            "c3026dbe"            "a task in a log";
}

impl Role {
    /// The role's row.
    pub fn entry(self) -> &'static Entry {
        &ROLES[self as usize]
    }

    /// A role by its name.
    pub fn named(name: &str) -> Option<Self> {
        ROLES.iter().find(|entry| entry.name == name).map(|entry| entry.role)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_role_stands_at_its_place_under_a_name_of_its_own() {
        let names: HashSet<_> = ROLES.iter().map(|entry| entry.name).collect();
        assert_eq!(names.len(), ROLES.len());
        for (place, entry) in ROLES.iter().enumerate() {
            assert_eq!(entry.role as usize, place, "{} is out of order", entry.name);
            assert_eq!(Role::named(entry.name), Some(entry.role));
        }
        assert_eq!(Role::Task6 as usize + 1, ROLES.len(), "the last role is missing from the catalogue");
    }
}
