//! What the module's program is asked for a status: its outputs, and whether what is there is still what the module says.

use std::ffi::OsString;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::drive;
use super::site::Site;
use crate::domain::{Action, CheckState, TerraformRun};
use crate::format::duration_fine;
use crate::report::provision::status::Component;
use crate::terraform::{self, Ending, Errand};

/// How long a plan that is told to stop may take to do so. It holds no lock and changes nothing.
const GRACE: Duration = Duration::from_secs(5);

/// The module's outputs.
///
/// # Errors
/// Why they are not known.
pub async fn outputs(site: &Site, within: Duration, stop: &watch::Sender<bool>) -> Result<Value, String> {
    let arguments = ["output", "-json", "-no-color"].map(OsString::from);
    let asked = tokio::time::timeout(within, terraform::capture(&site.tool, &site.folder, &arguments));
    let answer = drive::until_stopped(stop, asked).await.ok_or("told to stop")?;
    let answer = answer.map_err(|_| late(within))?.map_err(|error| error.what)?;
    serde_json::from_slice(&answer).map_err(|error| format!("{} output: {error}", site.tool.name))
}

/// Whether what is there is still what the module says. Takes no lock and changes nothing.
pub async fn look(site: &Site, within: Duration, stop: &watch::Sender<bool>) -> Component {
    let deadline = Instant::now() + within;
    // What refreshes nothing sees nothing.
    let arguments =
        ["plan", "-json", "-input=false", "-detailed-exitcode", "-lock=false", "-refresh=true"].map(OsString::from);
    let (events, mut inbox) = mpsc::unbounded_channel();
    let seen = async {
        let mut run = TerraformRun::default();
        while let Some(event) = inbox.recv().await {
            run.take(event, Timestamp::now());
        }
        run
    };
    let enough = watch::Sender::new(false);
    let told = enough.subscribe();
    let followed = async move {
        let errand = Errand { name: "status", arguments: &arguments, grace: Some(GRACE) };
        terraform::follow(&site.tool, &site.folder, errand, &events, told).await
    };
    let followed = async {
        tokio::pin!(followed);
        let mut stop = stop.subscribe();
        let was_late = tokio::select! {
            ending = &mut followed => return (ending, false),
            () = tokio::time::sleep_until(deadline) => true,
            _ = stop.wait_for(|stop| *stop) => false,
        };
        enough.send_replace(true);
        (followed.await, was_late)
    };
    let ((ending, was_late), run) = tokio::join!(followed, seen);
    let source = format!("{} plan", site.tool.name);
    let part = |state, summary: String, next_step: Option<String>| Component {
        part: "drift".to_owned(),
        state,
        summary,
        source: source.clone(),
        next_step,
    };
    let by_hand = "rounds provision plan".to_owned();
    let changes = run.planned.iter().filter(|change| change.action != Action::Read).count();
    match ending {
        Err(error) => part(CheckState::Unknown, error.what, error.hint),
        Ok(Ending::Done) if changes == 0 && site.narrowed.is_empty() => {
            part(CheckState::Pass, "everything is as the module says".to_owned(), None)
        }
        Ok(Ending::Done) if changes == 0 => {
            let summary = format!("only a part was looked at: TF_CLI_ARGS_plan has {}", site.narrowed.join(", "));
            part(CheckState::Unknown, summary, Some("unset TF_CLI_ARGS_plan, or take that out of it".to_owned()))
        }
        Ok(Ending::Done | Ending::HasChanges) => {
            let summary = format!("{changes} to change, {} changed outside of it", run.drift.len());
            part(CheckState::Warn, summary, Some(format!("{by_hand} says what")))
        }
        Ok(_) if was_late => {
            let next = format!("give it longer: --timeout 2m; or {by_hand}; or leave it out: --no-drift");
            part(CheckState::Unknown, late(within), Some(next))
        }
        Ok(Ending::Failed(_) | Ending::Killed(_) | Ending::Lost) => {
            let why = run.errors().next().map(|error| error.summary.clone()).or_else(|| run.remark.clone());
            let why = why.unwrap_or_else(|| "the plan failed and did not say why".to_owned());
            part(CheckState::Unknown, why, Some(by_hand))
        }
    }
}

/// What is said where time was up.
pub fn late(within: Duration) -> String {
    format!("not known within {}", duration_fine(within))
}
