//! The variables of the templates: an example environment, and what another one has in its place.

use serde_json::{Map, Value, json};

use super::{checks, shipped_file};
use crate::domain::Policy;
use crate::located;

/// What the variables are of an environment that nobody described.
const EXAMPLE: &str = "examples/rendered/variables.json";

/// Variables that have no fixed set of keys below them.
const OPEN: [&str; 1] = ["remote_write"];

/// Why variables are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Refusal {
    /// What is wrong, by the variable's name.
    pub what: String,
    /// The next step.
    pub hint: Option<String>,
}

impl Refusal {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), hint: None }
    }
}

/// The variables of one environment, complete and sound.
#[derive(Debug, Clone, PartialEq)]
pub struct Variables(Value);

impl Variables {
    /// The example: five services of `prod` in ap-northeast-2.
    ///
    /// # Errors
    /// Where the shipped file is broken, which a test excludes.
    pub fn example() -> Result<Self, Refusal> {
        let text = shipped_file(EXAMPLE).ok_or_else(|| Refusal::new(format!("{EXAMPLE} is not shipped")))?;
        let mut value: Value =
            serde_json::from_str(text).map_err(|error| Refusal::new(format!("{EXAMPLE}: {error}")))?;
        if let Some(map) = value.as_object_mut() {
            map.entry("compose").or_insert_with(super::compose::variables);
        }
        Ok(Self(value))
    }

    /// As a value, for templates.
    pub const fn value(&self) -> &Value {
        &self.0
    }

    /// A text by its path (`prometheus.url`).
    pub fn text(&self, path: &str) -> Option<&str> {
        path.split('.').try_fold(&self.0, |value, step| value.get(step)).and_then(Value::as_str)
    }

    /// A flag by its path; one that is not there is off.
    pub fn flag(&self, path: &str) -> bool {
        path.split('.').try_fold(&self.0, |value, step| value.get(step)).and_then(Value::as_bool).unwrap_or(false)
    }

    /// With others in place of these. Tables are merged, but `services` is taken whole: each of them needs only its
    /// `port`, and where its tasks are is `dns_name`, `targets` or `discovery_url`.
    ///
    /// # Errors
    /// For a variable that no template has, one of another kind than the example's, or text that a file cannot hold.
    pub fn with(mut self, others: &Value) -> Result<Self, Refusal> {
        let Some(others) = others.as_object() else { return Err(Refusal::new("expected a table of variables")) };
        let mut own = match self.0 {
            Value::Object(map) => map,
            _ => Map::new(),
        };
        for (name, value) in others {
            if name != "services" {
                merge(&mut own, name, value, name)?;
            }
        }
        let environment = own.get("environment").and_then(Value::as_str).unwrap_or_default().to_owned();
        if let Some(services) = others.get("services") {
            own.insert("services".to_owned(), self::services(services, &environment, &own)?);
        }
        derive(&mut own, others);
        self.0 = Value::Object(own);
        plain(&self.0, "")?;
        filled(&self.0)?;
        checks::sound(&self.0)?;
        Ok(self)
    }
}

/// What follows from the others, unless it is given: the parts of the stack, whether a service has another name in ECS,
/// and what replicas have in common.
fn derive(own: &mut Map<String, Value>, given: &Map<String, Value>) {
    let jobs = [("prometheus", true), ("cloudwatch", on(own, "exporter")), ("grafana", on(own, "grafana"))];
    let jobs = jobs.into_iter().chain([("alertmanager", on(own, "alertmanager")), ("loki", on(own, "loki"))]);
    let jobs: Vec<&str> = jobs.filter(|(_, is_on)| *is_on).map(|(job, _)| job).collect();
    if !given.contains_key("stack_jobs") {
        own.insert("stack_jobs".to_owned(), json!(jobs));
    }
    let first = own.get("clusters").and_then(|clusters| clusters.get(0)).cloned();
    if let (false, Some(first)) = (given.contains_key("ha_cluster"), first) {
        own.insert("ha_cluster".to_owned(), first);
    }
    let mut renames = false;
    for (name, service) in own.get_mut("services").and_then(Value::as_object_mut).into_iter().flatten() {
        let renamed = service.get("ecs_service").and_then(Value::as_str).is_some_and(|other| other != name);
        renames |= renamed;
        if let Some(service) = service.as_object_mut() {
            service.insert("renamed".to_owned(), Value::Bool(renamed));
        }
    }
    own.insert("renames".to_owned(), Value::Bool(renames));
}

fn on(map: &Map<String, Value>, name: &str) -> bool {
    map.get(name).and_then(|table| table.get("enabled")).and_then(Value::as_bool).unwrap_or(false)
}

fn merge(own: &mut Map<String, Value>, name: &str, value: &Value, path: &str) -> Result<(), Refusal> {
    let Some(before) = own.get_mut(name) else {
        let hint = located::did_you_mean(name, own.keys().map(String::as_str));
        return Err(Refusal { what: format!("there is no variable `{path}`"), hint });
    };
    match (before, value) {
        (Value::Object(before), Value::Object(value)) => {
            for (name, value) in value {
                let path = format!("{path}.{name}");
                if OPEN.iter().any(|open| path.starts_with(open)) {
                    before.insert(name.clone(), value.clone());
                } else {
                    merge(before, name, value, &path)?;
                }
            }
            Ok(())
        }
        (before, value) if std::mem::discriminant(before) == std::mem::discriminant(value) => {
            *before = value.clone();
            Ok(())
        }
        (before, _) => Err(Refusal::new(format!("`{path}` must be {}", kind(before)))),
    }
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a table",
    }
}

/// Services with everything that the templates ask of one.
fn services(given: &Value, environment: &str, own: &Map<String, Value>) -> Result<Value, Refusal> {
    let given = given.as_object().ok_or_else(|| Refusal::new("`services` must be a table of services by name"))?;
    let interval = |name: &str| own.get("interval").and_then(|table| table.get(name)).cloned().unwrap_or_default();
    let mut services = Map::new();
    for (name, service) in given {
        let is_name =
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        if !is_name {
            return Err(Refusal::new(format!("service `{name}`: a name has letters, digits, `-` and `_` only")));
        }
        let fields = service
            .as_object()
            .ok_or_else(|| Refusal::new(format!("`services.{name}` must be a table, like {{ port = 8080 }}")))?;
        let port = fields.get("port").and_then(Value::as_u64).filter(|port| (1..=65_535).contains(port));
        let Some(port) = port else {
            return Err(Refusal::new(format!("`services.{name}.port` must be a port, from 1 to 65535")));
        };
        let elsewhere = ["targets", "discovery_url", "ecs"].iter().any(|way| fields.contains_key(*way));
        let mut full = json!({
            "port": port,
            "scheme": "http",
            "metrics_path": "/metrics",
            "scrape_interval": interval("scrape"),
            "scrape_timeout": interval("scrape_timeout"),
            "basic_auth": false,
            "username": "",
            "dns": !elsewhere,
            "dns_name": format!("{name}.{environment}.internal"),
            "ecs": false,
            "ecs_service": name,
            "renamed": false,
            "static": fields.contains_key("targets"),
            "targets": [],
            "discovery_url": "",
            "min_request_rate": Policy::default().min_request_rate,
        });
        if let Some(full) = full.as_object_mut() {
            for (field, value) in fields {
                merge(full, field, value, &format!("services.{name}.{field}"))?;
            }
            if !fields.contains_key("discovery_url") {
                full.remove("discovery_url");
            }
        }
        services.insert(name.clone(), full);
    }
    if services.is_empty() {
        return Err(Refusal::new("there is no service"));
    }
    Ok(Value::Object(services))
}

/// What is switched on is described.
fn filled(variables: &Value) -> Result<(), Refusal> {
    let tables =
        variables.as_object().into_iter().flatten().filter_map(|(name, table)| Some((name, table.as_object()?)));
    for (name, table) in tables.filter(|(_, table)| table.get("enabled") == Some(&Value::Bool(true))) {
        if let Some((missing, _)) = table.iter().find(|(_, value)| value.as_str() == Some("")) {
            return Err(Refusal::new(format!("`{name}.{missing}` must not be empty where `{name}.enabled` is true")));
        }
    }
    Ok(())
}

/// Text goes into files of other languages: what could end a line or a quoted text there is refused.
fn plain(value: &Value, path: &str) -> Result<(), Refusal> {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::String(text) if text.contains(|c: char| c.is_control() || c == '\'' || c == '"') => {
            Err(Refusal::new(format!("`{path}` must have no quotes and no control characters")))
        }
        Value::Array(list) => list.iter().try_for_each(|one| plain(one, path)),
        Value::Object(map) => map.iter().try_for_each(|(name, one)| plain(one, &below(name))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_sound_and_stays_as_it_is() {
        let example = Variables::example().unwrap();
        assert_eq!(example.text("environment"), Some("prod"));
        assert!(example.flag("alertmanager.enabled") && !example.flag("no.such"));
        assert_eq!(example.clone().with(&json!({})).unwrap(), example);
    }

    #[test]
    fn another_environment_needs_only_what_differs() {
        let others = json!({
            "environment": "stage",
            "grafana": { "enabled": false },
            "services": { "api": { "port": 8080 }, "old": { "port": 9100, "targets": ["10.0.0.1:9100"] } },
        });
        let variables = Variables::example().unwrap().with(&others).unwrap();
        assert_eq!(variables.text("services.api.dns_name"), Some("api.stage.internal"));
        assert!(variables.flag("services.api.dns") && !variables.flag("services.api.static"));
        assert!(variables.flag("services.old.static") && !variables.flag("services.old.dns"));
        assert_eq!(variables.text("region"), Some("ap-northeast-2"));
        assert_eq!(variables.value()["stack_jobs"], json!(["prometheus", "cloudwatch", "alertmanager"]));
        assert_eq!(variables.value()["services"].as_object().unwrap().len(), 2);
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        for (others, what, hint) in [
            (json!({ "regoin": "x" }), "there is no variable `regoin`", true),
            (json!({ "interval": { "scape": "1s" } }), "there is no variable `interval.scape`", true),
            (json!({ "replicated": "yes" }), "`replicated` must be true or false", false),
            (json!({ "services": {} }), "there is no service", false),
            (
                json!({ "services": { "a b": { "port": 1 } } }),
                "service `a b`: a name has letters, digits, `-` and `_` only",
                false,
            ),
            (json!({ "services": { "a": {} } }), "`services.a.port` must be a port, from 1 to 65535", false),
            (json!({ "services": { "a": { "port": 1, "prot": 2 } } }), "there is no variable `services.a.prot`", true),
            (json!({ "region": "x\ny" }), "`region` must have no quotes and no control characters", false),
            (json!([]), "expected a table of variables", false),
            (
                json!({ "interval": { "scrape": "15" } }),
                "`interval.scrape` is `15`: expected a time such as 15s",
                false,
            ),
            (
                json!({ "loki": { "enabled": true } }),
                "`loki.address` must not be empty where `loki.enabled` is true",
                false,
            ),
        ] {
            let refusal = Variables::example().unwrap().with(&others).unwrap_err();
            assert_eq!((refusal.what.as_str(), refusal.hint.is_some()), (what, hint), "{others}");
        }
    }
}
