// AWS Fault Injection Service: experiments made of faults.
#pragma once

#include "stratus/core/ids.h"
#include "stratus/core/loop.h"
#include "stratus/models/fis.h"
#include "stratus/services/fis/faults.h"
#include "stratus/services/fis/ports.h"
#include "stratus/services/fis/resources.h"
#include "stratus/state/store.h"

namespace stratus::services::fis {

namespace f = aws::fis;

class Service final : public f::Operations, private Reconciler {
 public:
  Service(Loop& loop, state::Store& store, Random& random, Faults& faults, Ports ports);

  /// Goes on with the experiments that were running.
  void start();
  /// A fault is over, an alarm changed.
  void notice() { wake(); }

  f::CreateExperimentTemplateResponse create_experiment_template(aws::Context&,
                                                                 const f::CreateExperimentTemplateRequest&) override;
  f::DeleteExperimentTemplateResponse delete_experiment_template(aws::Context&,
                                                                 const f::DeleteExperimentTemplateRequest&) override;
  f::GetActionResponse get_action(aws::Context&, const f::GetActionRequest&) override;
  f::GetExperimentResponse get_experiment(aws::Context&, const f::GetExperimentRequest&) override;
  f::GetExperimentTemplateResponse get_experiment_template(aws::Context&,
                                                           const f::GetExperimentTemplateRequest&) override;
  f::GetSafetyLeverResponse get_safety_lever(aws::Context&, const f::GetSafetyLeverRequest&) override;
  f::GetTargetResourceTypeResponse get_target_resource_type(aws::Context&,
                                                            const f::GetTargetResourceTypeRequest&) override;
  f::ListActionsResponse list_actions(aws::Context&, const f::ListActionsRequest&) override;
  f::ListExperimentResolvedTargetsResponse list_experiment_resolved_targets(
      aws::Context&, const f::ListExperimentResolvedTargetsRequest&) override;
  f::ListExperimentTemplatesResponse list_experiment_templates(aws::Context&,
                                                               const f::ListExperimentTemplatesRequest&) override;
  f::ListExperimentsResponse list_experiments(aws::Context&, const f::ListExperimentsRequest&) override;
  f::ListTagsForResourceResponse list_tags_for_resource(aws::Context&, const f::ListTagsForResourceRequest&) override;
  f::ListTargetResourceTypesResponse list_target_resource_types(aws::Context&,
                                                                const f::ListTargetResourceTypesRequest&) override;
  f::StartExperimentResponse start_experiment(aws::Context&, const f::StartExperimentRequest&) override;
  f::StopExperimentResponse stop_experiment(aws::Context&, const f::StopExperimentRequest&) override;
  f::TagResourceResponse tag_resource(aws::Context&, const f::TagResourceRequest&) override;
  f::UntagResourceResponse untag_resource(aws::Context&, const f::UntagResourceRequest&) override;
  f::UpdateExperimentTemplateResponse update_experiment_template(aws::Context&,
                                                                 const f::UpdateExperimentTemplateRequest&) override;
  f::UpdateSafetyLeverStateResponse update_safety_lever_state(aws::Context&,
                                                              const f::UpdateSafetyLeverStateRequest&) override;

  std::vector<std::string> resources(const aws::Context&, const aws::Operation&, const void* request) override;

 private:
  const Template& find_template(const aws::Context& context, const std::string& id) const;
  const Experiment& find_experiment(const aws::Context& context, const std::string& id) const;
  f::SafetyLever describe_lever(const aws::Context& context, const std::string& id) const;
  /// What an ARN names: one of the two rows is there.
  struct Tagged {
    state::Key key;
    const Template* of_template = nullptr;
    const Experiment* of_experiment = nullptr;
  };
  Tagged find_tagged(const aws::Context& context, const std::string& arn) const;
  void change_tags(const aws::Context& context, const std::string& arn,
                   const std::function<void(std::map<std::string, std::string>&)>& change);

  // Experiments go on, one step after the other (experiments.cpp).
  void reconcile() override;
  /// One step of one experiment inside a call of the store; false where nothing is to be done now.
  bool advance(const state::Key& key);
  bool initiate(const state::Key& key, Experiment& row);
  bool run(const state::Key& key, Experiment& row);
  bool end_stopping(const state::Key& key, Experiment& row);
  void start_action(const state::Key& key, Experiment& row, const std::string& name);
  void follow_action(const state::Key& key, Experiment& row, const std::string& name);
  void stop_tasks(const Experiment& row, const f::ExperimentAction& action, ActionRun& run);
  void disrupt(const Experiment& row, const f::ExperimentAction& action, ActionRun& run);
  void assert_alarms(const Experiment& row, const f::ExperimentAction& action);
  std::vector<std::string> targets_of(const Experiment& row, const f::ExperimentAction& action) const;
  void check_role(const Experiment& row, const std::string& action, const std::string& resource);
  /// The ARN of a stop condition's alarm that is in ALARM; "" for none.
  std::string halted_by(const Experiment& row);
  void begin_stop(const state::Key& key, Experiment& row, const std::string& reason);
  void fail(const state::Key& key, Experiment& row, const std::string& reason);
  void set_state(const state::Key& key, Experiment& row, const std::string& status, const std::string& reason);
  void set_state(const state::Key& key, Experiment& row, const std::string& name, const std::string& status,
                 const std::string& reason);
  void write_journal(const state::Key& key, const Experiment& row, const std::string& type,
                     const std::string& details_json);

  Loop& loop_;
  state::Store& store_;
  Random& random_;
  Faults& faults_;
  Ports ports_;
  state::Table<Template> templates_;
  state::Table<Experiment> experiments_;
  state::Table<SafetyLever> levers_;
};

/// completed, stopped, failed, cancelled
bool is_over(const std::string& status);
/// Throws where a resource cannot have these tags.
void check_tags(const std::map<std::string, std::string>& tags);
/// The log group in "arn:aws:logs:…:log-group:<name>:*"; "" where it is no such ARN.
std::string log_group_in(const std::string& arn);
/// Throws where a template makes no sense, or asks for what is not done here.
void check_template(const f::ExperimentTemplate& wanted, const std::string& operation);

}  // namespace stratus::services::fis
