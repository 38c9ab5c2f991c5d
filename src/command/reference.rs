//! The commands as a page of the manual.

use std::fmt::Write as _;

use super::TABLE;

/// Every command as a Markdown table: name, what it does, where it means something.
pub fn reference_markdown() -> String {
    let mut page = String::from("| command | what it does | where |\n| --- | --- | --- |\n");
    for row in TABLE {
        // Writing to a `String` cannot fail.
        let _ = writeln!(page, "| `{}` | {} | {} |", row.name, row.doc, row.scope.place());
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_line() {
        let page = reference_markdown();
        assert_eq!(page.lines().count(), TABLE.len() + 2);
        assert!(page.contains("| `refresh` | read every source now | everywhere |\n"), "{page}");
    }
}
