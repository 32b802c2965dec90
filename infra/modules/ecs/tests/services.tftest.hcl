# What a task is and where it runs. Offline: the provider is mocked.

mock_provider "aws" {}

variables {
  name              = "counselor-dev"
  environment       = "dev"
  region            = "us-east-1"
  cpu               = 256
  memory            = 512
  desired_count     = 1
  capacity_provider = "FARGATE_SPOT"
  subnet_ids        = ["subnet-1"]
  security_group_id = "sg-1"
  target_group_arns = {
    frontend = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/counselor-dev-frontend/73e2d6bc24d8a067"
    backend  = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/counselor-dev-backend/73e2d6bc24d8a068"
  }
  repository_urls    = { frontend = "r/counselor-dev-frontend", backend = "r/counselor-dev-backend" }
  image_tags         = { frontend = "dev-a1b2c3d-20260101120000", backend = "dev-a1b2c3d-20260101120000" }
  execution_role_arn = "arn:aws:iam::123456789012:role/counselor-dev-execution"
  task_role_arn      = "arn:aws:iam::123456789012:role/counselor-dev-task"
  log_group_name     = "/ecs/counselor-dev"
  openai_secret_arn  = "arn:aws:secretsmanager:us-east-1:123456789012:secret:counselor-dev-openai-api-key-AbCdEf"
}

run "containers_are_locked_down" {
  command = plan

  assert {
    condition = alltrue([
      for definition in aws_ecs_task_definition.this : alltrue([
        for container in jsondecode(definition.container_definitions) :
        container.readonlyRootFilesystem && tonumber(container.user) > 0 && container.linuxParameters.capabilities.drop == ["ALL"] && !can(container.linuxParameters.tmpfs)
      ])
    ])
    error_message = "Read-only root, a user that is not root, no capabilities, and no tmpfs, which Fargate refuses."
  }

  assert {
    condition     = alltrue([for definition in aws_ecs_task_definition.this : definition.network_mode == "awsvpc" && definition.requires_compatibilities == toset(["FARGATE"]) && definition.cpu == "256" && definition.memory == "512"])
    error_message = "Tasks are Fargate tasks of the size given."
  }
}

run "the_key_comes_from_secrets_manager_by_arn" {
  command = plan

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this["backend"].container_definitions)[0].secrets == [{ name = "OPENAI_API_KEY", valueFrom = var.openai_secret_arn }]
    error_message = "The backend is given the secret's ARN, never its value."
  }

  assert {
    condition     = !can(jsondecode(aws_ecs_task_definition.this["frontend"].container_definitions)[0].secrets)
    error_message = "The frontend is given no secret."
  }
}

run "without_a_key_the_backend_starts_without_it" {
  command = plan

  variables {
    openai_key_stored = false
  }

  assert {
    condition     = !can(jsondecode(aws_ecs_task_definition.this["backend"].container_definitions)[0].secrets)
    error_message = "A secret without a value would keep the task from starting."
  }
}

run "the_models_service_is_openai_unless_another_is_given" {
  command = plan

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this["backend"].container_definitions)[0].environment == [{ name = "ENVIRONMENT", value = "dev" }]
    error_message = "The backend knows OpenAI's address by itself."
  }
}

run "another_service_and_its_authority_reach_the_backend" {
  command = plan

  variables {
    openai_base_url = "https://gateway.example.com/v1"
    openai_ca_pem   = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
  }

  assert {
    condition = { for variable in jsondecode(aws_ecs_task_definition.this["backend"].container_definitions)[0].environment : variable.name => variable.value } == {
      ENVIRONMENT = "dev", OPENAI_BASE_URL = var.openai_base_url, OPENAI_CA_PEM = var.openai_ca_pem
    }
    error_message = "Address and authority are the backend's environment."
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this["frontend"].container_definitions)[0].environment == []
    error_message = "The frontend has no use for them."
  }
}

run "a_service_without_tls_is_refused" {
  command = plan

  variables {
    openai_base_url = "http://gateway.example.com/v1"
  }

  expect_failures = [var.openai_base_url]
}

run "services_run_privately_and_roll_back" {
  command = plan

  assert {
    condition     = alltrue([for service in aws_ecs_service.this : service.network_configuration[0].assign_public_ip == false && service.deployment_circuit_breaker[0].enable && service.deployment_circuit_breaker[0].rollback && service.wait_for_steady_state])
    error_message = "No public addresses; a deployment that fails is rolled back; Terraform waits for the outcome."
  }

  assert {
    condition     = alltrue([for service in aws_ecs_service.this : one(service.capacity_provider_strategy).capacity_provider == "FARGATE_SPOT"])
    error_message = "The capacity provider is the one given."
  }

  assert {
    condition     = { for part, service in aws_ecs_service.this : part => service.name } == { frontend = "counselor-dev-frontend", backend = "counselor-dev-backend" } && aws_ecs_cluster.this.name == "counselor-dev-cluster"
    error_message = "Names are those that the runbooks use."
  }

  assert {
    condition     = alltrue([for definition in aws_ecs_task_definition.this : definition.skip_destroy])
    error_message = "Old revisions stay, to roll back to."
  }
}

run "output_goes_to_the_log_group_with_the_parts_prefix" {
  command = plan

  assert {
    condition = alltrue([
      for part, definition in aws_ecs_task_definition.this :
      jsondecode(definition.container_definitions)[0].logConfiguration.options == { awslogs-group = "/ecs/counselor-dev", awslogs-region = "us-east-1", awslogs-stream-prefix = part }
    ])
    error_message = "Stream prefixes are frontend and backend."
  }
}

run "a_size_that_fargate_has_not_is_refused" {
  command = plan

  variables {
    cpu    = 256
    memory = 4096
  }

  expect_failures = [var.memory]
}
