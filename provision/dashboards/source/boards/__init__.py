"""The dashboards, by the name of the file each becomes."""

from . import cost, ecs_cluster, infrastructure, performance, service, stack

BOARDS = {
    "infrastructure": infrastructure.board,
    "ecs-cluster": ecs_cluster.board,
    "service": service.board,
    "performance": performance.board,
    "cost": cost.board,
    "stack": stack.board,
}
