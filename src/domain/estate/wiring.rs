//! How a service is connected to what is around it.

/// A container's port registered in a target group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BalancerLink {
    /// The target group's ARN.
    pub group: String,
    /// The container's name.
    pub container: String,
    /// The container's port.
    pub port: Option<u16>,
}

/// What a service's and its task definition's descriptions say of its surroundings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wiring {
    /// Target groups it registers its tasks in.
    pub balancers: Vec<BalancerLink>,
    /// Security groups its tasks are in.
    pub groups: Vec<String>,
    /// The role its containers act as.
    pub task_role: Option<String>,
    /// The role that starts it: images, secrets, logs.
    pub execution_role: Option<String>,
    /// Shared file systems it mounts, by id.
    pub file_systems: Vec<String>,
    /// Ports its containers open.
    pub ports: Vec<u16>,
}
