//! Load balancers: one for Grafana, one for the services that serve requests, each with an HTTPS and an HTTP listener.

use crate::domain::estate::{
    Balancer, BalancerLink, BalancerTarget, Listener, ListenerRule, RuleAction, TargetGroup, Wiring,
};
use crate::domain::{ServiceId, SourceError};

use super::super::clock::Second;
use super::super::fleet::{ACCOUNT, REGION, Service};
use super::super::life::Life;
use super::super::noise;
use super::super::scene::Scene;
use super::Estate;
use super::names::{GRAFANA, PUBLIC, host};

/// Seconds from a task's start until its first health checks are through.
const FIRST_CHECKS: Second = 18;

/// Whether a service is behind a load balancer.
pub(super) fn is_balanced(service: &Service) -> bool {
    service.http || service.id.name == GRAFANA
}

/// The name of the load balancer a service is behind.
fn balancer_of(service: &Service) -> &'static str {
    if service.id.name == GRAFANA { GRAFANA } else { PUBLIC }
}

impl Estate<'_> {
    /// Every load balancer.
    ///
    /// # Errors
    /// While AWS refuses.
    pub fn balancers(&self) -> Result<Vec<Balancer>, SourceError> {
        self.aws()?;
        Ok(self.balancers_now())
    }

    pub(super) fn balancers_now(&self) -> Vec<Balancer> {
        [PUBLIC, GRAFANA].map(|name| self.balancer(name)).into()
    }

    pub(super) fn balancer(&self, name: &str) -> Balancer {
        let hash = noise::named(self.world.plan().seed, name);
        Balancer {
            arn: format!("arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/{name}/{hash:016x}"),
            name: name.to_owned(),
            dns_name: format!("{name}-{}.{REGION}.elb.amazonaws.com", hash % 2_000_000_000),
            state: "active".to_owned(),
            state_reason: None,
            scheme: "internet-facing".to_owned(),
            kind: "application".to_owned(),
            zones: ['a', 'b', 'c'].map(|zone| format!("{REGION}{zone}")).into(),
            subnets: ['a', 'b', 'c'].map(|zone| format!("subnet-public-{zone}")).into(),
            groups: vec![format!("sg-alb-{name}")],
        }
    }

    pub(super) fn balancer_named(&self, dns_name: &str) -> Option<Balancer> {
        let plain = dns_name.trim_start_matches("dualstack.");
        self.balancers_now().into_iter().find(|balancer| balancer.dns_name == plain)
    }

    /// The listeners of a load balancer.
    ///
    /// # Errors
    /// While AWS refuses.
    pub fn listeners(&self, balancer: &str) -> Result<Vec<Listener>, SourceError> {
        self.aws()?;
        let arn = balancer.replace(":loadbalancer/", ":listener/");
        let listener = |protocol: &str, port: u16| Listener {
            arn: format!("{arn}/{port:016x}"),
            protocol: protocol.to_owned(),
            port,
            certificates: (port == 443)
                .then(|| format!("arn:aws:acm:{REGION}:{ACCOUNT}:certificate/7d1c"))
                .into_iter()
                .collect(),
        };
        Ok(vec![listener("HTTP", 80), listener("HTTPS", 443)])
    }

    /// The rules of a listener.
    ///
    /// # Errors
    /// While AWS refuses.
    pub fn rules(&self, listener: &str) -> Result<Vec<ListenerRule>, SourceError> {
        self.aws()?;
        let default =
            |action| ListenerRule { priority: "default".to_owned(), actions: vec![action], ..ListenerRule::default() };
        if listener.ends_with(&format!("/{:016x}", 80)) {
            return Ok(vec![default(RuleAction::Redirect("HTTP_301 HTTPS://#{host}:443/#{path}".to_owned()))]);
        }
        let name = if listener.contains(&format!("/{GRAFANA}/")) { GRAFANA } else { PUBLIC };
        let mut rules: Vec<ListenerRule> = (1..)
            .zip(self.world.fleet.iter().filter(|service| is_balanced(service) && balancer_of(service) == name))
            .map(|(number, service)| ListenerRule {
                priority: (10 * number).to_string(),
                hosts: vec![host(&service.id.name)],
                actions: vec![RuleAction::Forward(vec![(service.target_group(), 1)])],
                ..ListenerRule::default()
            })
            .collect();
        rules.push(default(RuleAction::Fixed("404".to_owned())));
        Ok(rules)
    }

    /// The target groups of a load balancer.
    ///
    /// # Errors
    /// While AWS refuses.
    pub fn target_groups_of(&self, balancer: &str) -> Result<Vec<TargetGroup>, SourceError> {
        self.aws()?;
        let balanced = self.world.fleet.iter().filter(|service| is_balanced(service));
        Ok(balanced
            .map(|service| self.target_group(service))
            .filter(|group| group.balancers.iter().any(|arn| arn == balancer))
            .collect())
    }

    /// Target groups by ARN.
    ///
    /// # Errors
    /// While AWS refuses.
    pub fn target_groups(&self, arns: &[String]) -> Result<Vec<TargetGroup>, SourceError> {
        self.aws()?;
        let balanced = self.world.fleet.iter().filter(|service| is_balanced(service));
        let named = balanced.filter(|service| arns.contains(&service.target_group()));
        Ok(named.map(|service| self.target_group(service)).collect())
    }

    fn target_group(&self, service: &Service) -> TargetGroup {
        let path = if service.id.name == GRAFANA { "/api/health" } else { "/healthz" };
        TargetGroup {
            arn: service.target_group(),
            name: service.id.name.clone(),
            protocol: "HTTP".to_owned(),
            port: Some(service.port),
            check: format!("HTTP {path} on the traffic port, expecting 200"),
            balancers: vec![self.balancer(balancer_of(service)).arn],
        }
    }

    /// The targets of a target group.
    ///
    /// # Errors
    /// While AWS refuses.
    pub fn target_health(&self, group: &str) -> Result<Vec<BalancerTarget>, SourceError> {
        self.aws()?;
        let service = self.world.fleet.iter().find(|service| service.target_group() == group);
        let Some(scene) = service.and_then(|service| self.scene(service)) else { return Ok(Vec::new()) };
        Ok(scene.timeline.lives.iter().filter_map(|life| target(&scene, life, self.now)).collect())
    }

    /// How a service is wired.
    ///
    /// # Errors
    /// Where there is no such service, and while AWS refuses.
    pub fn wiring(&self, id: &ServiceId) -> Result<Wiring, SourceError> {
        self.aws()?;
        let service = self.service(id)?;
        let name = &service.id.name;
        let link = BalancerLink { group: service.target_group(), container: name.clone(), port: Some(service.port) };
        let role = |kind: &str| Some(format!("arn:aws:iam::{ACCOUNT}:role/{name}-{kind}"));
        Ok(Wiring {
            balancers: is_balanced(service).then_some(link).into_iter().collect(),
            groups: vec![format!("sg-{name}")],
            task_role: role("task"),
            execution_role: role("execution"),
            file_systems: super::storage::mounted(name).map(str::to_owned).into_iter().collect(),
            ports: vec![service.port],
        })
    }
}

/// A task as the load balancer sees it.
fn target(scene: &Scene<'_>, life: &Life, now: Second) -> Option<BalancerTarget> {
    let started = life.started.filter(|at| *at <= now)?;
    let place = |state: &str, reason: Option<&str>, description: Option<&str>| {
        Some(BalancerTarget {
            id: life.address(scene.service),
            port: Some(scene.service.port),
            zone: Some(format!("{REGION}{}", life.zone())),
            state: state.to_owned(),
            reason: reason.map(str::to_owned),
            description: description.map(str::to_owned),
        })
    };
    if life.has_ended(now) {
        let is_leaving = life.stopped().is_some_and(|at| now < at);
        return is_leaving
            .then(|| {
                place("draining", Some("Target.DeregistrationInProgress"), Some("Target deregistration is in progress"))
            })
            .flatten();
    }
    if now - started < FIRST_CHECKS {
        return place("initial", Some("Elb.InitialHealthChecking"), Some("Initial health checks in progress"));
    }
    if life.sick.is_some_and(|at| at <= now) {
        return place(
            "unhealthy",
            Some("Target.ResponseCodeMismatch"),
            Some("Health checks failed with these codes: [503]"),
        );
    }
    // What only Prometheus cannot reach, or only requests that take long, is fine for a load balancer.
    if scene.is_cut_off(life, now) {
        return place("unhealthy", Some("Target.Timeout"), Some("Request timed out"));
    }
    place("healthy", None, None)
}
