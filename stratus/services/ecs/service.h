// Amazon ECS on Fargate.
#pragma once

#include <set>

#include "stratus/core/ids.h"
#include "stratus/core/loop.h"
#include "stratus/dataplane/containers/containers.h"
#include "stratus/models/ecs.h"
#include "stratus/services/ecs/figures.h"
#include "stratus/services/ecs/plan.h"
#include "stratus/services/ecs/ports.h"
#include "stratus/services/ecs/resources.h"
#include "stratus/state/store.h"

namespace stratus::services::ecs {

namespace c = aws::ecs;

class Ecs final : public c::Operations, private Reconciler {
 public:
  Ecs(Loop& loop, state::Store& store, Random& random, containers::Containers& containers, Ports ports);

  /// Adopts what runs, then begins. `open` of the containers must not have been called.
  void start(std::function<void(Result<>)> ready);
  /// The state of a target changed, an interface came: look again soon.
  void notice() { wake(); }
  /// What runs now, for metrics.
  Figures figures() const;
  struct ServiceCount {
    std::int32_t desired = 0, running = 0;
  };
  /// Of an active service; nothing where there is none. For scaling.
  std::optional<ServiceCount> service_count(const std::string& account, const std::string& region,
                                            const std::string& cluster, const std::string& service) const;
  void set_desired_count(const std::string& account, const std::string& region, const std::string& cluster,
                         const std::string& service, std::int32_t desired);
  /// What a request of a task to its metadata address is answered: JSON.
  struct Answer {
    int status = 200;
    std::string body;
  };
  void answer(const std::string& task_id, const std::string& method, const std::string& path, const std::string& body,
              std::function<void(Answer)> reply);
  /// Takes a FARGATE_SPOT task away, as a Spot interruption does. False where no such task runs.
  bool interrupt_spot(const std::string& task_arn);
  /// Expected interruptions of each Spot task per hour; 0, the default, is none.
  /// The authority that signs certificates here (PEM): containers trust it beside those of their image.
  void set_authority(std::string pem) { authority_ = std::move(pem); }
  void set_spot_interruption_rate(double per_hour) { spot_rate_ = per_hour; }
  /// Every task that runs, as faults choose among them.
  std::vector<RunningTask> running_tasks() const;
  // What faults do to a task that runs; ENOENT where it does not (any more).
  Result<> stop_running_task(const std::string& task_arn, const std::string& reason);
  /// SIGKILL to the first process of each container.
  void kill_task(const std::string& task_arn, std::function<void(Result<>)> done);
  void freeze_task(const std::string& task_arn, Timestamp until, std::function<void(Result<>)> done);
  void thaw_task(const std::string& task_arn, std::function<void(Result<>)> done);
  /// Layers of images that tasks use.
  std::set<std::string> layers_in_use() const { return layers_in_use_; }
  /// Stops the account's tasks ("" is all) at once and forgets everything of it.
  void clear(const std::string& account, std::function<void()> done);

  c::CreateClusterResponse create_cluster(aws::Context&, const c::CreateClusterRequest&) override;
  c::CreateServiceResponse create_service(aws::Context&, const c::CreateServiceRequest&) override;
  c::DeleteAccountSettingResponse delete_account_setting(aws::Context&, const c::DeleteAccountSettingRequest&) override;
  c::DeleteAttributesResponse delete_attributes(aws::Context&, const c::DeleteAttributesRequest&) override;
  c::DeleteClusterResponse delete_cluster(aws::Context&, const c::DeleteClusterRequest&) override;
  c::DeleteServiceResponse delete_service(aws::Context&, const c::DeleteServiceRequest&) override;
  c::DeleteTaskDefinitionsResponse delete_task_definitions(aws::Context&,
                                                           const c::DeleteTaskDefinitionsRequest&) override;
  c::DeregisterTaskDefinitionResponse deregister_task_definition(aws::Context&,
                                                                 const c::DeregisterTaskDefinitionRequest&) override;
  c::DescribeCapacityProvidersResponse describe_capacity_providers(aws::Context&,
                                                                   const c::DescribeCapacityProvidersRequest&) override;
  c::DescribeClustersResponse describe_clusters(aws::Context&, const c::DescribeClustersRequest&) override;
  c::DescribeContainerInstancesResponse describe_container_instances(
      aws::Context&, const c::DescribeContainerInstancesRequest&) override;
  c::DescribeServiceDeploymentsResponse describe_service_deployments(
      aws::Context&, const c::DescribeServiceDeploymentsRequest&) override;
  c::DescribeServiceRevisionsResponse describe_service_revisions(aws::Context&,
                                                                 const c::DescribeServiceRevisionsRequest&) override;
  c::ListServiceDeploymentsResponse list_service_deployments(aws::Context&,
                                                             const c::ListServiceDeploymentsRequest&) override;
  c::StopServiceDeploymentResponse stop_service_deployment(aws::Context&,
                                                           const c::StopServiceDeploymentRequest&) override;
  c::DescribeServicesResponse describe_services(aws::Context&, const c::DescribeServicesRequest&) override;
  c::DescribeTaskDefinitionResponse describe_task_definition(aws::Context&,
                                                             const c::DescribeTaskDefinitionRequest&) override;
  c::DescribeTasksResponse describe_tasks(aws::Context&, const c::DescribeTasksRequest&) override;
  c::GetTaskProtectionResponse get_task_protection(aws::Context&, const c::GetTaskProtectionRequest&) override;
  c::ListAccountSettingsResponse list_account_settings(aws::Context&, const c::ListAccountSettingsRequest&) override;
  c::ListClustersResponse list_clusters(aws::Context&, const c::ListClustersRequest&) override;
  c::ListAttributesResponse list_attributes(aws::Context&, const c::ListAttributesRequest&) override;
  c::ListContainerInstancesResponse list_container_instances(aws::Context&,
                                                             const c::ListContainerInstancesRequest&) override;
  c::ListServicesByNamespaceResponse list_services_by_namespace(aws::Context&,
                                                                const c::ListServicesByNamespaceRequest&) override;
  c::ListServicesResponse list_services(aws::Context&, const c::ListServicesRequest&) override;
  c::ListTagsForResourceResponse list_tags_for_resource(aws::Context&, const c::ListTagsForResourceRequest&) override;
  c::ListTaskDefinitionFamiliesResponse list_task_definition_families(
      aws::Context&, const c::ListTaskDefinitionFamiliesRequest&) override;
  c::ListTaskDefinitionsResponse list_task_definitions(aws::Context&, const c::ListTaskDefinitionsRequest&) override;
  c::ListTasksResponse list_tasks(aws::Context&, const c::ListTasksRequest&) override;
  c::PutAccountSettingResponse put_account_setting(aws::Context&, const c::PutAccountSettingRequest&) override;
  c::PutAccountSettingDefaultResponse put_account_setting_default(aws::Context&,
                                                                  const c::PutAccountSettingDefaultRequest&) override;
  c::PutAttributesResponse put_attributes(aws::Context&, const c::PutAttributesRequest&) override;
  c::PutClusterCapacityProvidersResponse put_cluster_capacity_providers(
      aws::Context&, const c::PutClusterCapacityProvidersRequest&) override;
  c::RegisterTaskDefinitionResponse register_task_definition(aws::Context&,
                                                             const c::RegisterTaskDefinitionRequest&) override;
  c::RunTaskResponse run_task(aws::Context&, const c::RunTaskRequest&) override;
  c::StopTaskResponse stop_task(aws::Context&, const c::StopTaskRequest&) override;
  c::TagResourceResponse tag_resource(aws::Context&, const c::TagResourceRequest&) override;
  c::UntagResourceResponse untag_resource(aws::Context&, const c::UntagResourceRequest&) override;
  c::UpdateClusterResponse update_cluster(aws::Context&, const c::UpdateClusterRequest&) override;
  c::UpdateClusterSettingsResponse update_cluster_settings(aws::Context&,
                                                           const c::UpdateClusterSettingsRequest&) override;
  c::UpdateServiceResponse update_service(aws::Context&, const c::UpdateServiceRequest&) override;
  c::UpdateTaskProtectionResponse update_task_protection(aws::Context&, const c::UpdateTaskProtectionRequest&) override;

  std::vector<std::string> resources(const aws::Context&, const aws::Operation&, const void* request) override;

 private:
  // Rows.
  static state::Key task_key(const std::string& account, const std::string& region, const std::string& id) {
    return {account, region, id};
  }
  const Cluster& cluster(const aws::Context& context, const std::optional<std::string>& name) const;
  const ServiceRow* find_service(const aws::Context& context, const std::string& cluster,
                                 const std::string& name) const;
  const TaskDefinition& definition(const aws::Context& context, const std::string& name) const;
  const TaskDefinition* definition_by_arn(const std::string& arn) const;
  const Task* find_task(const aws::Context& context, const std::string& cluster, const std::string& name) const;
  std::vector<std::pair<state::Key, const Task*>> tasks_of(const state::Key& service_key,
                                                           const ServiceRow& service) const;
  struct Show {
    bool settings = true, tags = true, statistics = false, configuration = true;
  };
  c::Cluster describe(const aws::Context& context, const Cluster& row, const Show& show) const;
  c::Cluster describe(const aws::Context& context, const Cluster& row) const { return describe(context, row, Show()); }
  c::Service describe(const aws::Context& context, const ServiceRow& row, bool tags) const;
  c::Task describe(const std::string& account, const std::string& region, const Task& row, bool tags) const;
  c::Task describe(const aws::Context& context, const Task& row, bool tags) const {
    return describe(context.account, context.region, row, tags);
  }
  c::TaskDefinition check(const aws::Context& context, const c::RegisterTaskDefinitionRequest& request) const;
  void check_network(const aws::Context& context, const std::optional<c::NetworkConfiguration>& network) const;
  std::vector<c::CapacityProviderStrategyItem> strategy_of(
      const Cluster& cluster, const std::optional<std::vector<c::CapacityProviderStrategyItem>>& given,
      const std::optional<std::string>& launch_type, std::string& launch) const;
  /// What holds for a principal: its own setting, the account's default, or the service's.
  std::string setting(const std::string& account, const std::string& region, const std::string& name,
                      const std::string& principal) const;
  std::vector<const Task*> service_tasks(const aws::Context& context, const std::string& cluster,
                                         const std::optional<std::vector<std::string>>& names,
                                         std::vector<c::Failure>& failures) const;
  c::ProtectedTask protect(const state::Key& key, bool on, std::int32_t minutes);

  // EventBridge.
  void tell_task(const state::Key& key, const Task& task);
  void tell_service(const ServiceRow& service, const std::string& type, const std::string& name,
                    const std::string& reason = "");
  void tell_deployment(const ServiceRow& service, const std::string& type, const std::string& name,
                       const Deployment& deployment);

  // What a task hears of itself.
  std::optional<state::Key> key_of_task(const std::string& task_id) const;
  void open_endpoint(const state::Key& key);
  Answer credentials(const state::Key& key, const std::string& id);
  std::string container_metadata(const state::Key& key, const Task& task, std::size_t index, int version) const;
  std::string task_metadata(const state::Key& key, const Task& task, int version, bool tags) const;
  void stats(const state::Key& key, std::vector<std::size_t> which, bool one, std::function<void(Answer)> reply);
  Answer protection(const state::Key& key, const std::string& method, const std::string& body);
  void interrupt_spot_tasks();
  std::optional<state::Key> running_task(const std::string& task_arn) const;

  static void check_launch(const c::TaskDefinition& definition, const std::string& launch_type,
                           const std::vector<c::CapacityProviderStrategyItem>& strategy);
  Deployment new_deployment(const ServiceRow& service, const std::string& task_definition, Timestamp now);
  void add_event(ServiceRow& service, const std::string& message);
  /// The primary deployment has failed ("<by whom>: <why>"); returns to what was complete last where `rollback`.
  void fail_deployment(const state::Key& key, ServiceRow& service, const std::string& why, bool rollback);
  /// Alarms of the service that are in ALARM.
  std::vector<std::string> alarmed(const state::Key& key, const ServiceRow& service) const;

  // Service deployments, and the revisions that they lead to.
  void begin_record(const state::Key& key, ServiceRow& service);
  void roll_record_back(const Deployment& back, const std::string& why);
  void end_record(const state::Key& key, const Deployment& deployment, const std::string& status,
                  const std::string& reason);
  void change_record(const std::string& arn, const std::function<void(c::ServiceDeployment&)>& change);
  c::ServiceDeployment record_now(const state::Key& key, const c::ServiceDeployment& kept) const;
  c::ServiceRevisionSummary revision_now(const state::Key& key, const std::string& revision) const;
  const c::ServiceRevision* revision_row(const std::string& arn) const;
  void forget_records();

  // Services: what is wanted against what runs.
  void reconcile() override;
  void reconcile_service(const state::Key& key);
  void forget();
  TaskView view(const ServiceRow& service, const Task& task) const;
  std::string start_service_task(const state::Key& key, const ServiceRow& service);
  std::string create_task(const std::string& account, const std::string& region, Task task,
                          const TaskDefinition& definition);

  // Tasks: one step after the other.
  void advance(const state::Key& key);
  void provision(const state::Key& key);
  void launch(const state::Key& key);
  void launch_container(const state::Key& key, std::size_t index, const images::UnpackedImage& image);
  void check_health(const state::Key& key);
  /// `problem` is set where a dependency can never be met any more.
  bool may_start(const Task& task, const c::ContainerDefinition& container, const TaskDefinition& definition,
                 std::string& problem) const;
  void register_targets(const state::Key& key);
  void begin_stop(const state::Key& key, const std::string& code, const std::string& reason);
  void stop_containers(const state::Key& key);
  void deprovision(const state::Key& key);
  /// `container` is the one whose fault it is.
  void fail_start(const state::Key& key, const std::string& reason, const std::string& container = "");
  void connected(const state::Key& key, const Result<>& opened);
  void exited(const containers::Exit& exit);
  void logged(const containers::LogBatch& batch);
  std::pair<state::Key, std::size_t> owner_of(const std::string& container_id) const;
  void update(const state::Key& key, const std::function<void(Task&)>& change);
  std::int64_t free_uid_base() const;

  Loop& loop_;
  state::Store& store_;
  Random& random_;
  containers::Containers& containers_;
  Ports ports_;
  state::Table<Cluster> clusters_;
  state::Table<TaskDefinition> definitions_;
  state::Table<ServiceRow> services_;
  state::Table<Task> tasks_;
  state::Table<AccountSetting> settings_;
  state::Table<ServiceRevision> revisions_;
  state::Table<ServiceDeployment> records_;
  /// What is under way for a task in this process: so that a step is not begun twice.
  std::set<std::string> busy_;
  std::map<std::string, std::map<std::string, images::UnpackedImage>> pulled_;  ///< task → container → image
  std::map<std::string, Timestamp> next_check_;                                 ///< container → next health check
  std::set<std::string> finished_logs_, removing_;
  std::set<std::string> layers_in_use_;
  std::map<std::string, std::pair<std::string, RoleCredentials>> issued_;      ///< task → role and its credentials
  std::map<std::string, std::pair<Timestamp, containers::Stats>> last_stats_;  ///< container → the reading before
  std::map<std::string, Timestamp> interrupt_at_;                              ///< Spot task → its interruption
  double spot_rate_ = 0;
  std::string authority_;
  bool opened_ = false;
};

/// Fargate's sizes: whether `cpu` units go with `memory` MiB.
bool fargate_size(int cpu, int memory);

}  // namespace stratus::services::ecs
