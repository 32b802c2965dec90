// Amazon EventBridge: buses, rules, schedules, targets.
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <unordered_map>

#include "stratus/core/ids.h"
#include "stratus/core/loop.h"
#include "stratus/models/events.h"
#include "stratus/services/events/ports.h"
#include "stratus/services/events/resources.h"
#include "stratus/services/iam/service.h"
#include "stratus/services/logs/service.h"
#include "stratus/services/sns/content_filter.h"
#include "stratus/services/sns/service.h"
#include "stratus/state/store.h"

namespace stratus::services::events {

/// One occurrence, for CloudWatch's namespace AWS/Events.
struct Measured {
  std::string account, region, name;
  std::map<std::string, std::string> dimensions;  ///< the rule; its bus too where that is not the default one
  Timestamp at;
};

class Service final : public ev::Operations, private Reconciler {
 public:
  Service(Loop& loop, state::Store& store, Random& random, iam::Service& iam, logs::Service& logs, sns::Service& sns,
          Tasks& tasks);

  /// Begins schedules and deliveries.
  void start();
  /// Who is told of each count of a rule: TriggeredRules, MatchedEvents, Invocations, FailedInvocations.
  void set_metric_sink(std::function<void(const Measured&)> sink) { measured_ = std::move(sink); }

  /// An event of a service of AWS ("aws.ecs") on the account's default bus. `detail_json` is an object. Cheap where the
  /// account has no rules.
  void publish(const std::string& account, const std::string& region, const std::string& source,
               const std::string& detail_type, std::vector<std::string> resources, const std::string& detail_json);
  /// Whether any rule listens on the account's default bus.
  bool listens(const std::string& account, const std::string& region) const;

  ev::CreateEventBusResponse create_event_bus(aws::Context&, const ev::CreateEventBusRequest&) override;
  ev::DeleteEventBusResponse delete_event_bus(aws::Context&, const ev::DeleteEventBusRequest&) override;
  ev::DescribeEventBusResponse describe_event_bus(aws::Context&, const ev::DescribeEventBusRequest&) override;
  ev::ListEventBusesResponse list_event_buses(aws::Context&, const ev::ListEventBusesRequest&) override;
  ev::UpdateEventBusResponse update_event_bus(aws::Context&, const ev::UpdateEventBusRequest&) override;
  ev::PutPermissionResponse put_permission(aws::Context&, const ev::PutPermissionRequest&) override;
  ev::RemovePermissionResponse remove_permission(aws::Context&, const ev::RemovePermissionRequest&) override;
  ev::PutRuleResponse put_rule(aws::Context&, const ev::PutRuleRequest&) override;
  ev::DeleteRuleResponse delete_rule(aws::Context&, const ev::DeleteRuleRequest&) override;
  ev::DescribeRuleResponse describe_rule(aws::Context&, const ev::DescribeRuleRequest&) override;
  ev::EnableRuleResponse enable_rule(aws::Context&, const ev::EnableRuleRequest&) override;
  ev::DisableRuleResponse disable_rule(aws::Context&, const ev::DisableRuleRequest&) override;
  ev::ListRulesResponse list_rules(aws::Context&, const ev::ListRulesRequest&) override;
  ev::ListRuleNamesByTargetResponse list_rule_names_by_target(aws::Context&,
                                                              const ev::ListRuleNamesByTargetRequest&) override;
  ev::PutTargetsResponse put_targets(aws::Context&, const ev::PutTargetsRequest&) override;
  ev::RemoveTargetsResponse remove_targets(aws::Context&, const ev::RemoveTargetsRequest&) override;
  ev::ListTargetsByRuleResponse list_targets_by_rule(aws::Context&, const ev::ListTargetsByRuleRequest&) override;
  ev::PutEventsResponse put_events(aws::Context&, const ev::PutEventsRequest&) override;
  ev::TestEventPatternResponse test_event_pattern(aws::Context&, const ev::TestEventPatternRequest&) override;
  ev::TagResourceResponse tag_resource(aws::Context&, const ev::TagResourceRequest&) override;
  ev::UntagResourceResponse untag_resource(aws::Context&, const ev::UntagResourceRequest&) override;
  ev::ListTagsForResourceResponse list_tags_for_resource(aws::Context&, const ev::ListTagsForResourceRequest&) override;

  std::vector<std::string> resources(const aws::Context&, const aws::Operation&, const void* request) override;

 private:
  void reconcile() override;

  /// The bus of a name or an ARN; ResourceNotFoundException where there is none.
  Bus bus(const aws::Context& context, const std::optional<std::string>& name) const;
  std::optional<Bus> find_bus(const std::string& account, const std::string& region, const std::string& name) const;
  const Rule& rule(const aws::Context& context, const std::string& bus_name, const std::string& name) const;
  void set_state(const aws::Context& context, const std::optional<std::string>& bus_name, const std::string& name,
                 const std::string& state);
  void check_target(const aws::Context& context, const ev::Target& target) const;
  /// The tags of a rule or a bus, changed by `change` where it is given.
  std::map<std::string, std::string> tags(const aws::Context& context, const std::string& arn,
                                          const std::function<void(std::map<std::string, std::string>&)>& change);

  /// Queues a delivery for each target of each rule that wants the event.
  void route(const std::string& account, const std::string& region, const std::string& bus_name,
             const boost::json::value& event, bool forwarded = false);
  void queue(const state::Key& rule_key, const Rule& rule, const boost::json::value& event, bool forwarded = false);
  const sns::ContentFilter& filter(const std::string& pattern);
  boost::json::object envelope(const std::string& account, const std::string& region, const std::string& source,
                               const std::string& detail_type, const std::vector<std::string>& resources,
                               boost::json::value detail, Timestamp time);

  void measure(const state::Key& key, const std::string& bus, const std::string& rule, const char* name);

  void fire_schedules();
  void deliver(const state::Key& key);
  void invoke(const state::Key& key, const Delivery& delivery);
  void to_bus(const state::Key& key, const Delivery& delivery, const std::string& arn);
  void to_logs(const state::Key& key, const Delivery& delivery, const std::string& input);

  Loop& loop_;
  state::Store& store_;
  Random& random_;
  iam::Service& iam_;
  logs::Service& logs_;
  sns::Service& sns_;
  Tasks& tasks_;
  state::Table<Bus> buses_;
  state::Table<Rule> rules_;
  state::Table<Delivery> deliveries_;
  std::map<std::pair<Timestamp, std::string>, state::Key> due_;                   ///< deliveries by when
  std::unordered_map<std::string, std::unique_ptr<sns::ContentFilter>> filters_;  ///< by their text
  std::function<void(const Measured&)> measured_;
  std::uint64_t counter_ = 0;
};

}  // namespace stratus::services::events
