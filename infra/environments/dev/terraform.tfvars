# Development: small, cheap, on Spot, one zone, no TLS, off at night.
environment = "dev"

cpu              = 256
memory           = 512
scaled_up_cpu    = 256
scaled_up_memory = 512
desired_count    = 1
spot             = true

single_zone  = true
nat_per_zone = false

container_insights = false
log_retention_days = 7

# Logs and secret have a key of the environment.
encrypted  = true
disposable = true
