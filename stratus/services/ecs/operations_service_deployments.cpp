// Service deployments: how a service came, or comes, to a revision. They outlive the deployments that run.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-deployment.html
#include <algorithm>
#include <set>

#include "stratus/core/arn.h"
#include "stratus/core/text.h"
#include "stratus/services/ecs/paging.h"
#include "stratus/services/ecs/service.h"

namespace stratus::services::ecs {
namespace {

constexpr auto kKept = std::chrono::hours(24 * 90);
constexpr std::size_t kMostArns = 20;

/// The row that an ARN of a revision or of a service deployment means.
state::Key key_of(const std::string& text) {
  const auto arn = Arn::parse(text);
  const auto slash = arn ? arn->resource.find('/') : std::string::npos;
  if (slash == std::string::npos) return {};
  return {arn->account, arn->region, arn->resource.substr(slash + 1)};
}

bool ended(const std::string& status) {
  return status == "SUCCESSFUL" || status == "STOPPED" || status == "ROLLBACK_SUCCESSFUL" ||
         status == "ROLLBACK_FAILED";
}

void check_arns(const std::vector<std::string>& arns, const char* kind) {
  if (arns.empty() || arns.size() > kMostArns)
    throw c::errors::InvalidParameterException(std::string(kind) + " must have between 1 and 20 elements.");
}

}  // namespace

void Ecs::change_record(const std::string& arn, const std::function<void(c::ServiceDeployment&)>& change) {
  const state::Key key = key_of(arn);
  if (records_.find(key) == nullptr) return;
  records_.update(key, [&](ServiceDeployment& row) {
    change(row.deployment);
    row.deployment.updated_at = loop_.clock().now();
  });
}

const c::ServiceRevision* Ecs::revision_row(const std::string& arn) const {
  const ServiceRevision* row = revisions_.find(key_of(arn));
  return row == nullptr ? nullptr : &row->revision;
}

/// The primary deployment is new: what it leads to, and the way there.
void Ecs::begin_record(const state::Key& key, ServiceRow& service) {
  const Timestamp now = loop_.clock().now();
  Deployment& fresh = service.deployments.front();
  for (auto& other : service.deployments)
    if (&other != &fresh && !other.record.empty())
      end_record(key, other, "STOPPED", "Superseded by a newer service deployment.");
  const auto arn = [&](const char* kind, const std::string& id) {
    return make_arn("ecs", key.region, key.account, std::string(kind) + "/" + key.id + "/" + id);
  };
  fresh.revision = arn("service-revision", random_.from("0123456789", 19));
  fresh.record =
      arn("service-deployment", random_.from("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 21));
  const std::string cluster = make_arn("ecs", key.region, key.account, "cluster/" + service.cluster);

  c::ServiceRevision revision{.service_revision_arn = fresh.revision,
                              .service_arn = service.arn,
                              .cluster_arn = cluster,
                              .task_definition = fresh.task_definition};
  if (fresh.strategy.empty())
    revision.launch_type = fresh.launch_type;
  else
    revision.capacity_provider_strategy = fresh.strategy;
  revision.platform_version = "1.4.0";
  revision.platform_family = "Linux";
  revision.load_balancers = service.load_balancers;
  revision.network_configuration = fresh.network;
  revision.guard_duty_enabled = false;
  revision.created_at = now;
  revision.container_images = std::vector<c::ContainerImage>{};
  if (const TaskDefinition* definition = definition_by_arn(fresh.task_definition))
    for (const auto& container : *definition->definition.container_definitions)
      revision.container_images->push_back({.container_name = container.name, .image = container.image});
  revisions_.put(key_of(fresh.revision), {revision});

  c::ServiceDeployment record{.service_deployment_arn = fresh.record,
                              .service_arn = service.arn,
                              .cluster_arn = cluster,
                              .created_at = now,
                              .started_at = now,
                              .updated_at = now,
                              .source_service_revisions = std::vector<c::ServiceRevisionSummary>{},
                              .target_service_revision = c::ServiceRevisionSummary{.arn = fresh.revision},
                              .status = "IN_PROGRESS"};
  record.deployment_configuration = service.configuration;
  const auto& breaker = service.configuration.deployment_circuit_breaker;
  record.deployment_circuit_breaker = c::ServiceDeploymentCircuitBreaker{
      .status = breaker && breaker->enable.value_or(false) ? "MONITORING" : "DISABLED",
      .failure_count = 0,
      .threshold = failure_threshold(service.desired)};
  record.alarms = c::ServiceDeploymentAlarms{.status = "DISABLED"};
  if (const auto& alarms = service.configuration.alarms; alarms && alarms->enable.value_or(false)) {
    // One that is in ALARM already cannot tell whether this deployment is bad; then none is asked.
    fresh.watched = true;
    record.alarms->alarm_names = alarms->alarm_names;
    if (!alarmed(key, service).empty()) fresh.watched = false;
    if (fresh.watched) record.alarms->status = "MONITORING";
  }
  std::set<std::string> sources;
  for (const auto& other : service.deployments)
    if (&other != &fresh && !other.revision.empty() && sources.insert(other.revision).second)
      record.source_service_revisions->push_back(revision_now(key, other.revision));
  records_.put(key_of(fresh.record), {record});
}

void Ecs::roll_record_back(const Deployment& back, const std::string& why) {
  change_record(back.record, [&](c::ServiceDeployment& record) {
    record.status = "ROLLBACK_IN_PROGRESS";
    record.status_reason = why;
    record.rollback = c::Rollback{.reason = why, .started_at = back.created, .service_revision_arn = back.revision};
    for (auto* monitor : {&record.deployment_circuit_breaker->status, &record.alarms->status})
      if (*monitor == "MONITORING") *monitor = "MONITORING_COMPLETE";
    if (why.find("tasks failed to start") != std::string::npos)
      record.deployment_circuit_breaker->status = "TRIGGERED";
    else if (record.alarms->triggered_alarm_names)
      record.alarms->status = "TRIGGERED";
  });
}

void Ecs::end_record(const state::Key& key, const Deployment& deployment, const std::string& status,
                     const std::string& reason) {
  const ServiceDeployment* found = records_.find(key_of(deployment.record));
  if (found == nullptr || ended(found->deployment.status.value_or(""))) return;
  const c::ServiceDeployment now = record_now(key, found->deployment);
  change_record(deployment.record, [&](c::ServiceDeployment& record) {
    record = now;
    record.status = status;
    if (record.rollback) record.status = status == "SUCCESSFUL" ? "ROLLBACK_SUCCESSFUL" : "ROLLBACK_FAILED";
    if (!reason.empty()) record.status_reason = reason;
    (status == "STOPPED" ? record.stopped_at : record.finished_at) = loop_.clock().now();
    for (auto* monitor : {&record.deployment_circuit_breaker->status, &record.alarms->status})
      if (*monitor == "MONITORING") *monitor = "MONITORING_COMPLETE";
  });
}

c::ServiceRevisionSummary Ecs::revision_now(const state::Key& key, const std::string& revision) const {
  c::ServiceRevisionSummary out{
      .arn = revision, .requested_task_count = 0, .running_task_count = 0, .pending_task_count = 0};
  const ServiceRow* service = services_.find(key);
  if (service == nullptr) return out;
  for (const auto& deployment : service->deployments) {
    if (deployment.revision != revision) continue;
    if (deployment.status == "PRIMARY") *out.requested_task_count += service->desired;
    for (const auto& [task_key, task] : tasks_of(key, *service)) {
      if (task->deployment != deployment.id) continue;
      if (task->last == "RUNNING")
        ++*out.running_task_count;
      else if (task->desired == "RUNNING")
        ++*out.pending_task_count;
    }
  }
  return out;
}

/// With the counts of this moment, where it is not over.
c::ServiceDeployment Ecs::record_now(const state::Key& key, const c::ServiceDeployment& kept) const {
  c::ServiceDeployment out = kept;
  if (ended(out.status.value_or(""))) return out;
  out.target_service_revision = revision_now(key, *out.target_service_revision->arn);
  for (auto& source : *out.source_service_revisions) source = revision_now(key, *source.arn);
  if (const ServiceRow* service = services_.find(key))
    for (const auto& deployment : service->deployments)
      if (deployment.record == *out.service_deployment_arn && deployment.revision == *out.target_service_revision->arn)
        out.deployment_circuit_breaker->failure_count = deployment.failed_tasks;
  return out;
}

void Ecs::forget_records() {
  const Timestamp now = loop_.clock().now();
  for (const auto& [key, row] : records_.all())
    if (now - row->deployment.created_at.value_or(now) > kKept) records_.erase(key);
  // A revision stays while a service deployment names it, or the service still is of it.
  if (revisions_.size() == 0) return;
  std::set<std::string> named;
  for (const auto& [key, row] : records_.all()) named.insert(*row->deployment.target_service_revision->arn);
  for (const auto& [key, row] : services_.all()) named.insert(row->last_revision);
  for (const auto& [key, row] : revisions_.all())
    if (now - row->revision.created_at.value_or(now) > kKept && named.count(*row->revision.service_revision_arn) == 0)
      revisions_.erase(key);
}

c::ListServiceDeploymentsResponse Ecs::list_service_deployments(aws::Context& context,
                                                                const c::ListServiceDeploymentsRequest& request) {
  const Cluster& owner = cluster(context, request.cluster);
  const ServiceRow* service = find_service(context, owner.name, *request.service);
  if (service == nullptr) throw c::errors::ServiceNotFoundException("Service not found.");
  std::vector<c::ServiceDeploymentBrief> found;
  for (const ServiceDeployment* row : records_.list(context.account, context.region)) {
    const c::ServiceDeployment& d = row->deployment;
    if (d.service_arn != service->arn) continue;
    if (request.status && !request.status->empty() &&
        std::find(request.status->begin(), request.status->end(), *d.status) == request.status->end())
      continue;
    if (request.created_at && ((request.created_at->before && *d.created_at > *request.created_at->before) ||
                               (request.created_at->after && *d.created_at < *request.created_at->after)))
      continue;
    found.push_back({.service_deployment_arn = d.service_deployment_arn,
                     .service_arn = d.service_arn,
                     .cluster_arn = d.cluster_arn,
                     .started_at = d.started_at,
                     .created_at = d.created_at,
                     .finished_at = d.finished_at,
                     .target_service_revision_arn = d.target_service_revision->arn,
                     .status = d.status,
                     .status_reason = d.status_reason});
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return *a.created_at > *b.created_at; });
  auto next = page(found, request.next_token, request.max_results, 20);
  return {.service_deployments = std::move(found), .next_token = std::move(next)};
}

c::DescribeServiceDeploymentsResponse Ecs::describe_service_deployments(
    aws::Context& context, const c::DescribeServiceDeploymentsRequest& request) {
  check_arns(*request.service_deployment_arns, "Service deployments");
  c::DescribeServiceDeploymentsResponse out{.service_deployments = std::vector<c::ServiceDeployment>{},
                                            .failures = std::vector<c::Failure>{}};
  for (const auto& arn : *request.service_deployment_arns) {
    const state::Key key = key_of(arn);
    const ServiceDeployment* row = key.account == context.account ? records_.find(key) : nullptr;
    if (row == nullptr)
      out.failures->push_back({.arn = arn, .reason = "MISSING"});
    else
      out.service_deployments->push_back(
          record_now({key.account, key.region, key.id.substr(0, key.id.rfind('/'))}, row->deployment));
  }
  return out;
}

c::DescribeServiceRevisionsResponse Ecs::describe_service_revisions(aws::Context& context,
                                                                    const c::DescribeServiceRevisionsRequest& request) {
  check_arns(*request.service_revision_arns, "Service revisions");
  c::DescribeServiceRevisionsResponse out{.service_revisions = std::vector<c::ServiceRevision>{},
                                          .failures = std::vector<c::Failure>{}};
  for (const auto& arn : *request.service_revision_arns) {
    const c::ServiceRevision* row = key_of(arn).account == context.account ? revision_row(arn) : nullptr;
    if (row == nullptr)
      out.failures->push_back({.arn = arn, .reason = "MISSING"});
    else
      out.service_revisions->push_back(*row);
  }
  return out;
}

c::StopServiceDeploymentResponse Ecs::stop_service_deployment(aws::Context& context,
                                                              const c::StopServiceDeploymentRequest& request) {
  const std::string& arn = *request.service_deployment_arn;
  const state::Key key = key_of(arn);
  const ServiceDeployment* row = key.account == context.account ? records_.find(key) : nullptr;
  if (row == nullptr) throw c::errors::ServiceDeploymentNotFoundException("The service deployment was not found.");
  if (request.stop_type.value_or("ROLLBACK") != "ROLLBACK")
    throw aws::not_implemented("StopServiceDeployment: stopType " + *request.stop_type);
  const state::Key service_key{key.account, key.region, key.id.substr(0, key.id.rfind('/'))};
  const ServiceRow* found = services_.find(service_key);
  if (ended(*row->deployment.status) || row->deployment.rollback || found == nullptr || found->deployments.empty() ||
      found->deployments.front().record != arn)
    throw c::errors::ConflictException("The service deployment is not in a state that can be stopped.");
  if (found->last_completed.empty())
    throw c::errors::InvalidParameterException(
        "The service deployment cannot be rolled back: there is no earlier one that was successful.");
  ServiceRow service = *found;
  fail_deployment(service_key, service, "ECS deployment stopped: rolled back by the user.", true);
  services_.put(service_key, std::move(service));
  store_.after_commit([this] { wake(); });
  return {.service_deployment_arn = arn};
}

}  // namespace stratus::services::ecs
