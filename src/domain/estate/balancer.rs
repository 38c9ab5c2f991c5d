//! Load balancers, from the name they are reached by to the targets behind them.

/// One load balancer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Balancer {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// The name it is reached by.
    pub dns_name: String,
    /// `active`, `provisioning`, `active_impaired`, `failed`.
    pub state: String,
    /// AWS's text for that, where it gives one.
    pub state_reason: Option<String>,
    /// `internet-facing` or `internal`.
    pub scheme: String,
    /// `application`, `network` or `gateway`.
    pub kind: String,
    /// The zones it has addresses in, by name.
    pub zones: Vec<String>,
    /// The subnets it has addresses in, by id: it connects to its targets from there.
    pub subnets: Vec<String>,
    /// Its security groups, by id.
    pub groups: Vec<String>,
}

/// One port a load balancer listens on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listener {
    /// Its ARN.
    pub arn: String,
    /// `HTTP`, `HTTPS`, `TCP`, `TLS` ...
    pub protocol: String,
    /// The port.
    pub port: u16,
    /// The ARNs of its certificates.
    pub certificates: Vec<String>,
}

/// What a rule does with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleAction {
    /// Sends it on to one of these target groups, each with its weight.
    Forward(Vec<(String, u32)>),
    /// Sends the client elsewhere.
    Redirect(String),
    /// Answers it with a status.
    Fixed(String),
    /// Something else (`authenticate-oidc`), which lets it go on to the next action.
    Other(String),
}

/// One rule of a listener.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListenerRule {
    /// `1` to `50000`, or `default`.
    pub priority: String,
    /// Host names it is for; any when empty. They may hold `*` and `?`.
    pub hosts: Vec<String>,
    /// Paths it is for; any when empty. They may hold `*` and `?`.
    pub paths: Vec<String>,
    /// Further conditions (`http-header`, `source-ip`), by name.
    pub others: Vec<String>,
    /// What it does, in order.
    pub actions: Vec<RuleAction>,
}

/// One target group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TargetGroup {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// The protocol to the targets.
    pub protocol: String,
    /// The port to the targets, where one is set.
    pub port: Option<u16>,
    /// What health checks ask (`HTTP /api/health on traffic-port, 200`).
    pub check: String,
    /// The load balancers that use it, by ARN.
    pub balancers: Vec<String>,
}

/// One target of a target group and how it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BalancerTarget {
    /// Its address or instance id.
    pub id: String,
    /// Its port.
    pub port: Option<u16>,
    /// Its zone, where told.
    pub zone: Option<String>,
    /// `healthy`, `unhealthy`, `initial`, `draining`, `unused`, `unavailable` ...
    pub state: String,
    /// AWS's code for that (`Target.Timeout`); none when healthy.
    pub reason: Option<String>,
    /// AWS's text for that.
    pub description: Option<String>,
}

impl Balancer {
    /// Whether it has an address of the internet.
    pub fn is_public(&self) -> bool {
        self.scheme == "internet-facing"
    }
}

impl ListenerRule {
    /// Whether it names a target group and sends nothing there.
    pub fn names_without_weight(&self, group: &str) -> bool {
        let is_weightless = |action: &RuleAction| matches!(action, RuleAction::Forward(to) if to.iter().any(|(arn, weight)| arn == group && *weight == 0));
        self.actions.iter().any(is_weightless)
    }

    /// The target groups it sends requests on to: those with a weight.
    pub fn forwards_to(&self) -> impl Iterator<Item = &str> {
        self.actions
            .iter()
            .flat_map(|action| match action {
                RuleAction::Forward(groups) => groups.as_slice(),
                _ => &[],
            })
            .filter(|(_, weight)| *weight > 0)
            .map(|(arn, _)| arn.as_str())
    }
}
