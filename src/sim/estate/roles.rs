//! Roles and what they may do.

use crate::domain::SourceError;
use crate::domain::estate::{Decision, RolePolicy, RoleVerdict, Statement};

use super::Estate;

impl Estate<'_> {
    /// What a role may not do: while Prometheus' discovery is lost, it may not list tasks.
    fn taken_away(&self, role: &str) -> &'static [&'static str] {
        match role.rsplit('/').next() {
            Some("prometheus-task") if self.is_discovery_lost() => &["ecs:ListTasks"],
            Some("cloudwatch-exporter-task") if self.is_discovery_lost() => &["tag:GetResources"],
            _ => &[],
        }
    }

    /// What a role may do, as IAM simulates it.
    ///
    /// # Errors
    /// While AWS refuses.
    pub fn simulate(&self, role: &str, actions: &[String]) -> Result<Vec<Decision>, SourceError> {
        self.aws()?;
        let name = role.rsplit('/').next().unwrap_or(role);
        let decision = |action: &String| {
            let is_away = self.taken_away(role).contains(&action.as_str());
            Decision {
                action: action.clone(),
                verdict: if is_away { RoleVerdict::NotAllowed } else { RoleVerdict::Allowed },
                by: if is_away { Vec::new() } else { vec![format!("{name}-policy")] },
                is_conditional: false,
            }
        };
        Ok(actions.iter().map(decision).collect())
    }

    /// The policies of a role.
    ///
    /// # Errors
    /// While AWS refuses.
    pub fn policies(&self, role: &str) -> Result<Vec<RolePolicy>, SourceError> {
        self.aws()?;
        let away = self.taken_away(role).iter().map(|action| (*action).to_owned()).collect();
        let statement =
            Statement { allows: true, not_actions: away, resources: vec!["*".to_owned()], ..Statement::default() };
        let name = role.rsplit('/').next().unwrap_or(role);
        Ok(vec![RolePolicy { name: format!("{name}-policy"), statements: vec![statement] }])
    }
}
