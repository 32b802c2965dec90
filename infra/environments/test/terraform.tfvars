# Test: as dev, with Container Insights, alarms and a record of calls. TLS is optional: set domain_name and tls.
environment = "test"

cpu              = 256
memory           = 512
scaled_up_cpu    = 512
scaled_up_memory = 1024
desired_count    = 1
spot             = false

# Off from eight in the evening until seven in the morning, and at weekends.
schedule = {
  down     = "0 20 ? * MON-FRI *"
  up       = "0 7 ? * MON-FRI *"
  timezone = "America/New_York"
}

single_zone  = true
nat_per_zone = false

container_insights = true
log_retention_days = 14
alarms             = true
dashboard          = true
audit              = true
audit_keep_days    = 30

encrypted  = true
disposable = true
