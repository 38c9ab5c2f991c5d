//! What Prometheus would have stored, had it scraped the fleet all the time.

use std::time::Duration;

use jiff::SignedDuration;

use super::super::clock::Second;
use super::super::incident::Scrape;
use super::super::scene::Scene;
use super::page::{self, gauge};
use super::{Exporter, TASKS};

/// Labels that the scrape configuration gives.
#[derive(Debug, Clone)]
pub struct Sighting {
    /// The label `env` of every target.
    pub env: String,
    /// The address of the exporter, as `instance` of what is scraped from it directly.
    pub exporter: String,
}

impl Exporter {
    /// Gives the history from its beginning up to the fleet's own, as `OpenMetrics` in pieces, oldest first and one for
    /// each `step`; the last piece ends the text.
    pub fn history(&self, sighting: &Sighting, step: Duration) -> impl Iterator<Item = String> {
        let step = SignedDuration::try_from(step).unwrap_or(SignedDuration::from_mins(1));
        let sighting = sighting.clone();
        // What was is the same whenever it is asked about, so the scenes of the last moment show all of it.
        let scenes = self.world.scenes(0);
        let pieces = self.past(step).map(move |at| self.moment(&scenes, &sighting, at));
        pieces.chain(["# EOF\n".to_owned()])
    }

    fn moment(&self, scenes: &[Scene<'_>], sighting: &Sighting, at: Second) -> String {
        let mut out = String::new();
        for scene in scenes.iter().filter(|scene| !scene.service.stack) {
            self.tasks(scene, sighting, at, &mut out);
        }
        let unix = Some(self.unix(at));
        let env = ("env", sighting.env.as_str());
        for family in self.cloudwatch(scenes, at) {
            // Its own `job` and `instance` are honoured; without them it is the target's.
            let own = family.samples.iter().any(|sample| sample.labels.iter().any(|(name, _)| *name == "job"));
            let target = [("job", "cloudwatch"), ("instance", sighting.exporter.as_str()), env];
            page::lines(&mut out, &family, if own { &target[2..] } else { &target }, unix);
        }
        let target = [("job", "cloudwatch"), ("instance", sighting.exporter.as_str()), env];
        page::lines(&mut out, &gauge("up", "", 1.0), &target, unix);
        out
    }

    fn tasks(&self, scene: &Scene<'_>, sighting: &Sighting, at: Second, out: &mut String) {
        let unix = Some(self.unix(at));
        for life in scene.timeline.lives.iter().filter(|life| life.runs(at)) {
            let instance = super::target(scene.service, life).instance;
            let labels = [
                ("job", TASKS),
                ("instance", instance.as_str()),
                ("service", scene.service.id.name.as_str()),
                ("env", sighting.env.as_str()),
            ];
            let up = match scene.scrape(life, at) {
                Scrape::Undiscovered => continue,
                Scrape::Fails(_) => 0.0,
                Scrape::Answers => 1.0,
            };
            page::lines(out, &gauge("up", "", up), &labels, unix);
            if up > 0.0 {
                for family in self.task(scene, life, at) {
                    page::lines(out, &family, &labels, unix);
                }
            }
        }
    }
}
