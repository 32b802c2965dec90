# Development: small, cheap, on Spot, one zone, no TLS, off at night.
environment = "dev"

cpu              = 256
memory           = 512
scaled_up_cpu    = 256
scaled_up_memory = 512
desired_count    = 1
spot             = true

# Off from eight in the evening until seven in the morning, and at weekends.
schedule = {
  down     = "0 20 ? * MON-FRI *"
  up       = "0 7 ? * MON-FRI *"
  timezone = "America/New_York"
}

single_zone  = true
nat_per_zone = false

container_insights = false
log_retention_days = 7

# Logs and secret have a key of the environment.
encrypted  = true
disposable = true
