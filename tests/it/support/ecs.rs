//! ECS asked by hand: what is so behind the program's back.

use serde_json::Value;

use super::http;
use super::moto::REGION;

/// One ECS call by JSON; panics with the answer when it is refused.
pub(crate) fn ask(endpoint: &str, operation: &str, body: &Value) -> Value {
    let scope =
        format!("AWS4-HMAC-SHA256 Credential=test/20260101/{REGION}/ecs/aws4_request, SignedHeaders=host, Signature=x");
    let target = format!("AmazonEC2ContainerServiceV20141113.{operation}");
    let headers = [
        ("authorization", scope.as_str()),
        ("x-amz-target", target.as_str()),
        ("content-type", "application/x-amz-json-1.1"),
    ];
    let reply = http::post(&format!("{endpoint}/"), &headers, body.to_string()).unwrap();
    assert_eq!(reply.status, 200, "{operation} {body}: {}", String::from_utf8_lossy(&reply.body));
    reply.json()
}

/// A service as ECS describes it.
pub(crate) fn service(endpoint: &str, cluster: &str, name: &str) -> Value {
    ask(endpoint, "DescribeServices", &serde_json::json!({ "cluster": cluster, "services": [name] }))["services"][0]
        .clone()
}

/// A service's tasks, the stopped ones included.
pub(crate) fn tasks(endpoint: &str, cluster: &str, name: &str) -> Vec<Value> {
    let mut arns = Vec::new();
    for status in ["RUNNING", "STOPPED"] {
        let body = serde_json::json!({ "cluster": cluster, "desiredStatus": status });
        arns.extend(ask(endpoint, "ListTasks", &body)["taskArns"].as_array().unwrap().clone());
    }
    arns.sort_by_key(ToString::to_string);
    arns.dedup();
    let all = ask(endpoint, "DescribeTasks", &serde_json::json!({ "cluster": cluster, "tasks": arns }));
    let group = format!("service:{name}");
    all["tasks"].as_array().unwrap().iter().filter(|task| task["group"] == group.as_str()).cloned().collect()
}
