//! What a piece of the screen means.

/// What a piece of the screen means. A theme gives each a style; the screen names no colour itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Ordinary text.
    Text,
    /// Text that may recede: healthy rows, labels, units.
    Dim,
    /// Headings and what the eye should find first.
    Strong,
    /// A healthy verdict.
    Ok,
    /// A warning verdict, values past the warning threshold.
    Warning,
    /// A critical verdict, values past the critical threshold.
    Critical,
    /// An unknown verdict, `?`.
    Unknown,
    /// A value of a source that no longer answers.
    Stale,
    /// Silenced, inhibited, muted.
    Suppressed,
    /// The header line.
    Header,
    /// The header line of a production context.
    HeaderProduction,
    /// The word DEMO.
    Demo,
    /// The footer line.
    Footer,
    /// A key in the footer and in help.
    Key,
    /// Column headings.
    ColumnHead,
    /// The column sorted by.
    ColumnSorted,
    /// Rules between parts.
    Rule,
    /// The row under the cursor.
    Cursor,
    /// The characters a filter matched.
    Match,
    /// The line typed into.
    Input,
    /// A sparkline or chart line.
    Spark,
    /// A threshold drawn in a chart.
    Threshold,
    /// A title of a box or pane.
    Title,
    /// A notice that something happened.
    Notice,
    /// A notice that something went wrong.
    NoticeError,
    /// The first of six looks by which tasks are told apart; the id beside it says the same.
    Task1,
    /// The second.
    Task2,
    /// The third.
    Task3,
    /// The fourth.
    Task4,
    /// The fifth.
    Task5,
    /// The sixth.
    Task6,
}
