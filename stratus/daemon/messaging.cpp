#include "stratus/daemon/messaging.h"

#include "stratus/core/arn.h"
#include "stratus/core/shape_json.h"

namespace stratus::daemon {

namespace ecs = aws::ecs;

void RuleTasks::run(const services::events::RunTask& task) {
  if (ecs_ == nullptr) throw aws::Error("ServiceUnavailable", 503, "ECS is not running");
  const auto& from = task.parameters;
  ecs::RunTaskRequest request;
  request.cluster = task.cluster_arn;
  request.task_definition = from.task_definition_arn;
  request.count = from.task_count.value_or(1);
  request.launch_type = from.launch_type;
  request.platform_version = from.platform_version;
  request.group = from.group;
  request.enable_ecs_managed_tags = from.enable_ecs_managed_tags;
  request.enable_execute_command = from.enable_execute_command;
  request.propagate_tags = from.propagate_tags;
  request.reference_id = from.reference_id;
  request.started_by = task.started_by.substr(0, 128);
  if (from.network_configuration && from.network_configuration->awsvpc_configuration) {
    const auto& network = *from.network_configuration->awsvpc_configuration;
    request.network_configuration = ecs::NetworkConfiguration{
        .awsvpc_configuration = ecs::AwsVpcConfiguration{.subnets = network.subnets,
                                                         .security_groups = network.security_groups,
                                                         .assign_public_ip = network.assign_public_ip}};
  }
  if (from.capacity_provider_strategy) {
    request.capacity_provider_strategy.emplace();
    for (const auto& item : *from.capacity_provider_strategy)
      request.capacity_provider_strategy->push_back(
          {.capacity_provider = item.capacity_provider, .weight = item.weight, .base = item.base});
  }
  if (from.tags) {
    request.tags.emplace();
    for (const auto& tag : *from.tags) request.tags->push_back({.key = tag.key, .value = tag.value});
  }
  if (!task.overrides.empty()) {
    try {
      request.overrides = from_json<ecs::TaskOverride>(task.overrides);
    } catch (const ShapeError& error) {
      throw aws::Error("InvalidParameterException", 400, error.what());
    }
  }
  const std::string account = Arn::parse(task.role_arn)->account;
  aws::Context context;
  context.account = task.account;
  context.region = task.region;
  context.service = "ecs";
  context.operation = "RunTask";
  context.now = loop_.clock().now();
  context.identity = {aws::Identity::Kind::assumed_role, account, task.role_arn, "events.amazonaws.com", ""};
  const auto started = ecs_->run_task(context, request);
  if (started.failures && !started.failures->empty())
    throw aws::Error("ServiceUnavailable", 503,
                     started.failures->front().reason.value_or("the task could not be placed"));
}

bool TrailBuckets::lets_trail_write(const std::string& account, const std::string& bucket, const std::string& key,
                                    const std::string& trail_arn) {
  try {
    s3_.check_service_access(account, bucket, "s3:GetBucketAcl", "cloudtrail.amazonaws.com", trail_arn);
    s3_.check_service_access(account, bucket, "s3:PutObject", "cloudtrail.amazonaws.com", trail_arn, key);
    return true;
  } catch (const aws::Error&) {
    return false;
  }
}

void TrailBuckets::put(const std::string& account, const std::string& region, const std::string& bucket,
                       const std::string& key, std::string bytes, const std::string& trail_arn,
                       const std::map<std::string, std::string>& metadata) {
  s3_.put_object(account, region, bucket, key, std::move(bytes), "application/json", "cloudtrail.amazonaws.com",
                 trail_arn, metadata);
}

namespace {

/// Where a client on this machine finds what listens on `address`.
std::string reachable(const std::string& address) {
  if (address == "0.0.0.0") return "127.0.0.1";
  if (address == "::") return "[::1]";
  return address.find(':') == std::string::npos ? address : "[" + address + "]";
}

}  // namespace

Messaging::Messaging(Loop& loop, state::Store& store, Random& random, services::iam::Service& iam,
                     services::kms::Service& kms, services::s3::Service& s3, services::logs::Service& logs,
                     const Options& options)
    : address_(reachable(options.listen_address)),
      outbound_(loop),
      mail_(loop, random, options.state_directory + "/mail"),
      sns_(loop, store, random, kms, outbound_, mail_),
      tasks_(loop),
      events_(loop, store, random, iam, logs, sns_, tasks_),
      bucket_events_(sns_, events_),
      buckets_(s3),
      trail_(loop, store, random, iam, logs, sns_, events_, buckets_,
             {.delivery_interval = Duration(1000LL * options.trail_interval)}) {
  s3.set_listeners(bucket_events_);
}

void Messaging::add_to(wire::FrontDoor& door) {
  door.add(aws::sns::model(), sns_);
  door.add(aws::events::model(), events_);
  door.add(aws::cloudtrail::model(), trail_);
  door.set_audit(trail_);
  for (const char* action : {"sns:ConfirmSubscription", "sns:Unsubscribe"}) door.allow_unsigned(action);
  // Subscribers fetch the certificate without a signature.
  door.add_raw("/_aws/sns",
               [this](const wire::HttpRequest& request, const std::function<void(wire::HttpReply)>& reply) {
                 wire::HttpReply out;
                 const auto certificate = sns_.certificate(request.target.substr(0, request.target.find('?')));
                 out.status = certificate ? 200 : 404;
                 out.headers["Content-Type"] = certificate ? "application/x-pem-file" : "text/plain";
                 out.body = certificate.value_or("not found\n");
                 reply(std::move(out));
               });
}

void Messaging::start(std::uint16_t port) {
  sns_.start("http://" + address_ + ":" + std::to_string(port));
  events_.start();
  trail_.start();
}

}  // namespace stratus::daemon
