// AWS CloudTrail: every call is recorded; trails carry the records to buckets, log groups and topics.
#pragma once

#include <vector>

#include "stratus/core/ids.h"
#include "stratus/core/loop.h"
#include "stratus/models/cloudtrail.h"
#include "stratus/services/cloudtrail/ports.h"
#include "stratus/services/cloudtrail/record.h"
#include "stratus/services/cloudtrail/resources.h"
#include "stratus/services/cloudtrail/selectors.h"
#include "stratus/services/events/service.h"
#include "stratus/services/iam/service.h"
#include "stratus/services/logs/service.h"
#include "stratus/services/sns/service.h"
#include "stratus/state/store.h"
#include "stratus/wire/audit.h"

namespace stratus::services::cloudtrail {

struct Settings {
  Duration delivery_interval = std::chrono::minutes(5);  ///< of trails
  Duration write_delay{1'000};  ///< calls that change nothing are written together, at most this late
};

class Service final : public ct::Operations, public wire::Audit, private Reconciler {
 public:
  Service(Loop& loop, state::Store& store, Random& random, iam::Service& iam, logs::Service& logs, sns::Service& sns,
          events::Service& events, Buckets& buckets, Settings settings);
  ~Service() override;

  /// Begins delivery and the forgetting of what is older than 90 days.
  void start();
  /// Writes what is still held in memory. Before the last commit of a run.
  void flush();
  /// Forgets the events of an account, or all where it is empty.
  void clear(const std::string& account);

  // wire::Audit
  void record(const wire::CallRecord& call) override;

  ct::AddTagsResponse add_tags(aws::Context&, const ct::AddTagsRequest&) override;
  ct::CreateTrailResponse create_trail(aws::Context&, const ct::CreateTrailRequest&) override;
  ct::DeleteTrailResponse delete_trail(aws::Context&, const ct::DeleteTrailRequest&) override;
  ct::DescribeTrailsResponse describe_trails(aws::Context&, const ct::DescribeTrailsRequest&) override;
  ct::GetEventSelectorsResponse get_event_selectors(aws::Context&, const ct::GetEventSelectorsRequest&) override;
  ct::GetInsightSelectorsResponse get_insight_selectors(aws::Context&, const ct::GetInsightSelectorsRequest&) override;
  ct::GetTrailResponse get_trail(aws::Context&, const ct::GetTrailRequest&) override;
  ct::GetTrailStatusResponse get_trail_status(aws::Context&, const ct::GetTrailStatusRequest&) override;
  ct::ListPublicKeysResponse list_public_keys(aws::Context&, const ct::ListPublicKeysRequest&) override;
  ct::ListTagsResponse list_tags(aws::Context&, const ct::ListTagsRequest&) override;
  ct::ListTrailsResponse list_trails(aws::Context&, const ct::ListTrailsRequest&) override;
  ct::LookupEventsResponse lookup_events(aws::Context&, const ct::LookupEventsRequest&) override;
  ct::PutEventSelectorsResponse put_event_selectors(aws::Context&, const ct::PutEventSelectorsRequest&) override;
  ct::RemoveTagsResponse remove_tags(aws::Context&, const ct::RemoveTagsRequest&) override;
  ct::StartLoggingResponse start_logging(aws::Context&, const ct::StartLoggingRequest&) override;
  ct::StopLoggingResponse stop_logging(aws::Context&, const ct::StopLoggingRequest&) override;
  ct::UpdateTrailResponse update_trail(aws::Context&, const ct::UpdateTrailRequest&) override;

  std::vector<std::string> resources(const aws::Context&, const aws::Operation&, const void* request) override;

 private:
  /// Records of one region that one delivery carries.
  struct Batch {
    std::vector<std::string> records;
    Timestamp oldest, newest;
  };

  void reconcile() override;
  void write(const Entry& entry);
  std::string role_behind(const aws::Identity& identity) const;
  std::int64_t last_event();

  /// By name or ARN; `change` demands the home region.
  const Trail& trail(const aws::Context& context, const std::string& name, bool change = false) const;
  static state::Key key_of(const Trail& trail);
  void check_destinations(const aws::Context& context, ct::Trail& trail) const;

  void deliver(const state::Key& key);
  std::map<std::string, Batch> collect(const Trail& trail, std::int64_t& cursor);
  void deliver_batch(Trail& trail, const std::string& account, const std::string& region, const Batch& batch);
  void digest(Trail& trail, const std::string& account);
  const DigestKey& digest_key();

  Loop& loop_;
  state::Store& store_;
  Random& random_;
  iam::Service& iam_;
  logs::Service& logs_;
  sns::Service& sns_;
  events::Service& events_;
  Buckets& buckets_;
  const Settings settings_;
  state::Table<Trail> trails_;
  state::Table<DigestKey> digest_keys_;
  const std::string master_;
  std::vector<Entry> held_;
  TimerId timer_ = 0;
};

}  // namespace stratus::services::cloudtrail
