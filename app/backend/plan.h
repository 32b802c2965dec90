// From the skills that one has to those that an occupation needs: the gap, and weeks of learning that close it.
#pragma once

#include <string>
#include <vector>

#include "app/backend/careers.h"

namespace counselor {

struct GapLine {
  std::string skill;
  int have = 0, need = 0;
  int gap() const { return need > have ? need - have : 0; }
  const char* priority() const { return gap() == 0 ? "none" : gap() == 1 ? "low" : gap() == 2 ? "medium" : "high"; }
};
struct Milestone {
  int number = 0, from_week = 0, to_week = 0, hours = 0;
  std::string title, evidence;
  std::vector<std::string> skills, actions;
};
struct Plan {
  int hours_per_week = 0, total_hours = 0, total_weeks = 0, readiness = 0;
  std::vector<GapLine> gap;  ///< the widest first
  std::vector<Milestone> milestones;
  std::vector<std::string> notes;
};

Plan plan_learning(const Career& career, const std::vector<Skill>& own, int hours_per_week);

}  // namespace counselor
