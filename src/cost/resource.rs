//! The resources of a Terraform plan or state, as its JSON has them.

use serde_json::Value;

use crate::format::sanitise;

/// One managed resource of a plan or a state.
pub(super) struct Resource {
    pub(super) kind: String,
    name: String,
    /// The module it is in; empty for the root.
    pub(super) module: String,
    /// Which of several, where there are several by that name.
    index: Value,
    pub(super) values: Value,
}

impl Resource {
    pub(super) fn text(&self, key: &str) -> Option<String> {
        match &self.values[key] {
            Value::String(text) => Some(sanitise(text).into_owned()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// What a person calls it.
    pub(super) fn title(&self) -> String {
        self.text("name").unwrap_or_else(|| self.name.clone())
    }

    pub(super) fn strings(&self, key: &str) -> Vec<&str> {
        self.values[key].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }
}

/// Every managed resource of a plan's or a state's values.
pub(super) fn resources(values: &Value) -> Vec<Resource> {
    within(&values["root_module"], "")
}

/// Every managed resource of a module and of those within it.
fn within(module: &Value, address: &str) -> Vec<Resource> {
    let text = |value: &Value| sanitise(value.as_str().unwrap_or_default()).into_owned();
    let own = module["resources"].as_array().into_iter().flatten();
    let managed = own.filter(|resource| resource["mode"] == "managed");
    let mut found: Vec<Resource> = managed
        .map(|resource| Resource {
            kind: text(&resource["type"]),
            name: text(&resource["name"]),
            module: address.to_owned(),
            index: resource["index"].clone(),
            values: resource["values"].clone(),
        })
        .collect();
    for child in module["child_modules"].as_array().into_iter().flatten() {
        found.extend(within(child, &text(&child["address"])));
    }
    found
}

/// A service's task definition: by the family in the reference; where that is not known yet, the one beside it in its
/// module: of the same name and key, of the same name, or the only one; at last one of the same name anywhere.
pub(super) fn definition_of<'a>(service: &Resource, resources: &'a [Resource]) -> Option<&'a Resource> {
    let definitions = || resources.iter().filter(|resource| resource.kind == "aws_ecs_task_definition");
    if let Some(reference) = service.values["task_definition"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or(reference);
        let family = name.split(':').next().unwrap_or(name);
        let named = definitions().find(|definition| definition.values["family"].as_str() == Some(family));
        if named.is_some() {
            return named;
        }
    }
    let beside = || definitions().filter(|definition| definition.module == service.module);
    beside()
        .find(|definition| definition.name == service.name && definition.index == service.index)
        .or_else(|| beside().find(|definition| definition.name == service.name))
        .or_else(|| beside().next().filter(|_| beside().count() == 1))
        .or_else(|| definitions().find(|definition| definition.name == service.name))
}
