//! Everything a key or the palette can ask for, one row each. Help, palette, completions, keymaps and docs derive
//! from [`TABLE`]; a command exists nowhere else.

mod reference;
mod scope;

pub use reference::reference_markdown;
pub use scope::available;

/// What a key or the palette asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Command {
    /// Leave the program.
    Quit,
    /// Leave this screen for the one before; on the first screen, clear filter and selection.
    Back,
    /// Open what the cursor is on.
    Open,
    /// Read every source now.
    Refresh,
    /// Show what can be done here.
    Help,
    /// Ask for a command by name.
    Palette,
    /// Narrow the list by typing.
    Filter,
    /// Show only what is not ok.
    Problems,
    /// Give what is told of the row under the cursor the whole screen, or the list its room again.
    Enlarge,
    /// Cursor one row up.
    Up,
    /// Cursor one row down.
    Down,
    /// Cursor one page up.
    PageUp,
    /// Cursor one page down.
    PageDown,
    /// Cursor half a page up.
    HalfPageUp,
    /// Cursor half a page down.
    HalfPageDown,
    /// Cursor to the first row.
    Top,
    /// Cursor to the last row.
    Bottom,
    /// Sort by the next column.
    SortNext,
    /// Sort by the column before.
    SortPrevious,
    /// Turn the sort order round.
    SortReverse,
    /// The overview of all services.
    Overview,
    /// All alerts and silences.
    Alerts,
    /// All scrape targets.
    Targets,
    /// All sources and how they are doing.
    Sources,
    /// What the program said since it started, newest first.
    Messages,
    /// The next part of this screen (tasks, deployments, events ...).
    NextPane,
    /// The part before.
    PreviousPane,
    /// A longer span of time in the charts.
    SpanLonger,
    /// A shorter span of time in the charts.
    SpanShorter,
    /// Copy what the cursor is on (a name, a query, a URL).
    Copy,
    /// Show what can be changed about what the cursor is on.
    Actions,
    /// Restart the task the cursor is on, or one of the service's.
    Restart,
    /// Replace every task of the service.
    Redeploy,
    /// Have the service run another number of tasks.
    Scale,
    /// Have the service run what it ran before.
    RollBack,
    /// Silence the alert the cursor is on, or all of the service.
    Silence,
    /// Leave a note on the dashboards.
    Annotate,
    /// Have Prometheus read its configuration again.
    ReloadPrometheus,
    /// Let changes pass in production for a while, or no longer.
    Arm,
    /// The changes under way and those of the journal.
    Changes,
    /// The runbooks for what the cursor is on.
    Runbooks,
    /// What the stack and the services cost.
    Cost,
    /// The cost for another number of services.
    CostServices,
    /// The cost with samples kept longer or shorter.
    CostRetention,
    /// The cost with another size of Prometheus.
    CostSize,
    /// The cost on the other architecture.
    CostArchitecture,
    /// The cost in another region.
    CostRegion,
    /// Choose another context.
    Contexts,
    /// Choose another theme.
    Themes,
    /// The log of the service or task the cursor is on.
    Logs,
    /// Open a shell in the task the cursor is on.
    Shell,
    /// Open the page of what the cursor is on in a browser.
    OpenUrl,
    /// Keep the newest line of a log in sight, or stay.
    LogFollow,
    /// Let long lines of a log go on in the next row.
    LogWrap,
    /// Show or hide the times of a log.
    LogTimes,
    /// Show only louder lines of a log.
    LogLevel,
    /// Show the lines around matches, or the matches alone.
    LogAround,
    /// The next line that matches.
    NextMatch,
    /// The line before that matches.
    PreviousMatch,
    /// Let the backend choose the lines of a log.
    LogPattern,
    /// Show only the lines of one task.
    LogTask,
    /// Go to a moment of a log.
    LogMoment,
    /// Write the lines shown to a file.
    LogSave,
    /// Let lines be sent as they are said.
    LogLive,
    /// Scroll the line told in full down.
    DetailDown,
    /// Scroll it up.
    DetailUp,
    /// Suspend to the shell.
    Suspend,
    /// Draw the whole screen anew.
    Redraw,
}

/// Where a command means something. A key is looked up in the screen's own scope first, then in `Everywhere`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// On every screen.
    Everywhere,
    /// Where there is a list with a cursor.
    List,
    /// On the overview.
    Overview,
    /// On a service's screen.
    Service,
    /// On a log's screen.
    Logs,
    /// On the cost screen.
    Cost,
}

/// One command's row.
#[derive(Debug)]
pub struct Row {
    /// The command.
    pub command: Command,
    /// The name in keymaps and in the palette.
    pub name: &'static str,
    /// What it does, as help says it: a verb first, no full stop.
    pub doc: &'static str,
    /// Where it means something.
    pub scope: Scope,
}

macro_rules! table {
    ($($command:ident $name:literal $scope:ident $doc:literal;)*) => {
        /// Every command, in the order help shows them.
        pub const TABLE: &[Row] = &[$(Row { command: Command::$command, name: $name, doc: $doc, scope: Scope::$scope }),*];
    };
}

table! {
    Open            "open"             List       "open what the cursor is on";
    Back            "back"             Everywhere "show all of a narrowed list again; else go back";
    Filter          "filter"           List       "narrow the list by typing";
    Problems        "problems"         List       "show only what is not ok, or everything again";
    Enlarge         "in-full"          List       "show all that is told of this row, or the list again";
    Refresh         "refresh"          Everywhere "read every source now";
    Overview        "overview"         Everywhere "show all services";
    Alerts          "alerts"           Everywhere "show all alerts and silences";
    Targets         "targets"          Everywhere "show all scrape targets";
    Sources         "sources"          Everywhere "show where the data comes from and how that is going";
    Messages        "messages"         Everywhere "show what was said since the start";
    Up              "up"               List       "move up";
    Down            "down"             List       "move down";
    PageUp          "page-up"          List       "move up a page";
    PageDown        "page-down"        List       "move down a page";
    HalfPageUp      "half-page-up"     List       "move up half a page";
    HalfPageDown    "half-page-down"   List       "move down half a page";
    Top             "top"              List       "go to the first row";
    Bottom          "bottom"           List       "go to the last row";
    SortNext        "sort-next"        List       "sort by the next column";
    SortPrevious    "sort-previous"    List       "sort by the column before";
    SortReverse     "sort-reverse"     List       "turn the sort order round";
    NextPane        "next-pane"        Service    "go to the next part of the screen";
    PreviousPane    "previous-pane"    Service    "go to the part before";
    SpanLonger      "span-longer"      Service    "show a longer span of time";
    SpanShorter     "span-shorter"     Service    "show a shorter span of time";
    Logs            "logs"             List       "show the log of the service or task";
    Shell           "shell"            List       "open a shell in the task";
    OpenUrl         "open-url"         List       "open its page in a browser";
    LogFollow       "follow"           Logs       "follow the newest line, or pause";
    LogAround       "around"           Logs       "show the lines around matches, or the matches alone";
    NextMatch       "next-match"       Logs       "go to the next line that matches";
    PreviousMatch   "previous-match"   Logs       "go to the line before that matches";
    LogLevel        "level"            Logs       "show only louder lines: info, warn, error, everything";
    LogTask         "only-task"        Logs       "show only the lines of this task, or of all";
    LogMoment       "go-to-time"       Logs       "go to a time";
    LogPattern      "pattern"          Logs       "let the backend choose the lines by a pattern";
    LogLive         "live"             Logs       "let lines be sent as they are said (costs money)";
    LogWrap         "wrap"             Logs       "let long lines go on in the next row, or cut them";
    LogTimes        "times"            Logs       "show or hide the times";
    LogSave         "save"             Logs       "write the lines shown to a file";
    DetailDown      "detail-down"      Logs       "scroll the line told in full down";
    DetailUp        "detail-up"        Logs       "scroll it up";
    Copy            "copy"             Everywhere "copy what the cursor is on";
    Actions         "actions"          List       "show what can be changed about this";
    Restart         "restart"          List       "restart a task: shows the plan first";
    Redeploy        "redeploy"         List       "replace every task: shows the plan first";
    Scale           "scale"            List       "run another number of tasks: shows the plan first";
    RollBack        "roll-back"        List       "go back to what ran before: shows the plan first";
    Silence         "silence"          List       "silence an alert or a service: shows the plan first";
    Annotate        "annotate"         Everywhere "leave a note on the dashboards: shows the plan first";
    ReloadPrometheus "reload-prometheus" Everywhere "have prometheus read its files: shows the plan first";
    Arm             "arm"              Everywhere "let changes pass in production for a while, or no longer";
    Changes         "changes"          Everywhere "show changes under way and the journal";
    Runbooks        "runbooks"         Everywhere "show the runbooks for this, and what they found";
    Cost            "cost"             Everywhere "show what the stack and the services cost a month";
    CostServices    "cost-services"    Cost       "what if it were 5, 10, 20 services";
    CostRetention   "cost-retention"   Cost       "what if samples were kept 7, 15, 30, 90 days";
    CostSize        "cost-size"        Cost       "what if Prometheus were smaller or larger";
    CostArchitecture "cost-architecture" Cost     "what if the stack ran on the other architecture";
    CostRegion      "cost-region"      Cost       "what if it were in another region";
    Contexts        "contexts"         Everywhere "choose another context";
    Themes          "themes"           Everywhere "choose another theme";
    Palette         "palette"          Everywhere "run a command by name";
    Help            "help"             Everywhere "show what can be done here";
    Redraw          "redraw"           Everywhere "draw the whole screen anew";
    Suspend         "suspend"          Everywhere "suspend to the shell";
    Quit            "quit"             Everywhere "leave";
}

impl Command {
    /// The command's row.
    pub fn row(self) -> &'static Row {
        TABLE.iter().find(|row| row.command == self).unwrap_or(&TABLE[0])
    }

    /// Whether it only moves the cursor.
    pub const fn moves(self) -> bool {
        matches!(
            self,
            Self::Up
                | Self::Down
                | Self::PageUp
                | Self::PageDown
                | Self::HalfPageUp
                | Self::HalfPageDown
                | Self::Top
                | Self::Bottom
        )
    }

    /// Whether it leads to a change. It never makes one: it shows a plan, and a person says yes to that.
    pub const fn leads_to_a_change(self) -> bool {
        matches!(
            self,
            Self::Actions
                | Self::Restart
                | Self::Redeploy
                | Self::Scale
                | Self::RollBack
                | Self::Silence
                | Self::Annotate
                | Self::ReloadPrometheus
                | Self::Arm
        )
    }

    /// Whether the menu of [`Self::Actions`] offers it, under a key of that menu: it needs none of its own.
    pub const fn is_in_the_menu(self) -> bool {
        matches!(
            self,
            Self::Redeploy | Self::Scale | Self::RollBack | Self::Silence | Self::Annotate | Self::ReloadPrometheus
        )
    }

    /// A command by its name.
    pub fn named(name: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.name == name).map(|row| row.command)
    }
}
