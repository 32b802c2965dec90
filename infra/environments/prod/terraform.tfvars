# Production: two zones, TLS, scaling with load, everything watched, encrypted and copied to a second region.
environment = "prod"

cpu              = 512
memory           = 1024
scaled_up_cpu    = 1024
scaled_up_memory = 2048
desired_count    = 2
max_count        = 6
target_tracking  = true
spot             = false

single_zone  = false
nat_per_zone = true

# On AWS, a domain of your own, whose parent delegates to the zone's name servers (`terraform output name_servers`).
domain_name = "counselor.example.com"
tls         = true

container_insights = true
log_retention_days = 30
alarms             = true
dashboard          = true
audit              = true
audit_keep_days    = 365

encrypted        = true
replica_region   = "us-west-2"
replicate_images = true
disposable       = false
