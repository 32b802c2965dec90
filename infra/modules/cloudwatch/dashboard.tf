# One page: load, latency, errors, health, and how full the tasks are.

locals {
  service_metric = { for metric in ["CPUUtilization", "MemoryUtilization"] : metric => [
    for part in var.parts : ["AWS/ECS", metric, "ClusterName", "${var.name}-cluster", "ServiceName", "${var.name}-${part}", { label = part }]
  ] }

  group_metric = { for metric in ["HealthyHostCount", "UnHealthyHostCount", "TargetResponseTime"] : metric => [
    for part, group in var.target_groups : ["AWS/ApplicationELB", metric, "LoadBalancer", var.load_balancer, "TargetGroup", group, { label = part }]
  ] }

  count_metric = [
    for part in var.parts : ["ECS/ContainerInsights", "RunningTaskCount", "ClusterName", "${var.name}-cluster", "ServiceName", "${var.name}-${part}", { label = part }]
  ]

  widgets = concat(
    [
      { title = "CPU, %", stat = "Average", metrics = local.service_metric["CPUUtilization"] },
      { title = "Memory, %", stat = "Average", metrics = local.service_metric["MemoryUtilization"] },
      { title = "Requests", stat = "Sum", metrics = [["AWS/ApplicationELB", "RequestCount", "LoadBalancer", var.load_balancer]] },
      { title = "Response time, s (95th percentile)", stat = "p95", metrics = local.group_metric["TargetResponseTime"] },
      { title = "Errors", stat = "Sum", metrics = [
        for metric in ["HTTPCode_Target_4XX_Count", "HTTPCode_Target_5XX_Count", "HTTPCode_ELB_5XX_Count"] : ["AWS/ApplicationELB", metric, "LoadBalancer", var.load_balancer]
      ] },
      { title = "Healthy targets", stat = "Minimum", metrics = concat(local.group_metric["HealthyHostCount"], local.group_metric["UnHealthyHostCount"]) },
    ],
    var.container_insights ? [{ title = "Running tasks", stat = "Average", metrics = local.count_metric }] : [],
  )
}

resource "aws_cloudwatch_dashboard" "this" {
  for_each = toset(var.dashboard ? [var.name] : [])

  dashboard_name = each.key
  dashboard_body = jsonencode({
    widgets = [for i, widget in local.widgets : {
      type   = "metric"
      x      = (i % 3) * 8
      y      = floor(i / 3) * 6
      width  = 8
      height = 6
      properties = {
        title   = widget.title
        region  = var.region
        stat    = widget.stat
        period  = 60
        view    = "timeSeries"
        metrics = widget.metrics
      }
    }]
  })
}
