# When tasks come and go. Offline: the provider is mocked.

mock_provider "aws" {}

variables {
  name         = "counselor-prod"
  cluster_name = "counselor-prod-cluster"
  services     = { frontend = "counselor-prod-frontend", backend = "counselor-prod-backend" }
  min_capacity = 2
  max_capacity = 6
}

run "load_decides_where_tracking_is_on" {
  command = plan

  variables {
    target_tracking = true
  }

  assert {
    condition     = alltrue([for part in ["frontend", "backend"] : aws_appautoscaling_policy.tracking["${part}-cpu"].target_tracking_scaling_policy_configuration[0].target_value == 70])
    error_message = "CPU is kept at 70 %."
  }

  assert {
    condition     = length(aws_appautoscaling_policy.tracking) == 4 && length(aws_appautoscaling_scheduled_action.this) == 0
    error_message = "CPU and memory of both services are tracked, and nothing is scheduled."
  }

  assert {
    condition     = aws_appautoscaling_target.this["backend"].resource_id == "service/counselor-prod-cluster/counselor-prod-backend" && aws_appautoscaling_target.this["backend"].min_capacity == 2 && aws_appautoscaling_target.this["backend"].max_capacity == 6
    error_message = "Each service runs between two and six tasks."
  }
}

run "requests_decide_too_where_a_number_is_given" {
  command = plan

  variables {
    target_tracking     = true
    requests_per_target = 1000
    load_balancer       = "app/counselor-prod-alb/50dc6c495c0c9188"
    target_groups       = { backend = "targetgroup/counselor-prod-backend/73e2d6bc24d8a067" }
  }

  assert {
    condition     = aws_appautoscaling_policy.requests["backend"].target_tracking_scaling_policy_configuration[0].predefined_metric_specification[0].resource_label == "app/counselor-prod-alb/50dc6c495c0c9188/targetgroup/counselor-prod-backend/73e2d6bc24d8a067"
    error_message = "The policy counts the backend's requests."
  }
}

run "requests_without_a_load_balancer_are_refused" {
  command = plan

  variables {
    target_tracking     = true
    requests_per_target = 1000
  }

  expect_failures = [var.load_balancer]
}

run "a_schedule_stops_everything_and_starts_it_again" {
  command = plan

  variables {
    schedule = { down = "0 20 ? * MON-FRI *", up = "0 7 ? * MON-FRI *" }
  }

  assert {
    condition     = length(aws_appautoscaling_policy.tracking) == 0 && length(aws_appautoscaling_scheduled_action.this) == 4
    error_message = "Each service has a time to go down and one to come up."
  }

  assert {
    condition     = aws_appautoscaling_scheduled_action.this["backend-down"].scalable_target_action[0].max_capacity == "0" && aws_appautoscaling_scheduled_action.this["backend-up"].scalable_target_action[0].min_capacity == "2"
    error_message = "Down means no task at all, up means what runs by day."
  }

  assert {
    condition     = aws_appautoscaling_scheduled_action.this["frontend-down"].schedule == "cron(0 20 ? * MON-FRI *)" && aws_appautoscaling_scheduled_action.this["frontend-down"].timezone == "UTC"
    error_message = "The times are AWS's cron expressions."
  }
}

run "a_greatest_number_below_the_least_is_refused" {
  command = plan

  variables {
    max_capacity = 1
  }

  expect_failures = [var.max_capacity]
}

run "five_fields_are_refused" {
  command = plan

  variables {
    schedule = { down = "0 20 * * *", up = "0 7 * * *" }
  }

  expect_failures = [var.schedule]
}
