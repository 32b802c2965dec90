#include "app/backend/careers.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cstdint>
#include <cstdio>
#include <stdexcept>

#include "app/backend/skill_guide.h"

namespace counselor {
namespace json = boost::json;

const char* const kPayBasis =
    "editorial estimate, USD/year, 2025: full-time work in the United States, before tax, from entry to experienced";

namespace {

/// The up to three strongest types, of those that matter at all; ties go by RIASEC order.
std::string letters(const Scores& scores) {
  std::array<int, 6> order{0, 1, 2, 3, 4, 5};
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return scores[static_cast<std::size_t>(a)] > scores[static_cast<std::size_t>(b)];
  });
  std::string out;
  for (int i = 0; i < 3; ++i)
    if (i == 0 || scores[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])] >= 40)
      out += kTypes[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])];
  return out;
}

std::vector<std::string> texts(const json::value& list) {
  std::vector<std::string> out;
  for (const auto& item : list.as_array()) out.emplace_back(item.as_string());
  return out;
}

Career read(const json::value& item) {
  Career career;
  const auto text = [&](const char* key) { return std::string(item.at(key).as_string()); };
  career.id = text("id");
  career.title = text("title");
  career.summary = text("summary");
  career.day = text("day");
  career.education = text("education");
  career.outlook = text("outlook");
  career.also_called = texts(item.at("alsoCalled"));
  career.find_by = texts(item.at("findBy"));
  career.tasks = texts(item.at("tasks"));
  career.related = texts(item.at("related"));
  const auto fail = [&](const char* what) { throw std::runtime_error(career.id + ": " + what); };
  for (std::size_t i = 0; i < 6; ++i) {
    career.riasec[i] = item.at("riasec").at(std::string(1, kTypes[i])).to_number<int>();
    if (career.riasec[i] < 0 || career.riasec[i] > 100) fail("a RIASEC weight is out of range");
  }
  career.interests = letters(career.riasec);
  for (const auto& skill : item.at("skills").as_array()) {
    career.skills.push_back({std::string(skill.at("name").as_string()), skill.at("level").to_number<int>(),
                             usual_name(skill.at("name").as_string())});
    if (career.skills.back().level < 1 || career.skills.back().level > 5) fail("a skill's level is out of range");
  }
  for (std::size_t i = 0; i < kContext.size(); ++i) {
    career.context[i] = item.at("context").at(kContext[i]).to_number<int>();
    if (career.context[i] < 0 || career.context[i] > 4) fail("a context is out of range");
  }
  career.education_level = index_of(kEducation, item.at("educationLevel").as_string());
  career.growth = index_of(kGrowth, item.at("growth").as_string());
  if (career.education_level < 0) fail("unknown education level");
  if (career.growth < 0) fail("unknown growth");
  career.pay_low = item.at("pay").at(0).to_number<int>();
  career.pay_high = item.at("pay").at(1).to_number<int>();
  if (career.pay_low <= 0 || career.pay_high <= career.pay_low) fail("the pay is no range");
  const auto& entry = item.at("entry").as_object();
  const auto of_entry = [&](const char* key) {
    const auto* found = entry.if_contains(key);
    return found == nullptr ? std::string() : std::string(found->as_string());
  };
  career.way_in = {of_entry("time"), of_entry("cost"), of_entry("licence"), of_entry("licenceNote")};
  if (career.way_in.time.empty() || career.way_in.cost.empty()) fail("the way in has no time or cost");
  if (career.skills.size() < 3 || career.tasks.size() < 3) fail("too few skills or tasks");
  return career;
}

json::object brief_of(const Career& career) {
  json::array skills;
  for (const auto& skill : career.skills) skills.emplace_back(skill.name);
  return {{"id", career.id},
          {"title", career.title},
          {"summary", career.summary},
          {"field", career.field},
          {"fieldLabel", career.field_label},
          {"interests", career.interests},
          {"education", career.education},
          {"educationLevel", kEducation[static_cast<std::size_t>(career.education_level)]},
          {"skills", std::move(skills)},
          {"pay", json::object{{"low", career.pay_low},
                               {"high", career.pay_high},
                               {"currency", "USD"},
                               {"per", "year"},
                               {"basis", kPayBasis},
                               {"year", kPayYear}}},
          {"growth", kGrowth[static_cast<std::size_t>(career.growth)]},
          {"day", career.day}};
}

json::object whole_of(const Career& career, const Catalogue& catalogue) {
  json::object out = brief_of(career);
  json::object riasec, context;
  for (std::size_t i = 0; i < 6; ++i) riasec[std::string(1, kTypes[i])] = career.riasec[i];
  for (std::size_t i = 0; i < kContext.size(); ++i) context[kContext[i]] = career.context[i];
  json::array levels, related, tasks, also;
  for (const auto& skill : career.skills) levels.push_back(json::object{{"name", skill.name}, {"level", skill.level}});
  for (const auto& id : career.related) {
    const Career* other = catalogue.find(id);
    if (other == nullptr) throw std::runtime_error(career.id + ": its relation " + id + " is unknown");
    related.push_back(json::object{{"id", id}, {"title", other->title}});
  }
  for (const auto& task : career.tasks) tasks.emplace_back(task);
  for (const auto& name : career.also_called) also.emplace_back(name);
  out["riasec"] = std::move(riasec);
  out["tasks"] = std::move(tasks);
  out["skillLevels"] = std::move(levels);
  out["context"] = std::move(context);
  out["related"] = std::move(related);
  out["alsoCalled"] = std::move(also);
  out["outlook"] = career.outlook;
  json::object entry{{"time", career.way_in.time}, {"cost", career.way_in.cost}};
  if (!career.way_in.licence.empty()) entry["licence"] = career.way_in.licence;
  if (!career.way_in.licence_note.empty()) entry["licenceNote"] = career.way_in.licence_note;
  out["entry"] = std::move(entry);
  return out;
}

}  // namespace

Catalogue::Catalogue(const std::vector<std::string_view>& documents) {
  for (const auto document : documents) {
    json::monotonic_resource memory;  // all of it goes at once
    const auto root = json::parse(document, &memory);
    Field field{std::string(root.at("field").as_string()), std::string(root.at("label").as_string()), 0};
    for (const auto& item : root.at("careers").as_array()) {
      careers_.push_back(read(item));
      careers_.back().field = field.id;
      careers_.back().field_label = field.label;
      ++field.count;
    }
    fields_.push_back(std::move(field));
  }
  std::sort(careers_.begin(), careers_.end(), [](const Career& a, const Career& b) { return a.title < b.title; });
  for (std::size_t i = 0; i < careers_.size(); ++i)
    if (!by_id_.emplace(careers_[i].id, i).second) throw std::runtime_error(careers_[i].id + " is there twice");
  std::uint64_t hash = 1469598103934665603ULL;  // FNV-1a
  for (Career& career : careers_) {
    career.brief = json::serialize(brief_of(career));
    career.whole = json::serialize(whole_of(career, *this));
    for (const unsigned char c : career.whole) hash = (hash ^ c) * 1099511628211ULL;
  }
  char text[24];
  std::snprintf(text, sizeof text, "\"%016llx\"", static_cast<unsigned long long>(hash));
  etag_ = text;
}

const Career* Catalogue::find(std::string_view id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &careers_[found->second];
}

bool Catalogue::has_field(std::string_view id) const {
  return std::any_of(fields_.begin(), fields_.end(), [&](const Field& field) { return field.id == id; });
}

}  // namespace counselor
