//! One sitting: the model, the watch behind it and the screen before it.

use std::future::poll_fn;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use crossterm::event::{Event, EventStream};
use futures_util::StreamExt as _;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use super::browser::Browser;
use super::changes::Changes;
use super::terminal::{self, Screen};
use super::{exec, foreground, input, save};
use crate::app::{self, Effect, Model, Msg, Notice, Surroundings};
use crate::domain::LogLine;
use crate::engine::{Clock, FollowAsk, ShellPass, Station, Update, Watch};
use crate::format;
use crate::theme::Theme;
use crate::view::{self, Glyphs, HitMap};

/// Lines of a log read at first.
const FIRST_LINES: usize = 10_000;

/// How often the model is told that time passes. It redraws only when that changes a text.
const TICK: Duration = Duration::from_secs(1);

/// How long a sitting told to end may take before it is ended from outside.
const GRACE: Duration = Duration::from_secs(2);

/// Opens a context by name: what to watch, or why not.
pub type Opener = Box<dyn Fn(&str) -> Result<Station, String>>;

/// Loads a theme by name: its styles, or why not.
pub type ThemeLoader = Box<dyn Fn(&str) -> Result<Theme, String>>;

/// Everything a sitting begins with.
pub struct Session {
    /// The state of the screen.
    pub model: Model,
    /// What to watch.
    pub station: Station,
    /// How things look.
    pub theme: Theme,
    /// What symbols are drawn with.
    pub glyphs: Glyphs,
    /// Whether the mouse is listened to.
    pub mouse: bool,
    /// Opens other contexts.
    pub open_context: Opener,
    /// Loads other themes.
    pub load_theme: ThemeLoader,
    /// How pages are opened.
    pub browser: Browser,
    /// Where `~` is.
    pub home: Option<PathBuf>,
    /// Where programs are.
    pub path: Option<std::ffi::OsString>,
}

/// What the model is told of the place it shows.
pub fn surroundings(station: &Station) -> Surroundings {
    let sources = station.posts.iter().map(|post| (post.source.kind(), post.source.place())).collect();
    Surroundings {
        context: station.setting.context.clone(),
        policy: station.setting.policy.clone(),
        sources,
        log_lines: station.log_lines,
        live_cost: station.logs.as_ref().and_then(|logs| logs.live_cost()),
    }
}

/// Runs until the person leaves or a signal ends it. The first frame is drawn before anything is asked.
///
/// # Errors
/// What the terminal says.
pub async fn run(session: Session) -> io::Result<()> {
    let mut sitting = Sitting::begin(session)?;
    // Asked here and not in a task of its own: the tasks share threads with the reading of sources, and a key must not
    // wait until a large answer is taken apart.
    let mut keys = EventStream::new();
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    let mut end = Ends::listen()?;
    tokio::spawn(insist(Ends::listen()?));
    loop {
        let go_on = tokio::select! {
            biased;
            () = end.any() => false,
            event = keys.next() => {
                let mut go_on = sitting.hear(event)?;
                // Typed ahead or held down: take it all in, then draw once.
                while go_on && let Poll::Ready(event) = at_hand(&mut keys).await {
                    go_on = sitting.hear(event)?;
                }
                go_on
            }
            Some(update) = sitting.updates.recv() => {
                let mut go_on = sitting.learn(update)?;
                while go_on && let Ok(update) = sitting.updates.try_recv() {
                    go_on = sitting.learn(update)?;
                }
                go_on
            }
            Some(message) = sitting.later.recv() => sitting.tell(message)?,
            Some(news) = sitting.news.recv() => sitting.tell(news)?,
            _ = tick.tick() => sitting.tell(Msg::Tick)?,
        };
        if !go_on {
            sitting.changes.leave().await;
            return Ok(());
        }
        sitting.draw()?;
    }
}

/// The signals that end a sitting.
struct Ends {
    hang_up: Signal,
    terminate: Signal,
    interrupt: Signal,
}

impl Ends {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            hang_up: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn any(&mut self) {
        tokio::select! {
            _ = self.hang_up.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Ends the program where the sitting cannot: a terminal that takes no more output holds it where it writes.
async fn insist(mut end: Ends) {
    end.any().await;
    tokio::time::sleep(GRACE).await;
    terminal::abandon();
}

/// What the terminal has reported already. The stream remembers who polled it first, so it is polled by this task and not
/// by one that cannot be woken.
async fn at_hand(keys: &mut EventStream) -> Poll<Option<io::Result<Event>>> {
    poll_fn(|context| Poll::Ready(keys.poll_next_unpin(context))).await
}

struct Sitting {
    screen: Screen,
    model: Model,
    drawn: Option<u64>,
    hits: HitMap,
    theme: Theme,
    glyphs: Glyphs,
    clock: Clock,
    watch: Watch,
    updates: mpsc::UnboundedReceiver<Update>,
    updates_in: mpsc::UnboundedSender<Update>,
    /// What the sitting tells itself, after the keys that wait.
    later: mpsc::UnboundedReceiver<Msg>,
    later_in: mpsc::UnboundedSender<Msg>,
    changes: Changes,
    news: mpsc::UnboundedReceiver<Msg>,
    open_context: Opener,
    load_theme: ThemeLoader,
    browser: Browser,
    home: Option<PathBuf>,
    path: Option<std::ffi::OsString>,
}

impl Sitting {
    fn begin(session: Session) -> io::Result<Self> {
        let Session { mut model, station, theme, glyphs, mouse, open_context, load_theme, browser, home, path } =
            session;
        let mut screen = Screen::take(mouse)?;
        let (width, height) = crossterm::terminal::size()?;
        let clock = station.clock;
        // A new model asks for nothing, so there are no effects to perform.
        app::update(&mut model, Msg::Resize(width, height), clock.now());
        app::update(&mut model, Msg::Gate(station.operator.gate()), clock.now());
        let hits = screen.draw(|frame| view::draw(frame, &model, &theme, &glyphs))?;
        let (updates_in, updates) = mpsc::unbounded_channel();
        let (changes, news) = Changes::new(station.operator.clone());
        let watch = Watch::start(station, updates_in.clone());
        let (later_in, later) = mpsc::unbounded_channel();
        let drawn = Some(model.revision());
        Ok(Self {
            screen,
            model,
            drawn,
            hits,
            theme,
            glyphs,
            clock,
            watch,
            updates,
            updates_in,
            later,
            later_in,
            changes,
            news,
            open_context,
            load_theme,
            browser,
            home,
            path,
        })
    }

    /// Takes in what the terminal reports; `false` when it is gone.
    fn hear(&mut self, event: Option<io::Result<Event>>) -> io::Result<bool> {
        let Some(Ok(event)) = event else { return Ok(false) };
        input::message(event, &self.hits).map_or(Ok(true), |message| self.tell(message))
    }

    /// Gives the terminal to a shell in a task, and takes it back when that ends.
    fn hand_over(&mut self, pass: &ShellPass) -> io::Result<Notice> {
        let short = pass.task.get(..8).unwrap_or(&pass.task).to_owned();
        let ended = self.screen.lend(|| foreground::run(exec::command(pass)))?;
        self.drawn = None;
        let (said, notice) = match ended {
            Ok(end) => match end.trouble() {
                None => ("by itself".to_owned(), Notice::info(format!("the shell in task {short} was closed"))),
                Some(why) => (why.clone(), Notice::warning(format!("the shell in task {short} was closed: {why}"))),
            },
            Err(why) => (why.to_string(), Notice::error(format!("no shell in task {short}: aws: {why}"))),
        };
        let unwritten = tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(self.watch.shell_closed(pass, &said))
        });
        Ok(unwritten.map_or(notice, |why| Notice::error(format!("not in the journal: {why}"))))
    }

    fn learn(&mut self, update: Update) -> io::Result<bool> {
        if let Update::Shell(answer) = update {
            let notice = match answer {
                Ok(pass) => self.hand_over(&pass)?,
                Err(refusal) => {
                    let hint = refusal.hint.map(|hint| format!("; {hint}")).unwrap_or_default();
                    Notice::error(format!("{}{hint}", refusal.what))
                }
            };
            return self.tell(Msg::Notice(notice));
        }
        self.tell(match update {
            Update::Snapshot(snapshot) => Msg::Snapshot(snapshot),
            Update::Asking(is) => Msg::Refreshing(is),
            Update::Logs(asking, news) => Msg::Logs(asking, news),
            Update::Ingest(answer) => Msg::Ingest(answer),
            // Was dealt with above.
            Update::Shell(_) => return Ok(true),
            Update::Answered { run, step, result } => Msg::Answered { run, step, result },
            Update::Chart(ask, answer) => Msg::Chart(answer.map_err(|error| (ask, error))),
        })
    }

    /// Hands the model a message and performs what it asks for; `false` ends the sitting.
    fn tell(&mut self, message: Msg) -> io::Result<bool> {
        let effects = app::update(&mut self.model, message, self.clock.now());
        for effect in effects {
            if !self.perform(effect)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn perform(&mut self, effect: Effect) -> io::Result<bool> {
        match effect {
            Effect::Quit => return Ok(false),
            Effect::Refresh => self.watch.refresh(),
            Effect::LoadChart(ask) => self.watch.chart(ask),
            Effect::LoadIngest => self.watch.ingest(),
            Effect::Probe { run, question, snapshot } => self.watch.probe(run, question, snapshot),
            Effect::Copy(text) => {
                let said = self.offer(&text)?;
                return self.tell(Msg::Notice(Notice::info(said)));
            }
            Effect::OpenUrl(url) => match self.browser.open(&url) {
                Ok(()) => return self.tell(Msg::Notice(Notice::info(format!("handed to the browser: {url}")))),
                Err(why) => {
                    let said = self.offer(&url)?;
                    return self.tell(Msg::Notice(Notice::warning(format!("{why}; {said}"))));
                }
            },
            Effect::FollowLogs { asking, scope, from, live } => {
                self.watch.follow_logs(asking, FollowAsk { scope, from, most: FIRST_LINES, live });
            }
            Effect::StopLogs => self.watch.stop_logs(),
            Effect::OlderLogs { asking, scope, before } => self.watch.older_logs(asking, scope, before),
            Effect::Sift(asking) => self.later(Msg::Sift(asking)),
            Effect::SaveLogs { path, lines, service } => self.save(path, lines, service),
            Effect::OpenShell { service, task, consent } => match exec::check(self.path.as_deref()) {
                Ok(()) => self.watch.shell(service, task, consent),
                Err((what, hint)) => return self.tell(Msg::Notice(Notice::error(format!("{what}; {hint}")))),
            },
            Effect::Plan { ask, change, options } => self.changes.plan(ask, change, options),
            Effect::CarryOut { plan, consent } => self.changes.carry_out(plan, consent),
            Effect::Arm => return self.tell(self.changes.arm()),
            Effect::Disarm => return self.tell(self.changes.disarm()),
            Effect::ReadJournal => self.changes.read_journal(),
            Effect::Suspend => {
                self.screen.suspend()?;
                self.drawn = None;
            }
            Effect::Redraw => {
                self.screen.forget();
                self.drawn = None;
            }
            Effect::SwitchContext(name) => match (self.open_context)(&name) {
                Ok(station) => {
                    self.clock = station.clock;
                    let surroundings = Box::new(surroundings(&station));
                    // What the old watch still had to say belongs to the old context: a new channel leaves it behind.
                    (self.updates_in, self.updates) = mpsc::unbounded_channel();
                    self.changes.move_to(station.operator.clone());
                    self.watch = Watch::start(station, self.updates_in.clone());
                    return Ok(self.tell(Msg::Context(surroundings))? && self.tell(self.changes.gate())?);
                }
                Err(why) => return self.tell(Msg::Notice(Notice::error(why))),
            },
            Effect::SetTheme(name) => match (self.load_theme)(&name) {
                Ok(theme) => {
                    self.theme = theme;
                    return self.tell(Msg::Theme(name));
                }
                Err(why) => return self.tell(Msg::Notice(Notice::error(why))),
            },
        }
        Ok(true)
    }

    /// Offers a text to the clipboard; what can be said of that.
    fn offer(&mut self, text: &str) -> io::Result<String> {
        self.screen.offer_to_clipboard(text)?;
        let shown = format::clip(&text.replace('\n', " "), 300);
        Ok(format!("offered to the terminal's clipboard (OSC 52): {shown}"))
    }

    /// Sends a message after those that wait.
    fn later(&self, message: Msg) {
        // The sitting holds the other end.
        let _ = self.later_in.send(message);
    }

    fn save(&self, path: String, lines: Arc<Vec<LogLine>>, service: String) {
        let (later, zone, home) = (self.later_in.clone(), self.model.zone().clone(), self.home.clone());
        tokio::task::spawn_blocking(move || {
            let notice = match save::save(&path, home.as_deref(), &lines, &service, &zone) {
                Ok(said) => Notice::info(said),
                Err(why) => Notice::error(format::sanitise(&why).into_owned()),
            };
            // The sitting may have ended; then nobody need be told.
            let _ = later.send(Msg::Notice(notice));
        });
    }

    /// Draws what has changed, for the size that the terminal has now: a resize while it was lent or the process was stopped
    /// was reported to somebody else.
    fn draw(&mut self) -> io::Result<()> {
        let (width, height) = crossterm::terminal::size()?;
        // It asks for nothing.
        app::update(&mut self.model, Msg::Resize(width, height), self.clock.now());
        let revision = self.model.revision();
        if self.drawn != Some(revision) {
            let (model, theme, glyphs) = (&self.model, &self.theme, &self.glyphs);
            self.hits = self.screen.draw(|frame| view::draw(frame, model, theme, glyphs))?;
            self.drawn = Some(revision);
        }
        Ok(())
    }
}
